"""Swapping a host's security group leaves its open connections alive; an untracked step in between cuts them.

Blind to: flows through a NAT gateway, a network load balancer or PrivateLink, which stay up until they idle out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.actions._names import name_of, short
from stanch.catalog.actions._responder import refuse_own_place
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.ec2 import _exposure, _instance, _membership, _quarantine, _replacement
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Collateral, Method, Phase, Proof, State, Step

APPLIES_TO = ("instance",)
PHASE = Phase.NETWORK
AFFECTS = Affects.USERS
PERMISSIONS = (
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:EnterStandby",
    "autoscaling:ExitStandby",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "elasticloadbalancing:DeregisterTargets",
    "elasticloadbalancing:RegisterTargets",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
    "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeAddresses",
    "ec2:DisassociateAddress",
    "ec2:AssociateAddress",
    "ec2:UnassignIpv6Addresses",
    "ec2:AssignIpv6Addresses",
    "ec2:ModifyNetworkInterfaceAttribute",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSecurityGroupRules",
    "ec2:CreateSecurityGroup",
    "ec2:CreateTags",
    "ec2:DeleteSecurityGroup",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
    "ec2:RevokeSecurityGroupEgress",
    *_replacement.PERMISSIONS,
)

UNTRACK_SECONDS = 2
"""How long the open group stays on, so that the network sees it before the empty one follows."""


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Show each interface, address and group the host is in, and what its group would start in its place."""
    name = resource.name
    instance = _instance.described(aws, name)
    refuse_own_place(resource, case.responder, aws.caller)
    ours, foreign = _interfaces(aws, name)
    before = _picture(aws, instance, ours)
    quarantine = f"stanch-quarantine-{short(case.incident)}-{name}"
    lost = _exposure.automatic_addresses(ours, before)
    replaced, told = _replaced(aws, name, before["auto_scaling"], case)
    return Plan(
        before=before,
        calls=tuple(_calls(name, before, quarantine)),
        undo="groups, addresses and memberships as they were, and the quarantine group deleted",
        breaks=(*told, *_breaks(name, ours, foreign, lost)),
        settings={
            "vpcs": _vpcs(ours),
            "quarantine": quarantine,
            "open": f"stanch-untrack-{short(case.incident)}-{name}",
            "lost_addresses": lost,
        },
        collateral=Collateral.LOW if replaced else None,
    )


def read(aws: Aws, step: Step) -> State:
    """Groups by interface, public addresses, and where the host is in service; shapes in the three `_` modules."""
    return _seen(aws, step)[0]


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Out of service, off the internet, then the two swaps on every interface.

    Where something of the first two is denied, the host is closed all the same, without being opened before; the group
    that would have opened it stays, and says to the next run that its flows are not untracked yet.
    """
    name, settings = name_of(step), step.settings
    now, enis, _ = _seen(aws, step)
    vpc_of = {str(eni["NetworkInterfaceId"]): str(eni["VpcId"]) for eni in enis}
    failed = _failures(
        lambda: _membership.leave(aws, name, now),
        lambda: _hide(aws, name, now),
    )
    empty = {
        vpc: _quarantine.ensure(aws, settings["quarantine"], vpc, step.incident, wait, open_to_all=False)
        for vpc in _vpcs(enis)
    }
    unfinished = any(_quarantine.find(aws, settings["open"], vpc) for vpc in empty)
    tracked = [eni for eni, vpc in vpc_of.items() if unfinished or now["groups"].get(eni) != [empty[vpc]]]
    if tracked:
        closed = {eni: empty[vpc_of[eni]] for eni in tracked}
        failed += _failures(lambda: _cut(aws, step, wait, closed, vpc_of, opened=not failed))
    if failed:
        raise failed[0]
    for vpc in empty:
        settled(partial(_quarantine.remove, aws, settings["open"], vpc), wait)
    _faults(aws, step, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: every interface, those attached since included, has the empty group alone; no address, no service."""
    faults = _faults(aws, step, wait)
    if faults:
        return Proof(False, Method.STATE, tuple(faults))
    enis = ", ".join(sorted(str(eni["NetworkInterfaceId"]) for eni in _interfaces(aws, name_of(step))[0]))
    told = f"{enis}: only {step.settings['quarantine']}, which has no rule in or out"
    return Proof(True, Method.STATE, (told, "no public address, in service nowhere"))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Groups first, then addresses, then service, so that nothing is sent to a host that cannot answer."""
    before = step.before or {}
    now = read(aws, step)
    for eni, groups in before["groups"].items():
        if now["groups"].get(eni, groups) != groups:
            aws.call("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, Groups=list(groups))
    _exposure.expose(aws, before, now)
    _membership.come_back(aws, name_of(step), before, now)
    settled(lambda: read(aws, step) == before, wait)
    for group in (step.settings["open"], step.settings["quarantine"]):
        for vpc in step.settings["vpcs"]:
            _quarantine.remove(aws, group, vpc)


def _interfaces(aws: Aws, name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The interfaces whose groups are ours to change, and those of other services."""
    found = _instance.interfaces(aws, name)
    ours = [eni for eni in found if not _instance.is_foreign(eni)]
    return ours, [eni for eni in found if _instance.is_foreign(eni)]


