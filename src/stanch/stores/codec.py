"""A stored value must read back as the value that was written, or not at all.

Incidents, decisions and steps are kept as JSON beside the columns that are searched; the domain's frozen dataclasses
are the schema of that JSON.
"""

from typing import TypeVar

import msgspec

from stanch.contracts.store import StoreError

T = TypeVar("T")


def encode(value: object) -> str:
    """The JSON of a domain value; times as ISO 8601 with their offset."""
    return msgspec.json.encode(value).decode()


def decode(text: str, kind: type[T], where: str) -> T:
    """The value of `kind` that `encode` wrote; raises StoreError naming `where` when the text is anything else."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise StoreError(f"{where} holds a damaged record ({error}); restore the file from a backup") from error
