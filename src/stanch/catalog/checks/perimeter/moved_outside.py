"""A transfer task moves a whole store in one run, to another region, another account, or another cloud.

AWS DataSync User Guide, "Where can I transfer my data with AWS DataSync?": a location may be a bucket, a file system or
an object store of another provider.
"""

from collections.abc import Iterator, Mapping

from stanch.catalog.checks._things import blind, evidence, in_region, mapped
from stanch.catalog.checks.perimeter._beyond import Target, judged
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.arn import Arn, ArnError
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row

ABOUT = About(
    title="A transfer task moves data out of the perimeter",
    row=Row.PERIMETER,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-4", "SA-9(5)"),
        ISO: ("A.5.14", "A.5.23", "A.8.12"),
        GDPR: ("Art. 44",),
        NIS2: ("Art. 21(2)(d)",),
    },
)
_ANOTHERS = "azure-blob"
_ANYBODYS = ("object-storage", "nfs", "smb", "hdfs")
"""Schemes of locations that may be one's own or another provider's: nobody can say where they lie."""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "datasync", "datasync", "datasync:ListTasks", "datasync:ListLocations")
    locations = {place.thing.arn: str(place.thing.data.get("LocationUri")) for place in posture.of("datasync/location")}
    buckets = {place.thing.arn.rpartition(":")[2]: place for place in posture.of("s3/bucket")}
    for place in posture.of("datasync/task"):
        yield _judged(posture, place, locations, buckets)


def _judged(posture: Posture, place: Place, locations: Mapping[str, str], buckets: Mapping[str, Place]) -> Judged:
    told = place.thing.data.get("Task", {"$unseen": "the task"})
    from_, to = (str(mapped(told).get(key)) for key in ("SourceLocationArn", "DestinationLocationArn"))
    end, start = locations.get(to), locations.get(from_, from_)
    target = _target(to, end, buckets) if not unseen(told) else None
    return judged(
        posture,
        place,
        [target] if target else [],
        (evidence(place, "Task.DestinationLocationArn"),),
        does="moves data to",
        way=(
            "whoever may call datasync:StartTaskExecution; or its schedule",
            f"everything below {start} is written to {end or to}",
            "one call, and no reading of any object by him",
        ),
        remedy=Remedy(
            "Delete the task; look what it has moved, and delete that.",
            (
                ("aws", "datasync", "list-task-executions", "--task-arn", place.thing.arn, *in_region(place.region)),
                ("aws", "datasync", "delete-task", "--task-arn", place.thing.arn, *in_region(place.region)),
            ),
        ),
        hidden=unseen(told),
        assets=_assets(posture, start),
    )


def _target(arn: str, address: str | None, buckets: Mapping[str, Place]) -> Target:
    """A location of another provider has no region that a perimeter could name; a bucket's is its own."""
    try:
        named = Arn.parse(arn)
    except ArnError:
        return Target(address or arn)
    scheme, _, rest = (address or "").partition("://")
    if scheme == _ANOTHERS:
        return Target(str(address), None, "of another provider")
    if scheme in _ANYBODYS:
        return Target(str(address))
    bucket = buckets.get(rest.partition("/")[0]) if scheme == "s3" else None
    region = bucket.thing.data.get("BucketRegion") if bucket else named.region
    account = bucket.account if bucket else named.account
    return Target(address or arn, account or None, region if isinstance(region, str) else None, named.partition)


def _assets(posture: Posture, start: str) -> tuple[Asset, ...]:
    bucket, _, key = start.removeprefix("s3://").partition("/")
    found = (one for one in posture.estate.assets if one.bucket == bucket and not one.decoy)
    return tuple(one for one in found if one.prefix.startswith(key) or key.startswith(one.prefix))
