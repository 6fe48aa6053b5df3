"""A remote shell that the whole internet may try is tried within minutes; one weak key or old daemon is enough.

Reads: security groups, and for each the interfaces that wear it with their ACL, routes and addresses.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from stanch.catalog.checks._hosts import Hosts
from stanch.catalog.checks._network import Interface, Network, Passage
from stanch.catalog.checks._network.gates import Traffic
from stanch.catalog.checks._network.mend import revoked
from stanch.catalog.checks._network.passage import best
from stanch.catalog.checks._network.port import interface_of
from stanch.catalog.checks._things import blind, evidence, gap, mapped
from stanch.contracts.check import CIS, FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A port for administration is open to the internet",
    row=Row.INFERENCE_HOSTS,
    severity=Severity.HIGH,
    controls={
        CIS: ("5.2", "5.3"),
        FSBP: ("EC2.13", "EC2.14", "EC2.53", "EC2.54"),
        NIST: ("AC-17", "SC-7"),
        ISO: ("A.5.15", "A.8.20"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_PORTS = {22: "SSH", 3389: "RDP"}
_WEARING = ("ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces")
_TEMPLATE = """\
SecurityGroupIngress: []
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "ec2/network", "ec2", "ec2:DescribeSecurityGroups")
    network, hosts = Network(posture), Hosts(posture)
    worn = _worn(posture, hosts)
    for place in posture.of("ec2/security-group"):
        name = str(place.thing.data.get("GroupId"))
        opened = {port: rule for port in _PORTS if (rule := _rule(network, name, port)).open is not False}
        if not opened:
            yield _said(place, Ruling.PASS, "it lets nobody on the internet to SSH or RDP")
        elif not any(rule.open for rule in opened.values()):
            unseen = sorted({word for rule in opened.values() for word in rule.unseen})
            yield _said(place, Ruling.UNKNOWN, f"not seen: {', '.join(unseen)}")
        else:
            hidden = None if worn[name] else gap(posture, "ec2/hosts", place.account, place.region, *_WEARING)
            judged = _said(place, Ruling.UNKNOWN, hidden) if hidden else None
            yield judged or _judged(network, hosts, place, opened, worn[name])


def _rule(network: Network, group: str, port: int) -> Passage:
    """The rule that opens a port, in either IP version."""
    return best(network.admitted([group], Traffic(port, "tcp", version)) for version in (4, 6))


def _worn(posture: Posture, hosts: Hosts) -> dict[str, list[tuple[Interface, str]]]:
    """The interfaces that wear a security group, each with the instance that it belongs to, or its own id."""
    found: dict[str, list[tuple[Interface, str]]] = defaultdict(list)
    known: set[str] = set()
    for place in posture.of("ec2/network-interface"):
        one = interface_of(place.thing.data)
        owner = str(mapped(place.thing.data.get("Attachment")).get("InstanceId") or one.id)
        known.add(one.id)
        for group in one.groups:
            found[group].append((one, owner))
    for host in hosts.every:
        for one in host.interfaces:
            for group in one.groups if one.id not in known else ():
                found[group].append((one, host.name))
    return found


def _judged(
    network: Network, hosts: Hosts, place: Place, opened: dict[int, Passage], worn: Sequence[tuple[Interface, str]]
) -> Judged:
    ports = [port for port, rule in opened.items() if rule.open]
    rules = [opened[port] for port in ports]
    words = " and ".join(_PORTS[port] for port in ports)
    if not worn:
        return _said(place, Ruling.PASS, f"{words} would be open to the internet, but no interface wears the group")
    reached = sorted({who for one, who in worn for port in ports if network.enters(one, port).open})
    behind = [hosts.by_id[who] for who in dict.fromkeys(who for _, who in worn) if who in hosts.by_id]
    assets: tuple[Asset, ...] = tuple(dict.fromkeys(asset for host in behind for asset in host.assets))
    near = (
        f"reachable now: {_some(reached)}" if reached else f"no way in as the network is now for {_some(_names(worn))}"
    )
    end = "; ".join(asset.name for asset in assets) or "whatever the role of the host may do"
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        Ruling.FAIL,
        f"{words} of all that wears the group is open to the internet; {near}",
        assets,
        tuple(rule.proof[0] for rule in rules if rule.proof),
        way=(
            "anybody on the internet",
            f"{words} of {_some(reached or _names(worn))}" + ("" if reached else ", once it is routed there"),
            f"a stolen key or a flaw of the daemon, then {end}",
        ),
        remedy=Remedy(
            "Take the rule away and log in through Session Manager, which needs no open port.",
            tuple(dict.fromkeys(revoked(rule.proof[0], place.region) for rule in rules if rule.proof)),
            _TEMPLATE,
        ),
        severity=None if reached else Severity.MEDIUM,
    )


def _said(place: Place, ruling: Ruling, why: str) -> Judged:
    proof = (evidence(place, "IpPermissions"),)
    return Judged(place.thing.arn, place.account, place.region, ruling, why, evidence=proof)


def _names(worn: Sequence[tuple[Interface, str]]) -> list[str]:
    return sorted({who for _, who in worn})


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
