"""CloudTrail records, GuardDuty findings and Security Hub findings are all JSON: the outermost names tell which.

One function decides for all three, so that no file is two logs at once. Only names at a record's own level count: what
lies deeper (tags, request parameters) is an attacker's to choose, and could hide a whole file from its source.
"""

import re
from functools import lru_cache

from stanch.catalog.sources._json import BOM

CLOUDTRAIL, GUARDDUTY, SECURITY_HUB = "cloudtrail", "guardduty", "securityhub"

Levels = dict[tuple[str, ...], dict[str, str]]
"""The objects on the way to the first record, by the keys that lead there: names, and what is a string at them."""

_HEAD = 1 << 14
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|[{}\[\],:]', re.DOTALL)
_DELIVERED = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"Records"\s*:')
_WRAPPERS = ("Records", "Findings", "findings", "detail")
_CLOUDTRAIL_NAMES = (
    b'"Records"', b'"eventSource"', b'"eventVersion"', b'"eventName"', b'"digestStartTime"', b'"detail-type"'
)  # fmt: skip


@lru_cache(maxsize=2)  # three sources ask the same of each file, one after the other
def json_log(path: str, head: bytes) -> str | None:
    """Which log a JSON file is, from its path and its first bytes; None when it is none of the three."""
    if head.removeprefix(BOM).lstrip()[:1] not in (b"{", b"["):
        return None
    if _DELIVERED.match(head):  # nearly every file is one: nothing more need be looked at
        return CLOUDTRAIL
    levels = outline(head)
    outer = levels.get((), {})
    if "Records" not in outer:
        if finding := _announced(outer.get("detail-type", "")) or _finding(levels):
            return finding
        if "/GuardDuty/" in path and "eventSource" not in outer:
            return GUARDDUTY
    named = any(name in head for name in _CLOUDTRAIL_NAMES)
    return CLOUDTRAIL if named or "/CloudTrail" in path else None


def outline(head: bytes) -> Levels:
    """The names on the way to the first record, as far as the head reaches. Takes any bytes, in linear time."""
    levels: Levels = {}
    places: list[tuple[bool, tuple[str, ...] | None]] = []  # open containers: is it an object, its way if of interest
    key, at_value = "", False
    for token in _TOKEN.finditer(head, 0, _HEAD):
        sign = token[0][:1]
        is_object, way = places[-1] if places else (False, ())
        if sign == b'"':
            name = token[1].decode("utf-8", "replace")
            if is_object and not at_value:
                key = name
            if is_object and way is not None:
                levels[way][key] = name if at_value else levels[way].get(key, "")
        elif sign in (b"{", b"["):
            inner = _way_in(way, key if is_object else None)
            if sign == b"{":
                inner = None if inner in levels else inner
                if inner is not None:
                    levels[inner] = {}
            places.append((sign == b"{", inner))
            at_value = False
        elif sign in (b"}", b"]"):
            places[-1:] = []
            at_value = False
        else:
            at_value = sign == b":"
    return levels


def _way_in(way: tuple[str, ...] | None, key: str | None) -> tuple[str, ...] | None:
    if way is None or key is None:
        return way
    return (*way, key) if key in _WRAPPERS else None


def _announced(detail_type: str) -> str | None:
    if detail_type == "GuardDuty Finding":
        return GUARDDUTY
    return SECURITY_HUB if detail_type.startswith(("Security Hub Findings", "Findings Imported")) else None


def _finding(levels: Levels) -> str | None:
    for names in levels.values():
        if "ProductArn" in names and names.keys() & {"AwsAccountId", "GeneratorId", "SchemaVersion"}:
            return SECURITY_HUB
        arn = names.get("arn") or names.get("Arn") or ""
        if ":guardduty:" in arn or {"schemaVersion", "accountId", "type"} <= names.keys():
            return GUARDDUTY
    return None
