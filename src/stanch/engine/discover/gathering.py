"""A bucket of fifty models is one store of models: what lies side by side and is of one kind is declared as one."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from stanch.domain.estate import AssetKind
from stanch.domain.proposal import Eye, Fact, strongest
from stanch.engine.discover.seen import Find, Folder

MANY = {AssetKind.TRAINING_DATA: 3, AssetKind.VECTOR_STORE: 3}
MANY_MODELS = 8
"""From so many on, siblings of one kind are one store. Models are worth a name each, while they are few."""
CROWD = 40
"""So many of one kind are one store whatever else lies between: nobody keeps a list of them, and more will come."""
_LEAST = 0.5
"""Whatever is less sure is something else, as long as nobody knows."""
_NAMELESS = 0.6
_NOTES = re.compile(
    r"(readme|licen[cs]e|notice|use_policy|changelog)[^/]*|\.git[^/]*|[^/]*\.md|_SUCCESS", re.IGNORECASE
)
"""What may lie beside all of a store without being part of it."""


def gathered(finds: Iterable[Find], folders: Iterable[Folder]) -> list[Find]:
    """The same with parts of a registry and of one store put together; each place once."""
    here: dict[str, list[Folder]] = {}
    for folder in folders:
        here.setdefault(folder.bucket, []).append(folder)
    left = _by_bucket(finds)
    return [one for bucket, some in left.items() for one in _merged(bucket, _in_registries(some), here[bucket])]


def _in_registries(finds: list[Find]) -> list[Find]:
    """A registry with what is in it: its models are no assets of their own."""
    registries = {find.where: find for find in finds if find.kind is AssetKind.REGISTRY}
    left = []
    for find in finds:
        around = [where for where in registries if where != find.where and find.where.startswith(where)]
        if not around:
            left.append(find)
            continue
        outer = registries[max(around, key=len)]
        held = strongest(find.facts)[0]
        fact = Fact(Eye.WITHIN, f"it holds {find.kind.value}: {held.what}", round(find.confidence * 0.8, 3))
        size = max(outer.bytes, find.bytes)
        registries[outer.where] = replace(outer, facts=strongest((*outer.facts, fact)), bytes=size)
    return [registries.get(find.where, find) if find.kind is AssetKind.REGISTRY else find for find in left]


def _by_bucket(finds: Iterable[Find]) -> Mapping[str, list[Find]]:
    split: dict[str, list[Find]] = {}
    for find in finds:
        split.setdefault(find.where.removeprefix("s3://").partition("/")[0], []).append(find)
    return split


def _merged(bucket: str, finds: list[Find], here: list[Folder]) -> list[Find]:
    top = f"s3://{bucket}/"
    found = {find.where: find for find in finds}
    for parent in sorted(_parents(found, top), key=lambda place: -place.count("/")):
        inside = [
            find
            for where, find in found.items()
            if where.startswith(parent) and where != parent and find.confidence >= _LEAST
        ]
        if _is_one_store(parent.removeprefix(top), inside, here) and (one := _one(parent, inside, found.get(parent))):
            found = {where: find for where, find in found.items() if not where.startswith(parent)}
            found[parent] = one
    return [find for where, find in found.items() if not _is_part(where, find, found)]


def _parents(found: Mapping[str, Find], top: str) -> Iterator[str]:
    yield from {
        where[: at + 1]
        for where in found
        for at, letter in enumerate(where[:-1])
        if letter == "/" and at >= len(top) - 1
    }


def _is_one_store(prefix: str, inside: list[Find], folders: list[Folder]) -> bool:
    kinds = {find.kind for find in inside}
    if len(kinds) != 1 or len(inside) < MANY.get(inside[0].kind, MANY_MODELS):
        return False
    if len(inside) >= CROWD:
        return True
    places = tuple(find.where.removeprefix(f"s3://{folders[0].bucket}/") for find in inside)
    besides = (one for one in folders if one.prefix.startswith(prefix) and not one.prefix.startswith(places))
    return all(_NOTES.fullmatch(name) for folder in besides for name, _ in folder.names)


def _one(parent: str, inside: list[Find], own: Find | None) -> Find | None:
    if own is not None and own.kind is not inside[0].kind:
        return None
    parts = [*inside, *([own] if own else [])]
    surest = max(parts, key=lambda find: find.confidence)
    many = Fact(Eye.WITHIN, f"{len(parts)} alike below it", 0.3)
    return replace(
        surest,
        where=parent,
        facts=strongest((*surest.facts, many)),
        count=sum(find.count for find in parts),
        bytes=sum(find.bytes for find in parts),
    )


def _is_part(where: str, find: Find, found: Mapping[str, Find]) -> bool:
    """Whether a place that says the same lies around this one, or one that explains what nobody could name here."""
    around = (one for other, one in found.items() if where != other and where.startswith(other))
    return any(
        one.confidence >= find.confidence and (one.kind is find.kind or find.confidence < _NAMELESS) for one in around
    )
