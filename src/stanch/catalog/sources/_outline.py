"""A JSON file is known by the names at its first record's own level; whatever lies deeper is anybody's to choose."""

import re

Levels = dict[tuple[str, ...], dict[str, str]]
"""The objects on the way to the first record, by the keys that lead there: names, and what is a string at them."""

_HEAD = 1 << 14
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|[{}\[\],:]', re.DOTALL)
_WRAPPERS = ("Records", "Findings", "findings", "detail")


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


def is_record(text: bytes) -> bool:
    """Whether the begin of a text is that of a record of CloudTrail, by the names at its own level."""
    if text[:1] != b"{":
        return False
    names = outline(text).get((), {}).keys()
    return not names.isdisjoint({"eventVersion", "detail-type"}) or {"eventSource", "eventName"} <= names


def _way_in(way: tuple[str, ...] | None, key: str | None) -> tuple[str, ...] | None:
    if way is None or key is None:
        return way
    return (*way, key) if key in _WRAPPERS else None
