"""Which hosts that hold a model can send it anywhere."""

from collections.abc import Mapping

import pytest
from tests.posturing import posture, verdicts
from tests.serving import HOST, IGW, WEIGHTS, Line, allow, bucket, ec2, host, network, role

from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling, Verdict

CHECK = "egress/host_reaches_internet"
READS = [role("arn:aws:s3:::acme-weights/llama/*"), bucket()]


def one(lines: list[Line], toml: str | None = None) -> Verdict:
    """The only verdict."""
    (found,) = verdicts(CHECK, posture(lines, toml))
    return found


@pytest.mark.parametrize(
    ("target", "ruling"), [(IGW, Ruling.FAIL), (None, Ruling.PASS), ({"TransitGatewayId": "tgw-1"}, Ruling.UNKNOWN)]
)
def test_a_host_must_not_reach_the_internet(target: Mapping[str, str] | None, ruling: Ruling) -> None:
    found = one([host(), *network(target=target)])
    assert found.ruling is ruling
    assert ruling is not Ruling.UNKNOWN or "tgw-1" in found.why


def test_any_host_whose_role_reads_a_model_holds_it_and_no_other_is_asked_about() -> None:
    lines = [host(gpu=False), *READS, *network(target=IGW)]
    found = one(lines, WEIGHTS)
    assert found.severity is Severity.HIGH
    assert "s3://acme-weights/llama/" in found.way[-1]
    assert verdicts(CHECK, posture(lines)) == []


def test_how_long_it_takes_is_told_by_memory_or_disks() -> None:
    assert "24 GB) in 38 s at 5 Gbit/s" in one([host(), *network(target=IGW)]).why
    disk = ec2("volume", "vol-1", Size=200, Attachments=[{"InstanceId": HOST.rpartition("/")[2]}])
    assert "disks" in one([host(gpu=False), *READS, disk, *network(target=IGW)], WEIGHTS).why


def test_what_it_needs_is_opened_before_the_rest_is_closed() -> None:
    found = one([host(), *network(outside=[allow()], target=IGW)])
    assert found.remedy is not None
    assert [command[2] for command in found.remedy.commands] == [
        "authorize-security-group-egress",
        "revoke-security-group-egress",
    ]
