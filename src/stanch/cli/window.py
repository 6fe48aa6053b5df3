"""Of most logs only some days, accounts and regions matter: the options that say which, and what they mean."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer

from stanch.cli.face import WrongUse
from stanch.cli.folding import shortened
from stanch.engine.scan.span import Span
from stanch.stores.delivery import Window

_WHEN = "a day (2026-11-20) or a moment (2026-11-20T09:30:00Z, or with an offset)"
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_SAID = 80
"""Characters of what is no time that are repeated."""

Since = Annotated[str | None, typer.Option("--since", metavar="WHEN", help="Only events from then on, in UTC.")]
Until = Annotated[
    str | None, typer.Option("--until", metavar="WHEN", help="Only events before then; a day is meant to its end.")
]
Accounts = Annotated[
    list[str] | None, typer.Option("--account", metavar="ID", help="Only logs of this account; repeatable.")
]
Regions = Annotated[
    list[str] | None, typer.Option("--log-region", metavar="REGION", help="Only logs of this region; repeatable.")
]


def span_of(since: str | None, until: str | None) -> Span:
    """The time asked for. Raises WrongUse for what is no time, or no time between."""
    span = Span(_moment("--since", since), _moment("--until", until, end=True))
    if span.since and span.until and span.since >= span.until:
        raise WrongUse("--since is not before --until", "there is no time between them")
    return span


def _moment(option: str, text: str | None, *, end: bool = False) -> datetime | None:
    """A moment in UTC; a day alone is meant from its beginning, or with `end` to its end."""
    if text is None:
        return None
    try:
        return _in_utc(_day(text) + timedelta(days=1 if end else 0))
    except OverflowError:
        return _LAST  # the day after the last that there is
    except ValueError:
        pass
    try:
        return _in_utc(datetime.fromisoformat(text))
    except ValueError:
        raise WrongUse(f"{option} {shortened(text, _SAID)!r} is no time", f"give {_WHEN}") from None


def _day(text: str) -> datetime:
    """Midnight at the beginning of a day, however ISO 8601 writes it. Raises ValueError for what is no day alone."""
    return datetime.combine(date.fromisoformat(text), time())


def _in_utc(when: datetime) -> datetime:
    """The moment in UTC, which is meant where no offset is told; the first or last that there is for one beyond it."""
    try:
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except OverflowError:
        return _FIRST if when.year == _FIRST.year else _LAST


def window_of(span: Span, accounts: Sequence[str], regions: Sequence[str]) -> Window:
    """Which deliveries are asked for. Raises WrongUse for an account that cannot be: it would leave out everything."""
    for account in accounts:
        if not re.fullmatch(r"[0-9]{12}", account):
            raise WrongUse(f"--account {account!r} is no account", "give its 12 digits")
    return Window(span.since, span.until, frozenset(accounts), frozenset(regions))
