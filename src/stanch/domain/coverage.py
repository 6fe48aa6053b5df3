"""What was looked at and what was not: the line that ends every search, so that a quiet night can be believed."""

from dataclasses import dataclass
from datetime import datetime

from stanch.domain.event import Skipped


@dataclass(frozen=True, slots=True)
class Failure:
    """A detection that could not run, and why: a broken rule is never a quiet one."""

    id: str
    why: str


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

    @property
    def complete(self) -> bool:
        """True when nothing is missing; a digest that was rightly left out is no fault."""
        return not self.detections_failed and not any(skip.fault for skip in self.files_skipped)
