"""A server's access line has the caller's address and no request id; its own line of the same call has it reversed.

Where only one call was open the two are one. Where several were, nobody knows whose the line is, and it is counted.
"""

from dataclasses import dataclass, field

from stanch.catalog.sources._unreadable import Unreadable

AMBIGUOUS = "access lines that may be of several open calls: their addresses are not used"
_MOST = 10_000


@dataclass(slots=True)
class Openings:
    """The calls of one server that wait for their access line, by their ids."""

    waiting: dict[str, None] = field(default_factory=dict)
    owed: int = 0
    """Access lines that are still to come of calls that were given up as ambiguous."""

    def opened(self, call: str) -> None:
        """A call began, or was answered: its access line is yet to come."""
        if len(self.waiting) < _MOST:
            self.waiting[call] = None

    def waits(self, call: str) -> bool:
        """Whether the access line of this call may still come."""
        return call in self.waiting

    def answered(self) -> str | None:
        """The call that an access line is of, None where no call waits; raises Unreadable where several do."""
        if self.owed:
            self.owed -= 1
            raise Unreadable(AMBIGUOUS, fault=False)
        if len(self.waiting) > 1:
            self.owed = len(self.waiting) - 1
            self.waiting.clear()
            raise Unreadable(AMBIGUOUS, fault=False)
        return self.waiting.popitem()[0] if self.waiting else None
