from typing import Any

import pytest
from tests.ground import Ground, Listening, no_wait, survives_dying

from stanch.catalog.actions.ec2 import _exposure, _quarantine
from stanch.catalog.actions.ec2 import isolate_instance as action
from stanch.contracts.action import Refused

ID = "ec2/isolate_instance"


def arn_of(ground: Ground, instance: str) -> str:
    return ground.arn("ec2", f"instance/{instance}")


def interfaces(ground: Ground, instance: str) -> list[dict[str, Any]]:
    mine = [{"Name": "attachment.instance-id", "Values": [instance]}]
    return ground.admin.pages("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=mine)


def in_service(ground: Ground, interfaces: int = 1) -> str:
    """A host in an Auto Scaling group and a target group."""
    instance = ground.host(interfaces=interfaces)
    described = ground.admin.pages("ec2", "DescribeInstances", "Reservations", InstanceIds=[instance])
    host = described[0]["Instances"][0]
    name = ground.name("group")
    call = ground.admin.call
    call(
        "autoscaling",
        "CreateLaunchConfiguration",
        LaunchConfigurationName=name,
        ImageId=host["ImageId"],
        InstanceType="t3.micro",
    )
    bounds = {"MinSize": 0, "MaxSize": 5, "DesiredCapacity": 0, "VPCZoneIdentifier": host["SubnetId"]}
    call("autoscaling", "CreateAutoScalingGroup", AutoScalingGroupName=name, LaunchConfigurationName=name, **bounds)
    call("autoscaling", "AttachInstances", AutoScalingGroupName=name, InstanceIds=[instance])
    made = call("elbv2", "CreateTargetGroup", Name=name, Protocol="HTTP", Port=8000, VpcId=host["VpcId"])
    group = made["TargetGroups"][0]["TargetGroupArn"]
    call(
        "elbv2",
        "RegisterTargets",
        TargetGroupArn=group,
        Targets=[{"Id": instance, "Port": 8000}],
    )
    return instance


def test_leaves_every_interface_with_one_empty_group_and_no_public_address(ground: Ground) -> None:
    instance = ground.host(interfaces=3)
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    action.apply(aws, step, no_wait)
    found = interfaces(ground, instance)
    assert len(found) == 3
    groups = {group["GroupId"] for eni in found for group in eni["Groups"]}
    assert len(groups) == 1
    (quarantine,) = ground.admin.pages("ec2", "DescribeSecurityGroups", "SecurityGroups", GroupIds=list(groups))
    assert (quarantine["IpPermissions"], quarantine["IpPermissionsEgress"]) == ([], [])
    assert not any(eni.get("Association") for eni in found)
    assert action.verify(aws, step, no_wait, None).holds


def test_opens_each_interface_for_a_moment_to_make_its_flows_untracked(ground: Ground) -> None:
    instance = ground.host()
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    seen: list[Any] = []

    def during(_: float) -> None:
        (eni,) = interfaces(ground, instance)
        group = [eni["Groups"][0]["GroupId"]]
        (opened,) = ground.admin.pages("ec2", "DescribeSecurityGroups", "SecurityGroups", GroupIds=group)
        seen.append((_quarantine.rules(opened["IpPermissions"]), _quarantine.rules(opened["IpPermissionsEgress"])))
        assert not eni.get("Association"), "the address must be gone before everything is allowed"

    action.apply(aws, step, during)
    everything = {("-1:-", "0.0.0.0/0"), ("-1:-", "::/0")}
    assert seen == [(everything, everything)]
    assert _quarantine.find(ground.admin, step.settings["open"], step.settings["vpcs"][0]) is None


def test_is_out_of_service_before_it_goes_dark(ground: Ground) -> None:
    instance = in_service(ground)
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    order: list[str] = []
    aws.before_call = order.append
    action.apply(aws, step, no_wait)
    swap = order.index("ec2:ModifyNetworkInterfaceAttribute")
    for leaving in (
        "autoscaling:EnterStandby",
        "elbv2:DeregisterTargets",
        "ec2:DisassociateAddress",
    ):
        assert order.index(leaving) < swap
    proof = action.verify(aws, step, no_wait, None)
    assert proof.holds, proof
    assert step.before is not None
    assert list(step.before["targets"].values()) == [[f"{instance}:8000"]]
    assert list(action.read(aws, step)["auto_scaling"].values()) == ["Standby"]


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: arn_of(ground, in_service(ground, interfaces=2))) >= 13


