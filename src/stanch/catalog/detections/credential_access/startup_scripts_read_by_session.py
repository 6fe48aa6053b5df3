"""Who describes hosts asks for much of each; who wants their start-up scripts lists the hosts, then asks for one thing.

Reads: the calls to EC2 of one role session within an hour: a list of hosts, attributes of one host after the other, and
none of what infrastructure code and scanners ask for beside.
Blind to: which attribute was asked for, which cells do not tell; refused attempts, user's keys and hosts, which
`startup_scripts_refused_in_bulk` and `startup_scripts_read_in_bulk` tell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._questions import asked_by_hand, by_role, by_session, windows
from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
from stanch.domain.baseline import day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="Attributes of many hosts, and nothing else, read by a role's session",
    severity=Severity.MEDIUM,
    confidence=0.4,
    techniques=(Technique("attack", "T1552.005", "19"), Technique("attack", "T1552.001", "19")),
    playbook="stolen_role_session",
    by_hand="rotate what the start-up scripts held",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one session within one hour."""

    attributes: int = 10
    """Attributes of hosts that were read."""
    usual_days: int = 1
    """Days on which the principal does so that are not yet its work."""


LIMITS = Limits()
_EC2 = "ec2.amazonaws.com"
_ATTRIBUTE = "DescribeInstanceAttribute"
_HOSTS = "DescribeInstances"
_BESIDE = frozenset(
    {
        "DescribeImages", "DescribeInstanceCreditSpecifications", "DescribeInstanceTypes", "DescribeNetworkInterfaces",
        "DescribeSecurityGroups", "DescribeSubnets", "DescribeTags", "DescribeVolumes", "DescribeVpcs",
    }
)  # fmt: skip


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield the session that read most attributes of hosts and asked for nothing beside."""
    cells = [cell for cell in history.cells if cell.source == _EC2 and not cell.failed and _by_role(cell, history)]
    best: list[Cell] = []
    days: set[int] = set()
    for of_session in by_session(cells).values():
        for window in windows(of_session):
            if _attributes(window) >= limits.attributes and _nothing_else(window):
                days.add(day_of(window[0].start))
                if _attributes(window) > _attributes(best):
                    best = window
    if best and len(days) <= limits.usual_days:
        yield Sighting(tuple(best), f"{_attributes(best)} attributes of hosts read within an hour, and nothing else")


def _by_role(cell: Cell, history: History) -> bool:
    return by_role(cell) and asked_by_hand(cell, history)


def _attributes(cells: Sequence[Cell]) -> int:
    return sum(cell.count for cell in cells if cell.name == _ATTRIBUTE)


def _nothing_else(cells: Sequence[Cell]) -> bool:
    names = {cell.name for cell in cells}
    return _HOSTS in names and not names & _BESIDE
