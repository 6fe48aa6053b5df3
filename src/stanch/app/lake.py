"""The lake of a state folder: what was read once is hunted again without being parsed again."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from stanch.app.hunting import cores
from stanch.app.knowledge import every_source
from stanch.contracts.lake import Keep
from stanch.contracts.source import LogFile
from stanch.domain.estate import Estate
from stanch.engine.inflate import GIB
from stanch.engine.read import Tally
from stanch.stores.ahead import ahead
from stanch.stores.lake import Lake

FOLDER = "lake"
LARGER = 4
"""Errands of an import are larger by this: what many events have in common is summed once in a unit of them."""


def lake(state: Path) -> Lake:
    """The lake of a state folder, whether it is there yet or not."""
    return Lake(state / FOLDER)


def lake_import(
    files: Sequence[LogFile],
    into: Keep,
    *,
    limit: int = 2 * GIB,
    processes: int | None = None,
    on_file: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Keep what is new of these files; the tally tells what was kept now, and as duplicates the files known before."""
    from stanch.engine.scan.lake.scanner import LakeImporter
    from stanch.engine.scan.pool import processes_for, scanned

    def build() -> LakeImporter:
        return LakeImporter([], Estate(), every_source(), (), limit, keep=into, ahead=ahead)

    tally = Tally()
    for _, part in scanned(files, build, processes or processes_for(cores(), files), larger=LARGER):
        tally.absorb(part.tally)
        tally.events += part.tally.events  # their times are not known before they are hunted
        on_file(tally)
    tally.skipped, tally.unsaved = list(tally.told()), Counter()
    return tally
