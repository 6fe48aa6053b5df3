"""Which subnets of inference hosts are recorded, and well enough."""

from typing import Any

import pytest
from tests.posturing import posture, rulings, verdicts
from tests.serving import HOST, SUBNET, VPC, WEIGHTS, Line, bucket, ec2, host, network, role

from stanch.contracts.collector import Unknown
from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

CHECK = "flow_logs/host_unrecorded"
SHORT = "${srcaddr} ${dstaddr} ${bytes}"


def log(**data: Any) -> Line:
    """A sound flow log of the network, but for what is told."""
    told = {"FlowLogId": "fl-1", "FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "SUCCESS", "TrafficType": "ALL"}
    return ec2("vpc-flow-log", "fl-1", **{**told, "ResourceId": VPC, "LogFormat": SHORT, **data})


@pytest.mark.parametrize(
    ("data", "ruling"),
    [
        ({}, Ruling.PASS),
        ({"TrafficType": "ACCEPT"}, Ruling.PASS),
        ({"LogFormat": None}, Ruling.PASS),
        ({"ResourceId": SUBNET.rpartition("/")[2]}, Ruling.PASS),
        ({"ResourceId": "eni-0a1b2c3d4e5f60718"}, Ruling.PASS),
        ({"LogFormat": "${instance-id} ${pkt-dstaddr} ${bytes}"}, Ruling.PASS),
        ({"TrafficType": "REJECT"}, Ruling.FAIL),
        ({"FlowLogStatus": "DELETING"}, Ruling.FAIL),
        ({"DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Access error"}, Ruling.FAIL),
        ({"LogFormat": "${srcaddr} ${dstaddr} ${action}"}, Ruling.FAIL),
        ({"LogFormat": "${srcaddr} ${bytes}"}, Ruling.FAIL),
        ({"ResourceId": "vpc-other"}, Ruling.FAIL),
    ],
)
def test_a_log_must_tell_how_much_went_where(data: dict[str, Any], ruling: Ruling) -> None:
    assert rulings(CHECK, posture([host(), *network(), log(**data)])) == {SUBNET: ruling}


def test_an_interface_log_of_one_host_does_not_record_its_neighbour() -> None:
    other = host()
    other["arn"] = other["arn"][:-1] + "9"
    other["data"]["NetworkInterfaces"][0]["NetworkInterfaceId"] = "eni-2"
    (found,) = verdicts(CHECK, posture([host(), other, *network(), log(ResourceId="eni-0a1b2c3d4e5f60718")]))
    assert found.ruling is Ruling.FAIL
    assert other["arn"].rpartition("/")[2] in found.why
    assert HOST.rpartition("/")[2] not in found.why


def test_a_subnet_that_the_snapshot_lacks_is_named_all_the_same() -> None:
    assert rulings(CHECK, posture([host()])) == {SUBNET: Ruling.FAIL}


def test_subnets_of_other_hosts_are_not_asked_about() -> None:
    assert rulings(CHECK, posture([host(gpu=False), *network()])) == {}


def test_the_hosts_assets_give_the_weight() -> None:
    lines = [host(), *network(), role("arn:aws:s3:::acme-weights/llama/*"), bucket()]
    (found,) = verdicts(CHECK, posture(lines, WEIGHTS))
    assert found.severity is Severity.HIGH
    (bare,) = verdicts(CHECK, posture([host(role=False), *network()]))
    assert bare.severity is Severity.MEDIUM


def test_logs_that_nobody_saw_are_unknown_and_a_log_that_was_seen_is_enough() -> None:
    lost = Unknown("ec2:DescribeFlowLogs", "AccessDenied", "ec2:DescribeFlowLogs", "ec2", "")
    assert rulings(CHECK, posture([host(), *network()], unknowns=[lost])) == {SUBNET: Ruling.UNKNOWN}
    assert rulings(CHECK, posture([host(), *network(), log()], unknowns=[lost])) == {SUBNET: Ruling.PASS}
