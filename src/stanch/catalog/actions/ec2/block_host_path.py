"""Security groups never cut a flow through a NAT gateway or an endpoint; a network ACL on its path cuts it at once.

Blind to: gateways in the host's own subnet or in another VPC, the metadata service, DNS, and hosts of the same subnet.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.actions._names import name_of
from stanch.catalog.actions._responder import refuse_own_place
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.ec2 import _flow_logs, _host_path, _instance
from stanch.catalog.actions.ec2._host_path import Waypoint
from stanch.contracts.action import Affects, Case, Needless, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("instance",)
PHASE = Phase.NETWORK
AFFECTS = Affects.USERS
PERMISSIONS = (
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeNetworkAcls",
    "ec2:CreateNetworkAclEntry",
    "ec2:DeleteNetworkAclEntry",
    *_flow_logs.PERMISSIONS,
)

OTHER_WAY = "stop the host instead (ec2/stop_instance)"
_TRIES = 10
"""How often another number is tried where somebody took it first: hosts of one subnet are blocked at the same time."""


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Raises Needless where no such gateway is in the VPC, Refused where an ACL cannot reach them or has no room."""
    name = resource.name
    _instance.described(aws, name)
    refuse_own_place(resource, case.responder, aws.caller)
    enis = _instance.interfaces(aws, name)
    points = _host_path.waypoints(aws, enis)
    far = [point for point in points if not point.near]
    if not points:
        raise Needless(
            f"the VPC of {name} has no NAT gateway, network load balancer or endpoint: isolating it suffices"
        )
    if not far:
        raise Refused(f"{_listed(points)}: in the subnet of {name} itself, where no ACL is asked; {OTHER_WAY}")
    cidrs = _host_path.networks(enis)
    vpcs = _host_path.vpcs(enis)
    acls = _guarding(aws, vpcs, far)
    rules = [_ruled(acl_id, acl, cidrs) for acl_id, acl in acls.items()]
    calls = [f"ec2:CreateNetworkAclEntry {acl_id}: deny everything {rule}" for acl_id, new in rules for rule in new]
    if not calls:
        raise Needless(f"{', '.join(acls)}: everything of {name} is denied already")
    settings = {"acls": sorted(acls), "cidrs": cidrs, "vpcs": vpcs}
    return Plan(
        before=_denied(acls, settings),
        calls=tuple(calls),
        undo="ec2:DeleteNetworkAclEntry for these rules, and no other",
        breaks=tuple(_breaks(name, points, acls)),
        settings=settings,
    )


