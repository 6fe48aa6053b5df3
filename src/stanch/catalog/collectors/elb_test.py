"""The collector of classic load balancers against the range, and against recorded answers for pages."""

from tests.collecting import collected, reader, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.aws import Door
from stanch.catalog.collectors import elb

ELSEWHERE = "eu-west-1"


def balancer(ground: Ground, aws: Door) -> str:
    name = ground.name("classic")
    port = {"Protocol": "tcp", "LoadBalancerPort": 443, "InstanceProtocol": "tcp", "InstancePort": 8000}
    aws.call("elb", "CreateLoadBalancer", LoadBalancerName=name, Listeners=[port], AvailabilityZones=[f"{ELSEWHERE}a"])
    return name


def test_classic_load_balancers_are_found_with_the_declared_permission_alone(ground: Ground) -> None:
    owner = ground.admin.at(ELSEWHERE)
    name = balancer(ground, owner)
    aws = reader(owner, elb)
    things, unknowns = collected(elb, aws)
    assert unknowns == []
    assert aws.needed == set(elb.PERMISSIONS)
    told = things[f"arn:aws:elasticloadbalancing:{ELSEWHERE}:{ground.account}:loadbalancer/{name}"]
    assert told.kind == "elb/load-balancer"
    assert told.data["Scheme"] == "internet-facing"
    assert told.data["ListenerDescriptions"][0]["Listener"]["InstancePort"] == 8000


def test_a_denied_permission_is_told_and_nothing_is_invented(ground: Ground) -> None:
    owner = ground.admin.at(ELSEWHERE)
    balancer(ground, owner)
    survives_denials(elb, reader(owner, elb))


def test_every_page_is_read() -> None:
    found = [{"LoadBalancerName": "one"}, {"LoadBalancerName": "two"}]
    aws = RecordedAws({"elb:DescribeLoadBalancers": turned("LoadBalancerDescriptions", "Marker", "NextMarker", found)})
    things, unknowns = collected(elb, aws)
    assert unknowns == []
    assert list(things) == [
        f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/{name}" for name in ("one", "two")
    ]
