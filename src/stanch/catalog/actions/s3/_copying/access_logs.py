"""Server access logs name every object that is read, and go to a bucket by its name, whoever holds that name by now.

S3 takes only a bucket of the same account; one that was deleted since can be made again by anybody. Value of its one
part: the logging configuration, None when it is off.
"""

from collections.abc import Collection, Mapping
from typing import Any

from stanch.catalog.actions.s3._bucket import Bucket
from stanch.catalog.actions.s3._copying.channel import Leak
from stanch.catalog.actions.s3._copying.places import Places, told_bucket

_ONLY = "logging"


def leaks(bucket: Bucket, places: Places) -> Mapping[str, Leak]:
    """The logging, where its target is not one of the account's buckets."""
    found = _configuration(bucket)
    if found is None or places.holds_bucket(found["TargetBucket"]):
        return {}
    told = f"s3:PutBucketLogging on {bucket.name}: off; it goes to {told_bucket(found['TargetBucket'], None)}"
    return {_ONLY: Leak(found, None, told, f"requests to {bucket.name} are in no server access log meanwhile")}


def held(bucket: Bucket, ids: Collection[str]) -> dict[str, Any]:
    """The logging configuration."""
    return {id_: _configuration(bucket) for id_ in ids}


def put(bucket: Bucket, values: Mapping[str, Any]) -> None:
    """Turn logging off, or on as it was."""
    for wanted in values.values():
        if _configuration(bucket) != wanted:
            status = {"LoggingEnabled": wanted} if wanted else {}
            bucket.call("PutBucketLogging", BucketLoggingStatus=status)


def _configuration(bucket: Bucket) -> dict[str, Any] | None:
    return bucket.call("GetBucketLogging").get("LoggingEnabled")
