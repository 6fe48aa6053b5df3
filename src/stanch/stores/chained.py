"""What is written and the link that says so are one transaction: a crash leaves both or neither."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select

from stanch.stores.chain import GENESIS, Entry, Head, How, digest
from stanch.stores.schema import CHAIN, HEADS

WHOLE = "chain"
"""The name of the head of the one chain that runs through a whole database."""


@dataclass(frozen=True, slots=True)
class Written:
    """One row as it is now: its table, what tells it from the others there, and all its columns in their order.

    `before` is the digest of the row that it replaced, empty for a new one.
    """

    table: Table
    name: str
    values: tuple[Any, ...]
    before: str = ""

    @property
    def digest(self) -> str:
        """What the chain keeps of the row."""
        return digest(self.table.name, *self.values)


def chain(connection: Connection, row: Written) -> None:
    """Append an entry for a row, inside the transaction that writes it."""
    last = _end(connection)
    entry = Entry(last.seq + 1, row.table.name, row.name, row.before, row.digest, How.WRITTEN, "")
    link = entry.after(last.link)
    connection.execute(insert(CHAIN).values({**asdict(entry), "link": link}))
    connection.execute(delete(HEADS).where(HEADS.c.name == WHOLE))
    connection.execute(insert(HEADS).values(name=WHOLE, seq=entry.seq, link=link))


def head_of(connection: Connection) -> Head | None:
    """The head as it was kept; None where it is gone. Costs the same however long the chain is."""
    row = connection.execute(select(HEADS.c.seq, HEADS.c.link).where(HEADS.c.name == WHOLE)).first()
    return Head(*row) if row and isinstance(row.seq, int) else None


def _end(connection: Connection) -> Head:
    """Where to go on. A chain that was tampered with goes on as well, and never so that it looks whole again."""
    kept = head_of(connection)
    last: int = connection.execute(select(func.max(CHAIN.c.seq))).scalar() or 0
    return kept if kept and kept.seq >= last else Head(last, GENESIS)