def test_trusts_no_group_for_its_name(ground: Ground) -> None:
    instance = ground.host()
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    planted = ground.admin.call(
        "ec2", "CreateSecurityGroup", GroupName=step.settings["quarantine"], Description="x", VpcId=step.settings["vpcs"][0]
    )["GroupId"]
    ssh = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}]
    ground.admin.call("ec2", "AuthorizeSecurityGroupIngress", GroupId=planted, IpPermissions=ssh)
    action.apply(aws, step, no_wait)
    found = _quarantine.find(ground.admin, step.settings["quarantine"], step.settings["vpcs"][0])
    assert found is not None
    assert _quarantine.is_empty(found)
    assert not aws.needed - set(action.PERMISSIONS)


def test_waits_for_a_group_that_is_not_seen_at_once(ground: Ground) -> None:
    instance = ground.host()

    class Late(Listening):
        unseen = 3

        def pages(
            self, service: str, operation: str, key: str, *, region: str | None = None, **params: Any
        ) -> list[dict[str, Any]]:
            found = super().pages(service, operation, key, region=region, **params)
            if operation == "DescribeSecurityGroups" and found and self.unseen:
                self.unseen -= 1
                return []
            return found

    aws = Late(ground.responder().door)
    step = ground.planned(ID, arn_of(ground, instance), aws)
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds


