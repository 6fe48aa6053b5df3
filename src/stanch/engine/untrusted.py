"""A log record is hostile text: any field may be absent, null, or of another type than AWS documents.

These readers give the documented type or nothing, and never raise.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

MOST = 1 << 50
"""No answer of S3 is a petabyte: what claims more is counted as that much."""
EMPTY: Mapping[str, Any] = {}


def text(value: object) -> str | None:
    """A non-empty string, or None."""
    return value if isinstance(value, str) and value else None


def table(value: object) -> Mapping[str, Any]:
    """A JSON object, or an empty one."""
    return value if isinstance(value, dict) else EMPTY


def each(value: object) -> Iterator[Any]:
    """The items of a JSON list; a single value counts as a list of one, null as none."""
    if isinstance(value, list):
        yield from value
    elif value is not None:
        yield value


def texts(value: object) -> Iterator[str]:
    """The non-empty strings of a value that may be one string or a list of them."""
    return (item for item in each(value) if isinstance(item, str) and item)


def count(value: object) -> int:
    """A size as CloudTrail logs it (an integer, or a float such as 228.0), never negative; anything else is 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    if isinstance(value, float) and not math.isfinite(value):
        return 0
    return min(max(0, int(value)), MOST)


def at(record: Mapping[str, Any], *path: str) -> Any:
    """The value at a path of object keys, or None where the path breaks off."""
    value: Any = record
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
