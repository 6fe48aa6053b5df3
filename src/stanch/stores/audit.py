"""A row that the chain does not know was never written by stanch; one that it knows otherwise was changed since."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Table, select

from stanch.stores.chain import Entry, Fault, Head, How, broken
from stanch.stores.chained import WHOLE, Written, head_of
from stanch.stores.connection import reading
from stanch.stores.schema import AWARENESS, CHAIN, DECISIONS, FINDINGS, HEADS, INCIDENTS, JOURNAL

_CHAINED = (JOURNAL, AWARENESS, DECISIONS, INCIDENTS)
"""The tables whose rows are chained; the first column of each tells its rows apart."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What the chain says of a database: `faults` in words, none where every row is as it was written.

    `entries` counts all writes, `upgraded` those of an older stanch that were chained only when it was upgraded.
    `links` holds the link of each entry by its number, to be compared with heads that were kept elsewhere.
    """

    head: Head
    entries: int
    upgraded: int
    faults: tuple[Fault, ...]
    links: Mapping[int, str] = field(repr=False)


def audit(engine: Engine) -> Audit:
    """Read the whole database at one moment and compare each row with the chain; raises StoreError."""
    with reading(engine) as connection:
        entries = [Entry(*row) for row in connection.execute(select(CHAIN).order_by(CHAIN.c.seq))]
        head = head_of(connection)
        known: dict[tuple[str, str], str] = {}
        faults = [
            *broken(entries, head),
            *_other_heads(connection),
            *_overwritten(entries, known),
            *_differing(connection, known),
            *_misfiled(connection),
        ]
    upgraded = sum(entry.how == How.UPGRADE for entry in entries)
    links = {entry.seq: entry.link for entry in entries}
    return Audit(head or Head(), len(entries), upgraded, tuple(faults), links)


def _overwritten(entries: list[Entry], known: dict[tuple[str, str], str]) -> Iterator[Fault]:
    """Rows that were something else than the chain knew when they were written again; fills `known` with the last."""
    for entry in entries:
        key = (entry.kind, entry.name)
        if entry.before != known.get(key, ""):
            yield Fault(_named(*key), f"somebody had changed it before entry {entry.seq} was written")
        known[key] = entry.digest


def _differing(connection: Connection, known: Mapping[tuple[str, str], str]) -> Iterator[Fault]:
    left = dict(known)
    for table in _CHAINED:
        for row in connection.execute(select(table).order_by(*table.primary_key)):
            written = Written(table, str(row[0]), tuple(row))
            name = (table.name, written.name)
            wanted = left.pop(name, None)
            if wanted is None:
                yield Fault(_named(*name), f"nothing says that stanch wrote it{_about(table, row)}")
            elif wanted != written.digest:
                yield Fault(_named(*name), f"not as it was written{_about(table, row)}")
    for name in left:
        yield Fault(_named(*name), "gone")


def _misfiled(connection: Connection) -> Iterator[Fault]:
    """The index of findings is not chained: it must say what the incidents themselves say."""
    filed = {(str(row.finding), str(row.incident)) for row in connection.execute(select(FINDINGS))}
    told = set()
    for key, body in connection.execute(select(INCIDENTS.c.id, INCIDENTS.c.body)):
        told |= {(finding, str(key)) for finding in _findings(body)}
    for finding, incident in sorted(filed - told):
        yield Fault(f"finding {finding!r}", f"filed under incident {incident!r}, which does not hold it")
    for finding, incident in sorted(told - filed):
        yield Fault(f"finding {finding!r}", f"of incident {incident!r}, and not filed under it")


def _other_heads(connection: Connection) -> Iterator[Fault]:
    for name in connection.execute(select(HEADS.c.name).where(HEADS.c.name != WHOLE)).scalars():
        yield Fault(f"head {name!r}", "nothing says that stanch wrote it")


def _findings(body: Any) -> list[str]:
    try:
        return [str(finding["id"]) for finding in json.loads(body)["findings"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []  # damaged: told already, as a row that is not as it was written


def _named(kind: str, name: str) -> str:
    return f"{kind} row {name!r}"


def _about(table: Table, row: Any) -> str:
    return f" ({row.action} on {row.resource}, {row.state})" if table is JOURNAL else ""
