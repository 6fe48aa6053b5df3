"""Each incident has a chain of its own: rows are numbered, and no two writers can give the same number.

A row is put only where no row of that number is, so the chain cannot fork; its head is written with it. Whoever may
write the table can still cut both or forge the chain anew: what shows that is the head that each execution tells in its
output and its message, and in the ledger.
"""

from collections.abc import Callable

from stanch.contracts.store import StoreError
from stanch.stores.chain import Head, How, digest, link
from stanch.stores.dynamo import Check, Clash, Put, Table, packed, unpacked

NEW = "attribute_not_exists(pk)"
HEADS = "heads"
STAMP = "incident"
"""The kind of the rows that hold the digest of the incident itself."""
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
                "pk": partition(incident),
                "sk": _number(seq),
                "kind": kind,
                "body": body,
                "digest": said,
                "link": link(head.link, seq, kind, incident, "", said, How.WRITTEN),
            }
            end = {"pk": HEADS, "sk": incident, "seq": seq, "link": row["link"]}
            try:
                self._table.write(Put(row, NEW), *more, Put(end))
            except Clash as clash:
                if "ConditionalCheckFailed" in clash.reasons[1:]:
                    raise
                self._wait(min(0.02 * (attempt + 1), 0.5))
            else:
                return
        raise StoreError(f"{incident}: {TRIES} others wrote first; run again")

    def rows(self, incident: str, kind: str) -> list[str]:
        """The bodies of one kind, oldest first."""
        rows = self._table.under(partition(incident))
        return [unpacked(row, f"the journal of {incident}") for row in rows if row.get("kind") == kind]

    def head(self, incident: str) -> Head:
        """Where the chain ends now."""
        last = self._table.last(partition(incident))
        return Head(int(last["sk"]), str(last["link"])) if last else Head()


def partition(incident: str) -> str:
    """Where the rows of an incident lie."""
    return f"journal#{incident}"


def _number(seq: int) -> str:
    return f"{seq:012d}"
