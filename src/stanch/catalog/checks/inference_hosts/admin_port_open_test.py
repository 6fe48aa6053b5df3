"""Which security groups open a remote shell to the internet, and whether anything wears them."""

import pytest
from tests.posturing import posture, verdicts
from tests.serving import GROUP, HOST, IGW, VPC, WEIGHTS, Line, allow, bucket, ec2, host, network, role

from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling, Verdict

CHECK = "inference_hosts/admin_port_open"


def of_group(lines: list[Line], toml: str | None = None) -> Verdict:
    """What is said of the host's group."""
    return next(one for one in verdicts(CHECK, posture(lines, toml)) if one.resource == GROUP)


@pytest.mark.parametrize(
    ("rule", "ruling"),
    [
        (allow(22), Ruling.FAIL),
        (allow(3389), Ruling.FAIL),
        (allow(20, to=30), Ruling.FAIL),
        (allow(), Ruling.FAIL),
        (allow(22, Ipv6Ranges=[{"CidrIpv6": "::/0"}]), Ruling.FAIL),
        (allow(443), Ruling.PASS),
        (allow(22, protocol="udp"), Ruling.PASS),
        (allow(22, UserIdGroupPairs=[{"GroupId": "sg-bastion"}]), Ruling.PASS),
        (allow(22, PrefixListIds=[{"PrefixListId": "pl-absent"}]), Ruling.UNKNOWN),
    ],
)
def test_a_group_must_not_open_ssh_or_rdp(rule: Line, ruling: Ruling) -> None:
    assert of_group([host(), *network(inside=[rule], target=IGW)]).ruling is ruling


def test_what_is_reached_now_is_graver_than_what_is_not_routed() -> None:
    dear = [role("arn:aws:s3:::acme-weights/llama/*"), bucket()]
    reached = of_group([host(), *dear, *network(inside=[allow(22)], target=IGW)], WEIGHTS)
    assert reached.severity is Severity.HIGH
    assert HOST.rpartition("/")[2] in reached.why
    private = of_group([host(public=False), *dear, *network(inside=[allow(22)], target=IGW)], WEIGHTS)
    assert private.severity is Severity.MEDIUM
    assert "no way in" in private.why


def test_any_host_counts_and_weighs_less() -> None:
    found = of_group([host(gpu=False, role=False), *network(inside=[allow(22)], target=IGW)])
    assert found.ruling is Ruling.FAIL
    assert found.severity is Severity.MEDIUM


def test_a_group_that_nobody_wears_passes_and_says_so() -> None:
    found = of_group(network(inside=[allow(22)], target=IGW))
    assert found.ruling is Ruling.PASS
    assert "no interface wears" in found.why


def test_an_interface_of_no_instance_wears_a_group_too() -> None:
    data = {"NetworkInterfaceId": "eni-9", "SubnetId": "subnet-0a1b2c3d4e5f60718", "VpcId": VPC}
    worn = {"Groups": [{"GroupId": GROUP.rpartition("/")[2]}], "Association": {"PublicIp": "203.0.113.9"}}
    eni = ec2("network-interface", "eni-9", **data, **worn)
    assert "eni-9" in of_group([eni, *network(inside=[allow(22)], target=IGW)]).why


def test_who_wears_a_group_is_unknown_where_nobody_saw_the_interfaces() -> None:
    lines = network(inside=[allow(22)], target=IGW)
    found = next(one for one in verdicts(CHECK, posture(lines, looked=["ec2/network"])) if one.resource == GROUP)
    assert found.ruling is Ruling.UNKNOWN
