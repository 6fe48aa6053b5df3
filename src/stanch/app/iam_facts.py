"""The facts of an organisation lie in one file of JSON, as AWS's own commands wrote it."""

import sys
from pathlib import Path
from typing import Any

import msgspec

from stanch.iam.organization import Organization
from stanch.iam.reading import FactsError, Missing, read_organization

LARGEST_FILE = 1 << 30
"""Bytes. Ten thousand roles with their policies take some fifty million."""

STDIN = "-"

_UTF8_MARK, _UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")


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
