"""Which load balancers bring the internet to an inference host without asking who calls."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, REGION, posture, verdicts
from tests.serving import HOST, VPC, Line, allow, ec2, host

from stanch.contracts.collector import Unknown
from stanch.domain.verdict import Ruling, Verdict

CHECK = "inference_hosts/balancer_open"
BASE = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
BALANCER, LISTENER = f"{BASE}:loadbalancer/app/llm/1", f"{BASE}:listener/app/llm/1/2"
TARGETS = f"{BASE}:targetgroup/llm/3"
FORWARD = {"Type": "forward", "TargetGroupArn": TARGETS}
WIDE = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/v1/*"]}}
OFFICE = {"Field": "source-ip", "SourceIpConfig": {"Values": ["198.51.100.0/24"]}}
ALL = {"Field": "source-ip", "SourceIpConfig": {"Values": ["0.0.0.0/0"]}}
HEADER = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "x-origin", "Values": ["secret"]}}


def rule(*actions: Any, conditions: Any = ()) -> Line:
    """A listener's rule."""
    return {"RuleArn": f"{BASE}:listener-rule/app/llm/1/2/4", "Actions": [*actions], "Conditions": [*conditions]}


def balancer(*rules: Line, target: str = HOST.rpartition("/")[2], group: Line | None = None, **more: Any) -> list[Line]:
    """A load balancer with its listener and what stands behind."""
    told = {
        "LoadBalancerArn": BALANCER,
        "Scheme": "internet-facing",
        "Type": "application",
        "SecurityGroups": ["sg-lb"],
    }
    listener = {"LoadBalancerArn": BALANCER, "Port": 443, "Rules": [*rules]}
    health = [{"Target": {"Id": target, "Port": 8000}}]
    return [
        {"kind": "elbv2/load-balancer", "arn": BALANCER, "data": {**told, **more}},
        {"kind": "elbv2/listener", "arn": LISTENER, "data": {**listener, **more.get("listener", {})}},
        {"kind": "elbv2/target-group", "arn": TARGETS, "data": {"VpcId": VPC, "TargetHealthDescriptions": health}},
        group or ec2("security-group", "sg-lb", GroupId="sg-lb", IpPermissions=[allow(443)]),
    ]


def one(lines: list[Line], *, public: bool = False) -> Verdict:
    """The only verdict."""
    (found,) = verdicts(CHECK, posture([host(public=public), *lines]))
    return found


@pytest.mark.parametrize(
    ("rules", "ruling"),
    [
        ([rule(FORWARD)], Ruling.FAIL),
        ([rule(FORWARD, conditions=[WIDE])], Ruling.FAIL),
        ([rule(FORWARD, conditions=[ALL])], Ruling.FAIL),
        ([rule(FORWARD, conditions=[OFFICE])], Ruling.PASS),
        ([rule(FORWARD, conditions=[HEADER])], Ruling.PASS),
        ([rule({"Type": "authenticate-oidc"}, FORWARD)], Ruling.PASS),
        ([rule({"Type": "jwt-validation"}, FORWARD)], Ruling.PASS),
        ([rule({"Type": "authenticate-oidc"}, FORWARD), rule(FORWARD)], Ruling.FAIL),
        ([rule({"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": TARGETS}]}})], Ruling.FAIL),
    ],
)
def test_each_rule_to_a_host_must_ask_who_calls(rules: list[Line], ruling: Ruling) -> None:
    assert one(balancer(*rules)).ruling is ruling


def test_an_internal_one_and_one_that_no_internet_gets_to_pass() -> None:
    assert one(balancer(rule(FORWARD), Scheme="internal")).ruling is Ruling.PASS
    edge = allow(443, PrefixListIds=[{"PrefixListId": "pl-edge"}])
    lines = [
        *balancer(rule(FORWARD), group=ec2("security-group", "sg-lb", GroupId="sg-lb", IpPermissions=[edge])),
        ec2("prefix-list", "pl-edge", PrefixListId="pl-edge", OwnerId="AWS"),
    ]
    assert one(lines).ruling is Ruling.PASS


def test_mutual_tls_asks_and_a_network_load_balancer_cannot() -> None:
    assert one(balancer(rule(FORWARD), listener={"MutualAuthentication": {"Mode": "verify"}})).ruling is Ruling.PASS
    assert one(balancer(rule(FORWARD), listener={"MutualAuthentication": {"Mode": "off"}})).ruling is Ruling.FAIL
    direct = {"Rules": None, "DefaultActions": [FORWARD]}
    found = one(balancer(Type="network", SecurityGroups=[], LoadBalancerName="llm", listener=direct))
    assert found.ruling is Ruling.FAIL
    assert found.remedy is not None
    assert "internal" in found.remedy.words


def test_a_target_is_known_by_its_address_too_and_others_are_not_asked_about() -> None:
    assert one(balancer(rule(FORWARD), target="10.0.1.10")).ruling is Ruling.FAIL
    assert verdicts(CHECK, posture([host(), *balancer(rule(FORWARD), target="10.9.9.9")])) == []
    assert verdicts(CHECK, posture([host(gpu=False), *balancer(rule(FORWARD))])) == []


def test_a_classic_one_never_asks() -> None:
    heard = [{"Listener": {"LoadBalancerPort": 80, "InstancePort": 8000}}]
    data = {"Scheme": "internet-facing", "Instances": [{"InstanceId": HOST.rpartition("/")[2]}], "SecurityGroups": []}
    arn = f"{BASE}:loadbalancer/old"
    classic = {"kind": "elb/load-balancer", "arn": arn, "data": {**data, "ListenerDescriptions": heard}}
    assert one([classic]).ruling is Ruling.FAIL


def test_what_was_not_seen_is_unknown() -> None:
    marker = {"$unseen": "elbv2:DescribeX: AccessDenied"}
    lines = balancer(rule(FORWARD))
    lines[2]["data"]["TargetHealthDescriptions"] = marker
    assert one(lines).ruling is Ruling.UNKNOWN
    assert one(balancer(listener={"Rules": marker})).ruling is Ruling.UNKNOWN
    assert one(balancer(rule(FORWARD))[:3]).ruling is Ruling.UNKNOWN, "nobody saw its group"
    lost = Unknown("elbv2:DescribeLoadBalancers", "AccessDenied", "elasticloadbalancing:DescribeLoadBalancers", "e", "")
    (found,) = verdicts(CHECK, posture([], unknowns=[lost]))
    assert found.ruling is Ruling.UNKNOWN
