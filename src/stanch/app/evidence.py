"""Evidence is worth what its hashes are worth: files go to the bucket as they were read, and a ledger names them all.

The ledger also holds where the journal's chain ended: under Object Lock, nobody can cut or forge the chain unseen.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from stanch.aws.vault import PERMISSIONS, Kept, Vault, folder, named
from stanch.contracts.aws import Aws, AwsError, AwsUnreachable
from stanch.domain.estate import EvidencePlace
from stanch.domain.incident import Evidence, Incident
from stanch.domain.step import Step
from stanch.stores.chain import Head
from stanch.stores.logs import S3

__all__ = ["LEDGER", "PERMISSIONS", "Copied", "Preserved", "Room", "hashed", "opened", "preserve"]

LEDGER = "ledger"
_PIECE = 1 << 20
_LARGEST = 5 * 1000**3
"""What S3 takes in one request."""


@dataclass(frozen=True, slots=True)
class Room:
    """What keeping may take: bytes of one file, for one out of S3 is held whole; and whether the time is over."""

    largest: int = _LARGEST
    over: Callable[[], bool] = lambda: False


AMPLE = Room()


@dataclass(frozen=True, slots=True)
class Copied:
    """One log file of the incident: where it lay, and its object in the bucket or why there is none."""

    path: str
    sha256: str
    bytes: int
    key: str | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Preserved:
    """What lies in the bucket now: each file as it went, and the ledger that was written last."""

    files: tuple[Copied, ...]
    ledger: Kept

    @property
    def missing(self) -> tuple[Copied, ...]:
        """The files that could not be kept, each with its reason."""
        return tuple(copied for copied in self.files if copied.key is None)


def preserve(
    aws: Aws,
    place: EvidencePlace,
    incident: Incident,
    steps: Sequence[Step],
    head: Head,
    now: datetime,
    room: Room = AMPLE,
) -> Preserved:
    """Copy the incident's log files into the evidence bucket, then write the ledger of all that is there.

    Call it when everything else is journalled. Again, it copies nothing twice and writes a new ledger. The ledger is
    written also when `room` has no place for every file. Raises VaultError for a bucket that cannot keep evidence,
    AwsError where AWS refuses.
    """
    vault = Vault.open(aws, place)
    until = now + timedelta(days=place.lock_days)
    files = tuple(_copied(aws, vault, incident.id, piece, until, room) for piece in incident.evidence)
    ledger = _ledger(vault, incident.id, files, steps, head, now)
    sha256 = hashlib.sha256(ledger).hexdigest()
    key = named(folder(incident.id), f"{LEDGER}-{head.seq:08d}", sha256, ".json")
    return Preserved(files, vault.keep(key, ledger, sha256, until))


def opened(aws: Aws | None, path: str) -> BinaryIO:
    """One log file by the path that stanch read it under, through `aws` if in S3; raises OSError or AwsError."""
    if path.startswith(S3):
        if aws is None:
            raise AwsUnreachable("s3:GetObject", "NotAsked", f"{path} lies in S3")
        bucket, _, key = path.removeprefix(S3).partition("/")
        return BytesIO(aws.call("s3", "GetObject", Bucket=bucket, Key=key)["Body"])
    return Path(path).open("rb")


def hashed(stream: BinaryIO) -> str:
    """SHA-256, in hexadecimal, of the rest of a stream."""
    digest = hashlib.sha256()
    while piece := stream.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _copied(aws: Aws, vault: Vault, incident: str, piece: Evidence, until: datetime, room: Room) -> Copied:
    missing = Copied(piece.path, piece.sha256, piece.bytes, None)
    if piece.bytes > room.largest:
        return _without(missing, f"larger than {room.largest:,} bytes, which is what fits here: copy it by hand")
    if room.over():
        return _without(missing, "no time was left for it: copy it by hand")
    with ExitStack() as opening:
        try:
            stream = opening.enter_context(opened(aws, piece.path))
            found = hashed(stream)
            stream.seek(0)
        except (OSError, AwsError) as error:
            return _without(missing, f"could not be read: {error}")
        if found != piece.sha256:
            return _without(missing, f"changed since stanch read it: its SHA-256 is {found} now")
        suffix = "".join(Path(piece.path).suffixes[-2:])
        name = named(f"{folder(incident)}logs/", "log", piece.sha256, suffix if suffix.isascii() else "")
        return Copied(piece.path, piece.sha256, piece.bytes, vault.keep(name, stream, piece.sha256, until).key)


def _without(missing: Copied, why: str) -> Copied:
    return Copied(missing.path, missing.sha256, missing.bytes, None, why)


def _ledger(
    vault: Vault, incident: str, files: Sequence[Copied], steps: Sequence[Step], head: Head, now: datetime
) -> bytes:
    """What lies in the bucket for this incident, by the hashes that S3 itself holds; sorted, for people and diffs."""
    told: dict[str, Any] = {
        "kind": "stanch ledger",
        "version": 1,
        "incident": incident,
        "made_at": now,
        "head": asdict(head),
        "files": [asdict(copied) for copied in files],
        "objects": [asdict(kept) for key in _evidence(vault, incident) if (kept := vault.held(key))],
        "steps": [_step(step) for step in steps],
    }
    return json.dumps(told, default=_text, indent=1, sort_keys=True).encode()


def _evidence(vault: Vault, incident: str) -> list[str]:
    ledgers = f"{folder(incident)}{LEDGER}-"
    return [key for key in vault.keys(folder(incident)) if not key.startswith(ledgers)]


def _step(step: Step) -> dict[str, Any]:
    proof = list(step.proof.what) if step.proof else []
    return {"action": step.action, "resource": step.resource, "state": step.state, "at": step.at, "proof": proof}


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
