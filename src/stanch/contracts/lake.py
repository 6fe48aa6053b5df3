"""A lake keeps events as columns; a receipt says which logs a unit of it was made from and what could not be read.

A unit is what was imported at once: some files, cut into chunks by order and into pieces by account, region and day.
"""

from collections.abc import Callable
from typing import BinaryIO, Protocol, runtime_checkable

import msgspec

from stanch.contracts.source import LogFile
from stanch.domain.event import Skipped

FORM = 1
"""The form of units that this version writes and reads."""


class Original(msgspec.Struct, frozen=True):
    """A log file as it lay when it was imported: its SHA-256 and bytes as stored.

    `version` tells this content of this path from any other without reading it; None where nothing does. `bound` are
    the inflated bytes beyond which there is more that nobody read; None where it was read to its end.
    """

    path: str
    sha256: str
    size: int
    version: str | None = None
    bound: int | None = None


class Piece(msgspec.Struct, frozen=True):
    """One Parquet file of a unit: events of one log, account, region and day (UTC), `rows` of them.

    `name` is relative to the lake. Pieces of one chunk hold events that lay together in the originals.
    """

    chunk: int
    log: str
    account: str
    region: str
    day: str
    rows: int
    name: str = ""


class Receipt(msgspec.Struct, frozen=True):
    """What one unit holds.

    An original that was read up to a bound has a unit of its own, which counts no more once one holds more of it.
    `files_read` counts whole files, `bytes` are those read of the originals as stored, `logs` counts the originals by
    their log, and `skipped` is what of them could not be read. `profile` is the SHA-256 of the unit's profile, "" where
    it has none and is hunted event by event.
    """

    form: int
    originals: list[Original]
    pieces: list[Piece]
    files_read: int
    bytes: int
    logs: dict[str, int]
    skipped: list[Skipped]
    profile: str = ""


@runtime_checkable
class LakeUnit(LogFile, Protocol):
    """A unit of a lake, hunted like a file of logs; opening a piece may raise OSError."""

    def receipt(self) -> Receipt:
        """Its receipt, with the pieces that are asked for; raises OSError where it cannot be read."""

    def piece(self, piece: Piece) -> BinaryIO:
        """One piece, seekable."""

    def profile(self) -> BinaryIO:
        """What its events come to, where the receipt says that there is such."""


class Bench(Protocol):
    """Where one unit is made: pieces are laid down as they come, and count once the unit is finished.

    Methods raise OSError where nothing can be written.
    """

    def lay(self, number: int, fill: Callable[[BinaryIO], None]) -> None:
        """Write piece `number`, counted from 0, unseen by anybody."""

    def finish(self, receipt: Receipt, profile: bytes = b"") -> LakeUnit:
        """Name the pieces, in the order of their numbers, and let the unit appear: durable when it returns."""

    def clear(self) -> None:
        """Take away what was laid and never finished."""


class Keep(Protocol):
    """A lake into which logs are kept."""

    def knows(self, sha256: str | None, version: str | None, limit: int) -> bool:
        """Whether a file with this digest, or this version, was kept before, as far as `limit` inflated bytes of it."""

    def bench(self) -> Bench:
        """A place for one more unit."""
