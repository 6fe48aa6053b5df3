"""Whom a grant lets in is public, someone outside, someone unplaced, someone inside, or nobody."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Literal

from stanch.iam.accounts import account_of

Reach = Literal["public", "outside", "unknown", "inside", "nobody"]

_WIDTH: dict[Reach, int] = {"nobody": 0, "inside": 1, "unknown": 2, "outside": 3, "public": 4}
_PRIVATE = tuple(ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))


@dataclass(frozen=True, slots=True)
class Crowd:
    """A set of possible callers, as far as a policy tells.

    outside: the accounts, ARNs and organisations of it that are not ours. unplaced: those nobody can place.
    """

    reach: Reach
    outside: frozenset[str] = field(default_factory=frozenset)
    unplaced: frozenset[str] = field(default_factory=frozenset)

    @property
    def width(self) -> int:
        """How wide: 0 for nobody, 4 for the public."""
        return _WIDTH[self.reach]


PUBLIC = Crowd("public")
INSIDE = Crowd("inside")
NOBODY = Crowd("nobody")


def union(crowds: Iterable[Crowd]) -> Crowd:
    """All of these callers together; nobody when there are none."""
    listed = tuple(crowds)
    widest = max(listed, key=lambda crowd: crowd.width, default=NOBODY)
    outside = frozenset(name for crowd in listed for name in crowd.outside)
    return Crowd(widest.reach, outside, frozenset(name for crowd in listed for name in crowd.unplaced))


def narrowest(crowds: Iterable[Crowd]) -> Crowd:
    """The smallest of overlapping sets: an upper bound of their intersection. The public when there are none."""
    return min(crowds, key=lambda crowd: crowd.width, default=PUBLIC)


@dataclass(frozen=True, slots=True)
class World:
    """What is ours.

    inside: asked with an account id, a VPC id, a VPC endpoint id or a CIDR network.
    owner: the account that the policy's resource is in, ours by definition.
    organizations: ids of our organisations; empty when nobody has said.
    """

    inside: Callable[[str], bool]
    owner: str | None
    organizations: Collection[str]

    def place_account(self, account: str, name: str = "") -> Crowd:
        """Place an account, under the name that the policy gives it."""
        if account == self.owner or self.inside(account):
            return INSIDE
        return Crowd("outside", frozenset([name or account]))

    def place_principal(self, name: str) -> Crowd:
        """Place the AWS principal of a Principal element."""
        if name == "*":
            return PUBLIC
        if account := account_of(name):
            return self.place_account(account, name)
        # AIDA..., AROA...: what AWS leaves of a deleted principal. No caller ever has that name again.
        return NOBODY if name.isalnum() else Crowd("unknown", unplaced=frozenset([name]))

    def place_organization(self, organization: str) -> Crowd:
        """Place an organisation by its id."""
        if organization in self.organizations:
            return INSIDE
        if not self.organizations:
            return Crowd("unknown", unplaced=frozenset([organization]))
        return Crowd("outside", frozenset([organization]))

    def place_network(self, network: IPv4Network | IPv6Network) -> Crowd:
        """Place an address range; private ranges are nowhere on the internet, so nobody comes from them."""
        private = any(network.version == own.version and network.subnet_of(own) for own in _PRIVATE)  # type: ignore[arg-type]
        return INSIDE if private else self.place_thing(str(network))

    def place_thing(self, name: str) -> Crowd:
        """Place a VPC, an endpoint or a network: not known as ours is not yet known as foreign."""
        return INSIDE if self.inside(name) else Crowd("unknown", unplaced=frozenset([name]))
