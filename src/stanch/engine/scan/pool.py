"""Logs come in many files, and a processor has several cores: files are scanned side by side and added up in order.

What a process sends back is a part, packed, small beside what it read. Small files travel together, that sending them
costs no more than reading them; and the more there is to read, the more of them: what many files of one hour have in
common is then put together by those who scan, and not by the one who waits for them. What was piped in has no name by
which another process could open it: the one who waits reads it.
"""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NoReturn, Protocol

from stanch.contracts.source import LogFile
from stanch.domain.event import Skipped
from stanch.engine.scan.packed import packed_part, sent_part
from stanch.engine.scan.part import Part
from stanch.engine.scan.scanner import Scanner
from stanch.engine.scan.workers import Ticket, Workers, alone

MOST_FILES = 32
MOST_BYTES = 1 << 21
"""Stored bytes that travel as one errand, unless a single file is larger."""
LARGEST = 8
"""Times as much, in files and bytes, travels as one errand as long as that leaves many errands."""
MANY = 8
AHEAD = 3
"""Errands for each process that are sent before the first is back."""

_KILLED = "the process that read it was killed, twice; give it more memory"
_READ_AGAIN = "the process that read it was killed; it and what else was waiting was read again"

Errand = tuple[LogFile, ...]
Build = Callable[[], Scanner]

_scanner: Scanner | None = None


class Keeper(Protocol):
    """Keeps the parts of a search that may be interrupted, for when it is begun again."""

    def found(self, errand: Errand) -> Part | None:
        """The part of this errand, when it was kept before and its files are what they were."""

    def keep(self, errand: Errand, part: Part, packed: bytes | None) -> None:
        """Keep it; `packed` where another process packed it already."""


class Forgetful:
    """Keeps nothing."""

    def found(self, errand: Errand) -> Part | None:
        """Nothing."""
        return None

    def keep(self, errand: Errand, part: Part, packed: bytes | None) -> None:
        """Nothing."""


FORGETFUL: Keeper = Forgetful()


def scanned(
    files: Iterable[LogFile], build: Build, processes: int, keeper: Keeper = FORGETFUL, larger: int = 1
) -> Iterator[tuple[Errand, Part]]:
    """Yield each errand with its part, in the order of the files. `build` makes the scanner of each process.

    With one process, or so little to read that starting others would take longer, all is done in this one. A process
    that dies takes nothing along: what it was reading is read again, and a file that kills again is told as not read.
    Errands are `larger` by this factor where what is made of each should be large.
    """
    errands = _errands(files, larger)
    first = next(errands, None)
    if first is None:
        return
    second = next(errands, None)
    waiting = (errand for errand in (first, second) if errand is not None)
    if processes == 1 or second is None or "fork" not in multiprocessing.get_all_start_methods():
        scanner = build()
        if second is not None or sum(map(_weight, first)) > MOST_BYTES:
            scanner.expect_much()
        for errand in (*waiting, *errands):
            part = keeper.found(errand)
            if part is None:
                part = scanner.scan(errand)
                keeper.keep(errand, part, None)
            yield errand, part
        return
    yield from _shared(_chain(waiting, errands), build, processes, keeper)


def _shared(errands: Iterator[Errand], build: Build, processes: int, keeper: Keeper) -> Iterator[tuple[Errand, Part]]:
    pending: deque[tuple[Errand, Part | Ticket[bytes] | None]] = deque()
    _install(build)
    with Workers(_run, processes) as workers:
        for errand in errands:
            kept = keeper.found(errand)
            sent = kept is None and not _stays(errand)
            pending.append((errand, workers.send(errand) if sent else kept))
            if len(pending) > processes * AHEAD:
                yield from _come_back(workers, keeper, *pending.popleft())
        while pending:
            yield from _come_back(workers, keeper, *pending.popleft())


def _come_back(
    workers: Workers[Errand, bytes], keeper: Keeper, errand: Errand, what: Part | Ticket[bytes] | None
) -> Iterator[tuple[Errand, Part]]:
    if what is None:
        what = _scanned(errand)
        keeper.keep(errand, what, None)
    if isinstance(what, Part):
        yield errand, what
        return
    packed = workers.back(what)
    if packed is not None:
        part = sent_part(packed)
        keeper.keep(errand, part, packed)
        yield errand, part
        return
    for again, found in _again(errand):
        if not workers.told:  # once is enough
            found.tally.skipped.append(Skipped(again[0].path, _READ_AGAIN, fault=False))
            workers.told = True
        yield again, found


def _again(errand: Errand) -> Iterator[tuple[Errand, Part]]:
    """What a killed process was reading or was to read next; a file that kills again, it alone is told as not read."""
    packed = alone(_run, errand)
    if packed is not None:
        yield errand, sent_part(packed)
    elif len(errand) > 1:
        for file in errand:
            yield from _again((file,))
    else:
        part = Part()
        part.tally.skipped.append(Skipped(errand[0].path, _KILLED))
        yield errand, part


def _install(build: Build) -> None:
    global _scanner  # noqa: PLW0603 - what a forked process inherits has no other place
    _scanner = build()
    _scanner.expect_much()


def _run(errand: Errand) -> bytes:
    return packed_part(_scanned(errand))


def _scanned(errand: Errand) -> Part:
    if _scanner is None:
        _not_forked()
    return _scanner.scan(errand)


def _stays(errand: Errand) -> bool:
    return any(getattr(file, "stays", False) for file in errand)


def _not_forked() -> NoReturn:
    raise RuntimeError("a process without its scanner: it was not forked")


def _errands(files: Iterable[LogFile], larger: int) -> Iterator[Errand]:
    """The same files make the same errands, whoever reads them: what was kept of one is found again."""
    left = sum(map(_weight, files)) if isinstance(files, Sequence) else 0
    some: list[LogFile] = []
    size = 0
    for file in files:
        weight = _weight(file)
        times = larger * max(1, min(LARGEST, left // (MANY * MOST_BYTES)))
        if some and (size + weight > MOST_BYTES * times or len(some) >= MOST_FILES * times):
            yield tuple(some)
            some, left, size = [], left - size, 0
        some.append(file)
        size += weight
    if some:
        yield tuple(some)


def _weight(file: LogFile) -> int:
    return MOST_BYTES if file.size is None else file.size


def _chain(*parts: Iterable[Errand]) -> Iterator[Errand]:
    for part in parts:
        yield from part


def processes_for(cores: int, files: Sequence[LogFile] | None) -> int:
    """How many processes are worth starting."""
    return 1 if files is not None and len(files) < MOST_FILES and _light(files) else max(1, cores)


def _light(files: Sequence[LogFile]) -> bool:
    return all(file.size is not None for file in files) and sum(file.size or 0 for file in files) < MOST_BYTES
