"""A snapshot in memory, and folders of names, for what discovery judges."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stanch.contracts.collector import Thing

ACCOUNT, REGION = "111122223333", "eu-central-1"
GB = 10**9


@dataclass(frozen=True)
class Place:
    account: str
    region: str | None
    thing: Thing


class Snapshot:
    def __init__(self, *things: Thing, region: str | None = REGION) -> None:
        self.places = [Place(ACCOUNT, region, thing) for thing in things]

    def of(self, kind: str) -> Sequence[Place]:
        return [place for place in self.places if place.thing.kind == kind]


def bucket(name: str, objects: Mapping[str, int] | Iterable[str]) -> Thing:
    """The listing of a bucket with these keys; a gigabyte each where no size is given."""
    sizes = objects if isinstance(objects, Mapping) else dict.fromkeys(objects, GB)
    folders: dict[str, list[list[Any]]] = {}
    for key, size in sizes.items():
        folder, slash, file = key.rpartition("/")
        folders.setdefault(folder + slash, []).append([file, size])
    told = [
        {"Prefix": prefix, "Objects": files, "Count": len(files), "Bytes": sum(size for _, size in files)}
        for prefix, files in folders.items()
    ]
    return Thing("s3/objects", f"arn:aws:s3:::{name}/*", {"Bucket": name, "Folders": told, "Whole": True, "Calls": 1,
                                                          "Unlisted": [], "MoreUnlisted": 0})  # fmt: skip
