"""An intruder's first calls are refused, his next ones open doors; whoever hears neither learns of him from the press.

Reads: trails, the filters of their log groups, alarms, rules of EventBridge, and who is handed the trail as a whole.
"""

from collections.abc import Iterator

from stanch.catalog.checks._reach import assets_in
from stanch.catalog.checks._things import account_arn, evidence, gap
from stanch.catalog.checks.alarms._calls import QUESTIONS, Question
from stanch.catalog.checks.alarms._ears import Ears
from stanch.contracts.check import CIS, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="Nobody hears of the calls that every intruder makes",
    row=Row.ALARMS,
    severity=Severity.MEDIUM,
    controls={
        CIS: tuple(question.control for question in QUESTIONS),
        NIST: ("AU-6", "IR-5", "SI-4"),
        ISO: ("A.8.15", "A.8.16"),
        GDPR: ("Art. 32(1)(d)", "Art. 33(1)"),
        NIS2: ("Art. 21(2)(b)", "Art. 23(4)"),
    },
)
_ROOT_USE = (
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'
)
_TEMPLATE = """\
Type: AWS::Logs::MetricFilter
Properties:
  LogGroupName: the-group-of-the-trail
  FilterPattern: >-
    { ($.eventName = StopLogging) || ($.eventName = DeleteTrail) || ($.eventName = UpdateTrail) }
  MetricTransformations:
    - MetricNamespace: calls
      MetricName: trail-changed
      MetricValue: "1"
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    ears = Ears(posture)
    for account in posture.accounts:
        yield _judged(posture, ears, account)


def _judged(posture: Posture, ears: Ears, account: str) -> Judged:
    missing = [question for question in QUESTIONS if not _is_heard(ears, account, question)]
    arn, proof = account_arn(posture, account), _proof(ears, account)
    if not missing:
        why = "an alarm or a rule hears of each: " + ", ".join(question.what for question in QUESTIONS)
        return Judged(arn, account, None, Ruling.PASS, why, evidence=proof)
    reader = ears.reader(account)
    if reader:
        why = f"all of it is handed to {reader}, into which nobody looked"
        return Judged(arn, account, None, Ruling.PASS, why, evidence=proof)
    hidden = _hidden(posture, ears, account)
    if hidden:
        return Judged(arn, account, None, Ruling.UNKNOWN, hidden, evidence=proof)
    what = ", ".join(question.what for question in missing)
    return Judged(
        arn,
        account,
        None,
        Ruling.FAIL,
        f"no alarm, no rule and no reader hears of: {what}",
        assets_in(posture, account),
        proof or (Evidence("", arn, "", None),),
        way=(
            "whoever holds stolen credentials",
            "tries what they may do, widens them, stops the trail",
            f"nobody is told of {missing[0].what}, nor of anything that follows",
        ),
        remedy=_remedy(ears, account),
    )


def _is_heard(ears: Ears, account: str, question: Question) -> bool:
    return all(ears.hear(account, example) for example in question.examples)


def _proof(ears: Ears, account: str) -> tuple[Evidence, ...]:
    trails: list[Place] = ears.trails(account)
    return (
        *(evidence(trail, "CloudWatchLogsLogGroupArn") for trail in trails),
        *(evidence(group, "MetricFilters") for group in ears.groups(account)),
    )


def _hidden(posture: Posture, ears: Ears, account: str) -> str | None:
    """What nobody saw that might hear."""
    looks = (
        ("cloudtrail", "cloudtrail:DescribeTrails"),
        ("cloudwatch", "logs:DescribeLogGroups", "logs:DescribeMetricFilters", "cloudwatch:DescribeAlarms"),
        ("events", "events:ListEventBuses", "events:ListRules", "events:ListTargetsByRule"),
    )
    for region in posture.regions:
        for collector, *operations in looks:
            why = gap(posture, collector, account, region, *operations)
            if why:
                return why
    if elsewhere := [*ears.unseen_groups(account), *ears.unseen_buckets(account)]:
        return f"not seen: who reads {elsewhere[0]}, to which the trail writes"
    return None


def _remedy(ears: Ears, account: str) -> Remedy:
    groups = ears.groups(account)
    name = str(groups[0].thing.data.get("logGroupName")) if groups else "the-group-of-the-trail"
    where = ("--region", groups[0].region or "") if groups else ()
    counts = "metricName=root-use,metricNamespace=calls,metricValue=1"
    filter_ = ("aws", "logs", "put-metric-filter", "--log-group-name", name, "--filter-name", "root-use")
    alarm = ("aws", "cloudwatch", "put-metric-alarm", "--alarm-name", "root-use", "--namespace", "calls")
    rings = ("--metric-name", "root-use", "--statistic", "Sum", "--period", "300", "--evaluation-periods", "1")
    above = ("--threshold", "1", "--comparison-operator", "GreaterThanOrEqualToThreshold")
    return Remedy(
        "Let the trail write to a log group, count each of these calls there, and alarm on the counts; or hand the "
        "trail to whatever watches for you. One filter and its alarm are a pattern for the others.",
        (
            (*filter_, "--filter-pattern", _ROOT_USE, "--metric-transformations", counts, *where),
            (*alarm, *rings, *above, "--alarm-actions", "the-arn-of-a-topic", *where),
        ),
        _TEMPLATE,
    )
