"""One session in two networks at once is in two pairs of hands.

Reads: the public networks (/24, /48 in IPv6) and the user agents that use one temporary access key.
Blind to: instances' keys, of which `instance_credentials_used_from_two_networks` tells; a thief in the victim's own
network, one who begins when the victim has stopped, and without declared networks one who forges the user agent.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._loads import is_instance
from stanch.catalog.detections._reads import through_a_service
from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
from stanch.domain.estate import Side
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="One session used from two networks at once",
    severity=Severity.HIGH,
    confidence=0.7,
    techniques=(
        Technique("attack", "T1550.001", "19"),
        Technique("attack", "T1078.004", "19"),
        Technique("atlas", "AML.T0055", "5.6"),
    ),
    playbook="stolen_role_session",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is at once, and what is usual."""

    seconds: int = 3_600
    """Seconds within which the session is back in the first network: a person who moves on does not jump to and fro."""
    usual_keys: int = 2
    """Other sessions of the same principal that used a network too: a second way out, a VPN, a proxy."""
    ways_out: int = 3
    """Networks of a principal from which on it has no place of its own, as a function without a VPC."""


LIMITS = Limits()
_SYSTEMS = ("os/", "Darwin/", "Linux/", "Windows/", "(Macintosh", "(Windows", "(X11")


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each session that jumps between a network of its own and one that is new to its owner."""
    keys: dict[str, list[Cell]] = {}
    for cell in sorted(filter(_placed, history.cells), key=lambda cell: cell.first):
        keys.setdefault(cell.actor.access_key or "", []).append(cell)
    used_by: dict[str, set[str]] = {}
    for key, cells in keys.items():
        for cell in cells:
            used_by.setdefault(cell.place, set()).add(key)
    for key, cells in keys.items():
        usual = {place for place, users in used_by.items() if len(users - {key}) >= limits.usual_keys}
        yield from _of_key(cells, usual, limits)


def _placed(cell: Cell) -> bool:
    """Whether the cell tells where a temporary key is; AWS calling for its holder tells nothing."""
    if not cell.place:
        return False
    temporary = (cell.actor.access_key or "").startswith("ASIA")
    from_aws = cell.is_aws or through_a_service(cell) or "exec-env/CloudShell" in cell.agent
    return temporary and not from_aws and not is_instance(cell) and not cell.presigned


def _of_key(cells: list[Cell], usual: set[str], limits: Limits) -> Iterator[Sighting]:
    places = dict.fromkeys(cell.place for cell in cells)
    if len(places) < 2 or len(places) > limits.ways_out:
        return
    for place in list(places)[1:]:
        there = [cell for cell in cells if cell.place == place]
        here = [cell for cell in cells if cell.place != place and _same_family(cell, there[0])]
        if place in usual or not here or all(cell.network is Side.INSIDE for cell in cells):
            continue
        if not _to_and_fro(here, there, limits):
            continue
        fresh = {_machine(cell.agent) for cell in there} - {_machine(cell.agent) for cell in here}
        left = there[0].network is Side.OUTSIDE and any(cell.network is Side.INSIDE for cell in here)
        if not fresh and not left:
            continue  # a second way out of the same machine
        severity = Severity.HIGH if fresh and left else Severity.MEDIUM
        where = f"from {here[0].place} and to and fro from {place}"
        why = f"the session was used {where}" + (f", there by {', '.join(sorted(fresh))}" if fresh else "")
        yield Sighting((*here, *there), why, severity=severity, confidence=0.7 if severity >= Severity.HIGH else 0.5)
        return


def _machine(agent: str) -> str:
    """What a user agent tells of the machine: the program with its version, and the operating system's words."""
    words = agent.strip("[]").split()
    return " ".join(word for at, word in enumerate(words) if at == 0 or word.startswith(_SYSTEMS))


def _same_family(one: Cell, other: Cell) -> bool:
    """A host with both IPv4 and IPv6 uses both at once."""
    return (":" in one.place) is (":" in other.place)


def _to_and_fro(here: Sequence[Cell], there: Sequence[Cell], limits: Limits) -> bool:
    """Whether uses in one network lie between uses in the other, in either order, not long apart."""
    return _between(here, there, limits.seconds) or _between(there, here, limits.seconds)


def _between(outer: Sequence[Cell], inner: Sequence[Cell], seconds: int) -> bool:
    times = sorted({time for cell in outer for time in (cell.first, cell.last)})
    for moment in {time for cell in inner for time in (cell.first, cell.last)}:
        after = bisect_right(times, moment)
        if 0 < after < len(times) and times[after] - times[after - 1] <= seconds:
            return True
    return False
