"""A policy travels in a request as an object, as a JSON string, or percent-encoded; CloudTrail keeps it as it came.

Reads: any value of requestParameters. Bounded in length, depth and number of values, for the text is the caller's.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

_LONGEST = 200_000  # IAM's largest document has 20 480 characters; a whole CloudTrail record has 256 KiB
_MOST_VALUES = 20_000


def policies_in(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every policy document in a request, at any depth."""
    waiting: list[Any] = [request]
    looked = 0
    while waiting and looked < _MOST_VALUES:
        looked += 1
        value = waiting.pop()
        document = document_in(value)
        if document is not None and "Statement" in document:
            yield document
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def document_in(value: object) -> Mapping[str, Any] | None:
    """The JSON object that a value is or spells out; None when it is or spells none."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    start = value.lstrip()[:3].lower()
    if not (start.startswith("{") or start == "%7b"):
        return None
    try:
        document = json.loads(value if start.startswith("{") else unquote(value))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
