"""Whom containment would cut off is told, whatever path his role has and whether or not the log gives him an ARN."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.engine.test_hunt import ACCOUNT, OUTSIDE, Bytes, event, read, session

from stanch import app
from stanch.app.lake_users import lake_users
from stanch.domain.estate import Estate, Perimeter
from stanch.domain.incident import Incident
from stanch.engine.contain.collateral import Seen
from stanch.engine.usage import Usage
from stanch.stores.logs import found

BUCKET = "arn:aws:s3:::acme-public"
EVE = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/eve", "accountId": ACCOUNT, "accessKeyId": "AKIAEVE"}
PARTNER = {"type": "AWSAccount", "principalId": "AROAPARTNER:job", "accountId": OUTSIDE}
PARTNERS_NAME = f"{OUTSIDE}:AROAPARTNER:job"


def serving(path: str, name: str) -> dict[str, Any]:
    """A session of the role `serving`, which lies in this path."""
    identity = session("serving", name)
    identity["sessionContext"]["sessionIssuer"]["arn"] = f"arn:aws:iam::{ACCOUNT}:role{path}serving"
    return identity


def hunted(*records: dict[str, Any]) -> list[Incident]:
    ours = Estate(perimeter=Perimeter(accounts=(ACCOUNT, OUTSIDE)))
    return app.hunt([Bytes(json.dumps({"Records": records}).encode())], ours, app.rules()).incidents


def users_of(incidents: list[Incident], resource: str) -> set[str]:
    """Who else is known to use it, by the incidents that name it; each names it."""
    known = [users for one in incidents if (users := Seen(app.users_known(one)).known([resource]).users) is not None]
    assert known
    return {user for users in known for user in users}


@pytest.mark.parametrize("path", ["/", "/service-role/", "/teams/ml/"])
def test_production_is_among_the_users_of_a_stolen_role_whatever_its_path(path: str) -> None:
    incidents = hunted(
        *(read(number, serving(path, "pod"), "acme", f"part-{number}") for number in range(40)),
        event(
            41, "StopLogging", serving(path, "thief"), eventSource="cloudtrail.amazonaws.com",
            sourceIPAddress="203.0.113.5", requestParameters={"name": "trail"},
        ),
    )  # fmt: skip
    pod = f"arn:aws:sts::{ACCOUNT}:assumed-role/serving/pod from 10.1.2.3 (40 calls)"
    assert users_of(incidents, f"arn:aws:iam::{ACCOUNT}:role{path}serving") == {pod}


def test_whoever_reads_a_bucket_from_another_account_is_among_its_users() -> None:
    open_ = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    ]}  # fmt: skip
    incidents = hunted(
        *(read(number, PARTNER, "acme-public", f"part-{number}") for number in range(30)),
        event(
            31, "PutBucketPolicy", EVE, sourceIPAddress="203.0.113.9",
            requestParameters={"bucketName": "acme-public", "bucketPolicy": open_},
        ),
    )  # fmt: skip
    assert users_of(incidents, BUCKET) == {f"{PARTNERS_NAME} from 10.1.2.3 (30 calls)"}


def test_logs_given_and_the_lake_name_the_same_users_as_the_hunt(tmp_path: Path) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/service-role/serving"
    records = [
        *(read(number, serving("/service-role/", "pod"), "acme-public", f"part-{number}") for number in range(3)),
        *(read(number, PARTNER, "acme-public", f"part-{number}", eventCategory="Data") for number in range(3, 5)),
        read(5, EVE, "acme-public", "part-5", errorCode="AccessDenied", eventCategory="Data"),
    ]
    (tmp_path / "log.json").write_text(json.dumps({"Records": records}))
    files = list(found([tmp_path / "log.json"]))
    pod = f"arn:aws:sts::{ACCOUNT}:assumed-role/serving/pod from 10.1.2.3 (3 calls)"
    partner = f"{PARTNERS_NAME} from 10.1.2.3 (2 calls)"
    users, tally = app.used_by(files, [role, BUCKET])
    assert users == {role: (pod,), BUCKET: (pod, partner)}
    with app.lake(tmp_path / "state").kept() as lake:
        app.lake_import(files, lake, processes=1)
    assert tally.first is not None
    assert tally.last is not None
    told = lake_users(tmp_path / "state", [role, BUCKET], tally.first, tally.last.replace(minute=59))
    assert told is not None
    assert told.found.usage.others(role, ()) == (pod,)
    assert told.found.usage.others(BUCKET, ()) == (pod, partner)


@pytest.mark.parametrize(
    ("region", "bucket"),
    [
        ("eu-central-1", "arn:aws:s3:::acme"),
        ("cn-north-1", "arn:aws-cn:s3:::acme"),
        ("eusc-de-east-1", "arn:aws-eusc:s3:::acme"),
    ],
)
def test_a_caller_without_an_arn_uses_the_bucket_of_the_calls_partition(region: str, bucket: str) -> None:
    usage = Usage()
    usage.note(read(1, PARTNER, "acme", "part", awsRegion=region))
    usage.note(read(2, {"accountId": "anonymous"}, "acme", "part", awsRegion=region, sourceIPAddress="198.51.100.1"))
    assert usage.others(bucket, ()) == (
        f"{PARTNERS_NAME} from 10.1.2.3 (1 call)",
        "anonymous from 198.51.100.1 (1 call)",
    )


def test_roles_of_one_name_in_two_accounts_are_two() -> None:
    usage = Usage()
    usage.note(read(1, serving("/service-role/", "pod"), "acme", "part"))
    assert usage.others(f"arn:aws:iam::{OUTSIDE}:role/service-role/serving", ()) == ()
    assert usage.others(f"arn:aws:iam::{ACCOUNT}:user/serving", ()) == ()
