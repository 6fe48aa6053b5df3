"""Swapping a host's security group leaves its open connections alive; an untracked step in between cuts them.

Blind to: flows through a NAT gateway, a network load balancer or PrivateLink, which stay up until they idle out.
"""

from collections.abc import Mapping
from typing import Any

from stanch.catalog.actions._names import short
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.ec2 import _exposure, _instance, _membership, _quarantine
from stanch.contracts.action import Affects, Case, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

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
    "ec2:CreateSecurityGroup",
    "ec2:CreateTags",
    "ec2:DeleteSecurityGroup",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
    "ec2:RevokeSecurityGroupEgress",
)

UNTRACK_SECONDS = 2
"""How long the open group stays on, so that the network sees it before the empty one follows."""


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Show each interface, address and group the host is in."""
    name = resource.name
    instance = _instance.described(aws, name)
    enis = _instance.interfaces(aws, name)
    before = _picture(aws, instance, enis)
    quarantine = f"stanch-quarantine-{short(case.incident)}-{name}"
    lost = _exposure.automatic_addresses(enis, before)
    if case.responder.endswith(f"/{name}"):
        raise Refused(f"{name} is the host stanch acts from: isolate it from another one")
    return Plan(
        before=before,
        calls=tuple(_calls(name, before, quarantine)),
        undo="groups, addresses and memberships as they were, and the quarantine group deleted",
        breaks=(
            f"{name} reaches nothing and nothing reaches it: inference on it stops, its monitoring and SSM too",
            *(f"{where} loses {name}; Auto Scaling starts another" for where in before["auto_scaling"]),
            *(f"the public address {address} is lost for good: undo brings another" for address in lost.values()),
            "NOT cut: open flows through a NAT gateway, a network load balancer or PrivateLink",
            "NOT cut: credentials copied off the host (the sessions of its role are a step of their own)",
        ),
        settings={
            "vpc": str(instance["VpcId"]),
            "quarantine": quarantine,
            "open": f"stanch-untrack-{short(case.incident)}-{name}",
            "lost_addresses": lost,
        },
    )


def read(aws: Aws, step: Step) -> State:
    """Groups by interface, public addresses, and where the host is in service; shapes in the three `_` modules."""
    name = _name(step)
    known = ((step.before or {}).get("elastic") or {}).keys()
    return _picture(aws, _instance.described(aws, name), _instance.interfaces(aws, name), known)


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Out of service, off the internet, then the two swaps on every interface."""
    name, settings = _name(step), step.settings
    now = read(aws, step)
    _membership.leave(aws, name, now)
    _exposure.hide(aws, now)
    # EC2 may give a host that lost its elastic address an automatic one at once.
    _exposure.hide(aws, _exposure.exposure(aws, name, _instance.interfaces(aws, name), now["elastic"]))
    quarantine = _quarantine.ensure(
        aws, settings["quarantine"], settings["vpc"], step.incident, wait, open_to_all=False
    )
    tracked = [eni for eni, groups in now["groups"].items() if groups != [quarantine]]
    if tracked:
        opened = _quarantine.ensure(aws, settings["open"], settings["vpc"], step.incident, wait, open_to_all=True)
        try:
            _swap(aws, tracked, opened)
            wait(UNTRACK_SECONDS)
        finally:
            # Whatever happens in these seconds, Ctrl-C included: a host must not be left more open than it was.
            _swap(aws, tracked, quarantine)
    _quarantine.remove(aws, settings["open"], settings["vpc"])
    settled(lambda: not _faults(aws, step), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: every interface, those attached since included, has the empty group alone; no address, no service."""
    settled(lambda: not _faults(aws, step), wait)
    faults = _faults(aws, step)
    if faults:
        return Proof(False, Method.STATE, tuple(faults))
    enis = sorted(read(aws, step)["groups"])
    told = f"{', '.join(enis)}: only {step.settings['quarantine']}, which has no rule in or out"
    return Proof(True, Method.STATE, (told, "no public address, in service nowhere"))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Groups first, then addresses, then service, so that nothing is sent to a host that cannot answer."""
    before = step.before or {}
    now = read(aws, step)
    for eni, groups in before["groups"].items():
        if now["groups"].get(eni, groups) != groups:
            aws.call("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, Groups=list(groups))
    _exposure.expose(aws, before, now)
    _membership.come_back(aws, _name(step), before, now)
    settled(lambda: read(aws, step) == before, wait)
    for group in (step.settings["open"], step.settings["quarantine"]):
        _quarantine.remove(aws, group, step.settings["vpc"])


def _picture(aws: Aws, instance: Mapping[str, Any], enis: list[dict[str, Any]], known: Any = ()) -> dict[str, Any]:
    addresses = frozenset(
        str(private["PrivateIpAddress"]) for eni in enis for private in eni.get("PrivateIpAddresses") or ()
    )
    name = str(instance["InstanceId"])
    return {
        "groups": {e["NetworkInterfaceId"]: sorted(g["GroupId"] for g in e.get("Groups") or ()) for e in enis},
        **_exposure.exposure(aws, name, enis, known),
        **_membership.membership(aws, name, str(instance["VpcId"]), addresses),
    }


def _calls(name: str, before: Mapping[str, Any], quarantine: str) -> list[str]:
    calls = [f"autoscaling:EnterStandby {name} in {group}, to be replaced" for group in before["auto_scaling"]]
    calls += [f"elasticloadbalancing:DeregisterTargets {name} from {group}" for group in before["targets"]]
    calls += [f"elasticloadbalancing:DeregisterInstancesFromLoadBalancer {name} from {b}" for b in before["balancers"]]
    calls += [f"take off: {way}" for way in _exposure.public(before)]
    calls.append(f"ec2:CreateSecurityGroup {quarantine}, without any rule, and one that allows everything for a moment")
    for eni, groups in before["groups"].items():
        swap = f"{', '.join(groups)} -> everything allowed (makes open flows untracked) -> {quarantine}"
        calls.append(f"ec2:ModifyNetworkInterfaceAttribute {eni}: {swap}")
    return calls


def _swap(aws: Aws, enis: list[str], group: str) -> None:
    for eni in enis:
        aws.call("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, Groups=[group])


def _faults(aws: Aws, step: Step) -> list[str]:
    """What still is not isolated, in words."""
    now = read(aws, step)
    group = _quarantine.find(aws, step.settings["quarantine"], step.settings["vpc"])
    if group is None:
        return [f"there is no group {step.settings['quarantine']}"]
    faults = [] if _quarantine.is_empty(group) else [f"{step.settings['quarantine']} has rules"]
    faults += [f"{eni} has {', '.join(has)}" for eni, has in now["groups"].items() if has != [group["GroupId"]]]
    return [*faults, *_exposure.public(now), *_membership.in_service(now)]


def _name(step: Step) -> str:
    return Arn.parse(step.resource).name
