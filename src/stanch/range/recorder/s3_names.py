"""S3 records a request by what was sent: the query string, some headers, and the body under its own XML name."""

import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from stanch.range.gate.permission import Need
from stanch.range.request.call import Call
from stanch.range.request.signature import is_presigned

EVENT_NAMES = {
    "ListObjectsV2": "ListObjects",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
}
ACCOUNT_EVENT_NAMES = {
    "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
    "DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
}
DATA_EVENTS = frozenset(
    {
        "AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "DeleteObject",
        "DeleteObjects", "DeleteObjectTagging", "GetObject", "GetObjectAcl", "GetObjectAttributes",
        "GetObjectLegalHold", "GetObjectRetention", "GetObjectTagging", "GetObjectTorrent", "HeadBucket", "HeadObject",
        "ListMultipartUploads", "ListObjects", "ListObjectVersions", "ListParts", "PutObject", "PutObjectAcl",
        "PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging", "RestoreObject", "SelectObjectContent",
        "UploadPart", "UploadPartCopy",
    }
)  # fmt: skip
"""Event names that S3 logs as data events. Source: "Amazon S3 CloudTrail events", S3 User Guide."""

HIDDEN = ("X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Credential")
HEADERS = (
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-object-ownership",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
)
PREFIXES = ("x-amz-grant-",)
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def event_name(call: Call) -> str:
    """CloudTrail's name of an S3 call."""
    if call.service == "s3control":
        return ACCOUNT_EVENT_NAMES.get(call.operation, call.operation)
    return EVENT_NAMES.get(call.operation, call.operation)


def is_data_event(call: Call) -> bool:
    """Whether the call is logged as a data event."""
    return call.service == "s3" and event_name(call) in DATA_EVENTS


def request_parameters(call: Call, dns_suffix: str) -> dict[str, Any]:
    """`requestParameters` of an S3 event."""
    bucket, key = call.text("Bucket"), call.text("Key")
    host = f"s3.{call.region}.{dns_suffix}"
    record: dict[str, Any] = {"Host": f"{bucket}.{host}" if bucket else host}
    record |= {name: value for name, value in call.http.arguments.items() if name not in HIDDEN}
    if bucket:
        record["bucketName"] = bucket
    if key:
        record["key"] = key
    headers = call.http.headers
    record |= {name: headers[name] for name in headers if name in HEADERS or name.startswith(PREFIXES)}
    if call.operation == "PutBucketPolicy":
        record["bucketPolicy"] = _json_object(call.parameters.get("Policy", ""))
    elif not is_data_event(call) and call.http.body.lstrip().startswith(b"<"):
        record |= _xml(call.http.body)
    return record


def additional_data(call: Call, sent: int, host_id: str) -> dict[str, Any]:
    """`additionalEventData`: how the call was signed, and how many bytes went in and out."""
    data: dict[str, Any] = {
        "bytesTransferredIn": len(call.http.body),
        "bytesTransferredOut": sent,
        "x-amz-id-2": host_id,
    }
    if is_presigned(call.http):
        data |= {"SignatureVersion": "SigV4", "AuthenticationMethod": "QueryString"}
    elif "authorization" in call.http.headers:
        data |= {"SignatureVersion": "SigV4", "AuthenticationMethod": "AuthHeader"}
    return data


def resources(call: Call, needed: list[Need], account: str | None) -> list[dict[str, Any]]:
    """The bucket with its owner, and the object or the prefix that was asked for."""
    name = call.text("Bucket")
    first = next((need for need in needed if need.resource_bucket == name), None)
    if name is None or first is None:
        return []
    arn = first.resource.partition("/")[0]
    listed: list[dict[str, Any]] = []
    if event_name(call).startswith("ListObject"):
        listed.append({"type": "AWS::S3::Object", "ARNPrefix": f"{arn}/{call.text('Prefix') or ''}"})
    elif is_data_event(call):
        objects = [need.resource for need in needed if "/" in need.resource and need.resource_bucket == name]
        listed += [{"type": "AWS::S3::Object", "ARN": one} for one in dict.fromkeys(objects)]
    return [*listed, {"accountId": first.account or account, "type": "AWS::S3::Bucket", "ARN": arn}]


def _json_object(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {}


def _xml(body: bytes) -> dict[str, Any]:
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - the body comes from this machine, and moto reads it too
    except ElementTree.ParseError:
        return {}
    content = _element(root)
    if isinstance(content, dict):
        content = {"xmlns": NAMESPACE, **content}
    return {_local(root.tag): content}


def _element(node: ElementTree.Element) -> Any:
    children = list(node)
    if not children:
        return _scalar(node.text or "")
    content: dict[str, Any] = {}
    for child in children:
        name, value = _local(child.tag), _element(child)
        if name in content:
            first = content[name]
            content[name] = [*first, value] if isinstance(first, list) else [first, value]
        else:
            content[name] = value
    return content


def _scalar(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdecimal() and len(text) < 10 else text


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def answered(headers: Mapping[str, str]) -> dict[str, Any] | None:
    """`responseElements`: S3 records no body, only the encryption it applied."""
    kept = {name: headers[name] for name in ("x-amz-server-side-encryption", "x-amz-version-id") if name in headers}
    return kept or None
