"""A threshold copied from a page about another workload never rings on this one; only the own events can tell.

Reads: filters, alarms, and the CloudTrail events at hand, which each filter counts as CloudWatch Logs would.
Blind to: events that were not given, what a trail's selectors leave out, and alarms on silence, on anomalies and on
    expressions of several metrics.
"""

import math
from collections.abc import Iterator, Sequence

from stanch.catalog.checks._filters import Filter
from stanch.catalog.checks._filters.reading import FilterError, selector
from stanch.catalog.checks._reach import assets_in
from stanch.catalog.checks._things import blind, evidence, in_region
from stanch.catalog.checks.alarms._calls import QUESTIONS, Question
from stanch.catalog.checks.alarms._ears import Counted, Ears
from stanch.catalog.checks.alarms._replay import COUNTS, Bar, Replayed, bar_of, replay
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.event import Event
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="An alarm would not ring on this workload",
    row=Row.ALARMS,
    severity=Severity.MEDIUM,
    controls={NIST: ("AU-6", "CA-8", "SI-4"), ISO: ("A.8.16",), NIS2: ("Art. 21(2)(b)", "Art. 21(2)(f)")},
)
MARGIN = 10
"""How many times the highest value at hand a threshold may be; beyond that nothing like it was ever seen here."""
PER_MINUTE = 10_000
"""Calls a minute that no account makes of what such a filter counts."""
_TEMPLATE = """\
Type: AWS::CloudWatch::Alarm
Properties:
  Namespace: calls
  MetricName: root-use
  Statistic: Sum
  Period: 300
  EvaluationPeriods: 1
  Threshold: 1
  ComparisonOperator: GreaterThanOrEqualToThreshold
  TreatMissingData: notBreaching
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "cloudwatch", "cloudwatch", "cloudwatch:DescribeAlarms", "logs:DescribeMetricFilters")
    ears = Ears(posture)
    written: dict[str, list[Event]] = {}
    for alarm, counted in ears.fed.values():
        for one in counted:
            if one.group.thing.arn not in written:
                written[one.group.thing.arn] = ears.written(one.group, posture.events or ())
        yield _judged(posture, alarm, counted, written)


def _judged(posture: Posture, alarm: Place, counted: Sequence[Counted], written: dict[str, list[Event]]) -> Judged:
    bar = bar_of(alarm.thing.data)
    filters = [one for one in counted if one.filter is not None]
    if not filters:
        said = (Ruling.FAIL, f"its filter {counted[0].name} counts nothing: {counted[0].fault}")
    elif bar is None:
        said = (Ruling.PASS, "it rings on silence, on anomalies or on an expression, which is not run again here")
    else:
        said = _static(bar, filters) or _replayed(posture, bar, filters, written)
    ruling, why = said
    failed = ruling is Ruling.FAIL
    name = str(alarm.thing.data.get("AlarmName") or alarm.thing.arn.rpartition(":")[2])
    return Judged(
        alarm.thing.arn,
        alarm.account,
        alarm.region,
        ruling,
        why,
        assets_in(posture, alarm.account),
        (
            evidence(alarm, "Threshold"),
            evidence(alarm, "Statistic"),
            *(evidence(one.group, f"MetricFilters.{one.index}") for one in counted),
        ),
        way=("whoever does what the alarm is for", f"{name}: {why}", "it stays silent") if failed else (),
        remedy=_remedy(alarm, name) if failed else None,
    )


def _static(bar: Bar, filters: Sequence[Counted]) -> tuple[Ruling, str] | None:
    """What the alarm's own figures say, whatever happens."""
    constants = [value for one in filters if (value := _number(one.value)) is not None]
    steady = bar.statistic not in COUNTS and len(constants) == len(filters)
    if steady and not any(bar.breaches([value]) for value in constants):
        told = ", ".join(f"{value:g}" for value in constants)
        return (
            Ruling.FAIL,
            f"each match counts {told}, so it never gets {bar}: only Sum counts",
        )
    questions = _about(filters)
    once = next((question for question in questions if question.once), None)
    if once and len(questions) == 1 and constants and not (bar.needed == 1 and bar.breaches(constants[:1])):
        return Ruling.FAIL, f"it is about {once.what}, and once is not enough for it: {bar}"
    if bar.statistic in COUNTS and bar.threshold / bar.seconds * 60 > PER_MINUTE:
        return Ruling.FAIL, f"{bar} is more than {PER_MINUTE} calls a minute, which no account makes of these"
    return None


def _replayed(
    posture: Posture, bar: Bar, filters: Sequence[Counted], written: dict[str, list[Event]]
) -> tuple[Ruling, str]:
    if posture.events is None:
        return Ruling.PASS, f"nothing in it keeps it from ringing ({bar}); no events were given to run it on"
    events = {id(event): event for one in filters for event in written[one.group.thing.arn]}
    points = [point for one in filters for point in _points(one, written[one.group.thing.arn])]
    if not points:
        return Ruling.PASS, f"nothing in it keeps it from ringing ({bar}); none of {len(events)} events at hand matches"
    done = replay(bar, points)
    told = _told(bar, done, len(events))
    if not done.rung and (bar.threshold > MARGIN * max(done.highest, 0) or any(one.once for one in _about(filters))):
        return Ruling.FAIL, told
    return Ruling.PASS, told


def _told(bar: Bar, done: Replayed, events: int) -> str:
    return (
        f"of {events} events at hand {done.matched} match, in {done.periods} periods; the highest {bar.statistic} is "
        f"{done.highest:g} against {bar}: it rings in {done.rung}, and {done.missed} matching events go without"
    )


def _points(one: Counted, events: Sequence[Event]) -> Iterator[tuple[float, float]]:
    """The values that a filter makes of the events, each with its time."""
    read: Filter | None = one.filter
    value = _number(one.value)
    for event in events:
        if read is not None and read.matches(event.record):
            found = value if value is not None else _taken(one.value, event)
            if found is not None:
                yield event.time.timestamp(), found


def _taken(field: str, event: Event) -> float | None:
    """The number in the field that a metric takes its value from."""
    try:
        found = selector(field).values(event.record)
    except FilterError:
        return None
    return next((_number(one) for one in found), None)


def _about(filters: Sequence[Counted]) -> list[Question]:
    """The questions of which some call is counted."""
    return [
        question
        for question in QUESTIONS
        if any(one.filter and one.filter.matches(example) for one in filters for example in question.examples)
    ]


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _remedy(alarm: Place, name: str) -> Remedy:
    where = in_region(alarm.region)
    metric = (
        "--metric-name",
        str(alarm.thing.data.get("MetricName")),
        "--namespace",
        str(alarm.thing.data.get("Namespace")),
    )
    put = ("aws", "cloudwatch", "put-metric-alarm", "--alarm-name", name, *metric, "--statistic", "Sum")
    rings = ("--period", "300", "--evaluation-periods", "1", "--threshold", "1")
    above = ("--comparison-operator", "GreaterThanOrEqualToThreshold", "--treat-missing-data", "notBreaching")
    return Remedy(
        "Count with Sum, over one period, against what this workload really does; and run the alarm again on events of "
        "a drill.",
        (
            ("aws", "cloudwatch", "describe-alarms", "--alarm-names", name, *where),
            (*put, *rings, *above, "--alarm-actions", "the-arn-of-a-topic", *where),
        ),
        _TEMPLATE,
    )
