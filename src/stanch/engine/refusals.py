"""A machine without room refuses to write: what was found is told all the same, and so is what it refused."""

import sqlite3
import sys

from stanch.domain.event import Skipped


def refusals() -> tuple[type[Exception], ...]:
    """What a full or failing disk raises, through whatever writes to it; a library that is not loaded raises none."""
    duckdb = sys.modules.get("duckdb")
    return (OSError, sqlite3.Error, *((duckdb.Error,) if duckdb else ()))


def refused(what: str, undone: str, error: Exception) -> Skipped:
    """A fault for the coverage: `what` was left `undone`, and why."""
    why = getattr(error, "strerror", None) or str(error).strip().partition("\n")[0][:200] or type(error).__name__
    return Skipped(what, f"{undone}: {why}; has the temporary folder room?")