def read(aws: Aws, step: Step) -> State:
    """`{ACL: {"in 10.0.0.5/32": [rule number], "out 10.0.0.5/32": [...]}}`: the rules that deny the host everything."""
    found = _host_path.acls(aws, step.settings["vpcs"])
    return _denied(found, step.settings)


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Deny each address of the host, both ways, before any rule that allows; all of it, or nothing."""
    try:
        for acl_id in step.settings["acls"]:
            for way in _host_path.WAYS:
                for cidr in step.settings["cidrs"]:
                    _deny(aws, step, acl_id, way, cidr)
    except AwsError as error:
        if error.code != "NetworkAclEntryLimitExceeded":
            raise
        undo(aws, step, wait)
        raise AwsError(error.operation, error.code, f"{error.message}; nothing was kept: {OTHER_WAY}") from error
    settled(lambda: not _faults(aws, step), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back, gateways and addresses that came since included; then what the flow logs say, where there are any."""
    if _faults(aws, step) and not settled(lambda: not _faults(aws, step), wait):
        return Proof(False, Method.STATE, tuple(_faults(aws, step)))
    points = _points(aws, step)
    seen = _flows(aws, step, [point for point in points if not point.near])
    if seen.accepted:
        return Proof(False, Method.EFFECT, seen.accepted)
    told = [f"{acl}: {', '.join(step.settings['cidrs'])} denied both ways" for acl in step.settings["acls"]]
    told += [f"not cut, in the host's own subnet: {point}" for point in points if point.near]
    if seen.refused:
        return Proof(True, Method.EFFECT, (f"refused since, by the flow logs: {seen.refused}", *told))
    later = [f"to be seen there as REJECT within minutes: {place}" for place in seen.where]
    return Proof(True, Method.STATE, (*told, *(later or ["no flow log is there to show it"])))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Delete the rules that were not there before; what others have added meanwhile stays."""
    before = step.before or {}
    for acl_id, rules in read(aws, step).items():
        for rule, numbers in rules.items():
            for number in set(numbers) - set(before.get(acl_id, {}).get(rule, ())):
                egress = _host_path.WAYS[rule.split()[0]]
                aws.call("ec2", "DeleteNetworkAclEntry", NetworkAclId=acl_id, RuleNumber=number, Egress=egress)
    settled(lambda: read(aws, step) == before, wait)


def _guarding(aws: Aws, vpcs: list[str], far: list[Waypoint]) -> dict[str, dict[str, Any]]:
    found = _host_path.acls(aws, vpcs)
    acls = {acl_id: acl for acl_id, acl in found.items() if _host_path.guarded(acl) & {p.subnet for p in far}}
    unseen = {p.subnet for p in far}.difference(*map(_host_path.guarded, acls.values()))
    if unseen:
        raise Refused(f"the ACL of {', '.join(sorted(unseen))} is another account's, who owns the VPC: {OTHER_WAY}")
    return acls


def _ruled(acl_id: str, acl: Mapping[str, Any], cidrs: list[str]) -> tuple[str, list[str]]:
    """The rules that this ACL lacks; raises Refused where they do not all fit in."""
    lacking = [(way, cidr) for way in _host_path.WAYS for cidr in cidrs if not _host_path.is_denied(acl, way, cidr)]
    for way in _host_path.WAYS:
        here = [cidr for direction, cidr in lacking if direction == way]
        if len(here) > _host_path.room(acl, way):
            raise Refused(f"{acl_id} has room for {_host_path.room(acl, way)} of {len(here)} rules: {OTHER_WAY}")
        for cidr in here:
            if len(_host_path.free_numbers(acl, way, cidr)) < len(here):
                first = _host_path.first_allow(acl, way, cidr)
                raise Refused(f"{acl_id} has no free number before rule {first}, which allows {cidr}: {OTHER_WAY}")
    return acl_id, [f"from {cidr}" if way == "in" else f"to {cidr}" for way, cidr in lacking]


def _denied(acls: Mapping[str, Mapping[str, Any]], settings: Mapping[str, Any]) -> dict[str, Any]:
    return {a: _host_path.denies(acls[a], settings["cidrs"]) for a in settings["acls"] if a in acls}


def _deny(aws: Aws, step: Step, acl_id: str, way: str, cidr: str) -> None:
    for _ in range(_TRIES):
        acl = _host_path.acls(aws, step.settings["vpcs"]).get(acl_id, {})
        if _host_path.is_denied(acl, way, cidr):
            return
        numbers = _host_path.free_numbers(acl, way, cidr)
        if not numbers:
            raise AwsError("ec2:CreateNetworkAclEntry", "NoNumberLeft", f"{acl_id} was filled meanwhile: {OTHER_WAY}")
        rule: dict[str, Any] = {_host_path.family(cidr): cidr, "Egress": _host_path.WAYS[way], "RuleAction": "deny"}
        try:
            aws.call("ec2", "CreateNetworkAclEntry", NetworkAclId=acl_id, RuleNumber=numbers[0], Protocol="-1", **rule)
        except AwsError as error:
            if error.code != "NetworkAclEntryAlreadyExists":
                raise
    raise AwsError("ec2:CreateNetworkAclEntry", "NetworkAclEntryAlreadyExists", f"{acl_id}: others are faster")


def _points(aws: Aws, step: Step) -> list[Waypoint]:
    return _host_path.waypoints(aws, _instance.interfaces(aws, name_of(step)))


def _faults(aws: Aws, step: Step) -> list[str]:
    """What still passes, in words."""
    enis = _instance.interfaces(aws, name_of(step))
    acls = _host_path.acls(aws, _host_path.vpcs(enis))
    return [
        f"{acl_id} lets {cidr} {'in' if way == 'in' else 'out again'} ({point})"
        for point in _host_path.waypoints(aws, enis)
        if not point.near
        for acl_id, acl in acls.items()
        if point.subnet in _host_path.guarded(acl)
        for cidr in _host_path.networks(enis)
        for way in _host_path.WAYS
        if not _host_path.is_denied(acl, way, cidr)
    ]


def _flows(aws: Aws, step: Step, far: list[Waypoint]) -> _flow_logs.Seen:
    if step.at is None or not far:
        return _flow_logs.Seen()
    places = {*(point.subnet for point in far), *step.settings["vpcs"]}
    return _flow_logs.since(aws, step.at, step.settings["cidrs"], [point.interface for point in far], places)


def _breaks(name: str, points: list[Waypoint], acls: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    far = [point for point in points if not point.near]
    guarded = sorted({subnet for acl in acls.values() for subnet in _host_path.guarded(acl)})
    yield f"{name} reaches nothing through {_listed(far)}"
    yield f"nor anything else in {', '.join(guarded)}, which the same ACLs guard; SSM from there stops too"
    yield "whoever gets its private address next is denied as well, until undone"
    near = [point for point in points if point.near]
    if near:
        yield f"NOT cut: {_listed(near)}, in the host's own subnet, where no ACL is asked: {OTHER_WAY}"
    yield "NOT cut: hosts of its own subnet, DNS, the metadata service, gateways in other VPCs"


def _listed(points: list[Waypoint]) -> str:
    return ", ".join(map(str, points))
