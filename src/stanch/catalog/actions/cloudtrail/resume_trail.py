"""An intruder who stops the trail is unseen from then on; it runs again before anything else is done.

Blind to: what happened while it was silent (event history keeps management events for 90 days), a deleted trail, and
selectors that were narrowed before the logs at hand begin.
"""

from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.contracts.action import Affects, Case, Needless, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("trail",)
PHASE = Phase.FREEZE
AFFECTS = Affects.NOBODY
PERMISSIONS = (
    "cloudtrail:GetTrail",
    "cloudtrail:GetTrailStatus",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:StartLogging",
)


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses an organisation's trail that another account owns; nothing to do where it is logging."""
    trail = aws.call("cloudtrail", "GetTrail", Name=str(resource))["Trail"]
    owner = Arn.parse(str(trail["TrailARN"])).account
    if owner != aws.account:
        raise Refused(f"the trail belongs to account {owner} (an organisation's): start it there")
    status = _status(aws, str(resource))
    if status.get("IsLogging"):
        raise Needless(f"{resource.name} is logging; {_seen(aws, str(resource))}")
    stopped = status.get("StopLoggingTime")
    since = f" since {stopped:%Y-%m-%d %H:%M} UTC" if stopped else ""
    return Plan(
        before={},
        calls=(f"cloudtrail:StartLogging of {resource.name}, silent{since}",),
        undo="nothing to put back: a trail that logs is left logging",
        breaks=(f"nothing; {_seen(aws, str(resource))}",),
    )


def read(aws: Aws, step: Step) -> State:
    """`{}`: logging is never switched off again."""
    return {}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Start logging; a trail that logs already stays as it is."""
    aws.call("cloudtrail", "StartLogging", Name=step.resource)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """The trail says that it logs, and that its last delivery did not fail."""
    holds = settled(lambda: bool(_status(aws, step.resource).get("IsLogging")), wait)
    status = _status(aws, step.resource)
    failed = str(status.get("LatestDeliveryError") or "")
    told = (
        "it is logging" if holds else "it is NOT logging",
        *((f"its last delivery failed: {failed}",) if failed else ()),
    )
    return Proof(holds and not failed, Method.STATE, (*told, _seen(aws, step.resource)))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Nothing: whoever wants silence must make it himself."""


def _status(aws: Aws, trail: str) -> dict[str, Any]:
    return aws.call("cloudtrail", "GetTrailStatus", Name=trail)


def _seen(aws: Aws, trail: str) -> str:
    """In words, whether reads of data are recorded: an intruder narrows the selectors instead of stopping the trail."""
    found = aws.call("cloudtrail", "GetEventSelectors", TrailName=trail)
    fields = [field for one in found.get("AdvancedEventSelectors") or () for field in one.get("FieldSelectors") or ()]
    data = any(field.get("Field") == "eventCategory" and "Data" in (field.get("Equals") or ()) for field in fields)
    data = data or any(one.get("DataResources") for one in found.get("EventSelectors") or ())
    return "it records data events" if data else "it records NO data events: reads of objects stay unseen"
