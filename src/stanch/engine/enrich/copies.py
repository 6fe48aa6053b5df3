"""Data can leave without being read: replication, batch copies, exports and inventories name where it goes.

Reads: requestParameters, and the bucket owners that `resources` or the caller himself tells. A bucket's name alone does
not say whose it is: then the destination is unknown, never assumed to be ours.
"""

from collections.abc import Callable, Mapping
from typing import Any

from stanch.engine.enrich.grants import Extent, Neighbours, Reach, extent_of
from stanch.engine.enrich.parameters import request_of, values_at
from stanch.engine.enrich.touched import account_of
from stanch.engine.untrusted import text, texts

Owner = Callable[[str], str | None]
"""The account a bucket belongs to, by its name; None when nobody knows."""

_WRITES = frozenset(
    {"CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "PutObject", "UploadPart", "UploadPartCopy"}
)

# service -> API name -> paths of request parameters that name a destination (an account, an ARN, a bucket)
_DESTINATIONS: dict[str, dict[str, tuple[str, ...]]] = {
    # Athena and Bedrock take a place as s3://bucket/; whose it is they are told only where somebody cared to say.
    "athena": {
        "CreateWorkGroup": ("configuration.resultConfiguration.expectedBucketOwner",),
        "StartQueryExecution": ("resultConfiguration.expectedBucketOwner",),
        "UpdateWorkGroup": ("configurationUpdates.resultConfigurationUpdates.expectedBucketOwner",),
    },
    "backup": {
        "CreateBackupPlan": ("backupPlan.rules.copyActions.destinationBackupVaultArn",),
        "StartCopyJob": ("destinationBackupVaultArn",),
        "UpdateBackupPlan": ("backupPlan.rules.copyActions.destinationBackupVaultArn",),
    },
    "bedrock": {
        "CreateModelInvocationJob": ("outputDataConfig.s3OutputDataConfig.s3BucketOwner",),
        "PutModelInvocationLoggingConfiguration": (
            "loggingConfig.s3Config.bucketName",
            "loggingConfig.cloudWatchConfig.largeDataDeliveryS3Config.bucketName",
        ),
    },
    # Log files under a stranger's key are his alone to read.
    "cloudtrail": {"CreateTrail": ("kmsKeyId",), "UpdateTrail": ("kmsKeyId",)},
    "datasync": {"CreateLocationS3": ("s3BucketArn",)},
    "dynamodb": {
        "EnableKinesisStreamingDestination": ("streamArn",),
        "ExportTableToPointInTime": ("s3BucketOwner", "s3Bucket"),
    },
    "ec2": {
        "CreateInstanceExportTask": ("exportToS3.s3Bucket",),
        "CreateStoreImageTask": ("bucket",),
        "ExportImage": ("s3ExportLocation.s3Bucket",),
    },
    "ecr": {"PutReplicationConfiguration": ("replicationConfiguration.rules.destinations.registryId",)},
    "elasticfilesystem": {"CreateReplicationConfiguration": ("destinations.fileSystemId",)},
    "events": {"PutTargets": ("targets.arn",)},
    "firehose": {
        "CreateDeliveryStream": (
            "extendedS3DestinationConfiguration.bucketARN",
            "s3DestinationConfiguration.bucketARN",
        ),
        "UpdateDestination": ("extendedS3DestinationUpdate.bucketARN", "s3DestinationUpdate.bucketARN"),
    },
    "lambda": {
        f"{call}FunctionEventInvokeConfig": (
            "destinationConfig.onSuccess.destination",
            "destinationConfig.onFailure.destination",
        )
        for call in ("Put", "Update")
    },
    "logs": {
        "CreateExportTask": ("destination",),
        "PutDestination": ("targetArn",),
        "PutSubscriptionFilter": ("destinationArn",),
    },
    "oam": {"CreateLink": ("sinkIdentifier",)},
    "pipes": {"CreatePipe": ("target",), "UpdatePipe": ("target",)},
    "rds": {"StartExportTask": ("s3BucketName",)},
    "s3": {
        "CreateJob": ("operation.s3PutObjectCopy.targetResource",),
        "PutBucketAnalyticsConfiguration": (
            "AnalyticsConfiguration.StorageClassAnalysis.DataExport.Destination.S3BucketDestination",
        ),
        "PutBucketInventoryConfiguration": ("InventoryConfiguration.Destination.S3BucketDestination",),
        "PutBucketNotification": tuple(
            f"NotificationConfiguration.{kind}.{word}"
            for kind, word in (
                ("QueueConfiguration", "Queue"),
                ("TopicConfiguration", "Topic"),
                ("CloudFunctionConfiguration", "CloudFunction"),
            )
        ),
        "PutBucketReplication": ("ReplicationConfiguration.Rule.Destination",),
        "PutTableBucketReplication": ("configuration.rules.destinations.destinationTableBucketARN",),
        "PutTableReplication": ("configuration.rules.destinations.destinationTableBucketARN",),
    },
    "scheduler": {"CreateSchedule": ("target.arn",), "UpdateSchedule": ("target.arn",)},
    "sns": {"Subscribe": ("endpoint",)},
}


def copied_to(record: Mapping[str, Any], owner: Owner, neighbours: Neighbours) -> Extent:
    """How far away this call copies or sends data: INSIDE, OUTSIDE, UNKNOWN; NONE when it names no destination."""
    source, name = text(record.get("eventSource")) or "", text(record.get("eventName")) or ""
    request = request_of(record)
    service = source.partition(".")[0]
    if service.startswith("s3") and name in _WRITES:
        bucket = text(request.get("bucketName"))
        # S3 refuses the write unless the owner is the account that the caller expects.
        told = account_of(record, bucket or "") or next(texts(request.get("x-amz-expected-bucket-owner")), None)
        return _bucket(bucket, told, owner, neighbours) if bucket else Extent()
    paths = _DESTINATIONS.get("s3" if service.startswith("s3") else service, {}).get(name, ())
    named = (destination for path in paths for destination in values_at(request, path))
    return Extent.of(_destination(destination, owner, neighbours) for destination in named)


def _destination(value: object, owner: Owner, neighbours: Neighbours) -> Extent:
    if isinstance(value, dict):  # S3's own: the bucket's ARN, and its account only where somebody cared to say
        account = text(value.get("Account")) or text(value.get("AccountId"))
        return Extent.of(_bucket(bucket, account, owner, neighbours) for bucket in texts(value.get("Bucket")))
    given = text(value)
    if given is None or "@" in given or "://" in given or given.startswith("+"):
        return Extent()  # a mailbox, a web address, a telephone: in no account
    if given.isdigit() or (given.startswith("arn:") and given.count(":") >= 5 and given.split(":", 5)[4]):
        return extent_of(given, neighbours)
    return _bucket(given, None, owner, neighbours)


def _bucket(bucket: str, account: str | None, owner: Owner, neighbours: Neighbours) -> Extent:
    known = account or owner(bucket.rpartition(":")[2])
    return extent_of(known, neighbours) if known else Extent(Reach.UNKNOWN)
