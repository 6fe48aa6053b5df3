"""A detection is a Sigma rule, or a module for behaviour; either way the engine sees this."""

from dataclasses import dataclass

from stanch.domain.finding import Technique
from stanch.domain.severity import Severity


@dataclass(frozen=True, slots=True)
class Detection:
    """What a detection says of itself. Its id is its path; `playbook` names the one that answers it.

    `by_hand` is what stays open after that playbook because no action does it yet: it keeps an incident open.
    """

    id: str
    title: str
    severity: Severity
    confidence: float
    techniques: tuple[Technique, ...] = ()
    playbook: str | None = None
    by_hand: str | None = None
