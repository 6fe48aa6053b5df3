from typing import Any

import pytest
from tests.ground import Ground, Listening, no_wait
from tests.hosts import arn_of, interfaces_of

from stanch.catalog.actions.ec2 import _quarantine
from stanch.catalog.actions.ec2 import isolate_instance as action
from stanch.contracts.aws import AwsError

ID = "ec2/isolate_instance"


def test_opens_each_interface_for_a_moment_to_make_its_flows_untracked(ground: Ground) -> None:
    instance = ground.host()
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    seen: list[Any] = []

    def during(_: float) -> None:
        (eni,) = interfaces_of(ground, instance)
        group = [eni["Groups"][0]["GroupId"]]
        (opened,) = ground.admin.pages("ec2", "DescribeSecurityGroups", "SecurityGroups", GroupIds=group)
        seen.append((_quarantine.rules(opened["IpPermissions"]), _quarantine.rules(opened["IpPermissionsEgress"])))
        assert not eni.get("Association"), "the address must be gone before everything is allowed"

    action.apply(aws, step, during)
    everything = {("-1:-", "0.0.0.0/0"), ("-1:-", "::/0")}
    assert seen == [(everything, everything)]
    assert _quarantine.find(ground.admin, step.settings["open"], step.settings["vpcs"][0]) is None


class Connection:
    """An open connection as EC2 treats it: tracked, it outlives its rules; once everything is allowed, it is not."""

    def __init__(self, ground: Ground, eni: str) -> None:
        self.ground, self.eni = ground, eni
        self.tracked, self.alive = True, True

    def look(self, _: str = "") -> None:
        """What becomes of it under the groups that the interface has now."""
        (eni,) = self.ground.admin.pages(
            "ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", NetworkInterfaceIds=[self.eni]
        )
        ids = [group["GroupId"] for group in eni["Groups"]]
        groups = self.ground.admin.pages("ec2", "DescribeSecurityGroups", "SecurityGroups", GroupIds=ids)
        ways = [
            frozenset().union(*(_quarantine.rules(group[way]) for group in groups))
            for way in ("IpPermissions", "IpPermissionsEgress")
        ]
        if all(way == _quarantine.rules_of_all() for way in ways):
            self.tracked = False
        elif not self.tracked and not any(ways):
            self.alive = False


def test_an_open_connection_ends_which_the_empty_group_alone_would_leave_alive(ground: Ground) -> None:
    instance = ground.host()
    aws = ground.responder()
    (eni,) = interfaces_of(ground, instance)
    cut, spared = (Connection(ground, eni["NetworkInterfaceId"]) for _ in range(2))
    step = ground.planned(ID, arn_of(ground, instance), aws)
    aws.before_call = cut.look
    action.apply(aws, step, no_wait)
    spared.look()
    assert (cut.alive, spared.alive) == (False, True)


def test_trusts_no_group_for_its_name(ground: Ground) -> None:
    instance = ground.host()
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    planted = ground.admin.call(
        "ec2",
        "CreateSecurityGroup",
        GroupName=step.settings["quarantine"],
        Description="x",
        VpcId=step.settings["vpcs"][0],
    )["GroupId"]
    ssh = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}]
    ground.admin.call("ec2", "AuthorizeSecurityGroupIngress", GroupId=planted, IpPermissions=ssh)
    action.apply(aws, step, no_wait)
    found = _quarantine.find(ground.admin, step.settings["quarantine"], step.settings["vpcs"][0])
    assert found is not None
    assert _quarantine.is_empty(found)
    assert not aws.needed - set(action.PERMISSIONS)


