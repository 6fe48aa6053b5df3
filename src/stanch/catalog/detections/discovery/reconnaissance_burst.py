"""An intruder does not know the house: within minutes he asks every service what it has.

Reads: the distinct List, Describe and Get calls of one session within an hour, refused ones apart.
Blind to: names that the principal asks for on other days too, as a scanner or a pipeline does; one service at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._reads import CARETAKERS, purpose, through_a_service
from stanch.contracts.behaviour import HOUR, About, Cell, History, Sighting, Whose
from stanch.domain.baseline import DAY, day_of
from stanch.domain.estate import Purpose
from stanch.domain.event import is_identity
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A burst of questions to many services",
    severity=Severity.MEDIUM,
    confidence=0.5,
    techniques=(
        Technique("attack", "T1580", "19"),
        Technique("attack", "T1526", "19"),
        Technique("attack", "T1087.004", "19"),
    ),
    playbook="stolen_role_session",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one session within one window; calls are distinct (service, name) pairs."""

    window: int = HOUR
    """Seconds of the window; a call made in every hour counts in the first moment of each."""
    calls: int = 24
    """Calls that ask, none of them usual for the principal; a plan of infrastructure code asks some twenty."""
    services: int = 6
    """Services asked."""
    console_times: float = 3.0
    """Times as many for a person in the console, whose pages ask many services by themselves."""
    denied: int = 6
    """Refused calls that are a burst by themselves, none of them usual."""
    denied_services: int = 3
    """Services that refused them."""
    usual_days: int = 2
    """Other days on which the principal makes a call that make it usual."""
    known_days: int = 3
    """Days that the logs must cover before, with or after the burst to say what is usual; colder, refusals alone are
    medium and the rest is low."""


LIMITS = Limits()
_ASKS = ("List", "Describe", "Get", "Search", "Lookup", "BatchGet", "Scan", "Head", "View")
_Call = tuple[str, str]


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield the widest burst of each session that asks what its principal does not usually ask."""
    asked = [cell for cell in history.cells if _asks(cell, history)]
    days: dict[_Call, set[int]] = {}
    for cell in asked:
        days.setdefault((cell.source, cell.name), set()).add(day_of(cell.start))
    sessions: dict[str, list[Cell]] = {}
    for cell in asked:
        if len(days[cell.source, cell.name]) <= limits.usual_days:
            sessions.setdefault(cell.actor.arn, []).append(cell)
    cold = (history.ended - history.began).total_seconds() < limits.known_days * DAY
    for cells in sessions.values():
        bursts = (_judged(window, cold, limits) for window in _windows(cells, limits.window))
        found = max(((told.severity or ABOUT.severity, len(told.cells), told) for told in bursts if told),
                    key=lambda one: one[:2], default=None)  # fmt: skip
        if found:
            yield found[2]


def _asks(cell: Cell, history: History) -> bool:
    if cell.is_aws or through_a_service(cell) or not is_identity(cell.principal):
        return False
    if not cell.name.startswith(_ASKS) or cell.objects:
        return False
    role = purpose(cell, history)
    return role not in CARETAKERS and not (role is Purpose.ADMIN and not cell.denied)


def _windows(cells: Sequence[Cell], seconds: int) -> Iterator[list[Cell]]:
    """The cells of each window; windows overlap by half, so that a burst of half of one lies within one."""
    halves: dict[int, list[Cell]] = {}
    for cell in cells:
        halves.setdefault(cell.first * 2 // seconds, []).append(cell)
    for half, early in halves.items():
        yield early + halves.get(half + 1, [])


def _judged(cells: list[Cell], cold: bool, limits: Limits) -> Sighting | None:
    calls = {(cell.source, cell.name) for cell in cells}
    refused = {(cell.source, cell.name) for cell in cells if cell.denied}
    factor = limits.console_times if any(cell.console for cell in cells) else 1.0
    services = len({source for source, _ in calls})
    told = f"{len(calls)} different questions to {services} services within an hour, {len(refused)} of them refused"
    tried = len({source for source, _ in refused})
    if len(refused) >= limits.denied * factor and tried >= limits.denied_services:
        both = len(calls) >= limits.calls * factor and not cold
        return Sighting(tuple(cells), told, severity=Severity.HIGH if both else Severity.MEDIUM)
    if len(calls) >= limits.calls * factor and services >= limits.services:
        severity = Severity.LOW if cold or factor > 1 else Severity.MEDIUM
        return Sighting(tuple(cells), told, severity=severity, confidence=0.3 if cold else None)
    return None
