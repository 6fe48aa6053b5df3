from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.ground import Ground, Listening, no_wait, survives_dying
from tests.private_host import Private

from stanch.catalog.actions.ec2 import _host_path
from stanch.catalog.actions.ec2 import block_host_path as action
from stanch.contracts.action import Needless, Refused
from stanch.contracts.aws import AwsError
from stanch.domain.step import Method, Step

ID = "ec2/block_host_path"
OTHER = "10.30.1.250"


def test_packets_that_passed_to_the_gateway_pass_no_more_and_those_of_others_do(ground: Ground) -> None:
    private = Private(ground, interfaces=2)
    assert all(map(private.reaches, [*private.addresses, OTHER]))
    aws = ground.responder()
    step = ground.planned(ID, private.arn, aws)
    action.apply(aws, step, no_wait)
    for address in private.addresses:
        assert not private.passes(address, egress=False)
        assert not private.passes(address, egress=True)
    assert private.reaches(OTHER)
    assert action.verify(aws, step, no_wait, None).holds
    action.undo(aws, step, no_wait)
    assert all(map(private.reaches, private.addresses))


def test_undo_leaves_the_acl_as_it_was_and_what_others_added_since(ground: Ground) -> None:
    private = Private(ground)
    private.rule(private.acl, 2, False, "203.0.113.0/24")
    aws = ground.responder()
    step = ground.planned(ID, private.arn, aws)
    before = private.entries()
    action.apply(aws, step, no_wait)
    assert action.read(aws, step)[private.acl] == {
        f"in {private.addresses[0]}/32": [1],
        f"out {private.addresses[0]}/32": [1],
    }
    private.rule(private.acl, 3, False, "198.51.100.0/24")
    action.undo(aws, step, no_wait)
    private.call("ec2", "DeleteNetworkAclEntry", NetworkAclId=private.acl, RuleNumber=3, Egress=False)
    assert private.entries() == before


def test_a_deny_behind_a_rule_that_allows_is_none_and_stays_when_undone(ground: Ground) -> None:
    private = Private(ground)
    host = f"{private.addresses[0]}/32"
    private.rule(private.acl, 200, False, host)
    aws = ground.responder()
    step = ground.planned(ID, private.arn, aws)
    assert step.before == {private.acl: {f"in {host}": [200]}}
    action.apply(aws, step, no_wait)
    assert action.read(aws, step) == {private.acl: {f"in {host}": [1, 200], f"out {host}": [1]}}
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before


def test_takes_another_number_when_somebody_is_faster(ground: Ground) -> None:
    private = Private(ground)
    aws = ground.responder()
    step = ground.planned(ID, private.arn, aws)

    def first(operation: str) -> None:
        if operation == "ec2:CreateNetworkAclEntry":
            aws.before_call = lambda _: None
            private.rule(private.acl, 1, False, OTHER + "/32")

    aws.before_call = first
    action.apply(aws, step, no_wait)
    assert action.read(aws, step)[private.acl][f"in {private.addresses[0]}/32"] == [2]
    assert not private.reaches(OTHER)


def test_a_full_acl_is_refused_and_the_other_way_named(ground: Ground) -> None:
    private = Private(ground)
    for number in range(201, 220):
        private.rule(private.acl, number, True, f"203.0.113.{number}/32")
    with pytest.raises(Refused, match=r"room for 0 of 1 rules: .*ec2/stop_instance"):
        ground.planned(ID, private.arn)


def test_an_acl_that_fills_up_meanwhile_is_left_as_it_was_found(ground: Ground) -> None:
    private = Private(ground)
    aws = ground.responder()
    step = ground.planned(ID, private.arn, aws)
    for number in range(201, 220):
        private.rule(private.acl, number, True, f"203.0.113.{number}/32")
    with pytest.raises(AwsError, match=r"nothing was kept: .*ec2/stop_instance"):
        action.apply(aws, step, no_wait)
    assert action.read(aws, step) == step.before


def test_no_number_before_a_rule_that_allows_is_refused(ground: Ground) -> None:
    private = Private(ground)
    private.rule(private.acl, 1, False, "10.0.0.0/8", "allow")
    with pytest.raises(Refused, match="no free number before rule 1"):
        ground.planned(ID, private.arn)


def test_there_is_nothing_to_do_without_such_a_gateway(ground: Ground) -> None:
    with pytest.raises(Needless, match="isolating it suffices"):
        ground.planned(ID, Private(ground, gateway=False).arn)


