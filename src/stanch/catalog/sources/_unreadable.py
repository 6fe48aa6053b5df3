"""What is wrong with many records of a log file is told once, with a count and the place of the first."""

from collections.abc import Iterator

from stanch.domain.event import Skipped

KINDS = 50
"""Different faults told of one file; the rest are one line together."""


HOPELESS = 1_000_000
"""Unreadable records of one file after which it is given up: two bytes make one, and each costs as much as an event."""


class Unreadable(Exception):
    """Why one record, or one whole document, is not an event. `why` is a constant or bounded: it is told as it stands.

    `fault` is False where leaving it out is right (a digest, a header line).
    """

    def __init__(self, why: str, *, fault: bool = True) -> None:
        super().__init__(why)
        self.why = why
        self.fault = fault


GIVEN_UP = Unreadable("more than a million unreadable records; what follows is not read")


class Faults:
    """The faults of one file, counted by their reason."""

    def __init__(self, unit: str = "records") -> None:
        """`unit` is what is counted, in the plural."""
        self._unit = unit
        self._counts: dict[tuple[str, bool], int] = {}
        self._first: dict[tuple[str, bool], int] = {}

    @property
    def hopeless(self) -> bool:
        """Whether so much is wrong that the rest of the file is not worth the time."""
        return sum(count for (_, fault), count in self._counts.items() if fault) > HOPELESS

    def note(self, fault: Unreadable, number: int = 0) -> None:
        """Count one fault, found at this record or line of the file; 0 where that is not known."""
        key = (fault.why, fault.fault)
        if key not in self._counts and len(self._counts) >= KINDS:
            key = ("other faults", True)
        self._counts[key] = self._counts.get(key, 0) + 1
        self._first.setdefault(key, number)

    def told(self, path: str) -> Iterator[Skipped]:
        """One Skipped for each reason."""
        for (why, fault), count in self._counts.items():
            first = self._first[why, fault]
            place = f", the first is number {first}" if first else ""
            more = f" ({count} {self._unit}{place})" if count > 1 else ""
            yield Skipped(path, why + more, fault=fault)
