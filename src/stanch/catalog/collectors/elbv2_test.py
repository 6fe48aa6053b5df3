"""The collector of load balancers against the range, and against recorded answers for pages and other types."""

from typing import Any

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.aws import Door
from stanch.catalog.collectors import elbv2

ELSEWHERE = "eu-west-1"
NAMED = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:"


def furnished(ground: Ground, aws: Door) -> dict[str, str]:
    """A load balancer that faces the internet, its listener, and the group behind it."""
    name = ground.name("inference")
    subnets = aws.call("ec2", "DescribeSubnets")["Subnets"]
    zones = {subnet["AvailabilityZone"]: subnet for subnet in subnets if subnet["DefaultForAz"]}
    network = list(zones.values())[:2]
    balancer = aws.call(
        "elbv2",
        "CreateLoadBalancer",
        Name=name,
        Subnets=[subnet["SubnetId"] for subnet in network],
        Scheme="internet-facing",
    )["LoadBalancers"][0]["LoadBalancerArn"]
    group = aws.call(
        "elbv2", "CreateTargetGroup", Name=name, Protocol="HTTP", Port=8000, VpcId=network[0]["VpcId"], TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    aws.call("elbv2", "RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "172.31.0.9", "Port": 8000}])
    listener = aws.call(
        "elbv2",
        "CreateListener",
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )["Listeners"][0]["ListenerArn"]
    return {"elbv2/load-balancer": balancer, "elbv2/target-group": group, "elbv2/listener": listener}


def test_load_balancers_are_found_with_the_declared_permissions_alone(ground: Ground) -> None:
    owner = ground.admin.at(ELSEWHERE)
    made = furnished(ground, owner)
    aws = reader(owner, elbv2)
    things, unknowns = collected(elbv2, aws)
    assert unknowns == []
    assert aws.needed == set(elbv2.PERMISSIONS)
    assert all(things[arn].kind == kind for kind, arn in made.items())
    balancer = things[made["elbv2/load-balancer"]].data
    assert balancer["Scheme"] == "internet-facing"
    assert balancer["Attributes"]["deletion_protection.enabled"] == "false"
    listener = things[made["elbv2/listener"]].data
    assert listener["LoadBalancerArn"] == made["elbv2/load-balancer"]
    assert [rule["IsDefault"] for rule in listener["Rules"]] == [True]
    (target,) = things[made["elbv2/target-group"]].data["TargetHealthDescriptions"]
    assert target["Target"]["Id"] == "172.31.0.9"


def test_each_denied_permission_is_told_and_nothing_is_invented(ground: Ground) -> None:
    owner = ground.admin.at(ELSEWHERE)
    furnished(ground, owner)
    survives_denials(elbv2, reader(owner, elbv2))


def account(**answers: Any) -> RecordedAws:
    balancers = [
        {"LoadBalancerArn": f"{NAMED}loadbalancer/net/one/1", "Type": "network"},
        {"LoadBalancerArn": f"{NAMED}loadbalancer/app/two/2", "Type": "application"},
    ]
    groups = [{"TargetGroupArn": f"{NAMED}targetgroup/{name}/1"} for name in ("one", "two")]
    operations = {
        "elbv2:DescribeLoadBalancers": turned("LoadBalancers", "Marker", "NextMarker", balancers),
        "elbv2:DescribeLoadBalancerAttributes": says({"Attributes": []}),
        "elbv2:DescribeListeners": lambda _, params: {
            "Listeners": [{"ListenerArn": params["LoadBalancerArn"].replace("loadbalancer", "listener")}]
        },
        "elbv2:DescribeRules": turned("Rules", "Marker", "NextMarker", [{"Priority": "1"}, {"Priority": "default"}]),
        "elbv2:DescribeTargetGroups": turned("TargetGroups", "Marker", "NextMarker", groups),
        "elbv2:DescribeTargetHealth": says({"TargetHealthDescriptions": []}),
    }
    return RecordedAws({**operations, **answers})


def test_every_page_is_read() -> None:
    things, unknowns = collected(elbv2, account())
    assert unknowns == []
    kinds = sorted(thing.kind for thing in things.values())
    assert kinds == [f"elbv2/{kind}" for kind in ("listener", "load-balancer", "target-group") for _ in range(2)]
    rules = things[f"{NAMED}listener/app/two/2"].data["Rules"]
    assert [rule["Priority"] for rule in rules] == ["1", "default"]


def test_a_network_load_balancer_has_no_rules_and_is_not_asked_for_any() -> None:
    aws = account()
    things, _ = collected(elbv2, aws)
    assert things[f"{NAMED}listener/net/one/1"].data["Rules"] is None
    asked = {params["ListenerArn"] for name, params in aws.calls if name == "elbv2:DescribeRules"}
    assert asked == {f"{NAMED}listener/app/two/2"}


def test_a_region_without_load_balancers_takes_two_calls() -> None:
    aws = account(
        **{
            "elbv2:DescribeLoadBalancers": says({"LoadBalancers": []}),
            "elbv2:DescribeTargetGroups": says({"TargetGroups": []}),
        }
    )
    assert collected(elbv2, aws) == ({}, [])
    assert len(aws.calls) == 2