def test_a_gateway_in_the_hosts_own_subnet_cannot_be_blocked_and_is_told(ground: Ground) -> None:
    private = Private(ground, gateway=False)
    near = private.nat(private.subnet)
    with pytest.raises(Refused, match=rf"{near} in {private.subnet}: .*ec2/stop_instance"):
        ground.planned(ID, private.arn)
    private.nat(private.public)
    aws = ground.responder()
    step = ground.planned(ID, private.arn, aws)
    assert any("NOT cut" in line and near in line for line in step.breaks)
    action.apply(aws, step, no_wait)
    assert any(near in line for line in action.verify(aws, step, no_wait, None).what)


def test_blocks_the_way_to_an_endpoint(ground: Ground) -> None:
    private = Private(ground, gateway=False)
    service = f"com.amazonaws.{ground.staged.region}.s3"
    made = {"VpcId": private.vpc, "ServiceName": service, "VpcEndpointType": "Interface"}
    private.call("ec2", "CreateVpcEndpoint", SubnetIds=[private.public], **made)
    step = ground.planned(ID, private.arn)
    assert any("PrivateLink endpoint" in line for line in step.breaks)
    assert step.settings["acls"] == [private.acl]


@pytest.mark.parametrize("grown", ["gateway", "address"])
def test_does_not_hold_for_a_gateway_or_an_address_that_came_since(ground: Ground, grown: str) -> None:
    private = Private(ground)
    aws = ground.responder()
    step = ground.planned(ID, private.arn, aws)
    action.apply(aws, step, no_wait)
    if grown == "gateway":
        third = private.subnet_at("10.30.3.0/24")
        private.acl_of(third)
        told = private.nat(third)
    else:
        told = "10.30.1.77"
        eni = private.interfaces()[0]["NetworkInterfaceId"]
        private.call("ec2", "AssignPrivateIpAddresses", NetworkInterfaceId=eni, PrivateIpAddresses=[told])
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert all(told in line for line in proof.what)


class Logged:
    """A VPC flow log in CloudWatch Logs."""

    def __init__(self, private: Private, *, fields: str = "") -> None:
        self.private = private
        self.group = private.ground.name("flows")
        call = private.call
        call("logs", "CreateLogGroup", logGroupName=self.group)
        call("logs", "CreateLogStream", logGroupName=self.group, logStreamName="all")
        role = private.ground.role(service="vpc-flow-logs.amazonaws.com")
        place: dict[str, Any] = {"LogGroupName": self.group, "DeliverLogsPermissionArn": role}
        if fields:
            place["LogFormat"] = fields
        call("ec2", "CreateFlowLogs", ResourceIds=[private.vpc], ResourceType="VPC", TrafficType="ALL", **place)

    def put(self, *lines: str) -> None:
        now = int(datetime.now(UTC).timestamp() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines]
        self.private.call("logs", "PutLogEvents", logGroupName=self.group, logStreamName="all", logEvents=events)


def record(private: Private, verdict: str, start: datetime, *, interface: str = "", other: str = "203.0.113.9") -> str:
    """One record in the default format: the host's traffic as the gateway's interface saw it."""
    at = int(start.timestamp())
    eni, host = interface or private.gateway, private.addresses[0]
    return f"2 {private.ground.account} {eni} {host} {other} 40000 443 6 9 9000 {at} {at + 60} {verdict} OK"


def blocked(private: Private, aws: Listening) -> Step:
    step = private.ground.planned(ID, private.arn, aws)
    action.apply(aws, step, no_wait)
    return replace(step, at=datetime.now(UTC) - timedelta(minutes=5))


Lines = Callable[[Private, datetime], list[str]]
VERDICTS: dict[str, tuple[Lines, bool, Method]] = {
    "nothing yet": (lambda p, at: [], True, Method.STATE),
    "refused": (lambda p, at: [record(p, "REJECT", at + timedelta(minutes=1))], True, Method.EFFECT),
    "still let through": (lambda p, at: [record(p, "ACCEPT", at + timedelta(minutes=1))], False, Method.EFFECT),
    "let through before": (lambda p, at: [record(p, "ACCEPT", at - timedelta(minutes=1))], True, Method.STATE),
    "its own interface's": (
        lambda p, at: [record(p, "ACCEPT", at + timedelta(minutes=1), interface="eni-0f")],
        True,
        Method.STATE,
    ),
    "hostile": (
        lambda p, at: [" ", "x " * 40, record(p, "ACCEPT", at, other="<script>").replace(p.addresses[0], "-")],
        True,
        Method.STATE,
    ),
}


@pytest.mark.parametrize("said", VERDICTS)
def test_the_flow_logs_have_the_last_word(ground: Ground, said: str) -> None:
    private = Private(ground)
    logged = Logged(private)
    aws = ground.responder()
    step = blocked(private, aws)
    lines, holds, method = VERDICTS[said]
    assert step.at is not None
    if lines(private, step.at):
        logged.put(*lines(private, step.at))
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (holds, method), proof
    assert method is Method.EFFECT or any(logged.group in line for line in proof.what)
    assert aws.needed <= set(action.PERMISSIONS)


