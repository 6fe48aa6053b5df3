"""The time asked for is any that there is; what is none is told in one line."""

from datetime import UTC, datetime, timedelta

import pytest

from stanch.cli.face import WrongUse
from stanch.cli.window import span_of

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
DAY = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-11-20", "20261120", "2026-W47-5"])
def test_a_day_is_meant_from_its_beginning_to_its_end(text: str) -> None:
    span = span_of(text, text)
    assert (span.since, span.until) == (DAY, DAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-11-20T09:30:00Z", DAY + timedelta(hours=9.5)),
        ("2026-11-20T09:30:00+01:00", DAY + timedelta(hours=8.5)),
        ("2026-11-20T09:30", DAY + timedelta(hours=9.5)),
        ("2026W47T09", datetime(2026, 11, 16, 9, tzinfo=UTC)),
    ],
)
def test_a_moment_is_no_day(text: str, when: datetime) -> None:
    assert span_of(None, text).until == when


@pytest.mark.parametrize("text", ["9999-12-31", "99991231", "9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59.999999Z"])
def test_there_is_no_time_after_the_last(text: str) -> None:
    assert span_of("2026-11-20", text).until == LAST


@pytest.mark.parametrize("text", ["0001-01-01", "0001-01-01T00:00:00+05:00"])
def test_there_is_no_time_before_the_first(text: str) -> None:
    assert span_of(text, None).since == FIRST


def test_the_last_day_is_a_window_like_another() -> None:
    assert span_of("9999-12-31", "9999-12-31").bounded
    assert span_of("0001-01-01", "9999-12-31").holds_text("2026-11-20T09:30:00Z")


@pytest.mark.parametrize(
    "text", ["", " ", "soon", "10000-01-01", "0000-01-01", "2026-02-30", "2026-11-20T25:00", "2026-11", "x" * 9000]
)
@pytest.mark.parametrize("option", ["--since", "--until"])
def test_what_is_no_time_is_told_in_one_line(option: str, text: str) -> None:
    with pytest.raises(WrongUse, match=f"{option} .* is no time; give a day") as told:
        span_of(text, None) if option == "--since" else span_of(None, text)
    assert len(str(told.value)) < 250


def test_no_time_between_is_told() -> None:
    with pytest.raises(WrongUse, match="--since is not before --until"):
        span_of("2026-11-21", "2026-11-20")