def _seen(aws: Aws, step: Step) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """The state as it is now, and the interfaces that it is of: ours to change, and others'."""
    name = name_of(step)
    instance = _instance.described(aws, name)
    ours, foreign = _interfaces(aws, name)
    known = ((step.before or {}).get("elastic") or {}).keys()
    return _picture(aws, instance, ours, known), ours, foreign


def _vpcs(enis: Iterable[Mapping[str, Any]]) -> list[str]:
    """A host may have interfaces in several VPCs; a security group serves one."""
    return sorted({str(eni["VpcId"]) for eni in enis})


def _picture(aws: Aws, instance: Mapping[str, Any], enis: list[dict[str, Any]], known: Any = ()) -> dict[str, Any]:
    addresses = frozenset(
        str(private["PrivateIpAddress"]) for eni in enis for private in eni.get("PrivateIpAddresses") or ()
    )
    name = str(instance["InstanceId"])
    return {
        "groups": {e["NetworkInterfaceId"]: sorted(g["GroupId"] for g in e.get("Groups") or ()) for e in enis},
        **_exposure.exposure(aws, name, enis, known),
        **_membership.membership(aws, name, {str(instance["VpcId"]), *_vpcs(enis)}, addresses),
    }


def _calls(name: str, before: Mapping[str, Any], quarantine: str) -> list[str]:
    calls = [
        f"autoscaling:EnterStandby {name} in {group}, to be replaced"
        for group, lifecycle in before["auto_scaling"].items()
        if lifecycle == "InService"
    ]
    calls += [f"elasticloadbalancing:DeregisterTargets {name} from {group}" for group in before["targets"]]
    calls += [f"elasticloadbalancing:DeregisterInstancesFromLoadBalancer {name} from {b}" for b in before["balancers"]]
    calls += [f"take off: {way}" for way in _exposure.public(before)]
    calls.append(f"ec2:CreateSecurityGroup {quarantine}, without any rule, and one that allows everything for a moment")
    for eni, groups in before["groups"].items():
        swap = f"{', '.join(groups)} -> everything allowed (makes open flows untracked) -> {quarantine}"
        calls.append(f"ec2:ModifyNetworkInterfaceAttribute {eni}: {swap}")
    return calls


def _breaks(
    name: str, ours: list[dict[str, Any]], foreign: list[dict[str, Any]], lost: Mapping[str, str]
) -> Iterator[str]:
    yield f"{name} reaches nothing and nothing reaches it: inference on it stops, its monitoring and SSM too"
    yield f"for {UNTRACK_SECONDS} seconds whoever has a route to its private addresses reaches every port of {name}"
    yield from (f"the internet too, on {a}: EC2 lets nobody take it off" for a in _exposure.irremovable(ours))
    yield from (f"the public address {address} is lost for good: undo brings another" for address in lost.values())
    yield from (f"NOT isolated: {_told(eni)}" for eni in foreign)
    yield "NOT cut: open flows through a NAT gateway, a network load balancer or PrivateLink (ec2/block_host_path)"
    yield "NOT cut: credentials copied off the host (the sessions of its role are a step of their own)"


