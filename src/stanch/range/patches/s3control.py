"""An access point lies in its bucket's region and is listed there; who has no instance of access grants is told none.

Source: ListAccessPoints and ListAccessGrantsInstances, S3 Control API Reference.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.s3control import urls
from moto.s3control.responses import S3ControlResponse

from stanch.range.gate.needs_s3 import find_bucket
from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import adds, replaces

_ROUTES = (r"{0}/v20180820/accessgrantsinstances$", "/v20180820/accessgrantsinstances")


def install(_: Sessions) -> None:
    """Put S3 Control right."""
    original_list = S3ControlResponse.list_access_points
    for route in _ROUTES:
        urls.url_paths[route] = S3ControlResponse.dispatch

    @adds(S3ControlResponse, "list_access_grants_instances")
    def list_access_grants_instances(self: Any) -> ActionResult:
        return ActionResult({"AccessGrantsInstancesList": []})

    @replaces(S3ControlResponse, "list_access_points")
    def list_access_points(self: Any) -> ActionResult:
        answer: dict[str, Any] = dict(original_list(self).result)  # type: ignore[call-overload]
        answer["AccessPointList"] = [one for one in answer["AccessPointList"] if _is_in(one, self.region)]
        return ActionResult(answer)


def _is_in(point: dict[str, Any], region: str) -> bool:
    bucket = find_bucket(point["Bucket"])
    return bucket is None or bucket.region_name == region
