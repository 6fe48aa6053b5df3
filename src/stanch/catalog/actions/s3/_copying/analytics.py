"""Storage class analysis exports each day what is read how often, by prefix, to any bucket that takes it.

Value of a part: where the export goes, None without one. The analysis itself stays.
"""

from collections.abc import Collection, Mapping
from typing import Any

from stanch.catalog.actions.s3._bucket import Bucket
from stanch.catalog.actions.s3._copying.channel import Leak
from stanch.catalog.actions.s3._copying.places import Places, told_bucket

_LIST = ("ListBucketAnalyticsConfigurations", "AnalyticsConfigurationList")


def leaks(bucket: Bucket, places: Places) -> Mapping[str, Leak]:
    """The analyses whose export goes to a bucket that is not ours."""
    found: dict[str, Leak] = {}
    for one in bucket.listed(*_LIST):
        export = one["StorageClassAnalysis"].get("DataExport")
        target = export["Destination"]["S3BucketDestination"] if export else None
        if target and not places.holds_bucket(target["Bucket"], target.get("BucketAccountId")):
            where = told_bucket(target["Bucket"], target.get("BucketAccountId"))
            told = f"s3:PutAnalyticsConfiguration on {bucket.name}: {one['Id']!r} without its export to {where}"
            found[one["Id"]] = Leak(export, None, told)
    return found


def held(bucket: Bucket, ids: Collection[str]) -> dict[str, Any]:
    """The export of each of these analyses."""
    return {
        id_: found["StorageClassAnalysis"].get("DataExport") if (found := _configuration(bucket, id_)) else None
        for id_ in ids
    }


def put(bucket: Bucket, values: Mapping[str, Any]) -> None:
    """Give these analyses these exports, or none."""
    for id_, export in values.items():
        found = _configuration(bucket, id_)
        if found is not None and found["StorageClassAnalysis"].get("DataExport") != export:
            changed = {**found, "StorageClassAnalysis": {"DataExport": export} if export else {}}
            bucket.call("PutBucketAnalyticsConfiguration", Id=id_, AnalyticsConfiguration=changed)


def _configuration(bucket: Bucket, id_: str) -> dict[str, Any] | None:
    answer = bucket.found("GetBucketAnalyticsConfiguration", "NoSuchConfiguration", Id=id_)
    return answer["AnalyticsConfiguration"] if answer else None
