"""AWS has many ways to let someone in: policies, ACLs, share lists, function permissions, grants, resource shares.

The question is always the same: whom does this REQUEST let in, at the widest? Reads: requestParameters; whether AWS
refused the call is another matter. Of an offer that is accepted only the answer names who made it.
Blind to: what was granted before and stays, and requests whose parameters CloudTrail left out (most refused ones).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import ip_network
from itertools import chain
from typing import Any

from stanch.domain.estate import Network, Perimeter, Side
from stanch.engine.enrich.documents import policies_in
from stanch.engine.enrich.logdelivery import without_log_delivery
from stanch.engine.enrich.parameters import request_of
from stanch.engine.enrich.shares import offering, sharing, strangers_in_acl
from stanch.engine.untrusted import text
from stanch.iam import PolicyError, admits, parse


class Reach(IntEnum):
    """How far a grant reaches, widest last."""

    NONE = 0
    INSIDE = 1
    UNKNOWN = 2
    OUTSIDE = 3
    PUBLIC = 4

    @property
    def word(self) -> str:
        """The word that rules name."""
        return self.name.lower()


EVERYBODY = "everybody"
_NOBODY_SAID = Perimeter()
_OF_POLICY = {
    "public": Reach.PUBLIC,
    "outside": Reach.OUTSIDE,
    "unknown": Reach.UNKNOWN,
    "inside": Reach.INSIDE,
    "nobody": Reach.NONE,
}
_OF_SIDE = {Side.INSIDE: Reach.INSIDE, Side.OUTSIDE: Reach.OUTSIDE, Side.UNKNOWN: Reach.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Who is on which side: a judge of account ids, and the rest of the perimeter."""

    side: Callable[[str | None], Side]
    perimeter: Perimeter = _NOBODY_SAID

    @property
    def organizations(self) -> Collection[str]:
        """The ids of the organisations that are ours."""
        return self.perimeter.organizations

    def inside(self, who: str) -> bool:
        """Whether an account, a VPC, a VPC endpoint or a network, by id or CIDR, is ours."""
        if who in self.perimeter.vpcs or who in self.perimeter.vpc_endpoints:
            return True
        if "." in who or ":" in who:
            return _within(who, self.perimeter.networks)
        return self.side(who) is Side.INSIDE


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a request reaches, and by name the `strangers` whom it reaches."""

    reach: Reach = Reach.NONE
    strangers: tuple[str, ...] = ()

    @classmethod
    def of(cls, extents: Iterable["Extent"]) -> "Extent":
        """All of them together."""
        reach, strangers = Reach.NONE, dict[str, None]()
        for extent in extents:
            reach = max(reach, extent.reach)
            strangers.update(dict.fromkeys(extent.strangers))
        return cls(reach, tuple(strangers))


def granted(record: Mapping[str, Any], owner: str | None, neighbours: Neighbours) -> Extent:
    """Whom a record's request lets in, at the widest; NONE when it grants nothing. `owner` is the granting account."""
    request = request_of(record)
    source, name = text(record.get("eventSource")) or "", text(record.get("eventName")) or ""
    by_policy = (_of_document(document, owner, neighbours) for document in policies_in(request))
    listed = chain(sharing(source, name, request), strangers_in_acl(source, request), offering(source, name, record))
    return Extent.of(chain(by_policy, (extent_of(grantee, neighbours) for grantee in listed)))


def extent_of(grantee: str, neighbours: Neighbours) -> Extent:
    """The same as `reach_of`, with the name of a stranger."""
    reach = reach_of(grantee, neighbours)
    if reach is Reach.PUBLIC:
        return Extent(reach, (EVERYBODY,))
    return Extent(reach, (grantee,) if reach is Reach.OUTSIDE else ())


def reach_of(grantee: str, neighbours: Neighbours) -> Reach:
    """Where one grantee stands: `*`, `all`, an account id, an ARN, an organisation, a service."""
    if grantee in ("*", "all"):
        return Reach.PUBLIC
    if grantee.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu")):
        return Reach.INSIDE
    if grantee.startswith("o-"):
        return _organization(grantee, neighbours)
    parts = grantee.split(":", 5)
    if len(parts) != 6:
        return _OF_SIDE[neighbours.side(grantee)] if grantee.isdigit() else Reach.UNKNOWN
    if parts[2] == "organizations":
        named = next((word for word in parts[5].split("/") if word.startswith("o-")), "")
        return max(_organization(named, neighbours), Reach.INSIDE)
    if "*" in parts[4]:
        return Reach.PUBLIC
    return _OF_SIDE[neighbours.side(parts[4])] if parts[4] else Reach.UNKNOWN


def _of_document(document: Mapping[str, Any], owner: str | None, neighbours: Neighbours) -> Extent:
    judged = without_log_delivery(document)
    if judged is not document and not judged["Statement"]:
        return Extent(Reach.INSIDE)
    try:
        grantees = admits(parse(judged), inside=neighbours.inside, owner=owner, organizations=neighbours.organizations)
    except (PolicyError, RecursionError):
        return Extent(Reach.UNKNOWN)  # AWS may read what we cannot: not knowing is not "nobody"
    everybody = (EVERYBODY,) if grantees.reach == "public" else ()
    return Extent(_OF_POLICY[grantees.reach], (*everybody, *grantees.outside))


def _organization(id_: str, neighbours: Neighbours) -> Reach:
    if id_ in neighbours.organizations:
        return Reach.INSIDE
    return Reach.OUTSIDE if neighbours.organizations else Reach.UNKNOWN


def _within(network: str, ours: Collection[Network]) -> bool:
    try:
        asked = ip_network(network, strict=False)
    except ValueError:
        return False
    return any(asked.version == net.version and asked.subnet_of(net) for net in ours)  # type: ignore[arg-type]