def test_reads_a_flow_log_of_any_format_and_says_what_one_lacks(ground: Ground) -> None:
    private = Private(ground)
    logged = Logged(private, fields="${action} ${start} ${dstaddr} ${srcaddr} ${interface-id}")
    Logged(private, fields="${srcaddr} ${dstaddr} ${interface-id}")
    aws = ground.responder()
    step = blocked(private, aws)
    assert step.at is not None
    told = action.verify(aws, step, no_wait, None).what
    assert any("does not record action, start" in line for line in told)
    logged.put(f"ACCEPT {int(step.at.timestamp()) + 9} {private.addresses[0]} 203.0.113.9 {private.gateway}")
    assert not action.verify(aws, step, no_wait, None).holds


def test_a_log_that_cannot_be_read_is_told_and_does_not_end_the_proof(ground: Ground) -> None:
    private = Private(ground)
    logged = Logged(private)
    aws = ground.responder()
    step = blocked(private, aws)
    private.call("logs", "DeleteLogGroup", logGroupName=logged.group)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)
    assert any("could not be read: ResourceNotFoundException" in line for line in proof.what)


def test_addresses_of_both_families_share_rules_where_they_are_neighbours() -> None:
    eni: dict[str, Any] = {
        "PrivateIpAddresses": [{"PrivateIpAddress": f"10.0.0.{last}"} for last in (4, 5, 9)],
        "Ipv6Addresses": [{"Ipv6Address": "2001:db8::1"}],
        "Ipv4Prefixes": [{"Ipv4Prefix": "10.0.1.16/28"}],
        "Ipv6Prefixes": [{"Ipv6Prefix": "2001:db8:1::/80"}],
    }
    assert _host_path.networks([eni]) == [
        "10.0.0.4/31",
        "10.0.0.9/32",
        "10.0.1.16/28",
        "2001:db8::1/128",
        "2001:db8:1::/80",
    ]
    assert _host_path.family("2001:db8::1/128") == "Ipv6CidrBlock"


def test_a_rule_for_one_family_says_nothing_of_the_other() -> None:
    acl = {
        "Entries": [
            {"RuleNumber": 5, "Egress": False, "RuleAction": "allow", "Protocol": "-1", "Ipv6CidrBlock": "::/0"},
            {"RuleNumber": 9, "Egress": False, "RuleAction": "deny", "Protocol": "-1", "CidrBlock": "10.0.0.0/8"},
            {"RuleNumber": 20, "Egress": False, "RuleAction": "allow", "Protocol": "6", "CidrBlock": "0.0.0.0/0"},
        ]
    }
    assert _host_path.is_denied(acl, "in", "10.0.0.5/32")
    assert not _host_path.is_denied(acl, "in", "2001:db8::1/128")
    assert not _host_path.is_denied(acl, "out", "10.0.0.5/32")
    assert _host_path.free_numbers(acl, "in", "2001:db8::1/128") == [1, 2, 3, 4]


def test_knows_a_raised_quota_by_the_rules_that_are_there() -> None:
    def holding(rules: int) -> dict[str, Any]:
        return {"Entries": [{"RuleNumber": number, "Egress": True} for number in [*range(1, rules + 1), 32767]]}

    assert [_host_path.room(holding(rules), "out") for rules in (0, 19, 20, 21, 40, 41)] == [20, 1, 0, 19, 0, 0]


def test_two_hosts_of_one_subnet_are_blocked_with_rules_of_their_own(ground: Ground) -> None:
    private = Private(ground)
    second = str(
        private.call(
            "ec2", "RunInstances", ImageId="ami-0c2b8ca1dad447f8a", MinCount=1, MaxCount=1, SubnetId=private.subnet
        )["Instances"][0]["InstanceId"]
    )
    aws = ground.responder()
    steps = [ground.planned(ID, ground.arn("ec2", f"instance/{name}"), aws) for name in (private.name, second)]
    for step in steps:
        action.apply(aws, step, no_wait)
    action.undo(aws, steps[0], no_wait)
    assert action.verify(aws, steps[1], no_wait, None).holds
    assert private.reaches(private.addresses[0])


def test_refuses_the_host_it_acts_from(ground: Ground) -> None:
    private = Private(ground)
    own = ground.case(responder=f"{ground.arn('sts', 'assumed-role/stanch-responder')}/{private.name}")
    with pytest.raises(Refused, match="from another one"):
        ground.planned(ID, private.arn, case=own)


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: Private(ground).arn) == 2
