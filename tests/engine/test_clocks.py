"""Deadlines to the second: every trap of the law's arithmetic has its test."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stanch.catalog
from stanch.domain.regime import Awareness, Clock, Deadline, Regime, Trigger, Unit
from stanch.engine.clocks import bound, deadlines, in_force
from stanch.engine.regimes import read

BERLIN = "Europe/Berlin"
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def law(name: str) -> Regime:
    path = Path(stanch.catalog.__path__[0], "regimes", f"{name}.toml")
    return read(path.read_text(encoding="utf-8"), str(path))


def aware(text: str) -> Awareness:
    at = datetime.fromisoformat(text)
    return Awareness("inc-1", at, at, "CISO", "confirmed by triage")


def clock(amount: int, unit: Unit) -> Regime:
    only = Clock("only", "Only", "1", Trigger.AWARE, "authority", amount, unit)
    return Regime("law", "Law", "Law", "1", "nowhere", "2020-01-01", "", (only,), ())


def due(regime: Regime, text: str, zone: str = BERLIN) -> datetime:
    (deadline,) = deadlines(regime, aware(text), {}, zone)
    assert deadline.due is not None
    return deadline.due


def by_id(found: list[Deadline]) -> dict[str, Deadline]:
    return {deadline.clock.id: deadline for deadline in found}


def test_gdpr_is_72_elapsed_hours_from_awareness() -> None:
    found = by_id(deadlines(law("gdpr"), aware("2026-11-20T16:30:05+01:00"), {}, BERLIN))
    assert found["authority"].due == datetime(2026, 11, 23, 15, 30, 5, tzinfo=UTC)


def test_72_hours_do_not_move_over_a_weekend() -> None:
    friday = aware("2026-11-20T12:00:00Z")
    assert by_id(deadlines(law("gdpr"), friday, {}, BERLIN))["authority"].due == datetime(2026, 11, 23, 12, tzinfo=UTC)
    thursday = aware("2026-11-19T12:00:00Z")
    sunday = by_id(deadlines(law("gdpr"), thursday, {}, BERLIN))["authority"].due
    assert sunday == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert sunday.weekday() == 6


@pytest.mark.parametrize("text", ["2026-03-28T12:00:00+01:00", "2026-10-24T12:00:00+02:00"])
def test_a_clock_change_neither_adds_nor_loses_an_hour(text: str) -> None:
    end = due(clock(72, Unit.HOURS), text)
    assert end - datetime.fromisoformat(text) == timedelta(hours=72)
    assert end.astimezone(ZoneInfo(BERLIN)).hour == (13 if "03-28" in text else 11)


def test_the_hour_of_the_event_is_not_used_up_to_its_legal_end() -> None:
    start, end = datetime(2026, 11, 20, 9, 59, 59, tzinfo=UTC), due(clock(24, Unit.HOURS), "2026-11-20T09:59:59Z")
    legal = start.replace(minute=0, second=0) + timedelta(hours=25)
    assert end == start + timedelta(hours=24) <= legal


def test_without_a_recorded_decision_no_clock_runs_and_each_says_why() -> None:
    for name in ("gdpr", "nis2"):
        for deadline in deadlines(law(name), None, {}, BERLIN):
            assert deadline.due is None
            assert deadline.why.startswith("not running: ")


def test_the_conservative_bound_counts_from_detection_and_is_separate() -> None:
    detected = datetime(2026, 11, 20, 8, tzinfo=UTC)
    found = by_id(bound(law("nis2"), detected, BERLIN))
    assert found["early-warning"].due == detected + timedelta(hours=24)
    assert found["notification"].due == detected + timedelta(hours=72)
    assert set(found) == {"early-warning", "notification"}
    assert by_id(deadlines(law("nis2"), None, {}, BERLIN))["early-warning"].due is None


def test_the_decision_recorded_last_holds_even_if_it_names_an_earlier_awareness() -> None:
    first = Awareness("i", datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), "a", "b")
    second = Awareness("i", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC), "a", "b")
    assert in_force([second, first]) is second
    assert in_force([]) is None


def test_nis2_final_runs_from_the_submission_and_not_from_awareness() -> None:
    awareness = aware("2026-11-02T09:00:00Z")
    assert by_id(deadlines(law("nis2"), awareness, {}, BERLIN))["final"].due is None
    late = {"notification": datetime(2026, 11, 5, 9, tzinfo=UTC)}
    early = {"notification": datetime(2026, 11, 3, 9, tzinfo=UTC)}
    # Saturday 5 December moves to the end of Monday 7 December; Thursday 3 December stays.
    assert by_id(deadlines(law("nis2"), awareness, late, BERLIN))["final"].due == datetime(2026, 12, 7, 23, tzinfo=UTC)
    assert by_id(deadlines(law("nis2"), awareness, early, BERLIN))["final"].due == datetime(2026, 12, 3, 23, tzinfo=UTC)


def test_what_the_authority_asks_for_and_what_has_no_period_never_gets_a_number() -> None:
    nis2 = by_id(deadlines(law("nis2"), aware("2026-11-02T09:00:00Z"), {}, BERLIN))
    assert nis2["intermediate"].why == "not running: starts when the authority asks"
    gdpr = by_id(deadlines(law("gdpr"), aware("2026-11-02T09:00:00Z"), {}, BERLIN))
    assert [gdpr[name].due for name in ("controller", "persons", "register")] == [None] * 3
    assert "without undue delay" in gdpr["controller"].why
    assert "high risk is judged likely" in gdpr["persons"].why


@pytest.mark.parametrize(
    ("start", "last"),
    [
        ("2026-08-31T10:00:00Z", "2026-09-30"),  # September has no 31st
        ("2027-01-29T10:00:00Z", "2027-03-01"),  # February has no 29th: Sunday the 28th moves to Monday
        ("2028-01-29T10:00:00Z", "2028-02-29"),  # a leap year has
        ("2026-12-15T10:00:00Z", "2027-01-15"),  # over the year's end
        ("2026-01-31T10:00:00Z", "2026-03-02"),  # Saturday 28 February moves to Monday 2 March
        ("2026-06-15T22:30:00Z", "2026-07-16"),  # in Berlin it is already the 16th
    ],
)
def test_a_month_ends_on_the_same_day_number_or_the_months_last_day_at_24_hours_local(start: str, last: str) -> None:
    end = due(clock(1, Unit.MONTHS), start).astimezone(ZoneInfo(BERLIN))
    assert end.time().isoformat() == "00:00:00"
    assert (end.date() - timedelta(1)).isoformat() == last


def test_a_month_over_a_clock_change_still_ends_at_local_midnight() -> None:
    assert due(clock(1, Unit.MONTHS), "2026-10-05T10:00:00Z") == datetime(2026, 11, 5, 23, tzinfo=UTC)
    assert due(clock(1, Unit.MONTHS), "2026-03-09T10:00:00Z") == datetime(2026, 4, 9, 22, tzinfo=UTC)


def test_a_midnight_that_the_clock_change_skips_is_the_instant_of_the_change() -> None:
    # Cairo jumps from 24:00 on Thursday 29 April 2027 to 01:00: there is no 00:00 on the 30th.
    assert due(clock(1, Unit.MONTHS), "2027-03-29T10:00:00Z", "Africa/Cairo") == datetime(2027, 4, 29, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "amount", "last"),
    [
        ("2026-11-16T10:00:00Z", 2, "2026-11-18"),  # Monday: Tuesday, Wednesday
        (
            "2026-11-20T10:00:00Z",
            2,
            "2026-11-24",
        ),  # Friday: Sunday moves to Monday, the second working day is Tuesday
        ("2026-11-20T10:00:00Z", 3, "2026-11-24"),  # Friday: Monday is the first working day, Tuesday the second
        ("2026-11-20T10:00:00Z", 1, "2026-11-23"),  # a single day only leaves the weekend
        ("2026-11-20T10:00:00Z", 15, "2026-12-07"),  # Saturday 5 December moves to Monday
    ],
)
def test_days_leave_out_the_first_move_off_a_weekend_and_hold_two_working_days(
    start: str, amount: int, last: str
) -> None:
    end = due(clock(amount, Unit.DAYS), start).astimezone(ZoneInfo(BERLIN))
    assert (end.date() - timedelta(1)).isoformat() == last


def test_a_moved_day_says_from_where_and_that_holidays_are_not_considered() -> None:
    (deadline,) = deadlines(clock(1, Unit.MONTHS), aware("2026-01-31T10:00:00Z"), {}, BERLIN)
    assert "to the end of Monday 2 March 2026 in Europe/Berlin" in deadline.why
    assert "moved from Saturday 28 February 2026" in deadline.why
    assert "public holidays are not considered" in deadline.why


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="no offset"):
        deadlines(law("gdpr"), aware("2026-11-20T10:00:00"), {}, BERLIN)
    with pytest.raises(ValueError, match="no offset"):
        deadlines(law("nis2"), None, {"notification": datetime(2026, 1, 1)}, BERLIN)  # noqa: DTZ001


def test_a_submission_of_a_stage_that_the_law_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="'final' is no stage of gdpr: authority"):
        deadlines(law("gdpr"), None, {"final": datetime(2026, 1, 1, tzinfo=UTC)}, BERLIN)


@given(INSTANTS, st.sampled_from([BERLIN, "America/New_York", "Africa/Cairo", "Pacific/Apia", "UTC"]))
def test_hours_are_the_same_elapsed_time_in_every_zone_at_any_instant(start: datetime, zone: str) -> None:
    local = start.astimezone(timezone(timedelta(hours=-5)))
    assert due(clock(72, Unit.HOURS), local.isoformat(), zone) - start == timedelta(hours=72)


@given(INSTANTS, st.integers(1, 60), st.sampled_from([Unit.DAYS, Unit.MONTHS]))
def test_days_and_months_end_after_their_start_at_the_end_of_a_working_day(
    start: datetime, amount: int, unit: Unit
) -> None:
    end = due(clock(amount, unit), start.isoformat()).astimezone(ZoneInfo(BERLIN))
    assert end > start
    assert (end.date() - timedelta(1)).weekday() < 5
    days = (end.date() - start.astimezone(ZoneInfo(BERLIN)).date()).days
    assert days <= (amount * 31 if unit is Unit.MONTHS else amount) + 5
