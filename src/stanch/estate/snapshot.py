"""A snapshot is what an account looked like at one moment: a folder of JSON Lines with an index, whole or not there.

    index.json                                   version, when, accounts, regions, and every file with its SHA-256
    unknowns.jsonl                               what could not be seen, and which permission is missing
    <account>/<region or "account">/<collector>.jsonl    one thing a line: {"kind", "arn", "data"}

It is written beside its place and moved there when it is whole; the one before is kept until then.
"""

import contextlib
import errno
import glob
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from stanch.contracts.collector import Place, Thing, Unknown, file_of
from stanch.estate.sealing import Sealing, is_deep

VERSION = 1
INDEX = "index.json"
UNKNOWNS = "unknowns.jsonl"
_ACCOUNT = "account"
_PARTS = 2
"""Slashes in the name of a file: account, region, collector."""
_OF_UNKNOWN = tuple(one.name for one in fields(Unknown))
_MANY = 200
"""Brackets of a line from which on it may be nested too deep."""
_decoder = msgspec.json.Decoder(dict[str, Any])


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
    unhashed: tuple[str, ...] = ()
    """Files that an older version kept no hash of: nobody can tell whether they were edited."""
    looked: frozenset[tuple[str, str | None, str]] = frozenset()
    """Who looked where: account, region or None, collector. Where nobody looked, nothing is known, not even a gap."""
    _by_kind: dict[str, list[Place]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for place in self.places:
            self._by_kind.setdefault(place.thing.kind, []).append(place)

    def of(self, kind: str) -> Sequence[Place]:
        """Every thing of one kind, `s3/bucket`."""
        return self._by_kind.get(kind, ())


def write(folder: Path, seen: Iterable[Seen], made_at: datetime, sealing: Sealing | None = None) -> Path:
    """Write a snapshot to `folder` in place of the one there; returns it. Raises OSError, and leaves the old one.

    `sealing` takes the secrets out of every thing and gap; None takes out those that `domain.masking` knows.
    """
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    _clear_after_killed(folder)
    fresh.mkdir(parents=True, mode=0o700)
    try:
        _filled(fresh, list(seen), made_at, sealing or Sealing())
        _moved(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def read(folder: Path) -> Snapshot:
    """The snapshot in `folder`. Raises SnapshotError for what is none, or was written by a newer stanch."""
    _put_back(folder)
    index = _index(folder)
    places: list[Place] = []
    edited = []
    for name, told in index["files"].items():
        raw = _raw(folder, name)
        if hashlib.sha256(raw).hexdigest() != told["sha256"]:
            edited.append(name)
        account, region, collector = _place_of(name)
        places += (Place(account, region, _thing(line, name), collector) for line in _lines(raw, name))
    raw = _raw(folder, UNKNOWNS)
    hashed = index.get("unknowns")
    if hashed and hashlib.sha256(raw).hexdigest() != hashed["sha256"]:
        edited.append(UNKNOWNS)
    unknowns = tuple(_unknown(line) for line in _lines(raw, UNKNOWNS))
    looked = frozenset(_place_of(name) for name in index["files"])
    made_at = datetime.fromisoformat(index["made_at"])
    return Snapshot(
        made_at,
        tuple(index["accounts"]),
        tuple(index["regions"]),
        tuple(places),
        unknowns,
        tuple(edited),
        () if hashed else (UNKNOWNS,),
        looked,
    )


def _place_of(name: str) -> tuple[str, str | None, str]:
    """Account, region and collector of a file of a snapshot."""
    account, region, file = name.split("/")
    return account, None if region == _ACCOUNT else region, file.removesuffix(".jsonl").replace(".", "/")


def _thing(line: Mapping[str, Any], name: str) -> Thing:
    kind, arn, data = line.get("kind"), line.get("arn"), line.get("data")
    if not isinstance(kind, str) or not isinstance(arn, str) or not isinstance(data, dict):
        raise SnapshotError(f"{name}: a line is no thing (kind, arn, data); make the snapshot anew")
    return Thing(kind, arn, data)


def _unknown(line: Mapping[str, Any]) -> Unknown:
    try:
        return Unknown(**{name: line[name] for name in _OF_UNKNOWN if name in line})
    except TypeError as error:
        raise SnapshotError(f"{UNKNOWNS}: a line tells no gap ({error}); make the snapshot anew") from None


def _filled(folder: Path, seen: Sequence[Seen], made_at: datetime, sealing: Sealing) -> None:
    files: dict[str, dict[str, Any]] = {}
    unknowns: list[Unknown] = []
    for one in sorted(seen, key=lambda one: (one.account, one.region or "", one.collector)):
        name = file_of(one.account, one.region, one.collector)
        ordered = sorted(one.things, key=lambda thing: (thing.kind, thing.arn))
        rows = [asdict(sealing.thing(thing)) for thing in ordered]
        files[name] = {"sha256": _put(folder / name, rows), "things": len(rows), "unknowns": len(one.unknowns)}
        unknowns += one.unknowns
    gaps = _put(folder / UNKNOWNS, [asdict(sealing.gap(unknown)) for unknown in unknowns])
    index = {
        "version": VERSION,
        "made_at": made_at.isoformat(),
        "accounts": sorted({one.account for one in seen}),
        "regions": sorted({one.region for one in seen if one.region}),
        "files": files,
        "unknowns": {"sha256": gaps},
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
    old = _before(folder)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _clear_after_killed(folder: Path) -> None:
    """What processes that live no more left half-written beside it."""
    for left in folder.parent.glob(f".{glob.escape(folder.name)}.*"):
        process = left.name.rpartition(".")[2]
        if process.isdecimal() and not _lives(int(process)):
            shutil.rmtree(left, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is somebody else's, or no number of a process
        return True
    return True


def _before(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.before")


def _put_back(folder: Path) -> None:
    """Who was killed between the two renames has left the snapshot of before beside its place."""
    if not folder.exists() and (_before(folder) / INDEX).exists():
        with contextlib.suppress(OSError):  # another may have put it back, or a new one there
            _before(folder).rename(folder)


def _index(folder: Path) -> dict[str, Any]:
    try:
        index = msgspec.json.decode(_read(folder / INDEX))
        version = index["version"]
    except FileNotFoundError:
        raise SnapshotError(f"{folder} holds no snapshot; `stanch snapshot` makes one") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SnapshotError(f"{folder / INDEX} cannot be read ({error}); make the snapshot anew") from error
    if type(version) is int and version > VERSION:
        raise SnapshotError(
            f"{folder} was written by a newer stanch (version {version}, this one reads {VERSION}); "
            "upgrade, or make it anew"
        )
    if type(version) is not int or version != VERSION or not _is_whole(index):
        raise SnapshotError(f"{folder / INDEX} is not as stanch writes it (version {VERSION}); make the snapshot anew")
    return dict(index)


def _is_whole(index: Mapping[str, Any]) -> bool:
    """Whether an index names what it must, each as it must be."""
    try:
        zoned = datetime.fromisoformat(index["made_at"]).utcoffset() is not None
        names = all(isinstance(one, str) for key in ("accounts", "regions") for one in [*index[key]])
        files = all(name.count("/") == _PARTS or ".." in name for name in index["files"])
        hashes = [*index["files"].values(), *([index["unknowns"]] if "unknowns" in index else [])]
        return zoned and names and files and all(isinstance(told["sha256"], str) for told in hashes)
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def _raw(folder: Path, name: str) -> bytes:
    if ".." in name.split("/") or name.startswith("/"):
        raise SnapshotError(f"{folder / INDEX} names {name!r}, which is outside the snapshot; make it anew")
    try:
        return _read(folder / name)
    except (OSError, ValueError) as error:  # a name may hold what no file's name does
        why = getattr(error, "strerror", None) or error
        raise SnapshotError(f"{folder / INDEX} names {name!r}, which cannot be read ({why}); make it anew") from error


def _read(path: Path) -> bytes:
    """The bytes of a file; raises OSError for what is none, rather than to wait for what a pipe or a device gives."""
    opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(errno.EINVAL, "it is no file")
        with open(opened, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(opened)


def _lines(raw: bytes, name: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(raw.splitlines(), start=1):
        try:
            row = _decoder.decode(line)
        except (ValueError, RecursionError) as error:
            raise SnapshotError(f"{name}, line {number}: no JSON object ({error}); make the snapshot anew") from error
        if line.count(b"{") + line.count(b"[") > _MANY and is_deep(row, 1):
            raise SnapshotError(f"{name}, line {number}: nested as no answer of AWS is; make the snapshot anew")
        yield row
