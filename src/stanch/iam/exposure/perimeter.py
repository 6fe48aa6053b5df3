"""What is ours, stated in full: who is not named here is outside."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network

PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")


@dataclass(frozen=True, slots=True)
class Perimeter:
    """Whom the owner of a resource trusts.

    owner: the account that the resource is in. networks: CIDR ranges. canonical: S3's ids of our accounts.
    canonical_known: whether those are all that are ours, so that any other is a stranger.
    """

    owner: str
    accounts: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    networks: tuple[str, ...] = ()
    vpcs: frozenset[str] = frozenset()
    endpoints: frozenset[str] = frozenset()
    canonical: frozenset[str] = frozenset()
    canonical_known: bool = True

    def has_account(self, account: str) -> bool:
        """Whether an account is ours."""
        return account == self.owner or account in self.accounts

    def has_place(self, place: str) -> bool:
        """Whether a VPC or an endpoint is ours, or a network part of ours; nobody outside is in a private one."""
        return place in self.vpcs or place in self.endpoints or self._has_network(place)

    def _has_network(self, text: str) -> bool:
        try:
            asked = ip_network(text.strip(), strict=False)
        except ValueError:
            return False
        return any(_within(asked, ip_network(own, strict=False)) for own in (*PRIVATE, *self.networks))


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who gets in from outside.

    public: anybody, or anybody with an account of AWS or of an identity provider.
    outside: sorted; account ids, `org:o-...`, `federated:issuer`, `service:name` for a service that anyone may send,
        canonical ids.
    unplaced: what the perimeter does not tell: networks, VPCs, endpoints, buckets, subjects of a provider; sorted.
    statements: where it is said. why: one sentence for each way in.
    counted: whether S3 counts it as public all the same, by its own definition, and restricts it if told to.
    """

    public: bool = False
    outside: tuple[str, ...] = ()
    unplaced: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    counted: bool = False


@dataclass(slots=True)
class Findings:
    """An exposure while it is gathered, from one policy or several."""

    public: bool = False
    outside: set[str] = field(default_factory=set)
    unplaced: set[str] = field(default_factory=set)
    statements: dict[str, None] = field(default_factory=dict)
    why: dict[str, None] = field(default_factory=dict)
    counted: bool = False

    def note(self, where: str, why: str, *, public: bool = False, outside: Iterable[str] = ()) -> None:
        """Note one way in."""
        self.public |= public
        self.outside |= set(outside)
        self.statements[where] = None
        self.why[f"{where} {why}"] = None

    def note_canonical(self, user: str, where: str, *, known: bool) -> None:
        """Note one whom only S3 names: a stranger where all that are ours are `known`, else one nobody can place."""
        if known:
            self.note(where, "lets in a canonical user that is not ours", outside=[user])
        else:
            self.unplaced.add(f"canonical user {user}")

    def absorb(self, other: Exposure, prefix: str = "") -> None:
        """Take in what another document of the same resource opens."""
        self.public |= other.public
        self.counted |= other.counted
        self.outside |= set(other.outside)
        self.unplaced |= set(other.unplaced)
        self.statements.update(dict.fromkeys(prefix + statement for statement in other.statements))
        self.why.update(dict.fromkeys(prefix + reason for reason in other.why))

    def done(self) -> Exposure:
        """The exposure, in a fixed order."""
        return Exposure(
            self.public,
            tuple(sorted(self.outside)),
            tuple(sorted(self.unplaced)),
            tuple(self.statements),
            tuple(self.why),
            self.counted,
        )


def _within(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
