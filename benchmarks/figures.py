"""A figure is a median with its range and what it is measured by; one run of a noisy machine is none."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Figure:
    """One measured thing: `rates` in events a second, `ratios` to the floor F and `strict` to the fastest reader.

    Each ratio is to what ran just before it. `aim` is the least median ratio wanted, of F where that was measured and
    else of the fastest; `note` says what else must be known; `missing` why nothing was measured.
    """

    name: str
    rates: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    strict: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    aim: float | None = None
    note: str = ""
    missing: str | None = None
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """Whether the aim is reached; None where there is none, or nothing to judge it by."""
        judged = self.ratios or self.strict
        return statistics.median(judged) >= self.aim if judged and self.aim is not None else None

    def plain(self) -> dict[str, Any]:
        """For machines."""
        return {
            "figure": self.name,
            "events_per_second": _spread(self.rates),
            "ratio": _spread(self.ratios),
            "ratio_to_fastest": _spread(self.strict),
            "peak_mb": max(self.peaks, default=None),
            "aim": self.aim,
            "met": self.met,
            "note": self.note,
            "missing": self.missing,
            "told": self.told,
        }

    def cells(self) -> tuple[str, ...]:
        """For people."""
        if self.missing is not None:
            return (self.name, "-", "", "", "", "", "", f"not measured: {self.missing}")
        aim = "" if self.aim is None else f"{self.aim:.2f}{'' if self.met else ' missed'}"
        fastest = f"{statistics.median(self.strict):.3f}" if self.strict else ""
        peak = f"{max(self.peaks):,.0f}" if self.peaks else ""
        return (self.name, f"{statistics.median(self.rates) / 1e3:,.1f}", _range(self.rates, 1e3, 1), _of(self.ratios),
                fastest, aim, peak, self.note)  # fmt: skip


@dataclass(slots=True)
class Table:
    """A title, the heads of the columns, the rows."""

    title: str
    heads: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def text(self) -> str:
        """Columns as wide as they must be; the first and the last lean left, numbers right; empty ones are left out."""
        told = [at for at in range(len(self.heads)) if not self.rows or any(row[at] for row in self.rows)]
        lines = [[line[at] for at in told] for line in (self.heads, *self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        last = len(widths) - 1
        written = (
            "  ".join(
                cell.ljust(width) if at in (0, last) else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )
        return "\n".join([self.title, *(f"  {line}" for line in written)])


def of_figures(title: str, figures: Iterable[Figure], of: str = "of F") -> Table:
    """The table of some figures, whose ratios are `of` something."""
    heads = ("", "kev/s", "from - to", of, "of the fastest", "aim", "peak MB", "")
    return Table(title, heads, [figure.cells() for figure in figures])


def _of(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.3f} ({_range(ratios, 1, 3)})" if ratios else ""


def _range(values: Sequence[float], unit: float, digits: int) -> str:
    return f"{min(values) / unit:,.{digits}f} - {max(values) / unit:,.{digits}f}"


def _spread(values: Sequence[float]) -> dict[str, Any] | None:
    if not values:
        return None
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "runs": len(values)}
