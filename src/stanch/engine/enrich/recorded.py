"""A trail records what its event selectors name, and nothing else: each call that sets them sets all of them anew.

Reads: eventSelectors and advancedEventSelectors of PutEventSelectors. AWS CloudTrail User Guide, "Logging data events".
Blind to: what the trail recorded before; a selector that never named data events loses none.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stanch.engine.untrusted import each, table, text, texts

MANAGEMENT, DATA = "management", "data"

_BOTH_WAYS = frozenset({"ReadOnly", "WriteOnly"})
_EXCEPT = ("notEquals", "notStartsWith", "notEndsWith")
_THINGS, _CALLERS = "resources.ARN", "userIdentity.arn"
# What logs are written into would log itself without end, and what is rewritten all day is left out to save money.
_LEFT_OUT_EVERYWHERE = frozenset(
    {
        "accesslogs", "alblogs", "athena", "audit", "auditlogs", "awsconfig", "cache", "cloudtrail", "config",
        "elblogs", "flowlogs", "log", "logging", "logs", "temp", "tmp", "trail", "trails", "weblogs",
    }
)  # fmt: skip
_WORDS = re.compile("[a-z0-9]+")


def lost_by(record: Mapping[str, Any]) -> tuple[str, ...]:
    """What the trail records no more, or not in full: `management` events, `data` events of any kind."""
    request = record.get("requestParameters")
    if record.get("eventName") != "PutEventSelectors" or not isinstance(request, dict):
        return ()
    classic = [table(selector) for selector in each(request.get("eventSelectors"))]
    advanced = [_fields(selector) for selector in each(request.get("advancedEventSelectors"))]
    kept = {
        MANAGEMENT: _all_management(classic) or any(_is_all_management(fields) for fields in advanced),
        DATA: any(_names_data(selector) for selector in classic) or any(_category(f) == ["Data"] for f in advanced),
    }
    return tuple(what for what, still in kept.items() if not still)


def left_out_by(record: Mapping[str, Any]) -> Iterator[str]:
    """The ARNs of things that an advanced selector leaves out by name, by prefix or by ending."""
    return _excepted(record, (_THINGS,))


def hidden_by(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The things and callers that an advanced selector leaves out, but for things named for logs or for scratch."""
    if record.get("eventName") != "PutEventSelectors":
        return ()
    things = (arn for arn in _excepted(record, (_THINGS,)) if not _for_logs_or_scratch(arn))
    return (*things, *_excepted(record, (_CALLERS,)))


def _for_logs_or_scratch(arn: str) -> bool:
    """Whether a bucket, table or function is named so; a folder within it has any name that a thief likes."""
    name = arn.rpartition(":")[2].partition("/")[0]
    return not _LEFT_OUT_EVERYWHERE.isdisjoint(_WORDS.findall(name.lower()))


def _excepted(record: Mapping[str, Any], fields: Collection[str]) -> Iterator[str]:
    request = table(record.get("requestParameters"))
    for selector in each(request.get("advancedEventSelectors")):
        for field in _fields(selector):
            if field.get("field") in fields:
                yield from (arn for word in _EXCEPT for arn in texts(field.get(word)))


def _fields(selector: Any) -> list[Mapping[str, Any]]:
    return [table(field) for field in each(table(selector).get("fieldSelectors"))]


def _all_management(selectors: list[Mapping[str, Any]]) -> bool:
    ways = {
        text(selector.get("readWriteType")) or "All"
        for selector in selectors
        if selector.get("includeManagementEvents") is not False and not any(_excluded_sources(selector))
    }
    return "All" in ways or ways >= _BOTH_WAYS


def _excluded_sources(selector: Mapping[str, Any]) -> Iterator[str]:
    return texts(selector.get("excludeManagementEventSources"))


def _names_data(selector: Mapping[str, Any]) -> bool:
    return any(any(texts(table(resource).get("values"))) for resource in each(selector.get("dataResources")))


def _is_all_management(fields: list[Mapping[str, Any]]) -> bool:
    return _category(fields) == ["Management"] and all(field.get("field") == "eventCategory" for field in fields)


def _category(fields: list[Mapping[str, Any]]) -> list[str]:
    return [value for field in fields if field.get("field") == "eventCategory" for value in texts(field.get("equals"))]
