"""A host has one way out: what is in two public networks, or to and fro between them, is in two pairs of hands.

Reads: the public networks (/24, /48 in IPv6) that use the access keys of one instance.
Blind to: a host that never calls from a public address, a thief in its own network, and logs that tell no keys.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._loads import is_instance
from stanch.catalog.detections._reads import through_a_service
from stanch.contracts.behaviour import HOUR, About, Cell, History, Sighting, Whose
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="One instance's credentials used from two public networks",
    severity=Severity.HIGH,
    confidence=0.75,
    techniques=(
        Technique("attack", "T1552.005", "19"),
        Technique("attack", "T1078.004", "19"),
        Technique("attack", "T1550.001", "19"),
        Technique("atlas", "AML.T0055", "5.6"),
    ),
    playbook="stolen_instance_credentials",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is the same time."""

    hours: int = 12
    """Hours between the one network and the other; EC2 gives an instance new keys every six hours."""
    back_hours: int = 3
    """Hours within which an instance is back in the first network, whatever keys it has: one whose address was changed
    does not go back."""


LIMITS = Limits()


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each instance that two networks are at once; those of IPv4 and of IPv6 count apart."""
    hosts: dict[tuple[str, bool], list[Cell]] = {}
    for cell in history.cells:
        key, session = cell.actor.access_key, cell.actor.session
        if key and session and cell.place and is_instance(cell) and not (cell.is_aws or through_a_service(cell)):
            hosts.setdefault((session, ":" in cell.place), []).append(cell)
    for cells in hosts.values():
        if len({cell.place for cell in cells}) < 2:
            continue
        keys: dict[str, list[Cell]] = {}
        for cell in cells:
            keys.setdefault(cell.actor.access_key or "", []).append(cell)
        proofs = [proof for of_key in keys.values() if (proof := _apart(of_key, limits.hours))]
        if not proofs and _to_and_fro(cells, limits.back_hours * HOUR):
            proofs = [_apart(cells, limits.back_hours)]
        for proof in proofs:
            places = ", ".join(sorted({cell.place for cell in proof}))
            yield Sighting(tuple(proof), f"a key of {proof[0].actor.session} was used from {places}")


def _to_and_fro(cells: Sequence[Cell], seconds: int) -> bool:
    """Whether a network is used again so soon after it, and another one in between."""
    last: dict[str, int] = {}
    here = ""
    for time, place in sorted({(time, cell.place) for cell in cells for time in (cell.first, cell.last)}):
        if place != here and place in last and time - last[place] <= seconds:
            return True
        here, last[place] = place, time
    return False


def _apart(cells: Sequence[Cell], hours: int) -> list[Cell]:
    """The cells that those of another network are near in time, in their order."""
    places: dict[int, set[str]] = {}
    for cell in cells:
        places.setdefault(cell.start // HOUR, set()).add(cell.place)
    if len(set().union(*places.values())) < 2:
        return []

    def accompanied(cell: Cell) -> bool:
        now = cell.start // HOUR
        return any(places.get(hour, set()) - {cell.place} for hour in range(now - hours, now + hours + 1))

    return sorted(filter(accompanied, cells), key=lambda cell: cell.first)
