"""A finding that starts nothing waits in a list until somebody opens it, on Monday.

Amazon GuardDuty User Guide, "Processing GuardDuty findings with Amazon EventBridge"; Security Hub sends its own events.
Reads: detectors, rules and their targets, and where Security Hub gathers findings.
"""

from collections.abc import Iterator

from stanch.catalog.checks._filters import matches
from stanch.catalog.checks._reach import assets_in
from stanch.catalog.checks._things import evidence, gap, in_region, mapped, mappings
from stanch.catalog.checks.guardduty._detectors import Watch, of_each
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A grave finding starts nothing",
    row=Row.RESPONSE,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("IR-4(1)", "IR-5", "SI-4(5)"),
        ISO: ("A.5.24", "A.5.26", "A.8.16"),
        GDPR: ("Art. 33(1)",),
        NIS2: ("Art. 21(2)(b)", "Art. 23(4)"),
    },
)
_FINDINGS = (
    ("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", "AccessKey", 8),
    ("Exfiltration:S3/AnomalousBehavior", "S3Bucket", 8),
    ("Backdoor:EC2/C&CActivity.B", "Instance", 8),
)
"""What a theft of a model looks like to GuardDuty; a rule that takes one of them hears."""
_TEMPLATE = """\
Type: AWS::Events::Rule
Properties:
  EventPattern:
    source: [aws.guardduty]
    detail-type: [GuardDuty Finding]
    detail:
      severity: [{numeric: [">=", 7]}]
  Targets:
    - {Id: responder, Arn: !GetAtt Responder.Arn}
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    rules = [place for place in posture.of("events/rule") if place.thing.data.get("State") != "DISABLED"]
    homes = {
        place.account: place.region
        for place in posture.of("securityhub/account")
        if mappings(place.thing.data.get("FindingAggregators"))
    }
    yield from of_each(posture, lambda watch, detector: _judged(posture, watch, detector, rules, homes))


def _judged(
    posture: Posture, watch: Watch, detector: Place, rules: list[Place], homes: dict[str, str | None]
) -> Judged:
    told = mapped(detector.thing.data.get("Administrator")).get("AccountId")
    accounts = [watch.account, *([told] if isinstance(told, str) else [])]
    for rule in rules:
        at = (rule.account in accounts, rule.region in (watch.region, homes.get(rule.account)))
        if all(at) and mappings(rule.thing.data.get("Targets")) and _takes(rule, watch):
            ends = ", ".join(str(one.get("Arn")).rpartition(":")[2] for one in mappings(rule.thing.data["Targets"]))
            why = f"the rule {rule.thing.data.get('Name')} takes it to {ends}"
            return _said(watch, Ruling.PASS, why, detector, rule)
    for account in accounts:
        if account not in posture.accounts:
            return _said(watch, Ruling.UNKNOWN, f"not looked at: account {account}, its administrator", detector)
        hidden = gap(posture, "events", account, watch.region, "events:ListEventBuses", "events:ListRules")
        if hidden:
            return _said(watch, Ruling.UNKNOWN, hidden, detector)
    region = in_region(watch.region)
    pattern = '{"source":["aws.guardduty"],"detail":{"severity":[{"numeric":[">=",7]}]}}'
    put = ("aws", "events", "put-rule", "--name", "grave-findings", "--event-pattern", pattern)
    targets = (
        "aws",
        "events",
        "put-targets",
        "--rule",
        "grave-findings",
        "--targets",
        "Id=1,Arn=the-arn-of-a-responder",
    )
    return Judged(
        watch.arn,
        watch.account,
        watch.region,
        Ruling.FAIL,
        "no rule takes a grave finding of GuardDuty or Security Hub to anything",
        assets_in(posture, watch.account),
        evidence=(evidence(detector, "Status"),),
        way=(
            "whoever uses a host's credentials from outside",
            "GuardDuty tells it within minutes",
            "nothing starts, and nobody is told, until somebody opens the list",
        ),
        remedy=Remedy(
            "Let a rule take grave findings to a responder, and to a person.",
            ((*put, *region), (*targets, *region)),
            _TEMPLATE,
        ),
    )


def _said(watch: Watch, ruling: Ruling, why: str, *proof: Place) -> Judged:
    keys = ("Status", "EventPattern")
    shown = tuple(evidence(place, key) for place, key in zip(proof, keys, strict=False))
    return Judged(watch.arn, watch.account, watch.region, ruling, why, evidence=shown)


def _takes(rule: Place, watch: Watch) -> bool:
    pattern = rule.thing.data.get("EventPattern")
    return any(matches(pattern, event) for finding in _FINDINGS for event in _events(watch, *finding))


def _events(watch: Watch, type_: str, resource: str, severity: int) -> Iterator[dict[str, object]]:
    """A finding as GuardDuty sends it, and as Security Hub sends it on."""
    where = {"account": watch.account, "region": watch.region}
    detail = {
        "schemaVersion": "2.0",
        "accountId": watch.account,
        "region": watch.region,
        "type": type_,
        "severity": severity,
        "resource": {"resourceType": resource},
        "service": {"serviceName": "guardduty", "archived": False},
    }
    yield {"source": "aws.guardduty", "detail-type": "GuardDuty Finding", **where, "detail": detail}
    finding = {
        "AwsAccountId": watch.account,
        "ProductName": "GuardDuty",
        "CompanyName": "Amazon",
        "RecordState": "ACTIVE",
        "Severity": {"Label": "HIGH", "Normalized": 70},
        "Types": [f"TTPs/{type_}"],
        "Workflow": {"Status": "NEW"},
        "WorkflowState": "NEW",
    }
    kind = "Security Hub Findings - Imported"
    yield {"source": "aws.securityhub", "detail-type": kind, **where, "detail": {"findings": [finding]}}
