"""A Lambda function's variables hold its keys; whoever reads them once can be the function from anywhere.

Reads: the user agents and public networks that use one temporary access key.
Blind to: programs in a function that say nothing of where they run, and thieves who forge what they say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.contracts.behaviour import HOUR, About, Cell, History, Sighting, Whose
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A function's credentials used outside of Lambda",
    severity=Severity.HIGH,
    confidence=0.7,
    techniques=(
        Technique("attack", "T1552.005", "19"),
        Technique("attack", "T1550.001", "19"),
        Technique("attack", "T1648", "19"),
    ),
    playbook="stolen_role_session",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What tells inside from outside."""

    marks: tuple[str, ...] = ("exec-env/AWS_Lambda", "exec-env/AWS_ECS")
    """Words that AWS's libraries add to the user agent inside of Lambda and of containers."""
    libraries: tuple[str, ...] = ("Boto3/", "aws-cli/", "aws-sdk-", "APN/", "aws-sdk/")
    """How user agents of those libraries begin: they would add such a word."""
    seconds: int = 12 * HOUR
    """Seconds between a call inside and one outside: such a session lasts no longer."""


LIMITS = Limits()


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each key that a function used, and then a library elsewhere."""
    keys: dict[str, list[Cell]] = {}
    for cell in history.cells:
        if not cell.is_aws and (cell.actor.access_key or "").startswith("ASIA"):
            keys.setdefault(cell.actor.access_key or "", []).append(cell)
    for cells in keys.values():
        inside = [cell for cell in cells if any(mark in cell.agent for mark in limits.marks)]
        if inside and (away := _away(cells, inside, limits)):
            places = ", ".join(sorted({cell.place for cell in away}))
            yield Sighting((*inside, *away), f"a key of {inside[0].actor.session} was used from {places}")


def _away(cells: Sequence[Cell], inside: Sequence[Cell], limits: Limits) -> list[Cell]:
    """The calls from a network where the function never was, by a library that does not say that it runs in one."""
    known = {cell.place for cell in inside}
    began = min(cell.first for cell in inside)
    return [
        cell
        for cell in cells
        if cell.place
        and cell.place not in known
        and cell.agent.strip("[]").startswith(limits.libraries)
        and "exec-env/" not in cell.agent
        and began <= cell.last <= began + limits.seconds
    ]
