"""A listing of buckets tells each one's region when it is asked with any parameter, and ends a page where it should.

Source: ListBuckets, S3 API Reference.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.s3.responses import S3Response

from stanch.range.patches.replacing import replaces


def install() -> None:
    """Put the listing right."""
    original = S3Response.all_buckets

    @replaces(S3Response, "all_buckets")
    def all_buckets(self: Any) -> Any:
        asked = {name: self._get_param(name) for name in ("prefix", "bucket-region", "max-buckets")}
        after = self._get_param("continuation-token")
        if after is None and not any(asked.values()):
            return original(self)
        self.data["Action"] = "ListBuckets"
        found = self.backend.list_buckets(asked["prefix"], asked["bucket-region"], None)
        found = sorted((bucket for bucket in found if bucket.name > (after or "")), key=lambda bucket: bucket.name)
        page = found[: int(asked["max-buckets"] or len(found))]
        buckets = [
            {"Name": bucket.name, "CreationDate": bucket.creation_date_ISO8601, "BucketRegion": bucket.region_name}
            for bucket in page
        ]
        answer: dict[str, Any] = {"Buckets": buckets}
        if len(page) < len(found):
            answer["ContinuationToken"] = page[-1].name
        return self.serialized(ActionResult(answer))
