"""A session ends after an hour; two roles that may assume each other pass one on for ever.

Reads: AssumeRole calls of one origin: each caller's role and the role it took.
Blind to: chains of three and more roles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="Two roles assume each other in turn",
    severity=Severity.MEDIUM,
    confidence=0.6,
    techniques=(
        Technique("attack", "T1098.003", "19"),
        Technique("attack", "T1550.001", "19"),
    ),
    playbook="stolen_role_session",
    whose=Whose.ORIGIN,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one origin."""

    turns: int = 2
    """Times that the session went back and forth."""


LIMITS = Limits()


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield each pair of roles that keep each other alive."""
    taken: dict[tuple[str, str], list[Cell]] = {}
    for cell in history.cells:
        if cell.name == "AssumeRole" and not cell.failed and not cell.is_aws and cell.on and cell.on != cell.principal:
            taken.setdefault((cell.principal, cell.on), []).append(cell)
    for (one, other), there in taken.items():
        back = taken.get((other, one), [])
        if one < other and min(_times(there), _times(back)) >= limits.turns:
            yield Sighting((*there, *back), f"{one} and {other} assume each other")


def _times(cells: Sequence[Cell]) -> int:
    return sum(cell.count for cell in cells)
