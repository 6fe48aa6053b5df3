"""GuardDuty reports what it holds for a threat: a finding names a type, a severity from 1 to 10, an actor, a resource.

Reads: EventBridge envelopes, the S3 export (JSON Lines), the API's list form (`Findings`, names in upper case), and
lists of findings. A finding stays as logged; eventSource is `guardduty.finding`, eventName its type.
Blind to: what GuardDuty was not switched on for; and later repeats of a finding that add nothing but a count.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from stanch.catalog.sources._findings import (
    MOST_RESOURCES,
    at,
    finding_id,
    is_table,
    resource_of,
    table,
    tables,
    text,
    with_facts,
)  # fmt: skip
from stanch.catalog.sources._identity import from_arn, from_key, partition_of
from stanch.catalog.sources._json import decoded, documents, items, opened, starts, whole
from stanch.catalog.sources._kind import GUARDDUTY, json_log
from stanch.catalog.sources._times import iso_text, iso_time
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.domain.event import Event, Skipped

LOG = GUARDDUTY
SOURCE = "guardduty.finding"
"""The eventSource of its records: calls of GuardDuty's own API have another."""

_DEEPEST = 60
_ARNS = (
    ("eksClusterDetails", "arn", "AWS::EKS::Cluster"),
    ("ecsClusterDetails", "arn", "AWS::ECS::Cluster"),
    ("lambdaDetails", "functionArn", "AWS::Lambda::Function"),
    ("rdsDbInstanceDetails", "dbInstanceArn", "AWS::RDS::DBInstance"),
    ("ebsSnapshotDetails", "snapshotArn", "AWS::EC2::Snapshot"),
    ("ec2ImageDetails", "imageArn", "AWS::EC2::Image"),
)
_REMOTE = (
    ("awsApiCallAction", "remoteIpDetails"),
    ("kubernetesApiCallAction", "remoteIpDetails"),
    ("rdsLoginAttemptAction", "remoteIpDetails"),
)


def recognises(path: str, head: bytes) -> bool:
    """JSON whose outermost names are a GuardDuty finding's, or that lies where GuardDuty exports."""
    return json_log(path, head) == LOG


def read(path: str, stream: BinaryIO) -> Iterator[Event | Skipped]:
    """Yield each finding as an Event; what is none is told once, with a count."""
    faults = Faults("findings")
    for number, finding in enumerate(_findings(stream), start=1):
        try:
            yield _event(path, is_table(finding))
        except Unreadable as fault:
            faults.note(fault, number)
    yield from faults.told(path)


def _findings(stream: BinaryIO) -> Iterator[object]:
    for document in documents(stream):
        yield from _unwrapped(document)


def _unwrapped(document: object) -> Iterator[object]:
    if isinstance(document, list):
        for item in document:
            yield from _unwrapped(opened(bytes(item))) if starts(item, b"{") else [decoded(bytes(item))]
    elif not isinstance(document, dict):
        yield document
    elif starts(listed := document.get("Findings") or document.get("findings"), b"["):
        yield from items(listed)
    elif "detail-type" in document:
        of_guardduty = bytes(document["detail-type"]) == b'"GuardDuty Finding"'
        other = Unreadable("an EventBridge event of another kind in a file of findings; hunt it in a file of its own")
        yield decoded(bytes(document.get("detail", b"null"))) if of_guardduty else other
    else:
        yield whole(document)


def _event(path: str, given: dict[str, Any]) -> Event:
    finding = _camel(given, 0) if "Arn" in given or "SchemaVersion" in given else given
    kind, severity = text(finding.get("type")), finding.get("severity")
    if kind is None:
        raise Unreadable("a finding without a type")
    if isinstance(severity, bool) or not isinstance(severity, int | float):
        raise Unreadable("a finding whose severity is no number")
    service = table(finding.get("service"))
    last = service.get("eventLastSeen") or finding.get("updatedAt") or finding.get("createdAt")
    when = iso_time(last, "a finding whose time")
    named = finding.get("arn") or finding.get("id")
    id_ = finding_id(LOG, named, kind, float(severity), service.get("archived") is True)
    record = with_facts(finding, {"eventID": id_, "eventTime": iso_text(when), **_facts(finding, kind)})
    return Event(id=id_, time=when, log=LOG, file=path, record=record)


