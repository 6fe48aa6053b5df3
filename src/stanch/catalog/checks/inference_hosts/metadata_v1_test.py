"""What of the metadata service's options is a hole, and what is not."""

from typing import Any

import pytest
from tests.posturing import posture, verdicts
from tests.serving import WEIGHTS, bucket, host, role

from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling, Verdict

CHECK = "inference_hosts/metadata_v1"


def one(options: Any, toml: str | None = None, **more: Any) -> Verdict:
    """The verdict on a host with these options."""
    lines = [host(MetadataOptions=options, **more), role("arn:aws:s3:::acme-weights/llama/*"), bucket()]
    (found,) = verdicts(CHECK, posture(lines, toml))
    return found


@pytest.mark.parametrize(
    ("options", "ruling"),
    [
        ({"HttpTokens": "optional", "HttpEndpoint": "enabled"}, Ruling.FAIL),
        ({"HttpTokens": "optional", "HttpEndpoint": "disabled"}, Ruling.PASS),
        ({"HttpTokens": "required", "HttpPutResponseHopLimit": 1}, Ruling.PASS),
        ({"HttpTokens": "required", "HttpPutResponseHopLimit": 2}, Ruling.PASS),
        ({"HttpTokens": "required", "HttpPutResponseHopLimit": 64}, Ruling.FAIL),
        ({"HttpEndpoint": "enabled"}, Ruling.UNKNOWN),
        (None, Ruling.UNKNOWN),
        ({"$unseen": "ec2:DescribeInstances: AccessDenied"}, Ruling.UNKNOWN),
    ],
)
def test_a_token_must_be_asked_for(options: Any, ruling: Ruling) -> None:
    assert one(options).ruling is ruling


def test_hops_matter_only_where_a_model_is_served() -> None:
    assert one({"HttpTokens": "required", "HttpPutResponseHopLimit": 64}, gpu=False).ruling is Ruling.PASS


def test_what_the_role_reads_gives_the_weight_and_without_a_role_there_is_little() -> None:
    v1 = {"HttpTokens": "optional", "HttpEndpoint": "enabled"}
    assert one(v1, WEIGHTS).severity is Severity.HIGH
    assert one(v1, WEIGHTS, role=False).severity is Severity.LOW
    assert one(v1).severity is Severity.MEDIUM
    assert "s3://acme-weights/llama/" in one(v1, WEIGHTS).way[-1]
    assert "no role" in one(v1, role=False).way[-1]
