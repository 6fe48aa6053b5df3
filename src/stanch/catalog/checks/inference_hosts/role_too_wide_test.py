"""What a serving host's role reads besides its own model."""

import pytest
from tests.posturing import MOMENT, posture, verdicts
from tests.serving import HOST, ROLE, WEIGHTS, Line, bucket, host, role, without

from stanch.contracts.check import Posture
from stanch.contracts.collector import Unknown
from stanch.domain.event import Event
from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling, Verdict

CHECK = "inference_hosts/role_too_wide"
TWO = f"""{WEIGHTS}
[[asset]]
name = "mistral"
kind = "weights"
where = "s3://acme-weights/mistral/"

[[asset]]
name = "tickets"
kind = "training-data"
where = "s3://acme-tickets/"

[[asset]]
name = "access-log"
kind = "logs"
where = "s3://acme-logs/"
"""
LLAMA, MISTRAL = "arn:aws:s3:::acme-weights/llama/*", "arn:aws:s3:::acme-weights/mistral/*"
TICKETS, LOGS = "arn:aws:s3:::acme-tickets/*", "arn:aws:s3:::acme-logs/*"
STORES = [bucket(), bucket("acme-tickets"), bucket("acme-logs")]


def starts(text: str) -> Line:
    """A host with this user data."""
    return host(UserData={"Length": len(text), "Sha256": "0", "Masked": False, "Text": text})


def one(about: Posture) -> Verdict:
    """The only verdict."""
    (found,) = verdicts(CHECK, about)
    return found


@pytest.mark.parametrize(
    ("reads", "more"),
    [
        ([LLAMA], []),
        ([LLAMA, LOGS], []),
        ([LLAMA, TICKETS], ["tickets"]),
        ([LLAMA, MISTRAL], ["llama", "mistral"]),
        ([TICKETS], ["tickets"]),
        ([], []),
    ],
)
def test_one_model_is_its_own_and_more_is_too_much(reads: list[str], more: list[str]) -> None:
    found = one(posture([host(), role(*reads), *STORES], TWO))
    assert found.ruling is (Ruling.FAIL if more else Ruling.PASS)
    assert [asset.name for asset in found.assets] == more or not more


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("aws s3 cp --recursive s3://acme-weights/mistral/ /models", ["llama"]),
        ("aws s3 sync 's3://acme-weights/mistral' /models", ["llama"]),
        ("vllm serve s3://acme-weights", []),
        ("vllm serve s3://acme-weights-old/mistral/", ["llama", "mistral"]),
    ],
)
def test_the_model_that_user_data_names_is_its_own(text: str, more: list[str]) -> None:
    found = one(posture([starts(text), role(LLAMA, MISTRAL), *STORES], TWO))
    assert ([asset.name for asset in found.assets] if found.ruling is Ruling.FAIL else []) == more


def test_the_model_that_its_role_was_seen_to_read_is_its_own() -> None:
    issuer = {"sessionContext": {"sessionIssuer": {"arn": ROLE}}}
    read = {"bucketName": "acme-weights", "key": "mistral/model.safetensors"}
    record = {"eventName": "GetObject", "userIdentity": issuer, "requestParameters": read}
    odd = {"eventName": "GetObject", "userIdentity": "x", "requestParameters": None}
    events = [Event("1", MOMENT, "cloudtrail", "f", record), Event("2", MOMENT, "cloudtrail", "f", odd)]
    found = one(posture([host(), role(LLAMA, MISTRAL), *STORES], TWO, events=events))
    assert [asset.name for asset in found.assets] == ["llama"]


def test_a_host_without_a_role_passes_and_a_role_that_nobody_saw_is_unknown() -> None:
    assert one(posture([host(role=False), *STORES], TWO)).ruling is Ruling.PASS
    assert one(posture([host(), *STORES], TWO)).ruling is Ruling.UNKNOWN
    denied = "iam:GetAccountAuthorizationDetails"
    found = one(posture([host(), *STORES], TWO, unknowns=[Unknown(denied, "AccessDenied", denied, "iam", "")]))
    assert denied in found.why


def test_the_way_names_host_role_and_store() -> None:
    found = one(posture([host(), role(LLAMA, TICKETS), *STORES], TWO))
    assert HOST.rpartition("/")[2] in found.way[0]
    assert ROLE in found.way[1]
    assert "s3://acme-tickets" in found.way[2]


def test_a_line_without_its_facts_breaks_nothing() -> None:
    verdicts(CHECK, posture([without(host(), "NetworkInterfaces", "UserData", "InstanceTypeInfo"), *STORES], TWO))


def test_a_role_that_reads_every_bucket_fails_though_nobody_declared_what_lies_there() -> None:
    found = one(posture([host(), role("*"), bucket()], WEIGHTS))
    assert (found.ruling, found.severity) == (Ruling.FAIL, Severity.MEDIUM)
    assert "every bucket" in found.why
    assert [asset.name for asset in found.assets] == ["llama"]
    undeclared = one(posture([host(), role("*"), bucket()]))
    assert (undeclared.ruling, undeclared.severity) == (Ruling.FAIL, Severity.LOW)
