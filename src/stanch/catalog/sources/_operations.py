"""S3's access log calls a request REST.<method>.<subresource>; CloudTrail calls it by the name of its API.

Source: Amazon S3 User Guide, "Amazon S3 server access log format"; Amazon S3 API Reference.
"""

_OBJECT = {
    "REST.COPY.OBJECT": "CopyObject",
    "REST.COPY.OBJECT_GET": "CopyObject",
    "REST.COPY.PART": "UploadPartCopy",
    "REST.COPY.PART_GET": "UploadPartCopy",
    "REST.DELETE.OBJECT": "DeleteObject",
    "REST.DELETE.OBJECT_TAGGING": "DeleteObjectTagging",
    "REST.DELETE.UPLOAD": "AbortMultipartUpload",
    "REST.GET.LEGAL_HOLD": "GetObjectLegalHold",
    "REST.GET.OBJECT": "GetObject",
    "REST.GET.OBJECT_ATTRIBUTES": "GetObjectAttributes",
    "REST.GET.OBJECT_TAGGING": "GetObjectTagging",
    "REST.GET.OBJECTTORRENT": "GetObjectTorrent",
    "REST.GET.RETENTION": "GetObjectRetention",
    "REST.GET.TORRENT": "GetObjectTorrent",
    "REST.GET.UPLOAD": "ListParts",
    "REST.HEAD.OBJECT": "HeadObject",
    "REST.POST.OBJECT": "PostObject",
    "REST.POST.RESTORE": "RestoreObject",
    "REST.POST.SELECT": "SelectObjectContent",
    "REST.POST.UPLOAD": "CompleteMultipartUpload",
    "REST.POST.UPLOADS": "CreateMultipartUpload",
    "REST.PUT.LEGAL_HOLD": "PutObjectLegalHold",
    "REST.PUT.OBJECT": "PutObject",
    "REST.PUT.OBJECT_TAGGING": "PutObjectTagging",
    "REST.PUT.PART": "UploadPart",
    "REST.PUT.RETENTION": "PutObjectRetention",
    "REST.SELECT.OBJECT": "SelectObjectContent",
    "BATCH.DELETE.OBJECT": "DeleteObject",
    "WEBSITE.GET.OBJECT": "GetObject",
    "WEBSITE.HEAD.OBJECT": "HeadObject",
}
_BUCKET = {
    "REST.DELETE.BUCKET": "DeleteBucket",
    "REST.GET.BUCKET": "ListObjects",
    "REST.GET.BUCKETVERSIONS": "ListObjectVersions",
    "REST.GET.LOCATION": "GetBucketLocation",
    "REST.GET.POLICY_STATUS": "GetBucketPolicyStatus",
    "REST.GET.SERVICE": "ListBuckets",
    "REST.GET.UPLOADS": "ListMultipartUploads",
    "REST.HEAD.BUCKET": "HeadBucket",
    "REST.OPTIONS.PREFLIGHT": "PreflightRequest",
    "REST.POST.MULTI_OBJECT_DELETE": "DeleteObjects",
    "REST.PUT.BUCKET": "CreateBucket",
}
# What is read, set and removed by GET, PUT and DELETE alike: the subresource in the log, and the API's word for it.
_SETTINGS = {
    "ACCELERATE": "BucketAccelerateConfiguration",
    "ACL": "BucketAcl",
    "ANALYTICS": "BucketAnalyticsConfiguration",
    "BUCKETPOLICY": "BucketPolicy",
    "BUCKETREPLICATION": "BucketReplication",
    "BUCKETTAGGING": "BucketTagging",
    "CORS": "BucketCors",
    "ENCRYPTION": "BucketEncryption",
    "INTELLIGENT_TIERING": "BucketIntelligentTieringConfiguration",
    "INVENTORY": "BucketInventoryConfiguration",
    "LIFECYCLE": "BucketLifecycle",
    "LOGGING_STATUS": "BucketLogging",
    "METRICS": "BucketMetricsConfiguration",
    "NOTIFICATION": "BucketNotification",
    "OBJECT_LOCK_CONFIGURATION": "ObjectLockConfiguration",
    "OWNERSHIP_CONTROLS": "BucketOwnershipControls",
    "PUBLIC_ACCESS_BLOCK": "BucketPublicAccessBlock",
    "REPLICATION": "BucketReplication",
    "REQUEST_PAYMENT": "BucketRequestPayment",
    "TAGGING": "BucketTagging",
    "VERSIONING": "BucketVersioning",
    "WEBSITE": "BucketWebsite",
}
_OF_OBJECTS = {"ACL": "ObjectAcl", "TAGGING": "ObjectTagging"}
_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}


def api_name(operation: str, *, has_key: bool) -> str:
    """The API behind an operation; an operation that is not known stays as it is logged, and nothing is guessed."""
    known = _OBJECT.get(operation) or _BUCKET.get(operation)
    if known:
        return known
    parts = operation.split(".")
    if len(parts) == 3 and parts[0] == "REST" and parts[1] in _VERBS:
        setting = _OF_OBJECTS.get(parts[2]) if has_key else None
        setting = setting or _SETTINGS.get(parts[2])
        if setting:
            return _VERBS[parts[1]] + setting
    return operation


def only_reads(operation: str) -> bool:
    """Whether the method changes nothing."""
    method = operation.split(".")[1] if "." in operation else ""
    return method in ("GET", "HEAD", "OPTIONS", "SELECT") or operation.endswith(("OBJECT_GET", "PART_GET"))


def reads_copy_source(operation: str) -> bool:
    """Whether this is the reading half of a copy, logged where the source lies."""
    return operation in ("REST.COPY.OBJECT_GET", "REST.COPY.PART_GET")
