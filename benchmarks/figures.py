"""A figure is a median with its range and what it is measured by; one run of a noisy machine is none."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Figure:
    """One measured thing: `rates` in events a second, and `ratios`, each to what ran just before it.

    `aim` is the least median ratio wanted; `note` says what else must be known; `missing` why nothing was measured.
    """

    name: str
    rates: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    aim: float | None = None
    note: str = ""
    missing: str | None = None
    told: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """For machines."""
        return {
            "figure": self.name,
            "events_per_second": _spread(self.rates),
            "ratio": _spread(self.ratios),
            "peak_mb": max(self.peaks, default=None),
            "aim": self.aim,
            "met": statistics.median(self.ratios) >= self.aim if self.ratios and self.aim is not None else None,
            "note": self.note,
            "missing": self.missing,
            "told": self.told,
        }

    def cells(self) -> tuple[str, ...]:
        """For people."""
        if self.missing is not None:
            return (self.name, "-", "", "", "", "", f"not measured: {self.missing}")
        aim = "" if self.aim is None else f"{self.aim:.2f}{'' if self.plain()['met'] else ' missed'}"
        peak = f"{max(self.peaks):,.0f}" if self.peaks else ""
        return (self.name, f"{statistics.median(self.rates) / 1e3:,.1f}", _range(self.rates, 1e3, 1), *_of(self.ratios),
                aim, peak, self.note)  # fmt: skip


HEADS = ("", "kev/s", "from - to", "ratio", "aim", "peak MB", "")


@dataclass(slots=True)
class Table:
    """A title, the heads of the columns, the rows."""

    title: str
    heads: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def text(self) -> str:
        """Columns as wide as they must be; the first and the last lean left, numbers right."""
        lines = [self.heads, *self.rows]
        widths = [max(len(line[at]) for line in lines) for at in range(len(self.heads))]
        last = len(widths) - 1
        told = (
            "  ".join(
                cell.ljust(width) if at in (0, last) else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )
        return "\n".join([self.title, *(f"  {line}" for line in told)])


def of_figures(title: str, figures: Iterable[Figure]) -> Table:
    """The table of some figures."""
    return Table(title, HEADS, [figure.cells() for figure in figures])


def _of(ratios: Sequence[float]) -> tuple[str]:
    if not ratios:
        return ("",)
    return (f"{statistics.median(ratios):.3f} ({_range(ratios, 1, 3)})",)


def _range(values: Sequence[float], unit: float, digits: int) -> str:
    return f"{min(values) / unit:,.{digits}f} - {max(values) / unit:,.{digits}f}"


def _spread(values: Sequence[float]) -> dict[str, Any] | None:
    if not values:
        return None
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "runs": len(values)}
