import pytest
from tests.ground import Ground, no_wait, survives_dying
from tests.hosts import arn_of, failing, in_service, interfaces_of

from stanch.catalog.actions.ec2 import _quarantine
from stanch.catalog.actions.ec2 import isolate_instance as action
from stanch.contracts.action import Refused
from stanch.contracts.aws import AwsDenied, AwsError

ID = "ec2/isolate_instance"


def test_leaves_every_interface_with_one_empty_group_and_no_public_address(ground: Ground) -> None:
    instance = ground.host(interfaces=3)
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    action.apply(aws, step, no_wait)
    found = interfaces_of(ground, instance)
    assert len(found) == 3
    groups = {group["GroupId"] for eni in found for group in eni["Groups"]}
    assert len(groups) == 1
    (quarantine,) = ground.admin.pages("ec2", "DescribeSecurityGroups", "SecurityGroups", GroupIds=list(groups))
    assert (quarantine["IpPermissions"], quarantine["IpPermissionsEgress"]) == ([], [])
    assert not any(eni.get("Association") for eni in found)
    assert action.verify(aws, step, no_wait, None).holds


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
    subnet = interfaces_of(ground, instance)[0]["SubnetId"]
    eni = ground.admin.call("ec2", "CreateNetworkInterface", SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ground.admin.call("ec2", "AttachNetworkInterface", NetworkInterfaceId=eni, InstanceId=instance, DeviceIndex=1)
    assert any(what.startswith(eni) for what in action.verify(aws, step, no_wait, None).what)


def test_says_what_a_security_group_does_not_cut(ground: Ground) -> None:
    step = ground.planned(ID, arn_of(ground, ground.host()))
    assert any("NAT gateway" in breakage for breakage in step.breaks)


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


def test_refuses_the_host_it_acts_from(ground: Ground) -> None:
    host = ground.host()
    own = ground.case(responder=f"{ground.arn('sts', 'assumed-role/stanch-responder')}/{host}")
    with pytest.raises(Refused, match="from another one"):
        ground.planned(ID, arn_of(ground, host), case=own)


def test_closes_a_host_that_it_may_not_take_out_of_service_and_cuts_its_flows_later(ground: Ground) -> None:
    instance = in_service(ground)
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    failing(aws, "elbv2:DeregisterTargets")
    with pytest.raises(AwsDenied):
        action.apply(aws, step, no_wait)
    (eni,) = interfaces_of(ground, instance)
    assert [group["GroupName"] for group in eni["Groups"]] == [step.settings["quarantine"]]
    opened: list[float] = []
    aws.before_call = lambda _: None
    action.apply(aws, step, opened.append)
    assert action.UNTRACK_SECONDS in opened
    assert action.verify(aws, step, no_wait, None).holds
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before


def allows_everything(ground: Ground, instance: str) -> bool:
    """Whether any interface of the host is in a group with a rule for everybody."""
    ids = {group["GroupId"] for eni in interfaces_of(ground, instance) for group in eni["Groups"]}
    groups = ground.admin.pages("ec2", "DescribeSecurityGroups", "SecurityGroups", GroupIds=sorted(ids))
    return any(_quarantine.rules(group["IpPermissions"]) == _quarantine.rules_of_all() for group in groups)


def test_whichever_change_is_denied_the_host_is_never_left_open_and_the_next_run_ends_it(ground: Ground) -> None:
    aws = ground.responder()
    for change in range(20):
        instance = ground.host(interfaces=2)
        step = ground.planned(ID, arn_of(ground, instance), aws)
        left = [change]

        def denied(operation: str, left: list[int] = left) -> None:
            if not operation.split(":")[1].startswith("Describe"):
                left[0] -= 1
                if left[0] == -1:
                    raise AwsError(operation, "RequestLimitExceeded", "no")

        aws.before_call = denied
        try:
            action.apply(aws, step, no_wait)
        except AwsError:
            assert not allows_everything(ground, instance)
        else:
            assert change >= 11
            return
        aws.before_call = lambda _: None
        action.apply(aws, step, no_wait)
        assert action.verify(aws, step, no_wait, None).holds
    raise AssertionError("an apply of twenty changes")


def test_tells_the_moment_in_which_everything_is_allowed(ground: Ground) -> None:
    step = ground.planned(ID, arn_of(ground, ground.host()))
    assert any("for 2 seconds whoever has a route" in line for line in step.breaks)
