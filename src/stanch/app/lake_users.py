"""The lake remembers who used a role or a bucket for longer than any one hunt has looked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stanch.app.lake import lake
from stanch.contracts.lake import FORM
from stanch.stores.delivery import Window
from stanch.stores.told import Told

if TYPE_CHECKING:
    from stanch.engine.lake_usage import LakeUsage


@dataclass(frozen=True, slots=True)
class LakeUsers:
    """Who used what, and in words which days of which lake tell it."""

    found: "LakeUsage"
    words: str


def lake_users(state: Path, resources: Collection[str], since: datetime, until: datetime) -> LakeUsers | None:
    """Who used these resources by the lake of a state folder; None where it holds no day between these moments."""
    from stanch.engine.lake_usage import lake_usage

    kept = lake(state)
    pieces, lost = [], 0
    for unit in kept.units(Told(str(kept.folder), Window(since=since, until=until))):
        try:
            receipt = unit.receipt()
        except (OSError, ValueError):
            lost += 1
            continue
        pieces += receipt.pieces if receipt.form == FORM else []
        lost += receipt.form != FORM
    if not pieces:
        return None
    files = [str(kept.folder / piece.name) for piece in pieces]
    found = lake_usage(files, resources, since, until, {piece.account for piece in pieces})
    words = _words(since, until, {piece.day for piece in pieces})
    lost += len(found.lost)
    return LakeUsers(found, f"{words}; {lost} of its parts could not be read" if lost else words)


def _words(since: datetime, until: datetime, days: Collection[str]) -> str:
    """The first day is asked for in part only, and counts where it is all there is."""
    asked = (until.date() - since.date()).days
    held = sum(day > since.date().isoformat() for day in days) or 1
    missing = f" (it holds {held} of them)" if held < asked else ""
    return f"the lake, {asked} days to {until:%Y-%m-%d}{missing}"