def test_empties_a_planted_group_of_rules_of_every_kind(ground: Ground) -> None:
    instance = ground.host()
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    vpc = step.settings["vpcs"][0]
    name = step.settings["quarantine"]
    planted = ground.admin.call("ec2", "CreateSecurityGroup", GroupName=name, Description="x", VpcId=vpc)["GroupId"]
    listed = ground.admin.call(
        "ec2", "CreateManagedPrefixList", PrefixListName=name, MaxEntries=1, AddressFamily="IPv4"
    )["PrefixList"]["PrefixListId"]
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    rules: list[dict[str, Any]] = [
        {**ssh, "PrefixListIds": [{"PrefixListId": listed}]},
        {**ssh, "UserIdGroupPairs": [{"GroupId": planted}]},
        {**ssh, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]},
    ]
    for rule in rules:
        ground.admin.call("ec2", "AuthorizeSecurityGroupIngress", GroupId=planted, IpPermissions=[rule])
    action.apply(aws, step, no_wait)
    found = _quarantine.find(ground.admin, name, vpc)
    assert found is not None
    assert _quarantine.is_empty(found)


def test_waits_for_a_group_that_is_not_seen_at_once(ground: Ground) -> None:
    instance = ground.host()

    class Late(Listening):
        unseen = 3

        def pages(
            self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
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


def test_an_interrupt_while_the_flows_are_untracked_leaves_the_host_closed(ground: Ground) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    aws = ground.responder()
    host = ground.host()
    step = ground.planned(ID, ground.arn("ec2", f"instance/{host}"), aws)
    with pytest.raises(KeyboardInterrupt):
        action.apply(aws, step, interrupted)
    groups = {group["GroupName"] for eni in interfaces_of(ground, host) for group in eni["Groups"]}
    assert groups == {step.settings["quarantine"]}


def test_takes_five_groups_off_an_interface_and_gives_each_back(ground: Ground) -> None:
    instance = ground.host()
    (eni,) = interfaces_of(ground, instance)
    name, vpc = eni["NetworkInterfaceId"], eni["VpcId"]
    five = sorted(
        ground.admin.call("ec2", "CreateSecurityGroup", GroupName=f"five-{n}", Description="x", VpcId=vpc)["GroupId"]
        for n in range(5)
    )
    ground.admin.call("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=name, Groups=five)
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    action.apply(aws, step, no_wait)
    assert len(action.read(aws, step)["groups"][name]) == 1
    action.undo(aws, step, no_wait)
    assert action.read(aws, step)["groups"][name] == five


def test_isolates_an_interface_in_another_vpc_with_a_group_of_that_vpc(ground: Ground) -> None:
    instance = ground.host()
    other = ground.admin.call("ec2", "CreateVpc", CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    subnet = ground.admin.call("ec2", "CreateSubnet", VpcId=other, CidrBlock="10.99.1.0/24")["Subnet"]["SubnetId"]
    eni = ground.admin.call("ec2", "CreateNetworkInterface", SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ground.admin.call("ec2", "AttachNetworkInterface", NetworkInterfaceId=eni, InstanceId=instance, DeviceIndex=1)
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    assert len(step.settings["vpcs"]) == 2
    action.apply(aws, step, no_wait)
    group = _quarantine.find(ground.admin, step.settings["quarantine"], other)
    assert group is not None
    assert action.read(aws, step)["groups"][eni] == [group["GroupId"]]
    assert action.verify(aws, step, no_wait, None).holds
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before
    assert not any(_quarantine.find(ground.admin, step.settings["quarantine"], vpc) for vpc in step.settings["vpcs"])


def test_one_interface_that_cannot_be_changed_leaves_no_other_open(ground: Ground) -> None:
    instance = ground.host(interfaces=3)
    stuck = interfaces_of(ground, instance)[0]["NetworkInterfaceId"]

    class Stuck(Listening):
        def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
            if params.get("NetworkInterfaceId") == stuck and "Groups" in params:
                raise AwsError(f"{service}:{operation}", "RequestLimitExceeded", "slow down")
            return super().call(service, operation, region=region, **params)

    aws = Stuck(ground.responder().door)
    step = ground.planned(ID, arn_of(ground, instance), aws)
    with pytest.raises(AwsError, match="slow down"):
        action.apply(aws, step, no_wait)
    groups = {eni["NetworkInterfaceId"]: eni["Groups"][0]["GroupName"] for eni in interfaces_of(ground, instance)}
    assert groups.pop(stuck) == "app"
    assert set(groups.values()) == {step.settings["quarantine"]}
    assert any(stuck in what for what in action.verify(aws, step, no_wait, None).what)
