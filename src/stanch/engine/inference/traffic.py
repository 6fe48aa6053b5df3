"""What a key did is judged against its own past and against its peers: one key's calls at a time, in their order."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import Any

from stanch.contracts.behaviour import HOUR, CallCell
from stanch.contracts.inference import KeyHistory, Mark, Peers
from stanch.domain.baseline import Baseline
from stanch.domain.estate import Estate
from stanch.engine.inference import queries
from stanch.engine.inference.book import Book, Settled

_HASH = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(r"[A-Za-z0-9._:@/+=-]{1,200}")
_ODD = re.compile(r"[^A-Za-z0-9._:@/+=-]")
_OF_KEY = itemgetter(0)


class KeyTraffic:
    """The calls of all keys of a settled book; implements `contracts.inference.Traffic`."""

    def __init__(self, book: Book, settled: Settled, estate: Estate) -> None:
        self._book = book
        self._settled = settled
        self._estate = estate
        self.peers = _peers(book)

    def by_hour(self) -> dict[int, int] | None:
        """The calls that gateways logged, for each hour from the first to the last; None where none did."""
        asked = self._settled.asked
        if not asked:
            return None
        return {hour: asked.get(hour, 0) for hour in range(min(asked), max(asked) + HOUR, HOUR)}

    def histories(self) -> Iterator[KeyHistory]:
        """Each key's history, in the order of the keys."""
        marks = groupby(self._book.rows(queries.MARKS), _OF_KEY)
        marked = next(marks, None)
        for key, rows in groupby(self._book.rows(queries.CELLS), _OF_KEY):
            listed = list(rows)
            named = key_arn(key, listed[0][2], self._estate)
            while marked is not None and marked[0] < key:  # of nobody's call
                marked = next(marks, None)
            found: tuple[Mark, ...] = ()
            if marked is not None and marked[0] == key:
                found = tuple(Mark(*row[1:]) for row in marked[1])
                marked = next(marks, None)
            cells = tuple(_cell(named, row) for row in listed)
            settled = self._settled
            yield KeyHistory(
                named, cells, found, self.peers, self._estate, settled.began, settled.ended, settled.joined
            )


def key_arn(key: str, log: str, estate: Estate) -> str:
    """The ARN of a key as a log names it: a provider's caller has one; else that of a gateway, by its name.

    The hash of a key is known to the one gateway of its kind that is declared; where none or several are, `unknown` is
    its name and no action knows the key.
    """
    if not key or key.startswith("arn:"):
        return key
    kind = "litellm" if _HASH.fullmatch(key) else log.partition("+")[0]
    named = [gateway.name for gateway in estate.response.gateways if gateway.kind == kind]
    return f"arn:gateway:{kind or 'unknown'}:{named[0] if len(named) == 1 else 'unknown'}::key/{_name(key)}"


def _name(key: str) -> str:
    """The key as an ARN may hold it; one that needed mending is told from others by a hash."""
    if _PLAIN.fullmatch(key):
        return key
    return f"{_ODD.sub('_', key)[:64]}-{blake2b(key.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"


def _cell(key: str, row: tuple[Any, ...]) -> CallCell:
    _, start, *told, request, file0, file1 = row
    events, files = (request,) if request else (), (file0,) if file0 == file1 else (file0, file1)
    return CallCell(start, key, *(*told, events, files))


def _peers(book: Book) -> Peers:
    keys, days, calls, calls_spread, out, out_spread = book.one(queries.PEERS)
    return Peers(
        int(keys),
        int(days),
        Baseline(int(days), calls or 0.0, calls_spread or 0.0),
        Baseline(int(days), out or 0.0, out_spread or 0.0),
        {int(day): float(factor) for day, factor in book.rows(queries.SURGE)},
        {(tenant, int(day)): float(factor) for tenant, day, factor in book.rows(queries.TENANTS)},
        frozenset((agent, int(day)) for agent, day in book.rows(queries.ROLLOUTS)),
    )
