"""A lake is a folder of Parquet that any SQL engine reads, by source, account, region and day, and its receipts.

A unit counts once its receipt lies in `units/`: whatever a killed import left behind is no part of the lake, and is
swept away by the next one. Names follow from what is stored, so that the same logs make the same files.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

import msgspec

from stanch.contracts.lake import FORM, Piece, Receipt
from stanch.contracts.store import StoreError
from stanch.domain.event import Skipped
from stanch.domain.names import storable
from stanch.stores.delivery import Reason, Window
from stanch.stores.durable import settle
from stanch.stores.locks import held
from stanch.stores.receipts import began, originals_of, reach, read
from stanch.stores.told import Told

MARK = "lake.json"
"""The file that makes a folder a lake."""
UNITS = "units"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_NOBODY = "unknown"
_LAID = ".laid-"
_UP_TO = "-up-to-"
_PROFILE = ".profile"


class Unit:
    """One unit of a lake, narrowed to the pieces that may hold what is asked; implements `contracts.lake.LakeUnit`."""

    def __init__(self, lake: Path, path: Path, told: Told | None = None) -> None:
        self._lake = lake
        self._told = told
        self._receipt: Receipt | None = None
        self._place = path
        self.path = storable(str(path))

    @property
    def size(self) -> int | None:
        """Bytes of the pieces that are asked for; None where they cannot be told."""
        try:
            return sum((self._lake / piece.name).stat().st_size for piece in self.receipt().pieces)
        except (OSError, ValueError):
            return None

    @property
    def version(self) -> str | None:
        """A receipt never changes: its name tells its content."""
        return self.path

    def open(self) -> BinaryIO:
        """The receipt as it lies."""
        return self._place.open("rb")

    def receipt(self) -> Receipt:
        """What the unit holds, with the pieces that are asked for; raises OSError, ValueError when it is damaged."""
        if self._receipt is None:
            whole = read(self._place)
            wanted = [
                piece for piece in whole.pieces if self._told is None or _outside(piece, self._told.window) is None
            ]
            self._receipt = msgspec.structs.replace(whole, pieces=wanted)
        return self._receipt

    def piece(self, piece: Piece) -> BinaryIO:
        """One Parquet file of the unit."""
        return (self._lake / piece.name).open("rb")

    def profile(self) -> BinaryIO:
        """What its events come to."""
        return self._place.with_suffix(_PROFILE).open("rb")

    def wanted(self) -> bool:
        """Whether anything in it is asked for; tells what is not. A damaged unit is: hunting it tells the damage."""
        try:
            pieces = read(self._place).pieces
        except (OSError, ValueError):
            return True
        outside = [(piece, why) for piece in pieces if self._told and (why := _outside(piece, self._told.window))]
        for piece, why in outside:
            if self._told:
                self._told.left_out(why, str(self._lake / piece.name))
        return not pieces or len(outside) < len(pieces)


class Lake:
    """A lake in a folder; implements `contracts.lake.Keep` while it is `kept`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged: list[Skipped] = []
        """Units of which nobody knows what they hold, as found by `kept`."""
        self._known: dict[str, int] = {}

    def units(self, told: Told | None = None) -> Iterator[Unit]:
        """Every unit, or every one that may hold what is asked for, in the order of where their originals lay."""
        outdone = self._outdone()
        for path in sorted((self.folder / UNITS).glob("*.json"), key=began):
            unit = Unit(self.folder, path, told)
            if path not in outdone and (told is None or unit.wanted()):
                yield unit

    @contextmanager
    def kept(self) -> Iterator["Lake"]:
        """Keep logs, alone on this machine: what was kept before is known, and what was left half is gone.

        Nothing is swept away while a unit is `damaged`: whose it is, only the receipts say. Raises Busy while another
        does, StoreError with the remedy when the folder cannot be one of a lake.
        """
        with self._telling():
            self._begin()
        with held(self.folder / ".locks", "lake"):
            with self._telling():
                self._replace()
                receipts = list(self._receipts())
                if not self.damaged:
                    self._sweep({piece.name for receipt in receipts for piece in receipt.pieces})
            for original in (original for receipt in receipts for original in receipt.originals):
                for key in {original.sha256, original.version or original.sha256}:
                    self._known[key] = max(reach(original), self._known.get(key, 0))
            try:
                yield self
            finally:
                with suppress(OSError):  # they count no more, and the next one tries again
                    self._replace()

    def knows(self, sha256: str | None, version: str | None, limit: int) -> bool:
        """Whether a file with this digest, or this version, was kept before, as far as `limit` inflated bytes of it."""
        return any(self._known.get(key, -1) >= limit for key in (sha256, version) if key is not None)

    def bench(self) -> "Bench":
        """A place for one more unit."""
        return Bench(self.folder)

    def _receipts(self) -> Iterator[Receipt]:
        """Those of all units but the `damaged` ones."""
        self.damaged = []
        for unit in self.units():
            try:
                yield unit.receipt()
            except (OSError, ValueError) as error:
                told = (getattr(error, "strerror", None) or str(error)).splitlines()[0][:200]
                remedy = "delete it and import its logs again"
                self.damaged.append(Skipped(unit.path, f"a unit of a lake that cannot be read: {told}; {remedy}"))

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise StoreError(f"{self.folder}: no lake can be kept here ({why}); choose another folder") from error

    def _begin(self) -> None:
        mark = self.folder / MARK
        if not mark.exists():
            if self.folder.is_dir() and any(self.folder.iterdir()):
                raise OSError(0, "the folder holds something else")
            (self.folder / UNITS).mkdir(parents=True, exist_ok=True, mode=0o700)
            _written(mark, lambda file: file.write(json.dumps({"kind": "lake", "form": FORM}).encode()))

    def _outdone(self) -> set[Path]:
        """The units that hold a log up to a bound, where another holds more of it."""
        units = self.folder / UNITS
        bounded = [(path, original) for path in units.glob(f"*{_UP_TO}*.json") for original in originals_of(path)]
        if not bounded:
            return set()
        reaches = {original.sha256: 0 for _, original in bounded}
        for original in (original for path in units.glob("*.json") for original in originals_of(path)):
            if original.sha256 in reaches:
                reaches[original.sha256] = max(reach(original), reaches[original.sha256])
        return {path for path, original in bounded if reach(original) < reaches[original.sha256]}

    def _replace(self) -> None:
        """Take away the units of which another holds more, each with its receipt first: it counts no more already."""
        for path in self._outdone():
            pieces = [self.folder / piece.name for piece in read(path).pieces]
            own = [piece for piece in pieces if piece.name.startswith(f"{path.stem}-")]
            for gone in (path, path.with_suffix(_PROFILE), *own):
                gone.unlink(missing_ok=True)

    def _sweep(self, named: set[str]) -> None:
        """Take away what a killed import laid and never finished."""
        for path in (*self.folder.rglob(f"{_LAID}*"), *self.folder.rglob("*.parquet")):
            if path.relative_to(self.folder).as_posix() not in named:
                path.unlink(missing_ok=True)
        for path in (self.folder / UNITS).glob(f"*{_PROFILE}"):
            if not path.with_suffix(".json").exists():
                path.unlink(missing_ok=True)


