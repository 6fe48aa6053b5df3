"""A receipt lies in a folder where anybody can damage it: what is read of one, everybody can use."""

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec

from stanch.contracts.lake import Original, Receipt
from stanch.domain.names import storable


def read(path: Path) -> Receipt:
    """What a unit of a lake holds; raises OSError, ValueError when that is damaged."""
    try:
        receipt = msgspec.convert(json.loads(path.read_bytes()), Receipt)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    for piece in receipt.pieces:
        date.fromisoformat(piece.day)
    if any(piece.name.startswith("/") or ".." in piece.name.split("/") for piece in receipt.pieces):
        raise ValueError("it names a piece outside the lake")
    return _legible(receipt)


def originals_of(path: Path) -> list[Original]:
    """What a unit was made from; nothing where its receipt is damaged."""
    try:
        return read(path).originals
    except (OSError, ValueError):
        return []


def began(path: Path) -> tuple[str, str]:
    """The first original of a unit: what was read in one order is hunted in that order."""
    originals = originals_of(path)
    return (originals[0].path if originals else "", path.name)


def reach(original: Original) -> int:
    """Up to how many inflated bytes of a log are kept."""
    return sys.maxsize if original.bound is None else original.bound


def _legible(receipt: Receipt) -> Receipt:
    """The receipt with names that can be told: some versions kept bytes that are no text as they were."""
    return msgspec.structs.replace(
        receipt,
        originals=[msgspec.structs.replace(one, path=storable(one.path)) for one in receipt.originals],
        skipped=[replace(skip, path=storable(skip.path)) for skip in receipt.skipped],
    )
