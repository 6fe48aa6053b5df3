"""What differs between two snapshots is what somebody changed: not what merely happened, nor what was not looked at.

A thing is compared where it was seen: AWS's own policies, and a trail of all regions, stand in several places at once.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stanch.contracts.collector import Place, unseen
from stanch.estate.snapshot import Snapshot

Sight = tuple[str, str | None, str]
"""Account, region, collector."""

_HOLDERS = {"account", "catalog", "registry", "settings"}
"""Types of things that stand for a whole service, and are asked for what it lists."""
_HAPPENS = re.compile(
    r"(?:latest|last)(?!modified|updated|versionnumber)"  # LatestDeliveryTime, lastStatus, LastAccessedDate
    r"|rolelastused|.*_last_(?:used|rotated).*"
    r"|state(?:reason|updated|transitioned)|storedbytes|.*(?:running|pending|items?|image)count$|tablesizebytes"
    r"|(?:effective)?validuntil$|pingstatus$",
    re.IGNORECASE,
)
"""Members that tell use or state, by the start of their names; they are other at each look without anybody's doing."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is `new`, `gone` or `changed`, and where; `fields` are the members of its data that differ."""

    kind: str
    arn: str
    how: str
    account: str
    region: str | None
    fields: tuple[str, ...] = ()


def changes(before: Snapshot, after: Snapshot) -> Iterator[Change]:
    """What differs, by place and ARN; what could not be seen in one of them is no change."""
    old, new = _by_place(before), _by_place(after)
    blind = {False: _half_seen(before), True: _half_seen(after)}
    for key in sorted(old.keys() | new.keys()):
        one, other = old.get(key), new.get(key)
        if one and other:
            differing = tuple(_differing(one.thing.data, other.thing.data))
            if differing:
                yield _change(other, "changed", differing)
        elif other and _looked(before, other) and not blind[False] & _sights(other):
            yield _change(other, "new")
        elif one and _looked(after, one) and not blind[True] & _sights(one):
            yield _change(one, "gone")


def _change(place: Place, how: str, differing: tuple[str, ...] = ()) -> Change:
    return Change(place.thing.kind, place.thing.arn, how, place.account, place.region, differing)


def _by_place(snapshot: Snapshot) -> dict[tuple[str, str, str], Place]:
    return {(place.file, place.thing.kind, place.thing.arn): place for place in snapshot.places}


def _looked(snapshot: Snapshot, place: Place) -> bool:
    return (place.account, place.region, place.collector) in snapshot.looked


def _half_seen(snapshot: Snapshot) -> set[Sight]:
    """Where a list was not told whole: what is not in it may be there. A gap of one named thing hides no other."""
    named = {place.thing.arn for place in snapshot.places if place.thing.kind.partition("/")[2] not in _HOLDERS}
    return {(gap.account, gap.region, gap.collector) for gap in snapshot.unknowns if gap.of not in named}


def _sights(place: Place) -> set[Sight]:
    """How a gap may name the place; in a snapshot of before gaps were kept with their place it does not."""
    return {(place.account, place.region, place.collector), ("", None, "")}


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    if unseen(one) is not None or unseen(other) is not None:
        return
    for key in sorted(one.keys() | other.keys()):
        if not _HAPPENS.match(key) and not _same(one.get(key), other.get(key)):
            yield key


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same as far as both could be seen, and but for what merely happens."""
    if one == other or unseen(one) is not None or unseen(other) is not None:
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return next(_differing(one, other), None) is None
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return sorted(map(repr, one)) == sorted(map(repr, other)) or all(map(_same, one, other))
    return False
