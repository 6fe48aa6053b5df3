"""What was looked at and what was not: the line that ends every search, so that a quiet night can be believed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stanch.domain.event import Skipped


@dataclass(frozen=True, slots=True)
class Failure:
    """A detection that could not run, and why: a broken rule is never a quiet one.

    `fault` is False where it was rightly left out: it is for another product's logs, or a test.
    """

    id: str
    why: str
    fault: bool = True


@dataclass(frozen=True, slots=True)
class Folded:
    """What one routine explained away, and why: a suppression that can be read is not a silence."""

    routine: str
    why: str
    findings: int
    events: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts of one search; `seconds` is wall time. `complete` is False when anything could not be looked at."""

    files_read: int
    files_skipped: tuple[Skipped, ...]
    events: int
    first_event: datetime | None
    last_event: datetime | None
    detections_run: int
    detections_failed: tuple[Failure, ...]
    seconds: float
    duplicates: int = 0
    logs: Mapping[str, int] = field(default_factory=dict)
    folded: tuple[Folded, ...] = ()

    @property
    def complete(self) -> bool:
        """True when nothing is missing; a digest that was rightly left out is no fault."""
        return not any(failure.fault for failure in self.detections_failed) and not any(
            skip.fault for skip in self.files_skipped
        )
