"""A load balancer that faces the internet makes a private inference server public, unless one of its rules asks first.

Reads: application, network and classic load balancers with their groups, listeners, rules and the instances behind.
Blind to: web ACLs, keys that the server itself asks for, and targets that are addresses of no known instance.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stanch.catalog.checks._hosts import Host, Hosts, blind_to_hosts
from stanch.catalog.checks._network import Network
from stanch.catalog.checks._network.gates import Traffic
from stanch.catalog.checks._network.wide import is_wide, network
from stanch.catalog.checks._things import evidence, gap, in_region, mapped, mappings, region_arn, texts
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="A load balancer brings the internet to an inference host and asks nobody who he is",
    row=Row.INFERENCE_HOSTS,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-3", "IA-2", "SC-7"),
        ISO: ("A.5.15", "A.8.5", "A.8.20"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)", "Art. 21(2)(j)"),
    },
)
_LISTED_BY = {
    "elbv2": ("elbv2:DescribeLoadBalancers", "elbv2:DescribeListeners", "elbv2:DescribeTargetGroups"),
    "elb": ("elb:DescribeLoadBalancers",),
}
_ASKING = {"authenticate-oidc", "authenticate-cognito", "jwt-validation"}
_TEMPLATE = """\
DefaultActions:
  - Type: authenticate-oidc
    Order: 1
    AuthenticateOidcConfig:
      Issuer: https://login.example.com
      AuthorizationEndpoint: https://login.example.com/authorize
      TokenEndpoint: https://login.example.com/token
      UserInfoEndpoint: https://login.example.com/userinfo
      ClientId: inference
  - Type: forward
    Order: 2
    TargetGroupArn: the-target-group
"""


@dataclass(frozen=True, slots=True)
class _Door:
    """One way through a load balancer to hosts: where it stands, its port, whether it asks, and what was not seen."""

    proof: Evidence
    port: int
    asks: bool
    hosts: tuple[Host, ...]
    unseen: str = ""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_hosts(posture)
    yield from _blind(posture)
    behind = _Behind(posture, Hosts(posture))
    gates = Network(posture)
    for place in posture.of("elbv2/load-balancer", "elb/load-balancer"):
        doors = [door for door in behind.doors(place) if door.hosts or door.unseen]
        if doors:
            yield _judged(gates, place, doors, tuple(posture.assets_of(place.thing.arn)))


def _blind(posture: Posture) -> Iterator[Judged]:
    """An unknown for each region whose load balancers of either sort nobody saw."""
    for account in posture.accounts:
        for region in posture.regions:
            found = (gap(posture, name, account, region, *operations) for name, operations in _LISTED_BY.items())
            why = next(filter(None, found), None)
            if why:
                arn = region_arn(posture, "elasticloadbalancing", account, region)
                yield Judged(arn, account, region, Ruling.UNKNOWN, why)


class _Behind:
    """What stands behind load balancers: listeners, rules, target groups, and the inference hosts in them."""

    def __init__(self, posture: Posture, hosts: Hosts) -> None:
        self._posture, self._hosts = posture, hosts

    def doors(self, balancer: Place) -> Iterator[_Door]:
        """Every way from a listener to inference hosts."""
        if balancer.thing.kind == "elb/load-balancer":
            yield from self._classic(balancer)
            return
        for listener in self._listeners[balancer.thing.arn]:
            data, rules = listener.thing.data, listener.thing.data.get("Rules")
            told = data.get("Port")
            port = told if isinstance(told, int) else 0
            if unseen(rules):
                yield _Door(evidence(listener, "Rules"), port, asks=False, hosts=(), unseen=str(unseen(rules)))
            mutual = mapped(data.get("MutualAuthentication")).get("Mode") == "verify"
            for at, rule in self._rules(data):
                groups = [name for action in mappings(rule.get("Actions")) for name in _targets(action)]
                hosts = tuple(dict.fromkeys(host for name in groups for host in self._of_group.get(name, ())))
                hidden = next((self._unseen[name] for name in groups if name in self._unseen), "")
                yield _Door(evidence(listener, at), port, mutual or _asks(rule), hosts, hidden)

    @staticmethod
    def _rules(listener: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        rules = mappings(listener.get("Rules"))
        for index, rule in enumerate(rules):
            yield f"Rules.{index}", rule
        if not rules:
            yield "DefaultActions", {"Actions": listener.get("DefaultActions")}

    def _classic(self, balancer: Place) -> Iterator[_Door]:
        names = [str(one.get("InstanceId")) for one in mappings(balancer.thing.data.get("Instances"))]
        hosts = tuple(host for name in names if (host := self._hosts.by_id.get(name)) and host.why)
        for index, one in enumerate(mappings(balancer.thing.data.get("ListenerDescriptions"))):
            port = mapped(one.get("Listener")).get("LoadBalancerPort")
            proof = evidence(balancer, f"ListenerDescriptions.{index}")
            yield _Door(proof, port if isinstance(port, int) else 0, asks=False, hosts=hosts)

    @cached_property
    def _listeners(self) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = defaultdict(list)
        for place in self._posture.of("elbv2/listener"):
            found[str(place.thing.data.get("LoadBalancerArn"))].append(place)
        return found

    @cached_property
    def _unseen(self) -> dict[str, str]:
        """Target groups of which nobody saw what stands behind."""
        told = {one.thing.arn: unseen(one.thing.data.get("TargetHealthDescriptions")) for one in self._groups}
        return {name: why for name, why in told.items() if why}

    @cached_property
    def _groups(self) -> list[Place]:
        return list(self._posture.of("elbv2/target-group"))

    @cached_property
    def _of_group(self) -> dict[str, list[Host]]:
        """The inference hosts of each target group, told by the instance's id or by its own address."""
        at = {
            (one.vpc, str(told.get("PrivateIpAddress"))): host
            for host in self._hosts.inference
            for one, told in zip(host.interfaces, mappings(host.data.get("NetworkInterfaces")), strict=False)
        }
        found: dict[str, list[Host]] = defaultdict(list)
        for place in self._groups:
            for one in mappings(place.thing.data.get("TargetHealthDescriptions")):
                name = str(mapped(one.get("Target")).get("Id"))
                host = self._hosts.by_id.get(name) or at.get((str(place.thing.data.get("VpcId")), name))
                if host and host.why:
                    found[place.thing.arn].append(host)
        return found


