"""Which inference hosts a responder can run a command on."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, REGION, posture, verdicts
from tests.serving import HOST, Line, host, role

from stanch.contracts.collector import Unknown
from stanch.domain.verdict import Ruling, Verdict

CHECK = "inference_hosts/unmanaged"
NAME = HOST.rpartition("/")[2]


def managed(ping: str, name: str = NAME) -> Line:
    """A host as Systems Manager knows it."""
    arn = f"arn:aws:ssm:{REGION}:{ACCOUNT}:managed-instance/{name}"
    return {"kind": "ssm/managed-instance", "arn": arn, "data": {"InstanceId": name, "PingStatus": ping}}


def one(lines: list[Line], **more: Any) -> Verdict:
    """The only verdict."""
    (found,) = verdicts(CHECK, posture(lines, **more))
    return found


@pytest.mark.parametrize(
    ("lines", "ruling"),
    [
        ([managed("Online")], Ruling.PASS),
        ([managed("ConnectionLost")], Ruling.FAIL),
        ([managed("Online", "i-other")], Ruling.FAIL),
        ([], Ruling.FAIL),
    ],
)
def test_a_host_must_answer(lines: list[Line], ruling: Ruling) -> None:
    assert one([host(), *lines]).ruling is ruling


def test_a_stopped_host_passes() -> None:
    assert one([host(State={"Name": "stopped"})]).ruling is Ruling.PASS


def test_a_list_that_nobody_saw_is_unknown() -> None:
    lost = Unknown("ssm:DescribeInstanceInformation", "AccessDenied", "ssm:DescribeInstanceInformation", "ssm", "")
    found = one([host()], unknowns=[lost])
    assert found.ruling is Ruling.UNKNOWN
    assert "ssm:DescribeInstanceInformation" in found.why
    assert one([host()], looked=["ec2/hosts"]).ruling is Ruling.UNKNOWN


def test_the_remedy_names_the_policy_in_the_partition_of_the_role() -> None:
    found = one([host(), role()])
    assert found.remedy is not None
    assert found.remedy.commands[0][-1] == "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    other = one([host(role=False)])
    assert other.remedy is not None
    assert other.remedy.commands == ()
