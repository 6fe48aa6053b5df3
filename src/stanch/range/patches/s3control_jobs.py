"""An account in which nobody made a batch job or an S3 Access Grants instance has none; neither can be made here.

Source: ListJobs and ListAccessGrants, S3 Control API Reference.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.s3control import urls
from moto.s3control.exceptions import S3ControlError
from moto.s3control.responses import S3ControlResponse

from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import adds

_PATHS = ("accessgrantsinstance/grants", "jobs")


class NoInstance(S3ControlError):
    """What S3 answers where Access Grants were never set up."""

    code = "AccessGrantsInstanceNotExistsError"
    message = "Access Grants Instance does not exist"


def install(_: Sessions) -> None:
    """Give each listing its route and its answer."""
    for path in _PATHS:
        for route in (rf"{{0}}/v20180820/{path}$", f"/v20180820/{path}"):
            urls.url_paths[route] = S3ControlResponse.dispatch

    @adds(S3ControlResponse, "list_access_grants")
    def list_access_grants(self: Any) -> ActionResult:
        raise NoInstance

    @adds(S3ControlResponse, "list_jobs")
    def list_jobs(self: Any) -> ActionResult:
        return ActionResult({"Jobs": []})
