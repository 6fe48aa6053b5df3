"""Anybody can write a finding; it is acted on when one of AWS's own products signed it and it is about what is ours.

Security Hub lets every account import findings that bear any name it likes. What it does not let them forge is the
ProductArn: only the product itself has one without an account in it. So that is what a product is known by here, never
its name. Findings of our own say only an incident's id: what to contain is read from our own store.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from stanch.domain.arn import Arn, ArnError
from stanch.domain.estate import Estate, Side
from stanch.domain.event import Event
from stanch.domain.incident import Incident, IncidentState
from stanch.engine.enrich.caller import Caller, caller_of
from stanch.engine.reported import finding_of, incident_of, title_of, types_of
from stanch.engine.triggers import Trigger
from stanch.engine.untrusted import at, each, table, text

MOST_RESOURCES = 32
"""As many as one finding may name in Security Hub; what comes after them is left out, and told."""
OURS = "stanch/incident"
"""The field of a finding of our own that names the incident."""

_INCIDENT = re.compile(r"inc-\d{8}-[0-9a-f]{6}(-\d{1,4})?")
_PRODUCT = re.compile(r"arn:[a-z-]+:securityhub:[a-z0-9-]*:(\d{12})?:product(?:v2)?/(.+)", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_SAMPLE = "aws/guardduty/service/additionalInfo/sample"
_FINDINGS = {"guardduty.finding": "aws/guardduty", "securityhub.finding": None}


class Verdict(StrEnum):
    """What comes of a report."""

    CONTAIN = "contain"
    NOTHING = "nothing"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Triaged:
    """The verdict on one finding, and why.

    To contain is `incident`, or where the report is our own the stored one that `ours` names. `left_out` are the
    resources that are not touched, each with its reason.
    """

    verdict: Verdict
    why: str
    incident: Incident | None = None
    ours: str | None = None
    left_out: tuple[str, ...] = ()


def triage(event: Event, triggers: Sequence[Trigger], estate: Estate, *, asked: bool = False) -> Triaged:
    """Judge one finding, read by a source. `asked` says that a person chose it to be contained; raises nothing."""
    record = event.record
    source = text(record.get("eventSource")) or ""
    if source not in _FINDINGS:
        return Triaged(Verdict.NOTHING, "it is no finding")
    account = text(record.get("recipientAccountId")) or ""
    if not _ACCOUNT.fullmatch(account):
        return Triaged(Verdict.FOREIGN, "it does not say which account it is about")
    if estate.perimeter.account(account) is not Side.INSIDE:
        return Triaged(Verdict.FOREIGN, f"account {account} is not one of the perimeter's accounts in stanch.toml")
    over = _over(record)
    if over:
        return Triaged(Verdict.NOTHING, over)
    owner, product = _product(record, _FINDINGS[source])
    mine = text(at(record, "ProductFields", OURS))
    if mine is not None and owner == account:
        if not _INCIDENT.fullmatch(mine):
            return Triaged(Verdict.NOTHING, "it names no incident of ours")
        return Triaged(Verdict.CONTAIN, "it is our own finding", ours=mine)
    trigger = _trigger(record, triggers, product) if owner is None else None
    if trigger is None and not asked:
        return Triaged(Verdict.NOTHING, f"no trigger answers {types_of(record)[0]!r} of {product}")
    return _contained(event, account, trigger, estate)


def dealt_with(known: Incident, told: Incident) -> bool:
    """Whether the stored incident is contained and nothing in the new report is younger than what it holds."""
    settled = known.state in {IncidentState.CONTAINED, IncidentState.ERADICATED, IncidentState.CLOSED}
    return settled and told.last_seen <= known.last_seen


def _over(record: Mapping[str, Any]) -> str | None:
    """Why nothing is to be done about this finding any more, or ever was."""
    if record.get("RecordState") == "ARCHIVED" or at(record, "service", "archived") is True:
        return "it is archived"
    status = text(at(record, "Workflow", "Status"))
    if status in {"RESOLVED", "SUPPRESSED"}:
        return f"it is {status.lower()}"
    told = at(record, "service", "additionalInfo", "sample") is True or record.get("Sample") is True
    if told or text(at(record, "ProductFields", _SAMPLE)) == "true" or (title_of(record) or "").startswith("[SAMPLE]"):
        return "it is a sample: what it names does not exist"
    return None


def _product(record: Mapping[str, Any], by_itself: str | None) -> tuple[str | None, str]:
    """The account that imported it (None for a product of AWS, or of a partner) and the product."""
    if by_itself:
        return None, by_itself
    found = _PRODUCT.fullmatch(text(record.get("ProductArn")) or "")
    return (found[1], found[2]) if found else ("nobody", "an unknown product")


def _trigger(record: Mapping[str, Any], triggers: Sequence[Trigger], product: str) -> Trigger | None:
    fitting = (one for name in types_of(record) for one in triggers if one.fits(product, name))
    return max(fitting, key=lambda one: one.confidence, default=None)


def _contained(event: Event, account: str, trigger: Trigger | None, estate: Estate) -> Triaged:
    record, caller = event.record, caller_of(event.record)
    named = [*_instance(caller, record, account), *_named(record)]
    ours, left_out = _sorted(named, account, estate, elsewhere=trigger is not None)
    holder = caller if _speaks_of(caller, account, estate, trusted=trigger is not None) else None
    if not ours and (holder is None or estate.perimeter.account(holder.account) is not Side.INSIDE):
        return Triaged(Verdict.NOTHING, "it names nothing that could be contained", left_out=left_out)
    finding = finding_of(event, account, trigger, holder, ours, estate)
    why = f"{finding.title} ({finding.detection})" if trigger else "a person asked for it"
    return Triaged(Verdict.CONTAIN, why, incident_of(finding), None, left_out)


def _named(record: Mapping[str, Any]) -> list[str]:
    return [arn for each_ in each(record.get("resources")) if (arn := text(table(each_).get("ARN")))]


def _instance(caller: Caller, record: Mapping[str, Any], account: str) -> list[str]:
    """The host whose credentials these are: EC2 names a role's session by it."""
    region = text(record.get("awsRegion"))
    if caller.instance is None or region is None or caller.account not in {None, account}:
        return []
    return [f"arn:{caller.partition}:ec2:{region}:{account}:instance/{caller.instance}"]


