"""A search may be asked for some days only; a file of those days still holds events of others."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` up to but without `until`, both aware or None for no bound."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def bounded(self) -> bool:
        """Whether anything lies outside."""
        return self.since is not None or self.until is not None

    def holds(self, time: datetime) -> bool:
        """Whether this moment was asked for."""
        return (self.since is None or time >= self.since) and (self.until is None or time < self.until)

    def holds_text(self, time: str) -> bool:
        """The same of a time as CloudTrail writes it, in whole seconds: `2026-11-01T00:00:00Z`."""
        return self.holds(datetime.fromisoformat(time).astimezone(UTC))


ALWAYS = Span()
