"""CloudTrail writes the same parameter in several dresses: `bucket` or `Bucket`, bare or inside `CreateJobRequest`.

A list is a JSON list, `{"items": [...]}`, or one element; an element may be `{"tag": 1, "content": ...}`. Reads:
requestParameters, as EC2's older and newer calls, S3 and S3 Control write them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.engine.untrusted import each, table, text

_DEEPEST = 4  # {"items": [{"content": ...}]} is the deepest wrapping known


def request_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of a call; what some services wrap into `<Call>Request` lies beside the others."""
    request = table(record.get("requestParameters"))
    inner = table(request.get(f"{text(record.get('eventName'))}Request"))
    return {**request, **inner} if inner else request


def values_at(request: Mapping[str, Any], path: str) -> Iterator[Any]:
    """The values at a dotted path of parameters, through every kind of list; the case of the first letter is free."""
    here: list[Any] = [request]
    for name in path.split("."):
        here = [inner for item in here for inner in _elements(_named(table(item), name))]
    yield from here


def _named(item: Mapping[str, Any], name: str) -> Any:
    spellings = (name, name[:1].lower() + name[1:], name[:1].upper() + name[1:])
    return next((item[spelling] for spelling in spellings if spelling in item), None)


def _elements(value: Any, deep: int = 0) -> Iterator[Any]:
    for item in each(value):
        wrapped = next((item[word] for word in ("items", "content") if word in item), None) if _is_table(item) else None
        if wrapped is not None and deep < _DEEPEST:
            yield from _elements(wrapped, deep + 1)
        elif item is not None:
            yield item


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)
