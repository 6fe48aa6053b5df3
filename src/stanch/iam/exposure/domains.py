"""An outsider has some keys of a request in his hand, others are his fate: any agent's name, only his own account."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_network

from stanch.iam.binding import BROADEST_V4, BROADEST_V6
from stanch.iam.exposure.meeting import instance, meet
from stanch.iam.exposure.perimeter import PRIVATE
from stanch.iam.policy import Condition
from stanch.iam.variables import Context, resolve
from stanch.iam.wildcard import Token, match_wildcard, tokens

Network = IPv4Network | IPv6Network
Values = tuple[str, ...]
"""Of one key; () for a key that the request lacks."""

_PRIVATE = tuple(map(ip_network, PRIVATE))
_ANYWHERE = ("198.18.0.1", "2001:2::1")  # addresses that stand for those nobody names: set apart for benchmarks


def _nothing(_: str) -> bool:
    return False


@dataclass(frozen=True)
class Domain:
    """The values that one key may have for one kind of caller.

    patterns: what they look like. barred: which of these he cannot have. may_lack: whether a request may be without.
    stands_for: what a policy's variable of this name becomes; None where nobody can tell.
    """

    patterns: tuple[str, ...] = ("*",)
    barred: Callable[[str], bool] = _nothing
    may_lack: bool = True
    stands_for: str | None = None

    def candidates(self, wanted: Iterable[tuple[Token, ...]]) -> list[Values]:
        """Enough values to try: for each wanted pattern one that fits it, and one that fits none. Raises TooLong."""
        own = [tokens(pattern) for pattern in self.patterns]
        choice = any(not isinstance(token, str) for pattern in own for token in pattern)
        listed = list(dict.fromkeys(wanted)) if choice else []
        met = [meet(pattern, one) for pattern in own for one in listed]
        found = [instance(pattern) for pattern in own] + [value for value in met if value is not None]
        allowed = [value for value in dict.fromkeys(found) if self.looks_like(value) and not self.barred(value)]
        return [*([()] if self.may_lack else []), *((value,) for value in allowed)]

    def looks_like(self, value: str) -> bool:
        """Whether a value is of the key's form, whoever may have it."""
        return any(match_wildcard(pattern, value) for pattern in self.patterns)


LACKING = Domain(())
"""A key that such a request never has."""

FREE = Domain()
"""A key that the caller sets as he likes."""


def fixed(*values: str) -> Domain:
    """A key that always has one of these values."""
    return Domain(values, may_lack=False, stands_for=values[0] if len(values) == 1 else None)


@dataclass(frozen=True)
class Addresses(Domain):
    """Where a caller from the internet may be: anywhere but in the networks that S3 calls fixed, and those not ours.

    visits: whether he may be in a fixed network after all, provided it passes.
    """

    visits: Callable[[str], bool] = _nothing

    def at(self, conditions: Iterable[Condition]) -> list[Values]:
        """Addresses to try, so that each set of networks in the conditions has one inside and one outside."""
        named = [_networks(condition.values) for condition in conditions]
        narrow = [network for networks in named for network in networks if _is_narrow(network)]
        visited = [network for network in narrow if self.visits(str(network))]
        points = [ip_network(text)[0] for text in _ANYWHERE]
        points += [point for networks in named for network in networks for point in _corners(network)]
        fine = [p for p in dict.fromkeys(points) if _is_in(p, visited) or not _is_in(p, (*narrow, *_PRIVATE))]
        return [(), *((str(point),) for point in fine)]


@lru_cache(maxsize=1024)
def _networks(values: Values) -> tuple[Network, ...]:
    """Neighbours joined: 0.0.0.0/1 and 128.0.0.0/1 are everybody, however finely they are written."""
    read: list[Network] = []
    for value in values:
        try:
            read.append(ip_network(value.strip(), strict=False))
        except ValueError:
            continue
    fours = collapse_addresses(network for network in read if isinstance(network, IPv4Network))
    return *fours, *collapse_addresses(network for network in read if isinstance(network, IPv6Network))


def are_networks(values: Iterable[str]) -> bool:
    """Whether all values are addresses or ranges; what is not may mean something to AWS that we cannot read."""
    listed = tuple(values)
    try:
        return all(ip_network(value.strip(), strict=False) for value in listed)
    except ValueError:
        return False


def _is_narrow(network: Network) -> bool:
    return network.prefixlen >= (BROADEST_V4 if network.version == 4 else BROADEST_V6)


def _corners(network: Network) -> list[IPv4Address | IPv6Address]:
    first, last = network[0], network[-1]
    below = [first - 1] if int(first) else []
    return [first, last, *below, *([last + 1] if int(last) + 1 < 1 << network.max_prefixlen else [])]


def _is_in(point: IPv4Address | IPv6Address, networks: Iterable[Network]) -> bool:
    return any(point in network for network in networks)


def wanted_by(condition: Condition, context: Context, *, variables: bool) -> list[tuple[Token, ...]]:
    """The condition's values as patterns, its variables filled in; one that has no value fits nothing."""
    like = condition.operator.positive in ("StringLike", "ArnLike", "ArnEquals")
    found: list[tuple[Token, ...]] = []
    for value in condition.values:
        if "${" in value and variables:
            resolved = resolve(value, context, variables=True)
            if resolved is None:
                continue
            found.append(resolved if like else ("".join(map(_spelled, resolved)),))
        else:
            found.append(tokens(value) if like else (value,) if value else ())
    return found


def _spelled(token: Token) -> str:
    return token if isinstance(token, str) else token.value


def standing(domains: Mapping[str, Domain]) -> dict[str, Values]:
    """What is certain of a request: the keys that have one value."""
    return {key: (domain.stands_for,) for key, domain in domains.items() if domain.stands_for is not None}
