"""What OCSF has no place for, Security Lake keeps as text under dotted names: here it is CloudTrail's again.

`additionalEventData.SignatureVersion: SigV4` and `readOnly: true` are a nested object and a boolean in CloudTrail.
"""

from collections.abc import Mapping
from typing import Any

from stanch.catalog.sources._json import decoded

_MOST_NAMES = 500
_DEEPEST = 12
_OBJECTS = ("additionalEventData", "requestParameters", "responseElements", "serviceEventDetails", "tlsDetails")
_BOOLEANS = ("readOnly", "managementEvent", "sessionCredentialFromConsole")
_NUMBERS = ("bytesTransferredIn", "bytesTransferredOut")
_WORDS = {"true": True, "false": False}


def nested(unmapped: Mapping[str, Any]) -> dict[str, Any]:
    """CloudTrail's fields from dotted names and texts; an object that is text whole is decoded."""
    made: dict[str, Any] = {}
    for name, value in list(unmapped.items())[:_MOST_NAMES]:
        steps = name.split(".", _DEEPEST)
        here = made
        for step in steps[:-1]:
            inner = here.setdefault(step, {})
            if not isinstance(inner, dict):
                break
            here = inner
        else:
            here.setdefault(steps[-1], _typed(name, steps[-1], value))
    return made


def json_object(value: object) -> dict[str, Any] | None:
    """An object that may be logged as JSON text; None for anything else."""
    if isinstance(value, str) and value.startswith("{"):
        value = decoded(value.encode("utf-8", "replace"))
    return value if isinstance(value, dict) else None


def _typed(name: str, last: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in _BOOLEANS:
        return _WORDS.get(value.lower(), value)
    if name in _OBJECTS:
        return json_object(value) or value
    if last in _NUMBERS:
        try:
            return float(value)
        except ValueError:
            return value
    return value
