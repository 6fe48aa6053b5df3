"""Containment wired: the desk with its doors, who else uses what it may touch, what becomes of the incident."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from time import sleep
from typing import TYPE_CHECKING

from stanch.app.clock import now
from stanch.app.knowledge import actions, every_source, playbooks
from stanch.contracts.aws import Aws, AwsError
from stanch.contracts.source import LogFile
from stanch.domain.arn import Arn, ArnError
from stanch.domain.estate import Estate, Gateway
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import Step, StepState
from stanch.engine.correlate import opened_by_hand
from stanch.engine.read import Tally, read

if TYPE_CHECKING:
    from stanch.app.evidence import Preserved
    from stanch.engine.contain import Containment
    from stanch.stores.open import Stores


def door(estate: Estate, incident: Incident, profile: str | None, region: str | None, endpoint: str | None) -> Aws:
    """The door to AWS that boto3's usual chain opens; where nothing names a region, where it happened or at home.

    An incident of nothing but a gateway's keys needs nothing of AWS: its door is the gateway's.
    """
    if (gateway := _only_gateway(estate, incident)) is not None:
        if not estate.response.evidence.bucket:
            return gateway
        with suppress(AwsError):  # that the evidence could not be kept is told where it should be
            aws = door_to(estate, profile, region, endpoint)
            if aws.account:
                return aws
        return gateway
    seen = (finding.region for finding in incident.findings)
    named = (arn.split(":")[3] for arn in incident.by_hand)
    return door_to(estate, profile, region, endpoint, home=next(filter(None, (*seen, *named)), None))


def door_to(
    estate: Estate, profile: str | None, region: str | None, endpoint: str | None, *, home: str | None = None
) -> Aws:
    """The same where no incident says where it happened: `home`, or the perimeter's first region."""
    from stanch.aws import open_door

    return open_door(
        profile=profile, region=region, endpoint=endpoint, home=home or next(iter(estate.perimeter.regions), None)
    )


def _only_gateway(estate: Estate, incident: Incident) -> Aws | None:
    """The gateway whose keys are all that this incident can act on; None where something lies in AWS."""
    from stanch.engine.contain.spelling import GATEWAY

    arns = [Arn.parse(arn) for arn in named_by(incident)]
    frozen = estate.response.freeze_policy and any(finding.account for finding in incident.findings)
    if not arns or frozen or any(arn.partition != GATEWAY for arn in arns):
        return None
    from stanch.web.gateway import GatewayDoor

    known = {gateway.name: gateway for gateway in estate.response.gateways}
    named = sorted({arn.region for arn in arns})
    found = next((known[name] for name in named if name in known), Gateway(named[0], "", ""))
    return GatewayDoor(found)


_TOLD_OF = {"role", "user", "bucket", "instance"}
_CALLS = "cloudtrail"
"""The log in which the callers of roles, buckets and hosts are."""


def by_hand(kept: "Stores", resources: Sequence[str]) -> Incident:
    """The incident that a person opens by naming resources: the open one for the same resources, or a new one.

    It is not stored yet: a plan that is only looked at leaves nothing behind. Raises ArnError for what is no ARN.
    """
    from stanch.engine.contain.targets import keyless

    named = tuple(sorted({str(keyless(Arn.parse(resource))) for resource in resources}))
    for known in kept.incidents.all():
        if known.by_hand == named and not known.findings and known.state is not IncidentState.CLOSED:
            return known
    return opened_by_hand(named, now())


def used_by(files: Sequence[LogFile], resources: Iterable[str]) -> tuple[dict[str, tuple[str, ...]], Tally]:
    """Who uses these resources in these logs: what containing them would break. Where there was no call, nobody looked.

    What the logs do not tell the users of is not in it.
    """
    from stanch.engine.usage import Usage

    usage, tally = Usage(), Tally()
    for event in read(files, every_source(), tally):
        usage.note(event.record)
    looked_for = [resource for resource in resources if tally.events and _is_told_of(resource)]
    return {resource: usage.others(resource, ()) for resource in looked_for}, tally


def users_known(incident: Incident) -> Mapping[str, Sequence[str]] | None:
    """Who else uses what the incident's findings name, as its hunt saw it; None where it saw no calls at all."""
    if incident.coverage is None or not incident.coverage.logs.get(_CALLS):
        return incident.used_by or None
    named = {arn for finding in incident.findings for arn in (*finding.resources, *(a.arn for a in finding.assets))}
    return {arn: incident.used_by.get(arn, ()) for arn in named if _is_told_of(arn)}


def named_by(incident: Incident) -> set[str]:
    """Every ARN on which containment of this incident may act."""
    from stanch.engine.contain.targets import resources_of

    return resources_of(incident)


def _is_told_of(resource: str) -> bool:
    """Whether CloudTrail tells who uses a resource of this kind."""
    try:
        return Arn.parse(resource).kind in _TOLD_OF
    except ArnError:
        return False


def containment(kept: "Stores", estate: Estate, aws: Aws) -> "Containment":
    """The desk at which this responder plans, applies and undoes."""
    from stanch.engine.contain import Containment

    return Containment(actions(), playbooks(), kept.journal, estate, aws, now, sleep, _gateways(estate))


def _gateways(estate: Estate) -> dict[str, Aws]:
    if not estate.response.gateways:
        return {}
    from stanch.web.gateway import GatewayDoor

    return {gateway.name: GatewayDoor(gateway) for gateway in estate.response.gateways}


def settle(kept: "Stores", incident: Incident, steps: Sequence[Step]) -> Incident:
    """Give the incident the state that its steps have earned.

    What another responder held while this one passed by is as that one has left it.
    """
    from stanch.engine.contain import state_after

    journalled = {step.key: step for step in kept.journal.steps(incident.id)}
    now_ = [journalled.get(step.key, step) if step.state is StepState.SKIPPED else step for step in steps]
    return kept.incidents.move(incident.id, state_after(now_))


def preserve(kept: "Stores", estate: Estate, aws: Aws, incident: Incident) -> "Preserved":
    """Keep the incident's log files and the journal's head in the evidence bucket; raises VaultError or AwsError."""
    from stanch.app.evidence import preserve as keep

    steps = kept.journal.steps(incident.id)
    return keep(aws, estate.response.evidence, incident, steps, kept.journal.head(), now())