def _replaced(aws: Aws, name: str, groups: Mapping[str, str], case: Case) -> tuple[bool, list[str]]:
    """Whether another host takes its place at once, and in words by what."""
    replaced, told = False, []
    for group_name, lifecycle in groups.items():
        if lifecycle != "InService":
            told.append(f"{group_name} has {name} as {lifecycle}: undo leaves it so")
            continue
        group = _replacement.described(aws, group_name) or {}
        replaced = _replacement.replaces(group)
        follows = "Auto Scaling starts another" if replaced else "nothing follows: its process Launch is suspended"
        told.append(f"{group_name} loses {name}; {follows}")
        if _replacement.is_full(group):
            told.append(f"{group_name} is at its maximum size: undo fails until that is raised by one")
        if replaced and case.since:
            told += _replacement.changed_since(aws, group, case.since)
    return replaced, told


def _hide(aws: Aws, name: str, now: Mapping[str, Any]) -> None:
    _exposure.hide(aws, now)
    if any(now["elastic"].values()):
        # EC2 may give a host that lost its elastic address an automatic one at once.
        _exposure.hide(aws, _exposure.exposure(aws, name, _interfaces(aws, name)[0], now["elastic"]))


def _failures(*deeds: Callable[[], object]) -> list[AwsError]:
    """Do each of them, whatever becomes of the others; what AWS did not carry out."""
    failed = []
    for deed in deeds:
        try:
            deed()
        except AwsError as error:
            failed.append(error)
    return failed


def _cut(
    aws: Aws, step: Step, wait: Wait, closed: Mapping[str, str], vpc_of: Mapping[str, str], *, opened: bool
) -> None:
    """Open the interfaces for a moment, then close them: `closed` is the empty group of each."""
    name = step.settings["open"]
    vpcs = sorted({vpc_of[eni] for eni in closed})
    try:
        groups = {v: _quarantine.ensure(aws, name, v, step.incident, wait, open_to_all=True) for v in vpcs}
        if opened:
            _quarantine.swap(aws, {eni: groups[vpc_of[eni]] for eni in closed})
            wait(UNTRACK_SECONDS)
    finally:
        # Whatever happens in these seconds, Ctrl-C included: a host must not be left more open than it was.
        try:
            _quarantine.swap(aws, closed)
        except AwsError:
            for vpc in vpcs:  # an interface that stays in the open group finds it empty
                _quarantine.ensure(aws, name, vpc, step.incident, wait, open_to_all=False)
            raise


def _faults(aws: Aws, step: Step, wait: Wait) -> list[str]:
    """What still is not isolated once AWS had time to settle, in words."""
    faults: list[str] = []

    def none_left() -> bool:
        faults[:] = _faults_now(aws, step)
        return not faults

    settled(none_left, wait)
    return faults


def _faults_now(aws: Aws, step: Step) -> list[str]:
    now, ours, foreign = _seen(aws, step)
    faults = [f"not ours to isolate: {_told(eni)}" for eni in foreign]
    for vpc in _vpcs(ours):
        group = _quarantine.find(aws, step.settings["quarantine"], vpc)
        if group is None:
            faults.append(f"there is no group {step.settings['quarantine']} in {vpc}")
            continue
        faults += [] if _quarantine.is_empty(group) else [f"{step.settings['quarantine']} has rules"]
        here = [str(eni["NetworkInterfaceId"]) for eni in ours if eni["VpcId"] == vpc]
        has = {eni: now["groups"][eni] for eni in here}
        faults += [f"{eni} has {', '.join(held)}" for eni, held in has.items() if held != [group["GroupId"]]]
    return [*faults, *_exposure.public(now), *_membership.in_service(now)]


def _told(eni: Mapping[str, Any]) -> str:
    owner = eni.get("RequesterId") or "another service"
    return f"{eni['NetworkInterfaceId']} belongs to {owner}: stop what uses it there, or the host (ec2/stop_instance)"
