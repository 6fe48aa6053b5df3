"""An alarm without a confirmed subscriber rings in an empty house.

Amazon SNS Developer Guide, "Confirm the subscription": until somebody clicks, nothing is delivered.
"""

from collections.abc import Iterator, Mapping

from stanch.catalog.checks._filters import matches
from stanch.catalog.checks._reach import assets_in
from stanch.catalog.checks._things import blind, evidence, in_region, mappings, texts
from stanch.catalog.checks.alarms._ears import Ears, wakes
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="An alarm on calls wakes nobody",
    row=Row.ALARMS,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("AU-6", "IR-6", "SI-4(5)"),
        ISO: ("A.5.24", "A.8.16"),
        NIS2: ("Art. 21(2)(b)", "Art. 23(4)"),
    },
)
_TEMPLATE = """\
Type: AWS::SNS::Subscription
Properties:
  TopicArn: !Ref Topic
  Protocol: email
  Endpoint: watch@example.com
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "cloudwatch", "cloudwatch", "cloudwatch:DescribeAlarms", "logs:DescribeMetricFilters")
    topics = {place.thing.arn: place for place in posture.of("sns/topic")}
    relays = _Relays(posture, topics)
    for alarm, _ in Ears(posture).fed.values():
        yield _judged(posture, alarm, topics, relays)


def _judged(posture: Posture, alarm: Place, topics: Mapping[str, Place], relays: "_Relays") -> Judged:
    woken, who = wakes(alarm, topics)
    if not woken:
        relayed = relays.of(alarm)
        woken, who = (True, relayed) if relayed else (woken, who)
    rulings = {True: (Ruling.PASS, who), None: (Ruling.UNKNOWN, f"not seen: {who}"), False: (Ruling.FAIL, who)}
    ruling, why = rulings[woken]
    failed = ruling is Ruling.FAIL
    name = str(alarm.thing.data.get("AlarmName") or alarm.thing.arn.rpartition(":")[2])
    topic = next(iter(texts(alarm.thing.data.get("AlarmActions"))), "")
    return Judged(
        alarm.thing.arn,
        alarm.account,
        alarm.region,
        ruling,
        why,
        assets_in(posture, alarm.account),
        (
            evidence(alarm, "AlarmActions"),
            *((evidence(topics[topic], "Subscriptions"),) if topic in topics else ()),
        ),
        way=("whoever does what the alarm is for", f"{name} rings: {why}", "everybody sleeps on") if failed else (),
        remedy=_remedy(alarm, name, topic) if failed else None,
    )


class _Relays:
    """Alarms of alarms, and rules on alarms that ring, may wake somebody instead."""

    def __init__(self, posture: Posture, topics: Mapping[str, Place]) -> None:
        self._above = [place for place in posture.of("cloudwatch/composite-alarm") if wakes(place, topics)[0]]
        self._rules = [
            place
            for place in posture.of("events/rule")
            if place.thing.data.get("State") != "DISABLED"
            and mappings(place.thing.data.get("Targets"))
            and _is_about_alarms(place.thing.data.get("EventPattern"))
        ]

    def of(self, alarm: Place) -> str | None:
        """What takes an alarm's ringing on, or None."""
        name = str(alarm.thing.data.get("AlarmName"))
        for place in self._above:
            rule = str(place.thing.data.get("AlarmRule"))
            named = any(f"{mark}{what}{mark}" in rule for mark in ('"', "'") for what in (name, alarm.thing.arn))
            if place.account == alarm.account and (named or f"({name})" in rule):
                return f"the alarm {place.thing.data.get('AlarmName')} rings with it"
        event = {
            "source": "aws.cloudwatch",
            "detail-type": "CloudWatch Alarm State Change",
            "account": alarm.account,
            "region": alarm.region,
            "resources": [alarm.thing.arn],
            "detail": {"alarmName": name, "state": {"value": "ALARM"}, "previousState": {"value": "OK"}},
        }
        for place in self._rules:
            here = (place.account, place.region) == (alarm.account, alarm.region)
            if here and matches(place.thing.data.get("EventPattern"), event):
                return f"the rule {place.thing.data.get('Name')} takes it"
        return None


def _is_about_alarms(pattern: object) -> bool:
    if not isinstance(pattern, Mapping):
        return False
    return "source" not in pattern or matches({"source": pattern["source"]}, {"source": "aws.cloudwatch"})


def _remedy(alarm: Place, name: str, topic: str) -> Remedy:
    where = in_region(alarm.region)
    subscribe = ("aws", "sns", "subscribe", "--topic-arn", topic or "the-arn-of-a-topic", "--protocol", "email")
    return Remedy(
        "Give the alarm a topic with a subscriber who confirms, or an action that does something; ring it once to see.",
        (
            ("aws", "cloudwatch", "enable-alarm-actions", "--alarm-names", name, *where),
            (*subscribe, "--notification-endpoint", "watch@example.com", *where),
            (
                *("aws", "cloudwatch", "set-alarm-state", "--alarm-name", name, "--state-value", "ALARM"),
                *("--state-reason", "a rehearsal", *where),
            ),
        ),
        _TEMPLATE,
    )
