"""Data can leave without being read: replication, batch copies, exports and inventories name where it goes.

Reads: requestParameters, and the bucket owners that `resources` tells. A bucket's name alone does not say whose it is:
then the destination is unknown, never assumed to be ours.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stanch.engine.enrich.grants import Neighbours, Reach, reach_of
from stanch.engine.enrich.touched import account_of
from stanch.engine.untrusted import at, each, table, text, texts

Owner = Callable[[str], str | None]
"""The account a bucket belongs to, by its name; None when nobody knows."""

_WRITES = frozenset(
    {"CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "PutObject", "UploadPart", "UploadPartCopy"}
)

# service -> API name -> paths of request parameters that name a destination (an account, an ARN, a bucket)
_DESTINATIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "backup": {"StartCopyJob": ("destinationBackupVaultArn",)},
    "dynamodb": {"ExportTableToPointInTime": ("s3BucketOwner", "s3Bucket")},
    "ec2": {
        "CreateInstanceExportTask": ("exportToS3.s3Bucket",),
        "CreateStoreImageTask": ("bucket",),
        "ExportImage": ("s3ExportLocation.s3Bucket",),
    },
    "ecr": {"PutReplicationConfiguration": ("replicationConfiguration.rules.destinations.registryId",)},
    "rds": {"StartExportTask": ("s3BucketName",)},
    "s3": {
        "CreateJob": ("Operation.S3PutObjectCopy.TargetResource", "operation.s3PutObjectCopy.targetResource"),
        "PutBucketAnalyticsConfiguration": (
            "AnalyticsConfiguration.StorageClassAnalysis.DataExport.Destination.S3BucketDestination",
        ),
        "PutBucketInventoryConfiguration": ("InventoryConfiguration.Destination.S3BucketDestination",),
        "PutBucketReplication": ("ReplicationConfiguration.Rule.Destination",),
    },
}


def copied_to(record: Mapping[str, Any], owner: Owner, neighbours: Neighbours) -> Reach:
    """How far away this call copies or sends data: INSIDE, OUTSIDE, UNKNOWN; NONE when it names no destination."""
    source, name = text(record.get("eventSource")) or "", text(record.get("eventName")) or ""
    request = table(record.get("requestParameters"))
    service = source.partition(".")[0]
    if service.startswith("s3") and name in _WRITES:
        bucket = text(request.get("bucketName"))
        return _bucket(bucket, account_of(record, bucket), owner, neighbours) if bucket else Reach.NONE
    reach = Reach.NONE
    for path in _DESTINATIONS.get("s3" if service.startswith("s3") else service, {}).get(name, ()):
        for destination in _values(request, path.split(".")):
            reach = max(reach, _destination(destination, owner, neighbours))
    return reach


def _destination(value: object, owner: Owner, neighbours: Neighbours) -> Reach:
    if isinstance(value, dict):  # S3's own: the bucket's ARN, and its account only where somebody cared to say
        account = text(value.get("Account")) or text(value.get("AccountId"))
        buckets = texts(value.get("Bucket"))
        return max((_bucket(bucket, account, owner, neighbours) for bucket in buckets), default=Reach.NONE)
    given = text(value)
    if given is None:
        return Reach.NONE
    if given.isdigit() or (given.startswith("arn:") and given.count(":") >= 5 and given.split(":", 5)[4]):
        return reach_of(given, neighbours)
    return _bucket(given, None, owner, neighbours)


def _bucket(bucket: str, account: str | None, owner: Owner, neighbours: Neighbours) -> Reach:
    known = account or owner(bucket.rpartition(":")[2])
    return reach_of(known, neighbours) if known else Reach.UNKNOWN


def _values(value: object, path: list[str]) -> Iterator[Any]:
    """The values at a path, through lists and through `{"items": [...]}`."""
    here = [value]
    for name in path:
        here = [at(table(item), name) for item in here]
        here = [inner for item in here for inner in _opened(item)]
    yield from here


def _opened(value: object) -> Iterator[Any]:
    for item in each(value):
        if isinstance(item, dict) and isinstance(item.get("items"), list):
            yield from item["items"]
        else:
            yield item
