"""A bucket's listing tells what is in it without reading one object: names, sizes, and how they are laid out.

A small bucket is told by one call. Of a larger one each prefix is asked for its first thousand keys, those first that
look like none seen before, until its calls are spent; what was not asked for is named.
Blind to: what lies behind the first thousand keys of one prefix, versions that are not current, and the bytes.
"""

import heapq
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE: Scope = Scope.ACCOUNT
PERMISSIONS: tuple[str, ...] = ("s3:ListAllMyBuckets", "s3:ListBucket", "s3:GetBucketLocation")
KIND = "s3/objects"

A_PAGE = 1000
"""Keys that S3 tells in one call."""
MOST_CALLS = 60
"""Calls for one bucket: some cents for a thousand buckets, and a second or two for one."""
MOST_ALIKE, MOST_NAMES = 40, 400
"""Names kept of one folder: so many that differ in their numbers alone, and so many at all; every one is counted."""
MOST_TOLD = 50
"""Prefixes that are named as not listed; more are counted."""
_OLD_NAMES = {"": "us-east-1", "EU": "eu-west-1"}
_VARYING = re.compile(r"[0-9a-f]{8,}|\d+", re.IGNORECASE)


def collect(look: Look) -> Iterator[Thing]:
    """One thing for each bucket, named by the ARN of its objects.

    `Folders` [{`Prefix`, `Objects` [[name, bytes]], `Count`, `Bytes`}], `Whole` (nothing was left out), `Calls`,
    `Unlisted` (prefixes that were not asked for) and `MoreUnlisted` (their count beyond those named); or a marker.
    """
    buckets = look.list("s3", "ListBuckets", "Buckets", of="s3", MaxBuckets=A_PAGE)
    if unseen(buckets) is None:
        yield from look.each(partial(_bucket, look), buckets)


@dataclass(slots=True)
class _Folder:
    count: int = 0
    bytes: int = 0
    names: list[tuple[str, int]] = field(default_factory=list)
    alike: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, size: int) -> None:
        self.count += 1
        self.bytes += size
        shape = _VARYING.sub("#", name)
        self.alike[shape] = self.alike.get(shape, 0) + 1
        if self.alike[shape] <= MOST_ALIKE and len(self.names) < MOST_NAMES:
            self.names.append((name, size))


class _Walk:
    """One bucket, prefix by prefix."""

    def __init__(self) -> None:
        self.folders: dict[str, _Folder] = {}
        self.calls = 0
        self.cut: set[str] = set()
        """Prefixes of which only the first keys were seen."""
        self._waiting: list[tuple[int, int, str]] = []
        self._alike: dict[str, int] = {}
        self._glanced: dict[str, _Folder] = {}

    def take(self, prefix: str, answer: Mapping[str, Any]) -> None:
        """Keep the keys of one answer below their folders."""
        self.folders |= _folders(answer)
        if answer.get("IsTruncated"):
            self.cut.add(prefix)

    def glance(self, answer: Mapping[str, Any]) -> None:
        """Keep the first keys of a prefix that is asked again level by level, for folders that are never reached."""
        for prefix, folder in _folders(answer).items():
            self._glanced.setdefault(prefix, folder)

    def end(self) -> None:
        self.folders = self._glanced | self.folders

    def expect(self, prefix: str) -> None:
        """Put a prefix among those to be asked: the first three of one shape before all others of that shape."""
        shape = _VARYING.sub("#", prefix)
        seen = self._alike[shape] = self._alike.get(shape, 0) + 1
        heapq.heappush(self._waiting, (seen // 4 * 100 + prefix.count("/"), seen, prefix))

    def next(self) -> str | None:
        return heapq.heappop(self._waiting)[2] if self._waiting and self.calls < MOST_CALLS else None

    def unlisted(self) -> list[str]:
        return sorted({*(prefix for _, _, prefix in self._waiting), *self.cut})


def _folders(answer: Mapping[str, Any]) -> dict[str, _Folder]:
    found: dict[str, _Folder] = {}
    for one in answer.get("Contents") or ():
        folder, slash, name = str(one["Key"]).rpartition("/")
        size = int(one.get("Size") or 0)
        if name or size:  # an empty object called as the folder itself is what a console leaves
            found.setdefault(folder + slash, _Folder()).add(name, size)
    return found


def _bucket(look: Look, listed: Mapping[str, Any]) -> Thing:
    name = str(listed["Name"])
    arn = f"arn:{look.partition}:s3:::{name}"
    asked = {"of": arn, "Bucket": name, "ExpectedBucketOwner": look.account}
    region = listed.get("BucketRegion") or _region(look.ask("s3", "GetBucketLocation", **asked))
    if region:
        asked["region"] = region
    walk = _Walk()
    marker = _walked(look, walk, asked)
    if marker is not None:
        return Thing(KIND, f"{arn}/*", marker)
    unlisted = walk.unlisted()
    folders = [
        {"Prefix": prefix, "Objects": [list(one) for one in folder.names], "Count": folder.count, "Bytes": folder.bytes}
        for prefix, folder in sorted(walk.folders.items())
    ]
    told = {"Folders": folders, "Whole": not unlisted, "Calls": walk.calls}
    more = max(0, len(unlisted) - MOST_TOLD)
    return Thing(KIND, f"{arn}/*", {"Bucket": name, **told, "Unlisted": unlisted[:MOST_TOLD], "MoreUnlisted": more})


def _region(location: Any) -> str | None:
    if unseen(location):
        return None
    named = str(location.get("LocationConstraint") or "")
    return _OLD_NAMES.get(named, named)


def _walked(look: Look, walk: _Walk, asked: Mapping[str, Any]) -> Any:
    """Walk the bucket; the marker when its very first listing could not be seen."""
    prefix: str | None = ""
    while prefix is not None:
        below = _page(look, walk, asked, Prefix=prefix)
        if unseen(below):
            if not prefix:
                return below
            walk.cut.add(prefix)
        elif below.get("IsTruncated"):
            walk.glance(below)
            _level(look, walk, asked, prefix)
        else:
            walk.take(prefix, below)
        prefix = walk.next()
    walk.end()
    return None


def _level(look: Look, walk: _Walk, asked: Mapping[str, Any], prefix: str) -> None:
    """What lies in a prefix too full to be told at once: its own keys, and the prefixes below it to be asked."""
    level = _page(look, walk, asked, Prefix=prefix, Delimiter="/")
    if unseen(level):
        walk.cut.add(prefix)
        return
    walk.take(prefix, level)
    for one in level.get("CommonPrefixes") or ():
        walk.expect(str(one["Prefix"]))


def _page(look: Look, walk: _Walk, asked: Mapping[str, Any], **params: Any) -> Any:
    walk.calls += 1
    return look.ask("s3", "ListObjectsV2", **asked, **params, MaxKeys=A_PAGE)
