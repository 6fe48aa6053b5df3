"""What a window holds is measured as events enter and leave it, in exact numbers: floats added and taken away drift.

A percentile lies between two ranks in proportion (as SQL's PERCENTILE_CONT has it); the median is the fiftieth.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from fractions import Fraction
from typing import Any, Protocol, assert_never

from stanch.engine.sigma.closures import predicate
from stanch.engine.sigma.rule import Correlation, Kind
from stanch.engine.sigma.tree import Node

Exact = int | Fraction
Measured = tuple[Hashable, ...]
"""What one event brings: its values of the field, its numbers, or nothing where events themselves are counted."""


class Tally(Protocol):
    """What is measured of the events in a window."""

    def enter(self, base: int, measured: Measured) -> None:
        """Take in an event that this base rule, by its place among the bases, has matched."""

    def leave(self, base: int, measured: Measured) -> None:
        """Take out an event that entered before."""

    def measure(self) -> Exact | None:
        """The measure now; None where there is none, as of a mean of nothing."""


def tally_of(correlation: Correlation) -> Tally:
    """An empty tally of what the correlation measures."""
    match correlation.kind:
        case Kind.TEMPORAL if correlation.wanted is not None:
            return _Wanted(correlation.wanted, correlation.bases)
        case Kind.EVENT_COUNT:
            return _Events()
        case Kind.VALUE_COUNT:
            return _Distinct()
        case Kind.TEMPORAL | Kind.TEMPORAL_ORDERED:
            return _Bases()
        case Kind.VALUE_SUM:
            return _Sum()
        case Kind.VALUE_AVG:
            return _Mean()
        case Kind.VALUE_MEDIAN | Kind.VALUE_PERCENTILE:
            return _Percentile(correlation.percentile)
        case _:
            assert_never(correlation.kind)


class _Events:
    def __init__(self) -> None:
        self._count = 0

    def enter(self, base: int, measured: Measured) -> None:
        self._count += 1

    def leave(self, base: int, measured: Measured) -> None:
        self._count -= 1

    def measure(self) -> int:
        return self._count


class _Distinct:
    def __init__(self) -> None:
        self._held: Counter[Hashable] = Counter()

    def enter(self, base: int, measured: Measured) -> None:
        self._held.update(measured)

    def leave(self, base: int, measured: Measured) -> None:
        for value in measured:
            self._held[value] -= 1
            if not self._held[value]:
                del self._held[value]

    def measure(self) -> int:
        return len(self._held)


class _Bases:
    """How many of the base rules matched."""

    def __init__(self) -> None:
        self._seen = _Distinct()

    def enter(self, base: int, measured: Measured) -> None:
        self._seen.enter(base, (base,))

    def leave(self, base: int, measured: Measured) -> None:
        self._seen.leave(base, (base,))

    def measure(self) -> int:
        return self._seen.measure()


class _Wanted:
    """1 when the expression over the base rules holds; it is asked as a condition is, of base rules for fields."""

    def __init__(self, wanted: Node, bases: Sequence[str]) -> None:
        self._holds = predicate(wanted)
        self._at = {base: at for at, base in enumerate(bases)}
        self._seen: Counter[int] = Counter()

    def enter(self, base: int, measured: Measured) -> None:
        self._seen[base] += 1

    def leave(self, base: int, measured: Measured) -> None:
        self._seen[base] -= 1

    def measure(self) -> int:
        return int(self._holds(self))

    def values(self, name: str) -> Sequence[Any]:
        return (True,) if self._seen[self._at[name]] else ()

    def everything(self) -> Iterable[Any]:
        return ()


class _Sum:
    def __init__(self) -> None:
        self._sum: Exact = 0

    def enter(self, base: int, measured: Measured) -> None:
        self._sum += _sum(measured)

    def leave(self, base: int, measured: Measured) -> None:
        self._sum -= _sum(measured)

    def measure(self) -> Exact:
        return self._sum


class _Mean:
    def __init__(self) -> None:
        self._sum: Exact = 0
        self._count = 0

    def enter(self, base: int, measured: Measured) -> None:
        self._sum += _sum(measured)
        self._count += len(measured)

    def leave(self, base: int, measured: Measured) -> None:
        self._sum -= _sum(measured)
        self._count -= len(measured)

    def measure(self) -> Exact | None:
        return Fraction(self._sum, self._count) if self._count else None


class _Percentile:
    def __init__(self, percentile: int) -> None:
        self._percentile = percentile
        self._ranked: list[Exact] = []

    def enter(self, base: int, measured: Measured) -> None:
        for number in _numbers(measured):
            insort(self._ranked, number)

    def leave(self, base: int, measured: Measured) -> None:
        for number in _numbers(measured):
            del self._ranked[bisect_left(self._ranked, number)]

    def measure(self) -> Exact | None:
        if not self._ranked:
            return None
        whole, part = divmod(self._percentile * (len(self._ranked) - 1), 100)
        below = self._ranked[whole]
        above = self._ranked[whole + 1] if part else below
        return below + (above - below) * Fraction(part, 100)


def _sum(measured: Measured) -> Exact:
    return sum(_numbers(measured), start=0)


def _numbers(measured: Measured) -> Iterable[Exact]:
    return (number for number in measured if isinstance(number, int | Fraction))
