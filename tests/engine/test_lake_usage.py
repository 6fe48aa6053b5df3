"""Who used a thing is read from a lake in one query, of whatever kind the thing is and however its calls name it."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from stanch import app
from stanch.app.lake_users import lake_users
from stanch.engine.lake_usage import lake_usage
from stanch.stores.logs import found

ACCOUNT = "111122223333"
SISTER = "222233334444"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FORTNIGHT = NOW - timedelta(days=14)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/serving"
HOST = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-0123456789abcdef0"
BUCKET = "arn:aws:s3:::acme-weights"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
FUNCTION = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:resize"
SECRET = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:gateway-AbCdEf"
WORKER = f"arn:aws:sts::{ACCOUNT}:assumed-role/serving/i-0123456789abcdef0"
KIM = f"arn:aws:iam::{ACCOUNT}:user/kim"


def call(who: str, source: str, name: str, **changes: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "eventTime": "2026-11-20T09:00:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "10.0.0.9",
        "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "AssumedRole", "accountId": ACCOUNT, "arn": who},
        "eventCategory": "Management",
    }
    return record | changes


def read(who: str, bucket: str = "acme-weights", **changes: Any) -> dict[str, Any]:
    asked = {"requestParameters": {"bucketName": bucket, "key": "a/b"}, "eventCategory": "Data"}
    return call(who, "s3", "GetObject", **(asked | changes))


@pytest.fixture
def kept(tmp_path: Path) -> Any:
    """Keeps records in the lake of a state folder, and returns the folder."""

    def keep(*records: dict[str, Any], name: str = "log") -> Path:
        every = [
            {"eventID": f"{number:08}-0000-4000-8000-{crc32(name.encode()):012}", **record}
            for number, record in enumerate(records)
        ]
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"Records": every}))
        with app.lake(tmp_path / "state").kept() as lake:
            app.lake_import(list(found([path])), lake, processes=1)
        return tmp_path / "state"

    return keep


def users(state: Path, *resources: str, since: datetime = FORTNIGHT) -> dict[str, tuple[str, ...] | None]:
    """Who used each of them; None where the lake does not tell."""
    told = lake_users(state, resources, since, NOW)
    assert told is not None
    looked = told.found.looked
    return {each: told.found.usage.others(each, ()) if each in looked else None for each in resources}


def test_a_role_a_user_and_a_host_are_used_by_calling_with_them(kept: Any) -> None:
    state = kept(
        call(WORKER, "ec2", "DescribeInstances"), call(WORKER, "ec2", "DescribeTags"), call(KIM, "iam", "GetUser")
    )
    found_ = users(state, ROLE, HOST, KIM, f"{ROLE}-2")
    assert found_[ROLE] == found_[HOST] == (f"{WORKER} from 10.0.0.9 (2 calls)",)
    assert found_[KIM] == (f"{KIM} from 10.0.0.9 (1 call)",)
    assert found_[f"{ROLE}-2"] == (), "looked for, and used by nobody"


def test_a_role_with_a_path_is_known_by_its_own_arn_and_by_its_sessions(kept: Any) -> None:
    own = f"arn:aws:iam::{ACCOUNT}:role/teams/ml/serving"
    who = {"arn": WORKER, "sessionContext": {"sessionIssuer": {"type": "Role", "arn": own, "userName": "serving"}}}
    found_ = users(kept(call(WORKER, "ec2", "DescribeTags", userIdentity=who)), ROLE, own)
    assert found_[ROLE] == found_[own] == (f"{WORKER} from 10.0.0.9 (1 call)",)


@pytest.mark.parametrize(
    ("thing", "use"),
    [
        (BUCKET, read(KIM)),
        (BUCKET, read(KIM, "other", resources=[{"type": "AWS::S3::Bucket", "ARN": BUCKET}])),
        (KEY, call(KIM, "kms", "Decrypt", resources=[{"ARN": KEY, "type": "AWS::KMS::Key"}])),
        (KEY, call(KIM, "kms", "GenerateDataKey", requestParameters={"keyId": KEY.rpartition("/")[2]})),
        (FUNCTION, call(KIM, "lambda", "Invoke", eventCategory="Data", requestParameters={"functionName": "resize"})),
        (SECRET, call(KIM, "secretsmanager", "GetSecretValue", requestParameters={"secretId": SECRET})),
    ],
)
def test_a_thing_is_used_by_calls_that_name_it(kept: Any, thing: str, use: dict[str, Any]) -> None:
    refused = {**use, "errorCode": "AccessDenied", "sourceIPAddress": "203.0.113.9"}
    assert users(kept(use, refused), thing)[thing] == (f"{KIM} from 10.0.0.9 (1 call)",)


@pytest.mark.parametrize(
    ("thing", "other"),
    [
        (BUCKET, call(KIM, "s3", "GetBucketPolicy", requestParameters={"bucketName": "acme-weights"})),
        (BUCKET, read(KIM, "acme-weights-2")),
        (KEY, call(KIM, "kms", "DescribeKey", requestParameters={"keyId": KEY})),
        (FUNCTION, call(KIM, "lambda", "Invoke", eventCategory="Data", requestParameters={"functionName": "re"})),
        (FUNCTION, call(KIM, "ecr", "Invoke", eventCategory="Data", requestParameters={"functionName": "resize"})),
        (
            FUNCTION,
            call(
                KIM, "lambda", "Invoke", eventCategory="Data", recipientAccountId=SISTER,
                requestParameters={"functionName": "resize"},
            ),
        ),
    ],
    ids=["its settings", "another bucket", "its state", "another name", "another service", "another account"],
)  # fmt: skip
def test_what_names_it_and_uses_nothing_of_it_leaves_open_who_does(
    kept: Any, thing: str, other: dict[str, Any]
) -> None:
    assert users(kept(other), thing)[thing] is None


def test_a_thing_that_only_the_intruder_used_has_no_other_users(kept: Any) -> None:
    told = lake_users(kept(read(KIM, sourceIPAddress="203.0.113.9")), [BUCKET], FORTNIGHT, NOW)
    assert told is not None
    assert BUCKET in told.found.looked
    assert told.found.usage.others(BUCKET, {"203.0.113.9"}) == ()


def test_only_the_days_that_are_asked_for_are_read_and_the_words_say_which(kept: Any) -> None:
    kept(*(read(KIM, eventTime=f"2026-11-{day:02}T09:00:00Z") for day in range(1, 21)))
    state = kept(read(WORKER, eventTime="2026-11-23T09:00:00Z"), name="later")
    for path in (state / "lake").rglob("day=2026-11-01/*.parquet"):
        path.write_bytes(b"never opened")
    told = lake_users(state, [BUCKET], FORTNIGHT, NOW)
    assert told is not None
    assert told.found.usage.others(BUCKET, ()) == (f"{KIM} from 10.0.0.9 (12 calls)",), "from the 9th to the 20th"
    assert told.words == "the lake, 14 days to 2026-11-22 (it holds 12 of them)"
    assert lake_users(state, [BUCKET], NOW + timedelta(days=2), NOW + timedelta(days=9)) is None
    assert lake_users(state / "none", [BUCKET], FORTNIGHT, NOW) is None


def test_of_an_account_that_the_lake_does_not_hold_nothing_is_told(kept: Any) -> None:
    other = ROLE.replace(ACCOUNT, SISTER)
    assert users(kept(read(WORKER)), other)[other] is None


def test_events_that_are_kept_whole_are_read_too(kept: Any) -> None:
    """A time beyond the second makes an event one that the lake holds as its record alone."""
    odd = read(KIM, eventTime="2026-11-20T09:00:00.250Z", sourceIPAddress="10.0.0.7")
    found_ = users(kept(odd, read(WORKER)), BUCKET, ROLE)
    assert found_[BUCKET] == (f"{KIM} from 10.0.0.7 (1 call)", f"{WORKER} from 10.0.0.9 (1 call)")


def test_a_damaged_part_costs_no_other_its_answer_and_is_told(kept: Any) -> None:
    state = kept(*(read(KIM, eventTime=f"2026-11-{day}T09:00:00Z") for day in range(10, 20)))
    first, *_ = sorted((state / "lake").rglob("*.parquet"))
    first.write_bytes(b"PAR1 no more")
    told = lake_users(state, [BUCKET], FORTNIGHT, NOW)
    assert told is not None
    assert told.found.usage.others(BUCKET, ()) == (f"{KIM} from 10.0.0.9 (9 calls)",)
    assert told.words.endswith("; 1 of its parts could not be read")


def test_whom_a_finding_accuses_called_nothing_by_it(kept: Any) -> None:
    accused = call(WORKER, "x", "UnauthorizedAccess", eventSource="guardduty.finding")
    assert users(kept(accused, call(KIM, "ec2", "DescribeTags")), ROLE)[ROLE] == ()


def test_the_access_log_of_a_bucket_tells_its_users_too(tmp_path: Path) -> None:
    line = (
        "0f1e acme-weights [20/Nov/2026:09:00:00 +0000] 10.0.0.7 "
        f"{KIM} 3E57427F3EXAMPLE REST.GET.OBJECT a/b "
        '"GET /acme-weights/a/b HTTP/1.1" 200 - 2662992 3462992 70 10 "-" "boto3" - id= SigV4 '
        "TLS_AES_128_GCM_SHA256 AuthHeader acme-weights.s3.eu-central-1.amazonaws.com TLSV1.3 - -"
    )
    (tmp_path / "2026-11-20-09-30-00-0123456789ABCDEF").write_text(line + "\n")
    with app.lake(tmp_path / "state").kept() as lake:
        app.lake_import(list(found([tmp_path / "2026-11-20-09-30-00-0123456789ABCDEF"])), lake, processes=1)
    assert users(tmp_path / "state", BUCKET)[BUCKET] == (f"{KIM} from 10.0.0.7 (1 call)",)


def test_hostile_names_are_only_names(kept: Any) -> None:
    evil = "arn:aws:s3:::x' OR 1=1 --\"%_\\"
    state = kept(read("no arn at all'; DROP TABLE x", 'x" OR 1'), read(KIM, "\ud800"))
    assert users(state, evil)[evil] is None
    assert lake_usage([], [evil, "no arn"], FORTNIGHT, NOW, ()).looked == set()


def some(count: int) -> Iterable[str]:
    return (f"arn:aws:s3:::bucket-{number}" for number in range(count))


def test_more_things_than_one_query_takes_are_unknown_not_unused(kept: Any) -> None:
    state = kept(*(read(KIM, f"bucket-{number}") for number in range(120)))
    told = users(state, *some(120))
    assert sum(known is not None for known in told.values()) == 100


def test_a_receipt_that_cannot_be_read_is_told(kept: Any) -> None:
    state = kept(read(KIM))
    (state / "lake" / "units" / "half.json").write_text("{")
    told = lake_users(state, [BUCKET], FORTNIGHT, NOW)
    assert told is not None
    assert told.found.usage.others(BUCKET, ()) == (f"{KIM} from 10.0.0.9 (1 call)",)
    assert told.words.endswith("; 1 of its parts could not be read")


def test_a_folder_may_have_any_name(kept: Any, tmp_path: Path) -> None:
    kept(read(KIM)).rename(tmp_path / "a [1] * ?'")
    assert users(tmp_path / "a [1] * ?'", BUCKET)[BUCKET] == (f"{KIM} from 10.0.0.9 (1 call)",)