def test_does_not_hold_once_an_interface_or_a_rule_was_added(ground: Ground) -> None:
    instance = ground.host()
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    action.apply(aws, step, no_wait)
    group = action.read(aws, step)["groups"].popitem()[1]
    anyone = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ground.admin.call("ec2", "AuthorizeSecurityGroupEgress", GroupId=group[0], IpPermissions=anyone)
    proof = action.verify(aws, step, no_wait, None)
    assert proof.what == (f"{step.settings['quarantine']} has rules",)
    subnet = interfaces(ground, instance)[0]["SubnetId"]
    eni = ground.admin.call("ec2", "CreateNetworkInterface", SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ground.admin.call("ec2", "AttachNetworkInterface", NetworkInterfaceId=eni, InstanceId=instance, DeviceIndex=1)
    assert any(what.startswith(eni) for what in action.verify(aws, step, no_wait, None).what)


def test_gives_back_the_same_elastic_address_and_deletes_its_groups(ground: Ground) -> None:
    instance = ground.host()
    aws = ground.responder()
    before = interfaces(ground, instance)[0]["Association"]["PublicIp"]
    step = ground.planned(ID, arn_of(ground, instance), aws)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    assert interfaces(ground, instance)[0]["Association"]["PublicIp"] == before
    assert _quarantine.find(ground.admin, step.settings["quarantine"], step.settings["vpcs"][0]) is None


def test_sees_that_its_elastic_address_went_to_somebody_else(ground: Ground) -> None:
    instance, other = ground.host(), ground.host(elastic=False)
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    action.apply(aws, step, no_wait)
    left = action.read(aws, step)
    (allocation,) = left["elastic"]
    ground.admin.call("ec2", "AssociateAddress", AllocationId=allocation, InstanceId=other)
    assert action.read(aws, step) != left


def test_says_what_a_security_group_does_not_cut(ground: Ground) -> None:
    step = ground.planned(ID, arn_of(ground, ground.host()))
    assert any("NAT gateway" in breakage for breakage in step.breaks)


class Classic(Listening):
    """Classic load balancers, which the range does not have."""

    def __init__(self, ground: Ground, instance: str) -> None:
        super().__init__(ground.responder())
        self.registered = {"front": {instance, "i-other"}, "back": {"i-other"}}

    def pages(
        self, service: str, operation: str, key: str, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        if service != "elb":
            return super().pages(service, operation, key, region=region, **params)
        return [
            {"LoadBalancerName": name, "Instances": [{"InstanceId": instance} for instance in sorted(instances)]}
            for name, instances in self.registered.items()
        ]

    def call(self, service: str, operation: str, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        if service != "elb":
            return super().call(service, operation, region=region, **params)
        named = {entry["InstanceId"] for entry in params["Instances"]}
        registered = self.registered[params["LoadBalancerName"]]
        self.registered[params["LoadBalancerName"]] = (
            registered - named if operation.startswith("Deregister") else registered | named
        )
        return {}


def test_leaves_classic_load_balancers_and_comes_back_to_them(ground: Ground) -> None:
    instance = ground.host()
    aws = Classic(ground, instance)
    step = ground.planned(ID, arn_of(ground, instance), aws)
    action.apply(aws, step, no_wait)
    assert aws.registered == {"front": {"i-other"}, "back": {"i-other"}}
    action.undo(aws, step, no_wait)
    assert aws.registered == {"front": {instance, "i-other"}, "back": {"i-other"}}


class Addresses(Listening):
    """An EC2 that gives and takes automatic and IPv6 addresses, which the range does not."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground.responder())
        self.automatic: str | None = "198.51.100.7"
        self.ipv6 = ["2001:db8::1", "2001:db8::2"]

    def eni(self) -> dict[str, Any]:
        association = {"Association": {"PublicIp": self.automatic}} if self.automatic else {}
        return {"NetworkInterfaceId": "eni-1", "Ipv6Addresses": [{"Ipv6Address": a} for a in self.ipv6], **association}

    def call(self, service: str, operation: str, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        if operation == "ModifyNetworkInterfaceAttribute":
            self.automatic = "198.51.100.99" if params["AssociatePublicIpAddress"] else None
        elif operation == "UnassignIpv6Addresses":
            self.ipv6 = [address for address in self.ipv6 if address not in params["Ipv6Addresses"]]
        elif operation == "AssignIpv6Addresses":
            self.ipv6 = sorted([*self.ipv6, *params["Ipv6Addresses"]])
        return {"Addresses": []}


def test_takes_off_automatic_and_ipv6_addresses_and_brings_back_what_can_be_had(ground: Ground) -> None:
    aws = Addresses(ground)
    before = _exposure.exposure(aws, "i-1", [aws.eni()])
    assert _exposure.automatic_addresses([aws.eni()], before) == {"eni-1": "198.51.100.7"}
    _exposure.hide(aws, before)
    hidden = _exposure.exposure(aws, "i-1", [aws.eni()])
    assert _exposure.public(hidden) == []
    _exposure.expose(aws, before, hidden)
    assert _exposure.exposure(aws, "i-1", [aws.eni()]) == before
    assert aws.automatic == "198.51.100.99"


def test_a_host_that_was_isolated_and_given_back_can_be_isolated_again(ground: Ground) -> None:
    aws = ground.responder()
    arn = ground.arn("ec2", f"instance/{ground.host()}")
    for incident in ("inc-20261122-aaaa", "inc-20261122-bbbb"):
        step = ground.planned(ID, arn, aws, ground.case(incident))
        action.apply(aws, step, no_wait)
        proof = action.verify(aws, step, no_wait, None)
        assert proof.holds, proof.what
        action.undo(aws, step, no_wait)
        assert action.read(aws, step) == step.before


def test_an_interrupt_while_the_flows_are_untracked_leaves_the_host_closed(ground: Ground) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    aws = ground.responder()
    host = ground.host()
    step = ground.planned(ID, ground.arn("ec2", f"instance/{host}"), aws)
    with pytest.raises(KeyboardInterrupt):
        action.apply(aws, step, interrupted)
    groups = {group["GroupName"] for eni in interfaces(ground, host) for group in eni["Groups"]}
    assert groups == {step.settings["quarantine"]}


def test_refuses_the_host_it_acts_from(ground: Ground) -> None:
    host = ground.host()
    own = ground.case(responder=f"{ground.arn('sts', 'assumed-role/stanch-responder')}/{host}")
    with pytest.raises(Refused, match="isolate it from another one"):
        ground.planned(ID, arn_of(ground, host), case=own)