class Bench:
    """Makes one unit; implements `contracts.lake.Bench`."""

    def __init__(self, lake: Path) -> None:
        self._lake = lake
        self._laid: dict[int, Path] = {}

    def lay(self, number: int, fill: Callable[[BinaryIO], None]) -> None:
        """Write one piece under a name that nobody looks at."""
        with NamedTemporaryFile(dir=self._lake, prefix=_LAID, delete=False) as file:
            self._laid[number] = Path(file.name)
            fill(file)  # type: ignore[arg-type]  # a file in all but its class
            _flushed(file)

    def finish(self, receipt: Receipt, profile: bytes = b"") -> Unit:
        """Name the pieces and write the profile, and then the receipt, by which the unit begins to exist."""
        name = _name(receipt)
        pieces = []
        for number, piece in enumerate(receipt.pieces):
            place = f"{_place(piece)}/{name}-{number:04}.parquet"
            (self._lake / place).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._laid.pop(number).replace(self._lake / place)
            pieces.append(msgspec.structs.replace(piece, name=place))
        for folder in {above for piece in pieces for above in Path(piece.name).parents}:
            settle(self._lake / folder)
        path = self._lake / UNITS / f"{name}.json"
        if receipt.profile:
            _written(path.with_suffix(_PROFILE), lambda file: file.write(profile))
        text = json.dumps(msgspec.to_builtins(msgspec.structs.replace(receipt, pieces=pieces)))
        _written(path, lambda file: file.write(text.encode()))
        return Unit(self._lake, path)

    def clear(self) -> None:
        """Take away what was laid and never finished."""
        for path in self._laid.values():
            path.unlink(missing_ok=True)
        self._laid = {}


def is_lake(names: Iterable[str]) -> bool:
    """Whether a folder with files of these names is a lake."""
    return MARK in names


def _name(receipt: Receipt) -> str:
    digest = hashlib.sha256(str(FORM).encode())
    for original in sorted(original.sha256 for original in receipt.originals):
        digest.update(original.encode())
    bound = next((original.bound for original in receipt.originals if original.bound is not None), None)
    return digest.hexdigest()[:32] + ("" if bound is None else f"{_UP_TO}{bound}")


def _place(piece: Piece) -> str:
    """The partition's folder; a log can name its account and region as it likes, a folder cannot."""
    source, account, region = (
        value if _SAFE.fullmatch(value) else _NOBODY for value in (piece.log, piece.account, piece.region)
    )
    return f"source={source}/account={account}/region={region}/day={piece.day}"


def _outside(piece: Piece, window: Window) -> Reason | None:
    """Why nothing in a piece can be what is asked for; None when something may be."""
    if window.accounts and piece.account and piece.account not in window.accounts:
        return Reason.ACCOUNT
    if window.regions and piece.region and piece.region not in window.regions:
        return Reason.REGION
    day = date.fromisoformat(piece.day)
    late = window.until is not None and day > window.until.astimezone(UTC).date()
    early = window.since is not None and day < window.since.astimezone(UTC).date()
    return Reason.DAY if late or early else None


def _written(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write a file in one move, durable when it returns."""
    with NamedTemporaryFile(dir=path.parent, prefix=_LAID, delete=False) as file:
        try:
            fill(file)  # type: ignore[arg-type]
            _flushed(file)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    settle(path.parent)


def _flushed(file: object) -> None:
    stream: BinaryIO = file  # type: ignore[assignment]
    stream.flush()
    os.fsync(stream.fileno())
