"""Each incident has a chain of its own: rows are numbered, and no two writers can give the same number.

A row is put only where no row of that number is, so the chain cannot fork. Whoever may write the table can still cut
its end or forge it anew: what shows that is the head, which each execution tells in its output and its message.
"""

from collections.abc import Callable, Iterator

from stanch.contracts.store import StoreError
from stanch.stores.chain import Entry, Head, How, broken, digest, link
from stanch.stores.dynamo import Check, Clash, Item, Put, Table, packed, unpacked

NEW = "attribute_not_exists(pk)"
TRIES = 60
"""Writers of one incident that come at the same time; each round one of them gets its row in."""

Wait = Callable[[float], None]


class Chain:
    """The rows of every incident, each with its kind and its body."""

    def __init__(self, table: Table, wait: Wait) -> None:
        self._table = table
        self._wait = wait

    def append(self, incident: str, kind: str, text: str, *more: Put | Check) -> None:
        """One row more, together with `more` or not at all; durable on return.

        Raises StoreError, and Clash where one of `more` refuses.
        """
        body = packed(text, f"a {kind} of {incident}")
        for attempt in range(TRIES):
            head = self.head(incident)
            seq = head.seq + 1
            said = digest(text)
            row = {
                "pk": _partition(incident),
                "sk": _number(seq),
                "kind": kind,
                "body": body,
                "digest": said,
                "link": link(head.link, seq, kind, incident, "", said, How.WRITTEN),
            }
            try:
                self._table.write(Put(row, NEW), *more)
            except Clash as clash:
                if len(clash.reasons) > 1 and "ConditionalCheckFailed" in clash.reasons[1:]:
                    raise
                self._wait(min(0.02 * (attempt + 1), 0.5))
            else:
                return
        raise StoreError(f"{incident}: {TRIES} others wrote first; run again")

    def rows(self, incident: str, kind: str) -> list[str]:
        """The bodies of one kind, oldest first."""
        rows = self._table.under(_partition(incident))
        return [unpacked(row, f"the journal of {incident}") for row in rows if row.get("kind") == kind]

    def head(self, incident: str) -> Head:
        """Where the chain ends now."""
        last = self._table.last(_partition(incident))
        return Head(int(last["sk"]), str(last["link"])) if last else Head()

    def faults(self, incident: str, head: Head | None = None) -> list[str]:
        """What is wrong with the chain; against a head that was kept elsewhere, also whether its end was cut."""
        rows = self._table.under(_partition(incident))
        entries = list(_entries(incident, rows))
        known = head if head is not None else Head(entries[-1].seq, entries[-1].link) if entries else Head()
        # What was written after the head was told is as it should be: the head must be found on the way.
        upto = [entry for entry in entries if entry.seq <= known.seq]
        return [str(fault) for fault in broken(upto, known)] + [fault for row in rows if (fault := _edited(row))]


def _partition(incident: str) -> str:
    return f"journal#{incident}"


def _number(seq: int) -> str:
    return f"{seq:012d}"


def _entries(incident: str, rows: list[Item]) -> Iterator[Entry]:
    for row in rows:
        said = (str(row.get(name, "")) for name in ("kind", "digest", "link"))
        kind, digest_, link_ = said
        yield Entry(int(row["sk"]), kind, incident, "", digest_, How.WRITTEN, link_)


def _edited(row: Item) -> str | None:
    try:
        same = digest(unpacked(row, "")) == row.get("digest")
    except StoreError:
        same = False
    return None if same else f"row {int(row['sk'])}: its body is not what was written"
