"""A snapshot is what an account looked like at one moment: a folder of JSON Lines with an index, whole or not there.

    index.json                                   version, when, accounts, regions, and each file with its SHA-256
    unknowns.jsonl                               what could not be seen, and which permission is missing
    <account>/<region or "account">/<collector>.jsonl    one thing a line: {"kind", "arn", "data"}

It is written beside its place and moved there when it is whole; the one before is kept until then.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from stanch.contracts.collector import Place, Thing, Unknown, file_of

VERSION = 1
INDEX = "index.json"
UNKNOWNS = "unknowns.jsonl"
_ACCOUNT = "account"


class SnapshotError(Exception):
    """The folder is no snapshot that can be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one collector saw in one place; `region` is None for what belongs to the whole account."""

    account: str
    region: str | None
    collector: str
    things: tuple[Thing, ...]
    unknowns: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot, read: when it was made, of which accounts and regions, what was seen and what was not."""

    made_at: datetime
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    places: tuple[Place, ...]
    unknowns: tuple[Unknown, ...]
    edited: tuple[str, ...] = ()
    """Files that are no longer as they were written."""
    looked: frozenset[tuple[str, str | None, str]] = frozenset()
    """Who looked where: account, region or None, collector. Where nobody looked, nothing is known, not even a gap."""
    _by_kind: dict[str, list[Place]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for place in self.places:
            self._by_kind.setdefault(place.thing.kind, []).append(place)

    def of(self, kind: str) -> Sequence[Place]:
        """Every thing of one kind, `s3/bucket`."""
        return self._by_kind.get(kind, ())


def write(folder: Path, seen: Iterable[Seen], made_at: datetime) -> Path:
    """Write a snapshot to `folder` in place of the one there; returns it. Raises OSError, and leaves the old one."""
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    try:
        _filled(fresh, list(seen), made_at)
        _moved(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def read(folder: Path) -> Snapshot:
    """The snapshot in `folder`. Raises SnapshotError for what is none, or was written by a newer stanch."""
    index = _index(folder)
    places: list[Place] = []
    edited = []
    for name, told in index["files"].items():
        raw = _raw(folder, name)
        if hashlib.sha256(raw).hexdigest() != told["sha256"]:
            edited.append(name)
        account, region, collector = _place_of(name)
        for line in _lines(raw, name):
            thing = Thing(line["kind"], line["arn"], line["data"])
            places.append(Place(account, region, thing, collector))
    unknowns = tuple(Unknown(**line) for line in _lines(_raw(folder, UNKNOWNS), UNKNOWNS))
    looked = frozenset(_place_of(name) for name in index["files"])
    made_at = datetime.fromisoformat(index["made_at"])
    return Snapshot(
        made_at, tuple(index["accounts"]), tuple(index["regions"]), tuple(places), unknowns, tuple(edited), looked
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is new, gone or different; `fields` are the top fields of its data that differ."""

    kind: str
    arn: str
    how: str
    fields: tuple[str, ...] = ()


def changes(before: Snapshot, after: Snapshot) -> Iterator[Change]:
    """What differs between two snapshots, by ARN; what could not be seen in one of them is no change."""
    old, new = _by_name(before), _by_name(after)
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield Change(*name, "new")
        elif name not in new:
            yield Change(*name, "gone")
        elif old[name] != new[name]:
            one, other = old[name], new[name]
            differing = sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
            yield Change(*name, "changed", tuple(differing))


def _place_of(name: str) -> tuple[str, str | None, str]:
    """Account, region and collector of a file of a snapshot."""
    account, region, file = name.split("/")
    return account, None if region == _ACCOUNT else region, file.removesuffix(".jsonl").replace(".", "/")


def _by_name(snapshot: Snapshot) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(place.thing.kind, place.thing.arn): place.thing.data for place in snapshot.places}


def _filled(folder: Path, seen: Sequence[Seen], made_at: datetime) -> None:
    files: dict[str, dict[str, Any]] = {}
    unknowns: list[Unknown] = []
    for one in sorted(seen, key=lambda one: (one.account, one.region or "", one.collector)):
        name = file_of(one.account, one.region, one.collector)
        rows = [asdict(thing) for thing in sorted(one.things, key=lambda thing: (thing.kind, thing.arn))]
        files[name] = {"sha256": _put(folder / name, rows), "things": len(rows), "unknowns": len(one.unknowns)}
        unknowns += one.unknowns
    _put(folder / UNKNOWNS, [asdict(unknown) for unknown in unknowns])
    index = {
        "version": VERSION,
        "made_at": made_at.isoformat(),
        "accounts": sorted({one.account for one in seen}),
        "regions": sorted({one.region for one in seen if one.region}),
        "files": files,
    }
    (folder / INDEX).write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")


def _put(path: Path, rows: Iterable[Mapping[str, Any]]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = "".join(json.dumps(row, default=_plain, sort_keys=True) + "\n" for row in rows).encode()
    path.write_bytes(raw)
    return hashlib.sha256(raw).hexdigest()


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _moved(fresh: Path, folder: Path) -> None:
    """A rename each: at every moment there is a whole snapshot at its place, or beside it."""
    old = folder.with_name(f".{folder.name}.before")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _index(folder: Path) -> dict[str, Any]:
    try:
        index = json.loads((folder / INDEX).read_bytes())
        version = index["version"]
        named = {"made_at", "accounts", "regions", "files"} <= index.keys()
    except FileNotFoundError:
        raise SnapshotError(f"{folder} holds no snapshot; `stanch snapshot` makes one") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"{folder / INDEX} cannot be read ({error}); make the snapshot anew") from error
    if version != VERSION or not named:
        raise SnapshotError(f"{folder} was written in version {version}, this stanch reads {VERSION}; make it anew")
    return dict(index)


def _raw(folder: Path, name: str) -> bytes:
    if ".." in name.split("/") or name.startswith("/"):
        raise SnapshotError(f"{folder / INDEX} names {name!r}, which is outside the snapshot; make it anew")
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise SnapshotError(f"{folder / name} cannot be read ({error.strerror}); make the snapshot anew") from error


def _lines(raw: bytes, name: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(raw.splitlines(), start=1):
        try:
            yield dict(json.loads(line))
        except (ValueError, TypeError, RecursionError) as error:
            raise SnapshotError(f"{name}, line {number}: no JSON object ({error}); make the snapshot anew") from error