def _sorted(
    named: Sequence[str], account: str, estate: Estate, *, elsewhere: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The resources that may be contained, and the others with their reasons.

    Only a product of AWS is believed about resources of an account that is not the finding's own.
    """
    ours: list[str] = []
    left_out: list[str] = []
    for number, arn in enumerate(dict.fromkeys(named)):
        why = f"more than {MOST_RESOURCES}" if number >= MOST_RESOURCES else _refused(arn, account, estate, elsewhere)
        if why:
            left_out.append(f"{arn}: {why}")
        else:
            ours.append(arn)
    return tuple(ours), tuple(left_out)


def _refused(text_: str, account: str, estate: Estate, elsewhere: bool) -> str | None:
    try:
        arn = Arn.parse(text_)
    except ArnError:
        return "no ARN"
    if estate.perimeter.partitions and arn.partition not in estate.perimeter.partitions:
        return f"partition {arn.partition} is outside the perimeter"
    if not arn.account or arn.account == account:
        return None
    if estate.perimeter.account(arn.account) is not Side.INSIDE:
        return f"account {arn.account} is outside the perimeter"
    return None if elsewhere else f"it belongs to account {arn.account}, the finding to {account}"


def _speaks_of(caller: Caller, account: str, estate: Estate, *, trusted: bool) -> bool:
    """Whether the finding names a caller, and may name this one."""
    if caller.type == "Resource" or caller.arn == "unknown":
        return False
    return trusted or _refused(caller.arn, account, estate, elsewhere=False) is None
