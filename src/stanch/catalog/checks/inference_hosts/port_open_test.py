"""Which port of which host the internet gets to, and how grave that is."""

from typing import Any

import pytest
from tests.posturing import posture, rulings, verdicts
from tests.serving import HOST, IGW, ROLE, WEIGHTS, Line, allow, bucket, host, network, role

from stanch.contracts.collector import Unknown
from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling, Verdict

CHECK = "inference_hosts/port_open"
KEYED = {"Length": 1, "Sha256": "0", "Masked": True, "Text": "vllm serve m --api-key [masked:named-so:20]"}
LOST = Unknown("ec2:DescribeInstances", "AccessDenied", "ec2:DescribeInstances", "ec2", "no")


def one(lines: list[Line], toml: str | None = None) -> Verdict:
    """The only verdict."""
    (found,) = verdicts(CHECK, posture(lines, toml))
    return found


@pytest.mark.parametrize(
    ("rule", "ruling"),
    [
        (allow(8000), Ruling.FAIL),
        (allow(11434), Ruling.FAIL),
        (allow(), Ruling.FAIL),
        (allow(443), Ruling.PASS),
        (allow(8000, IpRanges=[{"CidrIp": "198.51.100.0/24"}]), Ruling.PASS),
    ],
)
def test_a_port_that_servers_listen_on_must_not_be_open(rule: Line, ruling: Ruling) -> None:
    assert one([host(), *network(inside=[rule], target=IGW)]).ruling is ruling


def test_the_port_that_user_data_names_counts() -> None:
    told: dict[str, Any] = {**KEYED, "Masked": False, "Text": "vllm serve m --port 9443"}
    lines = network(inside=[allow(9443)], target=IGW)
    assert one([host(UserData=told), *lines]).ruling is Ruling.FAIL
    assert one([host(), *lines]).ruling is Ruling.PASS


def test_an_open_group_behind_a_private_address_passes_and_is_named() -> None:
    found = one([host(public=False), *network(inside=[allow(8000)], target=IGW)])
    assert found.ruling is Ruling.PASS
    assert "one change away" in found.why
    assert "8000" in found.why


def test_a_closed_group_is_not_said_to_be_nearly_open() -> None:
    assert "one change away" not in one([host(), *network(target=IGW)]).why


def test_a_gate_that_nobody_saw_is_unknown() -> None:
    lines = [line for line in network(inside=[allow(8000)], target=IGW) if line["kind"] != "ec2/route-table"]
    found = one([host(), *lines])
    assert found.ruling is Ruling.UNKNOWN
    assert "route table" in found.why


def test_an_ordinary_host_is_not_asked_about() -> None:
    assert verdicts(CHECK, posture([host(gpu=False), *network(inside=[allow(8000)], target=IGW)])) == []


def test_what_lies_behind_gives_the_weight_and_a_key_takes_a_step() -> None:
    open_ = network(inside=[allow(8000)], target=IGW)
    dear = [role("arn:aws:s3:::acme-weights/llama/*"), bucket(), *open_]
    assert one([host(), *dear], WEIGHTS).severity is Severity.CRITICAL
    assert one([host(UserData=KEYED), *dear], WEIGHTS).severity is Severity.HIGH
    assert one([host(role=False), *open_]).severity is Severity.HIGH
    assert [asset.name for asset in one([host(), *dear], WEIGHTS).assets] == ["llama"]


def test_the_way_ends_at_what_the_role_reads() -> None:
    lines = [host(), role("arn:aws:s3:::acme-weights/llama/*"), bucket(), *network(inside=[allow(8000)], target=IGW)]
    assert "s3://acme-weights/llama/" in one(lines, WEIGHTS).way[-1]


def test_the_remedy_takes_only_the_internet_out_of_the_rule() -> None:
    mixed = allow(8000, IpRanges=[{"CidrIp": "0.0.0.0/0"}, {"CidrIp": "10.0.0.0/8", "Description": "ours"}])
    found = one([host(), *network(inside=[mixed], target=IGW)])
    assert found.remedy is not None
    ((*_, permissions, _, region),) = found.remedy.commands
    assert "10.0.0.0" not in permissions
    assert region == "eu-central-1"


def test_each_account_and_region_is_judged_for_itself_and_a_lost_listing_is_told() -> None:
    there = {**host(), "arn": HOST.replace("eu-central-1", "eu-west-1").replace("111122223333", "444455556666")}
    lines = [host(), there, *network(inside=[allow(8000)], target=IGW)]
    assert len(rulings(CHECK, posture(lines))) == 2
    (found,) = verdicts(CHECK, posture([], unknowns=[LOST]))
    assert found.ruling is Ruling.UNKNOWN
    assert "ec2:DescribeInstances" in found.why


def test_no_role_is_needed() -> None:
    assert ROLE not in " ".join(one([host(role=False), *network(inside=[allow(8000)], target=IGW)]).way)