def _targets(action: Mapping[str, Any]) -> list[str]:
    several = mappings(mapped(action.get("ForwardConfig")).get("TargetGroups"))
    return texts([action.get("TargetGroupArn"), *(one.get("TargetGroupArn") for one in several)])


def _asks(rule: Mapping[str, Any]) -> bool:
    """Whether a rule signs the caller in, or lets only some networks or holders of a header's value by."""
    if any(str(action.get("Type")) in _ASKING for action in mappings(rule.get("Actions"))):
        return True
    for condition in mappings(rule.get("Conditions")):
        nets = [network(one) for one in texts(mapped(condition.get("SourceIpConfig")).get("Values"))]
        if condition.get("Field") == "source-ip" and nets and not any(net and is_wide(net) for net in nets):
            return True
        if condition.get("Field") == "http-header":
            return True
    return False


def _judged(gates: Network, place: Place, doors: list[_Door], own: tuple[Asset, ...]) -> Judged:
    hosts = list(dict.fromkeys(host for door in doors for host in door.hosts))
    assets = tuple(dict.fromkeys((*own, *(asset for host in hosts for asset in host.assets))))
    ruling, why, open_doors = _ruling(gates, place, doors)
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets,
        (evidence(place, "Scheme"), *(door.proof for door in (open_doors or doors)[:3])),
        _way(place, open_doors[0]) if failed else (),
        _remedy(place, open_doors[0]) if failed else None,
    )


def _ruling(gates: Network, place: Place, doors: list[_Door]) -> tuple[Ruling, str, list[_Door]]:
    data = place.thing.data
    if data.get("Scheme") != "internet-facing":
        return Ruling.PASS, "it faces no internet", []
    passages = {door.port: _admitted(gates, place, door.port) for door in doors}
    ajar = [door for door in doors if door.hosts and not door.asks and passages[door.port] is not False]
    opened = [door for door in ajar if passages[door.port]]
    if opened:
        ports = ", ".join(str(port) for port in sorted({door.port for door in opened}))
        names = ", ".join(sorted({host.name for door in opened for host in door.hosts}))
        return Ruling.FAIL, f"whoever calls its port {ports} gets to {names} without being asked who he is", opened
    hidden = next((door.unseen for door in doors if door.unseen and not door.asks), None)
    if ajar or hidden:
        return Ruling.UNKNOWN, f"not seen: {hidden or 'its security groups'}", []
    return Ruling.PASS, "every rule to an inference host asks who calls, or only named networks get to it", []


def _admitted(gates: Network, place: Place, port: int) -> bool | None:
    """Whether the load balancer's own groups let the internet in; one without groups (a network one) always does."""
    groups = texts(place.thing.data.get("SecurityGroups"))
    return gates.admitted(groups, Traffic(port)).open if groups else True


def _way(place: Place, door: _Door) -> tuple[str, ...]:
    name = place.thing.data.get("DNSName")
    host = door.hosts[0]
    return (
        "anybody on the internet",
        f"{name}:{door.port} forwards to {host.name} and asks for nothing",
        f"every prompt the server answers, and from inside it {host.loot()}",
    )


def _remedy(place: Place, door: _Door) -> Remedy:
    region = in_region(place.region)
    if place.thing.data.get("Type") != "application":
        name = str(place.thing.data.get("LoadBalancerName"))
        show = ("aws", "elbv2", "describe-load-balancers", "--names", name, *region)
        return Remedy(
            "It cannot ask who calls: replace it by an internal one behind a gateway that does.",
            (show,) if place.thing.kind == "elbv2/load-balancer" else (),
            "Scheme: internal\n",
        )
    arn = str(mapped(door.proof.seen).get("RuleArn") or door.proof.arn)
    verb, option = ("modify-rule", "--rule-arn") if ":listener-rule/" in arn else ("modify-listener", "--listener-arn")
    key = "--actions" if verb == "modify-rule" else "--default-actions"
    if verb == "modify-rule" and mapped(door.proof.seen).get("IsDefault"):
        verb, option, key, arn = "modify-listener", "--listener-arn", "--default-actions", door.proof.arn
    command = ("aws", "elbv2", verb, option, arn, key, "file://authenticate-then-forward.json", *region)
    return Remedy(
        "Let the rule sign callers in before it forwards (HTTPS only), or make the load balancer internal.",
        (command,),
        _TEMPLATE,
    )
