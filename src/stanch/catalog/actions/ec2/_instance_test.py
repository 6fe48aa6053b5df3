from typing import Any

from tests.ground import Ground, Listening, no_wait
from tests.hosts import arn_of, interfaces_of

from stanch.catalog.actions.ec2 import isolate_instance as action

ID = "ec2/isolate_instance"


class Seen(Listening):
    """An account whose interfaces say something of themselves that the range does not know."""

    says: dict[str, dict[str, Any]]

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        found = super().pages(service, operation, key, region=region, **params)
        for eni in found if operation == "DescribeNetworkInterfaces" else ():
            eni.update(self.says.get(eni["NetworkInterfaceId"], {}))
        return found


def seeing(ground: Ground, says: dict[str, dict[str, Any]]) -> Seen:
    aws = Seen(ground.responder().door)
    aws.says = says
    return aws


def test_isolates_the_interfaces_of_pods_behind_a_trunk(ground: Ground) -> None:
    instance = ground.host()
    (trunk,) = interfaces_of(ground, instance)
    tags = [{"Key": "vpcresources.k8s.aws/trunk-eni-id", "Value": trunk["NetworkInterfaceId"]}]
    branch = ground.admin.call(
        "ec2",
        "CreateNetworkInterface",
        SubnetId=trunk["SubnetId"],
        TagSpecifications=[{"ResourceType": "network-interface", "Tags": tags}],
    )["NetworkInterface"]["NetworkInterfaceId"]
    aws = seeing(ground, {trunk["NetworkInterfaceId"]: {"InterfaceType": "trunk"}})
    step = ground.planned(ID, arn_of(ground, instance), aws)
    action.apply(aws, step, no_wait)
    groups = action.read(aws, step)["groups"]
    assert set(groups) == {trunk["NetworkInterfaceId"], branch}
    assert len({tuple(held) for held in groups.values()}) == 1
    assert action.verify(aws, step, no_wait, None).holds


def test_leaves_an_interface_of_another_service_alone_and_calls_the_host_not_isolated(ground: Ground) -> None:
    instance = ground.host(interfaces=2)
    theirs = interfaces_of(ground, instance)[1]["NetworkInterfaceId"]
    aws = seeing(ground, {theirs: {"RequesterManaged": True, "RequesterId": "amazon-ecs"}})
    step = ground.planned(ID, arn_of(ground, instance), aws)
    assert any(line.startswith(f"NOT isolated: {theirs} belongs to amazon-ecs") for line in step.breaks)
    action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert theirs in proof.what[0]
