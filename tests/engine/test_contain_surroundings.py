"""What depends on a thing is told by a snapshot: by what names it and by rights; what was not seen is never a none."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.engine.containing import NOON, finding
from tests.engine.containing import incident as incident_of

from stanch import app
from stanch.contracts.collector import UNSEEN, Thing, Unknown
from stanch.domain.coverage import Coverage
from stanch.domain.estate import Asset, AssetKind, Estate, Principal, Purpose
from stanch.domain.event import Actor
from stanch.engine.contain.collateral import Known
from stanch.estate.snapshot import Seen, write

HOME = "111122223333"
HERE = f"eu-central-1:{HOME}"
SERVING, RETRAIN, ADMIN, IDLE = (
    f"arn:aws:iam::{HOME}:role/{name}" for name in ("serving", "ml/retrain", "ops", "idle")
)
PROFILE = f"arn:aws:iam::{HOME}:instance-profile/serving"
HOST, OTHER = f"arn:aws:ec2:{HERE}:instance/i-0123456789abcdef0", f"arn:aws:ec2:{HERE}:instance/i-0123456789abcdef1"
KEY = f"arn:aws:kms:{HERE}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:gateway-AbCdEf"
FUNCTION = f"arn:aws:lambda:{HERE}:function:resize"
TASK = f"arn:aws:ecs:{HERE}:task-definition/vllm"
BUCKET = "arn:aws:s3:::acme-weights"
ESTATE = Estate(
    assets=(Asset("llama", AssetKind.WEIGHTS, "s3://acme-weights/llama/"),),
    principals=(
        Principal("arn:*:iam::*:role/serving", Purpose.SERVING),
        Principal("arn:*:iam::*:role/*retrain", Purpose.TRAINING),
        Principal("arn:*:iam::*:role/ops", Purpose.ADMIN),
    ),
)


def role(
    arn: str, *allowed: dict[str, Any], trusting: Any = "ec2.amazonaws.com", profiles: Sequence[str] = ()
) -> Thing:
    trusted = {"Service": trusting} if isinstance(trusting, str) else trusting
    trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in allowed]}
    detail = {
        "Arn": arn,
        "RoleName": arn.rpartition("/")[2],
        "RoleId": "AROA" + arn.rpartition("/")[2].upper(),
        "Path": "/",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "RolePolicyList": [{"PolicyName": "work", "PolicyDocument": document}] if allowed else [],
        "AttachedManagedPolicies": [],
        "InstanceProfileList": [{"Arn": each, "Roles": []} for each in profiles],
        "Tags": [],
    }
    return Thing("iam/role", arn, detail)


IAM = (
    role(SERVING, {"Action": "s3:GetObject", "Resource": f"{BUCKET}/llama/*"}, profiles=[PROFILE]),
    role(
        RETRAIN,
        {"Action": ["kms:Decrypt", "secretsmanager:GetSecretValue"], "Resource": "*"},
        {
            "Action": "s3:PutObject",
            "Resource": f"{BUCKET}/*",
            "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        },
    ),
    role(ADMIN, {"Action": "*", "Resource": "*"}),
    role(f"arn:aws:iam::{HOME}:role/people/chief", {"Action": "*", "Resource": "*"}),
    role(IDLE),
)
OPEN_KEY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"}, "Action": "kms:*", "Resource": "*"}
    ],
}
THINGS = (
    Thing("ec2/instance", HOST, {"InstanceId": "i-0123456789abcdef0", "IamInstanceProfile": {"Arn": PROFILE}}),
    Thing("ec2/instance", OTHER, {"InstanceId": "i-0123456789abcdef1", "IamInstanceProfile": {"Arn": PROFILE}}),
    Thing("ec2/volume", f"arn:aws:ec2:{HERE}:volume/vol-1", {"Attachments": [{"InstanceId": "i-0123456789abcdef0"}]}),
    Thing(
        "elbv2/target-group",
        f"arn:aws:elasticloadbalancing:{HERE}:targetgroup/front/1",
        {"TargetHealthDescriptions": [{"Target": {"Id": "i-0123456789abcdef0"}}]},
    ),
    Thing(
        "kms/key", KEY, {"Aliases": ["alias/weights"], "Policy": OPEN_KEY, "Grants": [{"GranteePrincipal": SERVING}]}
    ),
    Thing("sqs/queue", f"arn:aws:sqs:{HERE}:jobs", {"Attributes": {"KmsMasterKeyId": "alias/weights"}}),
    Thing("lambda/function", FUNCTION, {"Configuration": {"Role": RETRAIN, "Environment": {"Variables": {}}}}),
    Thing("events/rule", f"arn:aws:events:{HERE}:rule/nightly", {"Targets": [{"Arn": f"{FUNCTION}:live"}]}),
    *(
        Thing(
            "ecs/task-definition",
            f"{TASK}:{n}",
            {"containerDefinitions": [{"secrets": [{"valueFrom": f"{SECRET}:k::"}]}]},
        )
        for n in range(7)
    ),
    Thing(
        "sagemaker/model",
        f"arn:aws:sagemaker:{HERE}:model/llama",
        {"ModelDataUrl": "s3://acme-weights/llama/model.tar"},
    ),
    Thing("cloudtrail/trail", f"arn:aws:cloudtrail:{HERE}:trail/t", {"S3BucketName": "acme-weights"}),
    Thing("s3/bucket", BUCKET, {"Name": "acme-weights", "Policy": None}),
    Thing("secretsmanager/secret", SECRET, {"Name": "gateway", "Policy": None}),
)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return shot(tmp_path)


def shot(state: Path, *unknowns: Unknown, things: Sequence[Thing] = THINGS, without: Sequence[str] = ()) -> Path:
    others = [unit.id for unit in app.shelf("collectors", ".py") if unit.id not in ("iam", "organizations", *without)]
    seen = [Seen(HOME, None, "iam", IAM), Seen(HOME, None, "organizations", ())]
    seen += [Seen(HOME, "eu-central-1", name, ()) for name in others]
    seen += [Seen(HOME, "eu-central-1", "rest", tuple(things), unknowns)]
    write(state / "snapshot", seen, datetime(2026, 11, 22, 6, tzinfo=UTC))
    return state


def known(state: Path, resource: str, *more: str) -> Known:
    case = replace(incident_of(by_hand=[resource, *more]), first_seen=datetime.now(UTC))
    return app.around(case, ESTATE, state).known([resource, resource.replace("role/retrain", "role/ml/retrain")])


def needs(state: Path, resource: str, *more: str) -> dict[str, str]:
    return {one.who.rpartition(":")[2]: one.how for one in known(state, resource, *more).dependents}


def test_hosts_and_functions_depend_on_the_role_they_run_with(state: Path) -> None:
    assert needs(state, SERVING) == {
        "instance/i-0123456789abcdef0": "names it",
        "instance/i-0123456789abcdef1": "names it",
    }
    assert needs(state, RETRAIN) == {"resize": "names it"}
    assert needs(state, f"arn:aws:iam::{HOME}:role/retrain") == {"resize": "names it"}, "its sessions drop its path"
    assert needs(state, IDLE) == {}


def test_what_the_same_plan_contains_is_no_dependent(state: Path) -> None:
    assert [*needs(state, SERVING, HOST)] == ["instance/i-0123456789abcdef1"]


def test_parts_of_a_host_are_no_dependents_of_it(state: Path) -> None:
    assert needs(state, HOST) == {"targetgroup/front/1": "names it"}


def test_a_key_is_needed_by_what_is_encrypted_with_it_and_by_who_may_decrypt(state: Path) -> None:
    assert needs(state, KEY) == {"jobs": "names it", "role/ml/retrain": "is for training and may use it"}


def test_a_secret_and_a_function_are_needed_by_what_names_a_part_of_them_each_definition_once(state: Path) -> None:
    told = needs(state, SECRET)
    assert sorted(told) == ["6", "role/ml/retrain"], "seven revisions of one task definition"
    assert needs(state, FUNCTION) == {"rule/nightly": "names it"}


def test_a_bucket_is_needed_by_what_names_it_and_by_the_principals_at_work_who_may_use_it(state: Path) -> None:
    assert needs(state, BUCKET) == {
        "model/llama": "names it",
        "trail/t": "names it",
        "role/serving": "is for serving and may use it",
        "role/ml/retrain": "is for training and may use it under conditions",
    }, "an administrator may do everything, and depends on nothing"


def test_without_a_snapshot_what_depends_on_it_is_not_known(tmp_path: Path) -> None:
    assert known(tmp_path, SERVING) == Known(None, "", [], "no snapshot was taken (stanch snapshot)")
    (tmp_path / "snapshot").mkdir()
    assert "`stanch snapshot` makes one" in known(tmp_path, SERVING).doubt
    (tmp_path / "snapshot" / "index.json").write_text(
        '{"version": 1, "made_at": 3, "accounts": 1, "regions": 1, "files": 4}'
    )
    assert "make the snapshot anew" in known(tmp_path, SERVING).doubt


def test_what_the_snapshot_could_not_see_is_told(tmp_path: Path) -> None:
    shot(tmp_path, Unknown("lambda:ListFunctions", "AccessDenied", "lambda:ListFunctions", "lambda", "no"))
    told = known(tmp_path, IDLE)
    assert told.dependents == []
    assert told.doubt == "the snapshot of 2026-11-22 06:00 UTC lacks 1 answer of AWS (lambda:ListFunctions)"


def test_where_nobody_looked_there_may_be_more(tmp_path: Path) -> None:
    shot(tmp_path, without=("ecs", "functions"))
    assert known(tmp_path, IDLE).doubt.endswith(" was taken without looking at ecs, functions")


@pytest.mark.parametrize("absent", [SERVING.replace(HOME, "222233334444"), "arn:aws:s3:::unheard-of", f"{KEY}0"])
def test_of_what_the_snapshot_does_not_hold_it_tells_nothing(state: Path, absent: str) -> None:
    told = known(state, absent)
    assert told.doubt == "the snapshot of 2026-11-22 06:00 UTC does not hold it"
    assert told.dependents == [], "a policy that nobody saw may let anybody in: that is no knowledge"


def test_a_policy_that_nobody_saw_may_let_anybody_in(tmp_path: Path) -> None:
    hidden = Thing(
        "s3/bucket", BUCKET, {"Name": "acme-weights", "Policy": {UNSEEN: "s3:GetBucketPolicy: AccessDenied"}}
    )
    shot(tmp_path, things=(hidden,))
    assert needs(tmp_path, BUCKET)["role/ml/retrain"] == "is for training and may use it under conditions"


def test_administrators_are_known_by_their_rights(state: Path) -> None:
    around = app.around(incident_of(by_hand=[SERVING]), ESTATE, state)
    assert around.rules(ADMIN)
    assert around.rules(f"arn:aws:iam::{HOME}:role/chief"), "a session's role has lost its path"
    assert not around.rules(f"arn:aws:iam::{HOME}:user/chief")
    assert not around.rules(SERVING)
    assert not around.rules("arn:aws:iam::111122223333:role/nobody")


def test_the_users_whom_the_hunt_saw_are_told_with_the_span_of_its_logs(tmp_path: Path) -> None:
    seen = ("arn:aws:iam::111122223333:user/kim from 10.0.0.7 (2 calls)",)
    coverage = Coverage(
        files_read=1,
        files_skipped=(),
        events=2,
        detections_run=1,
        detections_failed=(),
        seconds=1.0,
        first_event=NOON - timedelta(days=1),
        last_event=NOON,
        logs={"cloudtrail": 1},
    )
    case = replace(
        incident_of(finding(actor=Actor(f"arn:aws:sts::{HOME}:assumed-role/serving/i-1"), resources=(SERVING,))),
        used_by={SERVING: seen},
        coverage=coverage,
    )
    told = app.around(case, ESTATE, tmp_path).known([SERVING])
    assert (told.users, told.looked) == (seen, "the logs of the last hunt, 2026-11-21 12:00 to 2026-11-22 12:00 UTC")
