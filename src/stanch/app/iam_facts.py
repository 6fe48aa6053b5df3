"""The facts of an organisation lie in one file of JSON, as AWS's own commands wrote it, or in a snapshot."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from stanch.contracts.collector import Unknown
from stanch.iam.organization import Organization
from stanch.iam.reading import FactsError, Missing, read_organization

if TYPE_CHECKING:
    from stanch.estate.snapshot import Snapshot

LARGEST_FILE = 1 << 30
"""Bytes. Ten thousand roles with their policies take some fifty million."""

STDIN = "-"

_UTF8_MARK, _UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Facts:
    """An organisation with where it was read, and what could not be seen of it.

    A file has no gaps: what it does not say is an error, or what it was told to count as. edited: files of a snapshot
    that are no longer as they were written.
    """

    organization: Organization
    where: str
    gaps: tuple[Unknown, ...] = ()
    edited: tuple[str, ...] = ()


def facts_of(path: str, missing: Missing = "error") -> Facts:
    """The facts in a file, or in standard input for `-`; see `organization_at`."""
    return Facts(organization_at(path, missing), "standard input" if path == STDIN else path)


def facts_seen(folder: Path, about: Sequence[str] = ()) -> Facts:
    """The facts in a snapshot's folder; `about` are ARNs that will be asked for.

    What the snapshot could not see may be anything. Raises FactsError for what is no snapshot, or holds no facts.
    """
    return facts_in(snapshot_at(folder), folder, about)


def snapshot_at(folder: Path) -> "Snapshot":
    """The snapshot in a folder; raises NoSnapshot."""
    from stanch.estate.snapshot import SnapshotError, read

    try:
        return read(folder)
    except SnapshotError as error:
        raise NoSnapshot(str(error)) from None
    except (AttributeError, KeyError, TypeError) as error:
        raise _edited(folder, error) from None


def facts_in(snapshot: "Snapshot", folder: Path, about: Sequence[str] = ()) -> Facts:
    """The facts in a snapshot that was read from this folder; see `facts_seen`."""
    from stanch.app.iam_snapshot import gaps, organization_of

    try:
        organization, spoilt = organization_of(snapshot, about)
    except FactsError as error:
        error.args = (f"{folder}: {error}",)
        raise
    except (AttributeError, KeyError, TypeError) as error:
        raise _edited(folder, error) from None
    return Facts(organization, str(folder), (*gaps(snapshot), *spoilt), snapshot.edited)


class NoSnapshot(FactsError):
    """There is no snapshot to read; the message says what to do."""

    def __init__(self, message: str) -> None:
        ValueError.__init__(self, message)
        self.path = ""


def _edited(folder: Path, error: Exception) -> NoSnapshot:
    """No snapshot of ours lacks what was looked up."""
    return NoSnapshot(f"{folder} is not as it was written ({error!r}); make the snapshot anew")


def organization_at(path: str, missing: Missing = "error") -> Organization:
    """Read a file of facts, or standard input for `-`.

    Raises FactsError when it is none, with the file's name before the place inside it.
    """
    document = _decoded(_read(path), path)
    try:
        return read_organization(document, missing=missing)
    except FactsError as error:
        error.args = (f"{path}: {error}",)
        raise


def _read(path: str) -> bytes:
    if path == STDIN:
        raw = sys.stdin.buffer.read(LARGEST_FILE + 1)
    else:
        file = Path(path)
        if not file.is_file():
            raise FactsError(path, "is no file", "give what `aws iam get-account-authorization-details` wrote, or -")
        with file.open("rb") as opened:
            raw = opened.read(LARGEST_FILE + 1)
    if len(raw) > LARGEST_FILE:
        raise FactsError(path, f"is larger than {LARGEST_FILE >> 20} MB", "give fewer accounts at once")
    return raw


def _decoded(raw: bytes, path: str) -> Any:
    try:
        if raw.startswith(_UTF16_MARKS):  # what a shell of Windows redirects into
            raw = raw.decode("utf-16").encode()
        return msgspec.json.decode(raw.removeprefix(_UTF8_MARK))
    except (msgspec.DecodeError, UnicodeError) as error:
        raise FactsError(path, f"is not JSON ({error})", "give one JSON object") from None
    except RecursionError:
        raise FactsError(path, "is nested too deeply", "give what AWS answered, as it came") from None
