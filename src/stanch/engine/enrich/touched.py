"""An S3 object is a bucket and a key; other resources are ARNs: what one call touched, from its request.

Reads: requestParameters (bucketName, key, x-amz-copy-source, and the id parameters of a few services) and resources.
Blind to: the keys of a DeleteObjects call, which CloudTrail does not write down.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from stanch.engine.enrich.recorded import left_out_by
from stanch.engine.untrusted import each, table, text, texts

_S3 = ("s3.amazonaws.com", "s3express.amazonaws.com", "s3-outposts.amazonaws.com")
_READS = frozenset({"GetObject", "GetObjectTorrent", "SelectObjectContent"})
_COPIES = frozenset({"CopyObject", "UploadPartCopy"})
_PULLS = frozenset({"BatchGetImage", "GetDownloadUrlForLayer"})

# service -> request parameter -> where its value stands in an ARN: {r}egion, {a}ccount, {v}alue
_IDS: dict[str, dict[str, str]] = {
    "dynamodb": {"tableName": "dynamodb:{r}:{a}:table/{v}"},
    "ec2": {
        "imageId": "ec2:{r}::image/{v}",
        "instanceId": "ec2:{r}:{a}:instance/{v}",
        "snapshotId": "ec2:{r}::snapshot/{v}",
        "volumeId": "ec2:{r}:{a}:volume/{v}",
    },
    "ecr": {"repositoryName": "ecr:{r}:{a}:repository/{v}"},
    "iam": {"roleName": "iam::{a}:role/{v}", "userName": "iam::{a}:user/{v}"},
    "kms": {"keyId": "kms:{r}:{a}:key/{v}"},
    "lambda": {"functionName": "lambda:{r}:{a}:function:{v}"},
    "rds": {
        "dBClusterSnapshotIdentifier": "rds:{r}:{a}:cluster-snapshot:{v}",
        "dBInstanceIdentifier": "rds:{r}:{a}:db:{v}",
        "dBSnapshotIdentifier": "rds:{r}:{a}:snapshot:{v}",
    },
    "secretsmanager": {
        "secretId": "secretsmanager:{r}:{a}:secret:{v}",
        "secretIdList": "secretsmanager:{r}:{a}:secret:{v}",
    },
    "ssm": {"name": "ssm:{r}:{a}:parameter/{v}", "names": "ssm:{r}:{a}:parameter/{v}"},
    "sts": {"roleArn": "{v}"},
}
_STORE_KINDS = re.compile(r"arn:[^:]+:(s3|dynamodb|ecr|rds|secretsmanager|ec2:[^:]*:[^:]*:(image|snapshot|volume))[:/]")


@dataclass(frozen=True, slots=True)
class Touched:
    """One thing a call touched: a bucket, an object in one, or an ARN. `read` when its content goes to the caller."""

    arn: str
    bucket: str | None = None
    key: str | None = None
    read: bool = False

    @property
    def is_store(self) -> bool:
        """Whether data lies in it."""
        return self.bucket is not None or _STORE_KINDS.match(self.arn + ":") is not None


def touched_by(record: Mapping[str, Any], partition: str) -> tuple[Touched, ...]:
    """What one record says was touched, each thing once; at most a hundred."""
    source, name = text(record.get("eventSource")) or "", text(record.get("eventName")) or ""
    request = table(record.get("requestParameters"))
    found = dict.fromkeys(_objects(request, name, partition) if source in _S3 else _by_id(record, source, partition))
    if name == "PutEventSelectors":
        found |= dict.fromkeys(_from_arn(arn, read=False) for arn in left_out_by(record) if arn.startswith("arn:"))
    named = {thing.arn for thing in found}
    for resource in each(record.get("resources")):
        arn = text(table(resource).get("ARN")) or text(table(resource).get("arn"))
        if arn and arn.startswith("arn:") and arn not in named and len(found) < 100:
            found[_from_arn(arn, read=name in _READS)] = None
    return _without_buckets_of_objects(tuple(found))


def parameters_of(source: str) -> frozenset[str]:
    """The request parameters that may name what a call to this service touched; no other does."""
    if source in _S3:
        return frozenset({"bucketName", "key", "x-amz-copy-source"})
    templates = _IDS.get(source.partition(".")[0])
    return frozenset({"registryId", *templates}) if templates else frozenset()


def account_of(record: Mapping[str, Any], bucket: str) -> str | None:
    """The account that owns a bucket, where the record's resources tell it."""
    for resource in each(record.get("resources")):
        entry = table(resource)
        arn = text(entry.get("ARN")) or text(entry.get("arn")) or ""
        if arn.rpartition(":")[2] == bucket:
            return text(entry.get("accountId"))
    return None


def copy_source(request: Mapping[str, Any]) -> tuple[str, str] | None:
    """Bucket and key of `x-amz-copy-source`: `/bucket/key?versionId=...`, percent-encoded."""
    given = next(texts(request.get("x-amz-copy-source")), None)
    if given is None:
        return None
    bucket, slash, key = unquote(given.partition("?versionId=")[0]).removeprefix("/").partition("/")
    return (bucket, key) if slash and bucket and key else None


def _objects(request: Mapping[str, Any], name: str, partition: str) -> Iterator[Touched]:
    bucket, key = text(request.get("bucketName")), text(request.get("key"))
    if bucket:
        yield _object(bucket, key, partition, read=name in _READS)
    if name in _COPIES and (source := copy_source(request)):
        yield _object(*source, partition, read=True)


def _object(bucket: str, key: str | None, partition: str, *, read: bool) -> Touched:
    if bucket.startswith("arn:"):  # an access point: its name is no bucket's
        return Touched(bucket, None, key, read)
    return Touched(f"arn:{partition}:s3:::{bucket}" + (f"/{key}" if key else ""), bucket, key, read)


def _by_id(record: Mapping[str, Any], source: str, partition: str) -> Iterator[Touched]:
    request = table(record.get("requestParameters"))
    templates = _IDS.get(source.partition(".")[0], {})
    region = text(record.get("awsRegion")) or ""
    account = text(request.get("registryId")) or text(record.get("recipientAccountId")) or ""
    for parameter, template in templates.items():
        for value in texts(request.get(parameter)):
            here = template.format(r=region, a=account, v=value.removeprefix("/"))
            arn = value if value.startswith("arn:") else f"arn:{partition}:{here}"
            yield Touched(arn, read=text(record.get("eventName")) in _PULLS)


def _from_arn(arn: str, *, read: bool) -> Touched:
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[2] == "s3" and not parts[4]:
        bucket, _, key = parts[5].partition("/")
        return Touched(arn, bucket or None, key or None, read and bool(key))
    return Touched(arn)


def _without_buckets_of_objects(found: tuple[Touched, ...]) -> tuple[Touched, ...]:
    """CloudTrail names an object's bucket beside it; the call touched the object, not the whole bucket."""
    holding = {thing.bucket for thing in found if thing.key}
    return tuple(thing for thing in found if thing.key or thing.bucket not in holding or thing.bucket is None)