def _facts(finding: dict[str, Any], kind: str) -> dict[str, Any]:
    account, region = text(finding.get("accountId")), text(finding.get("region"))
    partition = text(finding.get("partition")) or partition_of(text(finding.get("arn")), region)
    resource, action = table(finding.get("resource")), table(at(finding, "service", "action"))
    resources = _resources(resource, partition, region, account) + _of_sequence(finding)
    # The caller may belong to another account than the resource that he called.
    calling = text(at(action, "awsApiCallAction", "remoteAccountDetails", "accountId")) or account
    key = table(resource.get("accessKeyDetails"))
    identity = from_key(
        partition, calling, *(text(key.get(name)) for name in ("userType", "principalId", "userName", "accessKeyId"))
    )
    return {
        "eventSource": SOURCE,
        "eventName": kind,
        "userIdentity": identity or _actor_of_sequence(finding, partition) or _from_first(resources),
        "sourceIPAddress": _address(action),
        "userAgent": text(at(action, "awsApiCallAction", "userAgent")),
        "awsRegion": region,
        "recipientAccountId": account,
        "resources": resources[:MOST_RESOURCES],
    }


def _resources(
    resource: dict[str, Any], partition: str, region: str | None, account: str | None
) -> list[dict[str, str]]:
    """What the finding is about, the instance first: it is what containment isolates."""
    found: list[dict[str, str]] = []
    instance = text(at(resource, "instanceDetails", "instanceId"))
    if instance and region and account:
        arn = f"arn:{partition}:ec2:{region}:{account}:instance/{instance}"
        found.append(resource_of(arn, "AWS::EC2::Instance", account))
    for bucket in tables(resource.get("s3BucketDetails")):
        name = text(bucket.get("name"))
        of_bucket = text(bucket.get("arn")) or (f"arn:{partition}:s3:::{name}" if name else None)
        if of_bucket:
            found.append(resource_of(of_bucket, "AWS::S3::Bucket", account))
    for details, field, kind in _ARNS:
        if named := text(at(resource, details, field)):
            found.append(resource_of(named, kind, account))
    return found


def _of_sequence(finding: dict[str, Any]) -> list[dict[str, str]]:
    """The resources of an attack sequence, where they are named by ARN."""
    listed = at(finding, "service", "detection", "sequence", "resources")
    named = ((text(item.get("uid")), text(item.get("accountId"))) for item in tables(listed))
    return [resource_of(arn, None, account) for arn, account in named if arn and arn.startswith("arn:")]


def _actor_of_sequence(finding: dict[str, Any], partition: str) -> dict[str, Any] | None:
    for actor in tables(at(finding, "service", "detection", "sequence", "actors")):
        user = table(actor.get("user"))
        account = text(at(user, "account", "uid")) or text(finding.get("accountId"))
        said = (text(user.get(name)) for name in ("type", "uid", "name", "credentialUid"))
        if identity := from_key(partition, account, *said):
            return identity
    return None


def _from_first(resources: list[dict[str, str]]) -> dict[str, Any] | None:
    """Where nobody's key is named, the thing that did it, or to which it was done, stands for the actor."""
    return from_arn(resources[0]["ARN"]) if resources else None


def _address(action: dict[str, Any]) -> str | None:
    """Where the caller or the peer that connected came from; the far end of an outbound connection is no source."""
    details = [at(action, *path) for path in _REMOTE]
    connection = table(action.get("networkConnectionAction"))
    if connection.get("connectionDirection") == "INBOUND":
        details.append(connection.get("remoteIpDetails"))
    probes = at(action, "portProbeAction", "portProbeDetails")
    details += [probe.get("remoteIpDetails") for probe in tables(probes)]
    found = (text(at(one, name)) for one in details for name in ("ipAddressV4", "ipAddressV6"))
    return next(filter(None, found), None)


def _camel(value: Any, depth: int) -> Any:
    """The API's list form with the names of the export: the same words, their first letter small."""
    if depth > _DEEPEST:
        raise Unreadable("JSON nested too deeply")
    if isinstance(value, list):
        return [_camel(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    return {name[:1].lower() + name[1:]: _camel(item, depth + 1) for name, item in value.items()}
