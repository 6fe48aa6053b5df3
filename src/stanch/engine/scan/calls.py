"""A call of a model that comes twice, from a log that was delivered twice, is counted once."""

from array import array
from collections import defaultdict
from datetime import UTC, datetime

from stanch.contracts.behaviour import HOUR
from stanch.domain.inference import Inference
from stanch.engine.inference.fold import Fold
from stanch.engine.inference.rows import LAST
from stanch.engine.inference.summed import Inspect
from stanch.engine.scan.line import number_of
from stanch.engine.scan.part import Part
from stanch.engine.scan.span import Span


class Calls:
    """The calls of models among what is scanned, on their way into a part."""

    def __init__(self, span: Span, inspect: Inspect | None = None, salt: bytes = b"") -> None:
        """`inspect` looks for what an answer must not hold; `salt` keys what is kept of prompts."""
        self._fold = Fold(inspect, salt)
        self._since = span.since.timestamp() if span.since else 0.0
        self._until = span.until.timestamp() if span.until else float("inf")
        self._count = 0
        self._first, self._last = float("inf"), 0.0
        self._ids: defaultdict[float, array[int]] = defaultdict(lambda: array("q"))

    def take(self, call: Inference, part: Part, seen: set[int] | None) -> None:
        """Take in one call; with `seen`, only if it is not among these, and put it there."""
        when = call.time
        if not self._since <= when < self._until:  # so is what is no time at all
            part.tally.left_out += 1
            return
        if call.request:
            # Clients may choose their ids: only one line that comes twice has the same second too.
            number = number_of(f"{call.log}\n{call.request}\n{when}")
            if seen is not None:
                if number in seen:
                    part.tally.duplicates += 1
                    return
                seen.add(number)
            self._ids[when // HOUR].append(number)
        self._count += 1
        if when < self._first:
            self._first = when
        if when > self._last:
            self._last = when
        self._fold.take(call)

    def overhear(self, call: Inference) -> None:
        """Take in the call that an event is besides, which is counted as that event already."""
        self._fold.take(call)

    def close(self, part: Part) -> None:
        """All calls since the last time are the part's."""
        self._fold.close(part.calls)
        for hour, numbers in self._ids.items():
            part.note_ids(int(min(hour, LAST // HOUR)) * HOUR, numbers)
        self._ids.clear()
        if self._count:
            first, last = (datetime.fromtimestamp(min(when, LAST), UTC) for when in (self._first, self._last))
            part.tally.saw_many(self._count, first, last)
        self._count, self._first, self._last = 0, float("inf"), 0.0
