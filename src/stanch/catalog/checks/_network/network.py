"""A port is open to the internet only when group, ACL, route, gateway and a public address all say so.

Blind to: firewalls behind an endpoint, what a transit gateway, a peer or an appliance does beyond, and the host itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stanch.catalog.checks._network.gates import (
    Traffic,
    acl_lets,
    acl_lets_answer,
    first_ports,
    permits,
    sources,
)
from stanch.catalog.checks._network.passage import Passage, best, joined
from stanch.catalog.checks._network.port import Interface
from stanch.catalog.checks._network.routes import Tables, ways_out
from stanch.catalog.checks._network.wide import Net, is_wide, is_wide_together
from stanch.catalog.checks._things import evidence, listed, mapped, mappings
from stanch.contracts.check import Posture
from stanch.contracts.collector import Place
from stanch.domain.verdict import Evidence

_IN, _OUT = "IpPermissions", "IpPermissionsEgress"
_UNBLOCKED: tuple[str, dict[str, str]] = ("off", {})


class Network:
    """The networks of all accounts: ids are AWS's own, so that a shared subnet is found with its owner's gates."""

    def __init__(self, posture: Posture) -> None:
        self.groups = _by(posture, "ec2/security-group", "GroupId")
        self._lists = _by(posture, "ec2/prefix-list", "PrefixListId")
        self._nats = _by(posture, "ec2/natgateway", "NatGatewayId")
        self._tables = Tables(list(posture.of("ec2/route-table")))
        self._ours = posture.estate.perimeter.networks
        self._acls = {
            str(one.get("SubnetId")): place
            for place in posture.of("ec2/network-acl")
            for one in mappings(place.thing.data.get("Associations"))
        }
        self._blocks = _blocks(posture)
        self._known: dict[tuple[Interface, tuple[str, int] | None], Passage] = {}
        self._region_of = {
            str(place.thing.data.get("VpcId")): (place.account, place.region) for place in posture.of("ec2/vpc")
        }

    def enters(self, interface: Interface, port: int, protocol: str = "tcp") -> Passage:
        """Whether the internet gets to a port of an interface."""
        key = (interface.alike, (protocol, port))
        if key not in self._known:
            self._known[key] = best(self._ways_in(interface, port, protocol))
        return self._known[key]

    def _ways_in(self, interface: Interface, port: int, protocol: str) -> Iterator[Passage]:
        for version in interface.families:
            yield self._enters(interface, Traffic(port, protocol, version))
        if not interface.families:
            asked = self.admitted(interface.groups, Traffic(port, protocol))
            yield joined((asked, Passage(closed=("it has no public address",))))

    def _enters(self, interface: Interface, traffic: Traffic) -> Passage:
        return joined(
            (
                self.admitted(interface.groups, traffic),
                self._acl(interface.subnet, traffic, outward=False),
                self._routed_in(interface, traffic.version),
                self._blocked(interface, outward=False),
            )
        )

    def leaves(self, interface: Interface) -> Passage:
        """Whether an interface gets out to the internet, on any port of TCP or UDP; 443 is tried first."""
        key = (interface.alike, None)
        if key not in self._known:
            self._known[key] = best(self._ways_away(interface))
        return self._known[key]

    def _ways_away(self, interface: Interface) -> Iterator[Passage]:
        rules = [one for name in interface.groups for _, one in _rules(self.groups, name, _OUT)]
        for version in (4, *((6,) if interface.addresses6 else ())):
            for protocol, port in first_ports(rules):
                yield self._leaves(interface, Traffic(port, protocol, version))

    def _leaves(self, interface: Interface, traffic: Traffic) -> Passage:
        return joined(
            (
                self.admitted(interface.groups, traffic, _OUT),
                self._acl(interface.subnet, traffic, outward=True),
                self._routed_out(interface, traffic.version),
                self._blocked(interface, outward=True),
            )
        )

    def admitted(self, groups: Sequence[str], traffic: Traffic, key: str = _IN) -> Passage:
        """What the security groups say of a port and the internet, all of them together."""
        unseen = [f"security group {name}" for name in groups if name not in self.groups]
        narrow: dict[Net, Evidence] = {}
        word = "from" if key == _IN else "to"
        for proof, source in self._sources(groups, traffic, key):
            if isinstance(source, str):
                unseen.append(source)
            elif is_wide(source):
                way = f"security group {proof.arn.rpartition('/')[2]} lets {traffic.protocol} {word} {source}"
                return Passage((way,), proof=(proof,))
            else:
                narrow[source] = proof
        if is_wide_together(narrow, traffic.version):
            ways = f"{word} {len(narrow)} networks that together are much of the internet"
            proofs = {(one.arn, one.at): one for one in narrow.values()}
            return Passage((f"{traffic.protocol} is let {ways}",), proof=tuple(proofs.values()))
        if unseen:
            return Passage(unseen=tuple(unseen))
        return Passage(closed=(f"no security group opens {traffic.protocol} {traffic.port} to the internet",))

    def _sources(self, groups: Iterable[str], traffic: Traffic, key: str) -> Iterator[tuple[Evidence, Net | str]]:
        """The networks that are not ours and that the groups let pass, each with its rule; a text for unseen ones."""
        for name in groups:
            for index, rule in _rules(self.groups, name, key):
                for source in sources(rule, self._lists) if permits(rule, traffic) else ():
                    if isinstance(source, str) or (source.version == traffic.version and not self._is_own(source)):
                        yield evidence(self.groups[name], f"{key}.{index}"), source

    def _is_own(self, net: Net) -> bool:
        return any(net.version == own.version and _holds(own, net) for own in self._ours)

    def _acl(self, subnet: str, traffic: Traffic, *, outward: bool) -> Passage:
        place = self._acls.get(subnet)
        if place is None:
            return Passage(unseen=(f"the network ACL of {subnet}",))
        entries, name = place.thing.data.get("Entries"), place.thing.data.get("NetworkAclId")
        if not acl_lets(entries, outward=outward, traffic=traffic):
            return Passage(closed=(f"network ACL {name} refuses it",))
        if not acl_lets_answer(entries, outward=not outward, traffic=traffic):
            return Passage(closed=(f"network ACL {name} refuses the answers",))
        return Passage()

    def _routed_in(self, interface: Interface, version: int, named: str = "") -> Passage:
        """Only an internet gateway lets a call in; the answers must leave by it as well.

        named: the route table of what has one of its own.
        """
        table = self._tables.named(named) if named else self._tables.of(interface.subnet, interface.vpc)
        if table is None:
            return Passage(unseen=(f"the route table {named or f'of {interface.subnet}'}",))
        for index, target in ways_out(table, version):
            if target.startswith("igw-"):
                proof = evidence(table, f"Routes.{index}")
                return Passage(by=(f"internet gateway {target}",), proof=(proof,))
        return Passage(closed=(f"no route of {interface.subnet} leads to an internet gateway",))

    def _routed_out(self, interface: Interface, version: int) -> Passage:
        table = self._tables.of(interface.subnet, interface.vpc)
        if table is None:
            return Passage(unseen=(f"the route table of {interface.subnet}",))
        ways = [self._way(interface, table, index, target, version) for index, target in ways_out(table, version)]
        return best(ways) if ways else Passage(closed=(f"{interface.subnet} has no route to the internet",))

    def _way(self, interface: Interface, table: Place, index: int, target: str, version: int) -> Passage:
        proof = (evidence(table, f"Routes.{index}"),)
        if target.startswith("igw-"):
            if version == 4 and not interface.address:
                return Passage(closed=(f"it has no public address to leave by {target}",))
            return Passage((f"internet gateway {target}",), proof=proof)
        if target.startswith("eigw-"):
            return Passage((f"egress-only internet gateway {target}",), proof=proof)
        if target.startswith("nat-"):
            return joined((Passage((f"NAT gateway {target}",), proof=proof), self._through_nat(target)))
        return Passage(unseen=(f"what lies behind {target}",), proof=proof)

    def _through_nat(self, name: str) -> Passage:
        """A NAT gateway leads out when it is a public one in a subnet that itself leads to an internet gateway."""
        place = self._nats.get(name)
        if place is None:
            return Passage(unseen=(f"NAT gateway {name}",))
        data = place.thing.data
        if data.get("ConnectivityType") == "private":
            return Passage(unseen=(f"what lies behind the private NAT gateway {name}",))
        if data.get("AvailabilityMode") == "regional" and not data.get("RouteTableId"):
            return Passage()  # a gateway of the whole network leads to its internet gateway by itself
        own = Interface(name, str(data.get("SubnetId") or ""), str(data.get("VpcId") or ""), (), "public")
        beyond = self._routed_in(own, 4, str(data.get("RouteTableId") or ""))
        # Where its network routes it is a question of its own; which gateway it is adds nothing to the way.
        return Passage(closed=beyond.closed, unseen=beyond.unseen)

    def _blocked(self, interface: Interface, *, outward: bool) -> Passage:
        """Block public access of the VPCs stops internet gateways, whatever a table or a group says."""
        spot = self._region_of.get(interface.vpc)
        mode, excluded = self._blocks.get(spot, _UNBLOCKED) if spot else _UNBLOCKED
        allowed = excluded.get(interface.subnet) or excluded.get(interface.vpc) or ""
        stops = mode == "block-bidirectional" or (mode == "block-ingress" and not outward)
        if stops and not (allowed == "allow-bidirectional" or (outward and allowed == "allow-egress")):
            return Passage(closed=("public access of the region's networks is blocked",))
        return Passage()


def _rules(groups: Mapping[str, Place], name: str, key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rules of a security group, none where nobody saw it."""
    if name in groups:
        rules = listed(groups[name].thing.data.get(key))
        yield from ((index, one) for index, one in enumerate(rules) if isinstance(one, Mapping))


def _by(posture: Posture, kind: str, key: str) -> dict[str, Place]:
    return {str(place.thing.data.get(key)): place for place in posture.of(kind)}


def _holds(own: Net, net: Net) -> bool:
    return own.prefixlen <= net.prefixlen and net.network_address in own


def _blocks(posture: Posture) -> dict[tuple[str, str | None], tuple[str, dict[str, str]]]:
    """The mode of each account's region, and what is excluded from it by the id of a network or subnet."""
    excluded: dict[tuple[str, str | None], dict[str, str]] = {}
    for place in posture.of("ec2/vpc-block-public-access-exclusion"):
        name = str(place.thing.data.get("ResourceArn")).rpartition("/")[2]
        allowed = str(place.thing.data.get("InternetGatewayExclusionMode"))
        excluded.setdefault((place.account, place.region), {})[name] = allowed
    found: dict[tuple[str, str | None], tuple[str, dict[str, str]]] = {}
    for place in posture.of("ec2/settings"):
        spot = (place.account, place.region)
        mode = mapped(place.thing.data.get("VpcBlockPublicAccessOptions")).get("InternetGatewayBlockMode")
        found[spot] = (str(mode or "off"), excluded.get(spot, {}))
    return found
