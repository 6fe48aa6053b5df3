"""An address that only thieves use is theirs; one that everybody uses is an office, and joins nobody to anybody."""

import ipaddress
from collections.abc import Collection, Mapping
from functools import lru_cache

from stanch.engine.enrich.caller import public_address

MOST_CALLERS = 100
"""Callers remembered at one address; with more it is a crowd, whoever they are."""
MOST_PLACES = 50_000
"""Public addresses remembered; callers at any further ones are joined by address to nobody."""

Node = tuple[str, str]
"""A caller as a log names it: the access key, "" for none, and the ARN."""


class Crowd:
    """Who was first seen when at each public address."""

    def __init__(self, only: Collection[str] | None = None) -> None:
        """`only` are the places that will be asked for, where that is known."""
        self._only = only
        self.places: dict[str, dict[Node, float] | None] = {}

    def seen(self, address: str | None, access_key: str | None, arn: str, when: float) -> None:
        """A caller made a call from an address, `when` in seconds since the epoch; only his first there matters."""
        place = place_of(address) if address else None
        if place is None or (place not in self.places and (len(self.places) >= MOST_PLACES or not self._wanted(place))):
            return
        callers = self.places.setdefault(place, {})
        if callers is None:
            return
        caller = access_key or "", arn
        callers[caller] = min(when, callers.get(caller, when))
        if len(callers) > MOST_CALLERS:
            self.places[place] = None

    def at(self, place: str) -> Mapping[Node, float] | None:
        """The callers at a place (see `place_of`) with their first times; None for a crowd, or where nobody was."""
        return self.places.get(place)

    def _wanted(self, place: str) -> bool:
        return self._only is None or place in self._only


@lru_cache(maxsize=65536)
def place_of(address: str) -> str | None:
    """A public IPv4 address, or the /64 that one subscriber has in IPv6; None for a private address or a service."""
    ip = public_address(address)
    if ip is None or ip.version == 4:
        return str(ip) if ip else None
    return str(ipaddress.ip_network((ip, 64), strict=False))
