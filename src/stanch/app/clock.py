"""The clock is read in one place and handed on as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """The moment, aware."""
    return datetime.now(UTC)
