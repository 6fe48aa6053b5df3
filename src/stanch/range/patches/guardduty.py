"""A filter of GuardDuty that archives findings hides them: whoever looks must find it in the list.

Source: ListFilters, GuardDuty API Reference.
"""

import json
from typing import Any

from moto.guardduty.responses import GuardDutyResponse

from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import adds


def install(_: Sessions) -> None:
    """Put GuardDuty right."""
    adds(GuardDutyResponse, "list_filters")(list_filters)


def list_filters(self: Any) -> str:
    """The names of all filters of the detector, on one page."""
    detector = self.guardduty_backend.get_detector(self.path.split("/")[-2])
    return json.dumps({"filterNames": sorted(detector.filters)})
