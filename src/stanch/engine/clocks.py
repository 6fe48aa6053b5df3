"""A legal deadline is exact: hours are elapsed time, months end at midnight where the authority sits.

Hours run in UTC from the recorded instant, through weekends and clock changes. Days and months follow Regulation
(EEC, Euratom) 1182/71: the day of the event is not counted, the last day ends at 24:00 local time, and a last day on a
Saturday or Sunday moves to the end of the next working day.
Blind to: public holidays, which could only move a day or month deadline later; national law that counts otherwise.
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stanch.domain.regime import Awareness, Clock, Deadline, Regime, Trigger, Unit

_NO_PERIOD = "the law names no period: without undue delay"
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class _Start:
    """When a clock began, or why it did not."""

    at: datetime | None
    why: str


def deadlines(
    regime: Regime, awareness: Awareness | None, submitted: Mapping[str, datetime], timezone: str
) -> list[Deadline]:
    """Each clock of the regime with when it ends, in UTC, and why; `due` is None while it does not run.

    `submitted` holds when each stage (a clock's id) was filed. `timezone` is the authority's IANA zone; only days and
    months need it. Raises ValueError for a time without an offset and for a stage that the regime does not have.
    """
    for instant in (*submitted.values(), *([awareness.aware_at] if awareness else [])):
        if instant.tzinfo is None:
            raise ValueError(f"{instant.isoformat()} has no offset, so it is no instant")
    stages = {clock.id: clock for clock in regime.clocks}
    strange = next((stage for stage in submitted if stage not in stages), None)
    if strange is not None:
        raise ValueError(f"{strange!r} is no stage of {regime.id}: {', '.join(stages)}")
    zone = ZoneInfo(timezone)
    return [_deadline(clock, _start(clock, awareness, submitted, stages), zone) for clock in regime.clocks]


def bound(regime: Regime, detected_at: datetime, timezone: str) -> list[Deadline]:
    """The conservative reading: the clocks as if the organisation had been aware at `detected_at`.

    It is shown beside the deadlines, never instead of them: awareness is a recorded decision.
    """
    supposed = Awareness("", detected_at, detected_at, "", "")
    clocks = deadlines(regime, supposed, {}, timezone)
    return [deadline for deadline in clocks if deadline.clock.trigger is Trigger.AWARE and deadline.due]


def in_force(awareness: Sequence[Awareness]) -> Awareness | None:
    """The decision that holds: the one recorded last, of two at one time the later in order. Earlier ones are kept."""
    return max(reversed(awareness), key=lambda decision: decision.recorded_at, default=None)


def _start(
    clock: Clock, awareness: Awareness | None, submitted: Mapping[str, datetime], stages: Mapping[str, Clock]
) -> _Start:
    match clock.trigger:
        case Trigger.AWARE:
            if awareness is None:
                return _Start(None, "not running: no decision that the organisation became aware is recorded")
            return _Start(awareness.aware_at, f"from awareness at {_utc(awareness.aware_at)}")
        case Trigger.SUBMITTED:
            after = stages.get(clock.after or "", clock)
            filed = submitted.get(after.id)
            if filed is None:
                return _Start(None, f"not running: starts when the stage {after.title!r} is submitted")
            return _Start(filed, f"from the submission of {after.title!r} at {_utc(filed)}")
        case Trigger.REQUEST:
            return _Start(None, "not running: starts when the authority asks")
        case Trigger.HIGH_RISK:
            return _Start(None, f"not running: starts when a high risk is judged likely; then {_NO_PERIOD}")


def _deadline(clock: Clock, start: _Start, zone: ZoneInfo) -> Deadline:
    if start.at is None:
        return Deadline(clock, None, start.why)
    if clock.amount is None:
        return Deadline(clock, None, f"{start.why}; {_NO_PERIOD}")
    if clock.unit is Unit.HOURS:
        due = start.at.astimezone(UTC) + timedelta(hours=clock.amount)
        return Deadline(clock, due, f"{clock.amount} hours {start.why}, weekends and holidays included")
    first = start.at.astimezone(zone).date()
    nominal = _months_after(first, clock.amount) if clock.unit is Unit.MONTHS else first + timedelta(clock.amount)
    last = _last_working_day(first, nominal, clock.unit)
    unit = clock.unit.removesuffix("s") if clock.amount == 1 else str(clock.unit)
    why = f"{clock.amount} {unit} {start.why}, to the end of {_day(last)} in {zone.key}"
    if last != nominal:
        why += f"; moved from {_day(nominal)} (Regulation 1182/71, Art. 3); public holidays are not considered"
    return Deadline(clock, _end_of(last, zone), why)


def _months_after(day: date, months: int) -> date:
    """The same day number, or the month's last day where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _last_working_day(first: date, last: date, unit: Unit) -> date:
    """Art. 3(4): not on a weekend. Art. 3(5): two days or more hold at least two working days."""
    least = 2 if unit is Unit.DAYS and last - first >= timedelta(2) else 1
    while not _works(last) or _working_days(first, last) < least:
        last += timedelta(1)
    return last


def _working_days(first: date, last: date) -> int:
    """Working days after `first` up to and with `last`; more than ten days always hold enough."""
    count = min((last - first).days, 10)
    return sum(_works(first + timedelta(day)) for day in range(1, count + 1))


def _works(day: date) -> bool:
    return day.weekday() < _SATURDAY


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """24:00 local, in UTC. Where the clock change makes midnight happen twice, the first: never later than the law."""
    return datetime.combine(day + timedelta(1), time(0), zone).astimezone(UTC)


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _day(day: date) -> str:
    return f"{calendar.day_name[day.weekday()]} {day.day} {calendar.month_name[day.month]} {day.year}"
