"""Which endpoints let a host write to a stranger's bucket."""

from typing import Any

import pytest
from tests.posturing import posture, rulings, verdicts
from tests.serving import ROLE, VPC, Line, ec2, host, role

from stanch.contracts.collector import Unknown
from stanch.domain.verdict import Ruling

CHECK = "egress/endpoint_any_bucket"
SERVICE = "com.amazonaws.eu-central-1.s3"
OURS = '[perimeter]\norganizations = ["o-a1b2c3d4e5"]\n'


def endpoint(policy: Any, service: str = SERVICE, vpc: str = VPC) -> Line:
    """An endpoint with this policy."""
    return ec2("vpc-endpoint", "vpce-1", VpcEndpointId="vpce-1", ServiceName=service, VpcId=vpc, PolicyDocument=policy)


def allows(action: str = "*", resource: Any = "*", effect: str = "Allow", **condition: Any) -> dict[str, Any]:
    """A statement for everybody."""
    told = {"Effect": effect, "Principal": "*", "Action": action, "Resource": resource}
    return {**told, **({"Condition": condition} if condition else {})}


@pytest.mark.parametrize(
    ("statements", "ruling"),
    [
        ([allows()], Ruling.FAIL),
        ([allows("s3:Put*", "arn:aws:s3:::*")], Ruling.FAIL),
        ([allows(StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"})], Ruling.FAIL),
        ([allows(ArnEquals={"aws:PrincipalArn": ROLE})], Ruling.FAIL),
        ([allows("s3:GetObject")], Ruling.PASS),
        ([allows(resource="arn:aws:s3:::acme-weights/*")], Ruling.PASS),
        ([allows(StringEquals={"aws:ResourceAccount": "111122223333"})], Ruling.PASS),
        ([allows(StringEquals={"aws:ResourceOrgID": "o-a1b2c3d4e5"})], Ruling.PASS),
        ([allows(StringEquals={"aws:ResourceOrgID": "${aws:PrincipalOrgID}"})], Ruling.FAIL),  # a key of his own
        (
            [allows(StringEquals={"aws:ResourceOrgID": "o-a1b2c3d4e5", "aws:PrincipalOrgID": "o-a1b2c3d4e5"})],
            Ruling.PASS,
        ),
        ([allows(), allows(effect="Deny", StringNotEquals={"s3:ResourceAccount": "111122223333"})], Ruling.PASS),
        ([allows(StringEquals={"aws:PrincipalTag/team": "ml"})], Ruling.UNKNOWN),
        ([], Ruling.PASS),
    ],
)
def test_a_policy_must_refuse_the_bucket_of_a_stranger(statements: list[Any], ruling: Ruling) -> None:
    policy = {"Version": "2012-10-17", "Statement": statements}
    lines = [host(public=False), role(), endpoint(policy)]
    assert list(rulings(CHECK, posture(lines, OURS)).values()) == [ruling]


@pytest.mark.parametrize(
    ("policy", "ruling"),
    [
        (None, Ruling.FAIL),
        ({"$unseen": "ec2:X: denied"}, Ruling.UNKNOWN),
        ("x", Ruling.UNKNOWN),
        ({"x": 1}, Ruling.UNKNOWN),
    ],
)
def test_no_policy_of_its_own_admits_all_and_one_that_cannot_be_read_is_unknown(policy: Any, ruling: Ruling) -> None:
    assert list(rulings(CHECK, posture([host(), endpoint(policy)])).values()) == [ruling]


def test_only_endpoints_of_s3_where_a_model_is_held_are_asked_about() -> None:
    assert rulings(CHECK, posture([host(), endpoint(None, "com.amazonaws.eu-central-1.ssm")])) == {}
    assert rulings(CHECK, posture([host(), endpoint(None, vpc="vpc-other")])) == {}
    assert rulings(CHECK, posture([host(gpu=False, role=False), endpoint(None)])) == {}


def test_a_list_that_nobody_saw_is_unknown() -> None:
    lost = Unknown("ec2:DescribeVpcEndpoints", "AccessDenied", "ec2:DescribeVpcEndpoints", "ec2", "")
    (found,) = verdicts(CHECK, posture([host()], unknowns=[lost]))
    assert found.ruling is Ruling.UNKNOWN
