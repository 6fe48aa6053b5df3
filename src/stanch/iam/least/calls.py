"""One CloudTrail record is one call, and a call needs one permission or several, each on one resource.

Reads: CloudTrail's records, hostile text like any log.
Blind to: what a call needs in other services (a key to decrypt with), unless that is logged as a call of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stanch.iam.accounts import is_account, read_arn
from stanch.iam.least.names import COPIES, actions_of, service_of

_DENIED = ("accessdenied", "unauthorized", "forbidden", "notauthorized", "authorizationerror")
_PARAMETERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "dynamodb": (("tableName", "table/{}"),),
    "ecr": (("repositoryName", "repository/{}"),),
    "firehose": (("deliveryStreamName", "deliverystream/{}"),),
    "kinesis": (("streamName", "stream/{}"),),
    "lambda": (("functionName", "function:{}"),),
    "logs": (("logGroupName", "log-group:{}:*"),),
    "secretsmanager": (("secretId", "secret:{}-??????"), ("name", "secret:{}-??????")),
    "sqs": (("queueName", "{}"),),
}
"""For each service the parameters that name a resource, and how the resource's ARN ends.

Left out are services whose calls need several kinds of resource: to narrow by one of them would break the others.
"""

_BY_ARN = frozenset((*_PARAMETERS, "kms", "sns", "states", "sts"))
"""Services whose calls are about the one resource that they name by its ARN."""

_BELOW = {"dynamodb": ("indexName", "/index/"), "lambda": ("qualifier", ":")}
"""Parameters that name a part of the resource, which has an ARN of its own."""

_ROLE_PARAMETERS = frozenset(
    (
        *("role", "rolearn", "roleArn", "executionRoleArn", "executionRole", "taskRoleArn", "serviceRole"),
        *("iamRole", "iamRoleArn", "serviceRoleArn", "jobRole", "automationRoleArn"),
    )
)
_ASSUMES = ("iam", "sts")
_SPELLED = str.maketrans({one: f"${{{one}}}" for one in "*?$"})
_MOST_RESOURCES = 100  # of one call
_MOST_CHARACTERS = 2048  # of a resource's name in a hostile record


@dataclass(frozen=True, slots=True)
class Call:
    """One permission as it was used.

    resource: an ARN or a pattern, as a policy would name it; None where the record does not tell it.
    """

    action: str
    resource: str | None


def was_refused(record: Mapping[str, Any]) -> bool:
    """Whether AWS refused a call for want of permission; any other failure had the permission."""
    code = str(record.get("errorCode") or "").lower().replace("_", "")
    message = str(record.get("errorMessage") or "").lower()
    return any(word in code for word in _DENIED) or (not code and "not authorized" in message)


def calls_of(record: Mapping[str, Any]) -> list[Call]:
    """The permissions that a record shows in use; [] for one that needs none or cannot be read."""
    source, event = record.get("eventSource"), record.get("eventName")
    if not isinstance(source, str) or not isinstance(event, str) or not event.isascii():
        return []
    service = service_of(source)
    if service is None or not event.replace("_", "").isalnum():
        return []
    sent = _table(record.get("requestParameters"))
    versioned = bool(sent.get("versionId"))
    found = [
        Call(action, _as_seen_by(action, resource))
        for action in actions_of(service, event, versioned=versioned)
        for resource in _resources(record, service, sent) or (None,)
    ]
    if service == "s3" and event in COPIES:
        found += _copied(sent, record)
    return [*found, *_passed(service, event, sent)]


def _as_seen_by(action: str, resource: str | None) -> str | None:
    """Of S3, what is about a bucket has no key, and what is about all buckets no bucket."""
    if not action.startswith("s3:") or resource is None:
        return resource
    name = action.partition(":")[2]
    if name == "ListAllMyBuckets":
        return None
    about_bucket = name.startswith(("ListBucket",)) or "Bucket" in name or name.endswith("Configuration")
    return resource.partition("/")[0] if about_bucket else resource if "/" in resource else None


def _resources(record: Mapping[str, Any], service: str, sent: Mapping[str, Any]) -> list[str]:
    if service == "s3":
        placed = _object(sent, record)
        return [placed] if placed else []
    listed = record.get("resources")
    told = [
        _text(_table(one).get("ARN")) or "" for one in (listed if isinstance(listed, list) else ())[:_MOST_RESOURCES]
    ]
    named = [arn for arn in told if _is_of(arn, service)]
    if not named and service in _BY_ARN:
        named = [value for value in sent.values() if isinstance(value, str) and _is_of(value, service)][:1]
    named = named or _named(record, service, sent)
    parameter, mark = _BELOW.get(service, ("", ""))
    part = _text(sent.get(parameter))
    return [
        f"{arn}{mark}{_plain(part)}" if part and arn.count(":") + mark.count(":") <= 7 and "/index/" not in arn else arn
        for arn in named
    ]


def _named(record: Mapping[str, Any], service: str, sent: Mapping[str, Any]) -> list[str]:
    account, region = _text(record.get("recipientAccountId")), _text(record.get("awsRegion"))
    partition = _partition(record)
    if service == "sqs" and (url := _text(sent.get("queueUrl"))):
        *_, owner, queue = ["", *url.split("/")]
        account, sent = (owner if is_account(owner) else account), {**sent, "queueName": queue}
    if not (account and region and partition):
        return []
    for parameter, shape in _PARAMETERS.get(service, ()):
        if name := _text(sent.get(parameter)):
            return [f"arn:{partition}:{service}:{region}:{account}:{shape.format(_plain(name))}"]
    return []


def _object(sent: Mapping[str, Any], record: Mapping[str, Any]) -> str | None:
    bucket, key, partition = _text(sent.get("bucketName")), _text(sent.get("key")), _partition(record)
    if not bucket or not partition:
        return None
    if read_arn(bucket):
        return None  # an access point: whose bucket it is, the record does not tell
    return f"arn:{partition}:s3:::{_plain(bucket)}" + (f"/{_plain(key)}" if key else "")


def _copied(sent: Mapping[str, Any], record: Mapping[str, Any]) -> list[Call]:
    source = _text(sent.get("x-amz-copy-source"))
    partition = _partition(record)
    if not source or not partition:
        return [Call("s3:GetObject", None)]
    path, _, version = source.lstrip("/").partition("?versionId=")
    action = "s3:GetObjectVersion" if version else "s3:GetObject"
    return [Call(action, f"arn:{partition}:s3:::{_plain(path)}" if "/" in path else None)]


def _passed(service: str, event: str, sent: Mapping[str, Any]) -> Iterator[Call]:
    """CloudTrail logs no iam:PassRole: it shows in the role that a call hands to a service."""
    if service in _ASSUMES or event.startswith(("Describe", "Get", "List")):
        return
    for name, value in sent.items():
        arn = read_arn(value) if name in _ROLE_PARAMETERS and isinstance(value, str) else None
        if arn and arn.service == "iam" and arn.resource.startswith("role/"):
            yield Call("iam:PassRole", str(arn)[:_MOST_CHARACTERS])


def _partition(record: Mapping[str, Any]) -> str | None:
    arn = read_arn(_text(_table(record.get("userIdentity")).get("arn")) or "")
    return arn.partition if arn else None


def _is_of(text: str, service: str) -> bool:
    arn = read_arn(text)
    return arn is not None and (arn.service == service or (service == "sts" and arn.service == "iam"))


def _plain(name: str) -> str:
    """A name as a policy of version 2012-10-17 spells it, where `*`, `?` and `$` would not stand for themselves."""
    return name[:_MOST_CHARACTERS].translate(_SPELLED)


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
