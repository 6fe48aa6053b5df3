"""CloudTrail calls an operation by its API's name, IAM by its action's; most are the same, and these are not.

Source: Service Authorization Reference; S3 User Guide, "Required permissions for Amazon S3 API operations"; the
CloudTrail pages of the services.
"""

import re

SERVICES = {
    "amplifybackend": "amplifybackend",
    "bedrock-runtime": "bedrock",
    "ecr-public": "ecr-public",
    "email": "ses",
    "entitlement.marketplace": "aws-marketplace",
    "monitoring": "cloudwatch",
    "runtime.lex": "lex",
    "runtime.sagemaker": "sagemaker",
    "s3express": "s3express",
    "tagging": "tag",
}
"""An event's source, without its domain, to the prefix of its actions, where these differ."""

_S3_SETTINGS = {
    "Accelerate": "AccelerateConfiguration",
    "Analytics": "AnalyticsConfiguration",
    "Encryption": "EncryptionConfiguration",
    "IntelligentTiering": "IntelligentTieringConfiguration",
    "Inventory": "InventoryConfiguration",
    "Lifecycle": "LifecycleConfiguration",
    "Metrics": "MetricsConfiguration",
    "Replication": "ReplicationConfiguration",
}

_S3: dict[str, tuple[str, ...]] = {
    "AbortMultipartUpload": ("AbortMultipartUpload",),
    "CompleteMultipartUpload": ("PutObject",),
    "CopyObject": ("PutObject",),
    "CreateBucketMetadataConfiguration": ("CreateBucketMetadataTableConfiguration",),
    "CreateMultipartUpload": ("PutObject",),
    "DeleteBucketCors": ("PutBucketCORS",),
    "DeleteBucketMetadataConfiguration": ("DeleteBucketMetadataTableConfiguration",),
    "DeleteBucketPublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "DeleteBucketOwnershipControls": ("PutBucketOwnershipControls",),
    "DeleteBucketTagging": ("PutBucketTagging",),
    "DeleteObjects": ("DeleteObject",),
    "DeletePublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "GetBucketCors": ("GetBucketCORS",),
    "GetBucketMetadataConfiguration": ("GetBucketMetadataTableConfiguration",),
    "GetBucketNotificationConfiguration": ("GetBucketNotification",),
    "GetObjectLockConfiguration": ("GetBucketObjectLockConfiguration",),
    "GetPublicAccessBlock": ("GetBucketPublicAccessBlock",),
    "HeadBucket": ("ListBucket",),
    "HeadObject": ("GetObject",),
    "ListBuckets": ("ListAllMyBuckets",),
    "ListMultipartUploads": ("ListBucketMultipartUploads",),
    "ListObjectVersions": ("ListBucketVersions",),
    "ListObjects": ("ListBucket",),
    "ListObjectsV2": ("ListBucket",),
    "ListParts": ("ListMultipartUploadParts",),
    "PostObject": ("PutObject",),
    "PutBucketCors": ("PutBucketCORS",),
    "PutBucketNotificationConfiguration": ("PutBucketNotification",),
    "PutObjectLockConfiguration": ("PutBucketObjectLockConfiguration",),
    "PutPublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "SelectObjectContent": ("GetObject",),
    "UploadPart": ("PutObject",),
    "UploadPartCopy": ("PutObject",),
}
for _setting, _action in _S3_SETTINGS.items():
    for _suffix in ("", "Configuration"):
        _S3[f"GetBucket{_setting}{_suffix}"] = (f"Get{_action}",)
        _S3[f"PutBucket{_setting}{_suffix}"] = (f"Put{_action}",)
        _S3[f"DeleteBucket{_setting}{_suffix}"] = (f"Put{_action}",)
    _S3[f"ListBucket{_setting}Configurations"] = (f"Get{_action}",)

_S3_VERSIONED = {
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTagging": "GetObjectVersionTagging",
    "GetObjectTorrent": "GetObjectVersionTorrent",
    "PutObjectAcl": "PutObjectVersionAcl",
    "PutObjectTagging": "PutObjectVersionTagging",
}

COPIES = ("CopyObject", "UploadPartCopy")
"""Operations of S3 that read one object to write another."""

_OTHERS: dict[str, dict[str, tuple[str, ...]]] = {
    "bedrock": {
        "Converse": ("InvokeModel",),
        "ConverseStream": ("InvokeModelWithResponseStream",),
        "InvokeModelWithBidirectionalStream": ("InvokeModelWithBidirectionalStream",),
    },
    "dynamodb": {
        "BatchExecuteStatement": ("PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"),
        "ExecuteStatement": ("PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"),
        "ExecuteTransaction": ("PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"),
        "TransactGetItems": ("GetItem",),
        "TransactWriteItems": ("ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"),
    },
    "kms": {"ReEncrypt": ("ReEncryptFrom", "ReEncryptTo")},
    "lambda": {
        "Invoke": ("InvokeFunction",),
        "InvokeAsync": ("InvokeAsync", "InvokeFunction"),
        "InvokeWithResponseStream": ("InvokeFunction",),
    },
    "secretsmanager": {"BatchGetSecretValue": ("BatchGetSecretValue", "GetSecretValue")},
    "sns": {"PublishBatch": ("Publish",)},
    "sqs": {
        "ChangeMessageVisibilityBatch": ("ChangeMessageVisibility",),
        "DeleteMessageBatch": ("DeleteMessage",),
        "SendMessageBatch": ("SendMessage",),
    },
}

_NEEDS_NONE = frozenset(("sts:GetCallerIdentity", "sts:GetSessionToken"))
_NOT_IAM = frozenset(("signin", "console", "health-events", "insights"))
_DATED = re.compile(r"(?<=[a-z])(\d{8}|\d{4}_\d{2}_\d{2})(v\d+)?$")


def service_of(source: str) -> str | None:
    """The prefix of a source's actions; None for a source that no policy governs, as sign-in."""
    head = source.partition(".amazonaws.")[0].lower()
    return None if not head or head in _NOT_IAM else SERVICES.get(head, head)


def actions_of(service: str, event: str, *, versioned: bool = False) -> tuple[str, ...]:
    """The actions that a call needs, as `service:Action`; () for one that needs no permission.

    event: CloudTrail's name of the operation, with the date that some services put behind it.
    versioned: whether one version of an object is meant.
    """
    name = _DATED.sub("", event)
    named: tuple[str, ...]
    if service == "s3":
        named = _S3.get(name, (name,))
        if versioned:
            named = tuple(_S3_VERSIONED.get(one, one) for one in named)
    else:
        named = _OTHERS.get(service, {}).get(name, (name,))
    found = (f"{service}:{one}" for one in named)
    return tuple(one for one in found if one not in _NEEDS_NONE)
