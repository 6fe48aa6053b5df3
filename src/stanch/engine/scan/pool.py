"""Logs come in many files, and a processor has several cores: files are scanned side by side and added up in order.

What a process sends back is a part, small beside what it read. Small files travel together, that sending them costs no
more than reading them.
"""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import NoReturn

from stanch.contracts.source import LogFile
from stanch.domain.event import Skipped
from stanch.engine.scan.part import Part
from stanch.engine.scan.scanner import Scanner

MOST_FILES = 32
MOST_BYTES = 1 << 21
"""Stored bytes that travel as one errand, unless a single file is larger."""
AHEAD = 3
"""Errands for each process that are sent before the first is back."""

Errand = tuple[LogFile, ...]
Build = Callable[[], Scanner]

_scanner: Scanner | None = None


def scanned(files: Iterable[LogFile], build: Build, processes: int) -> Iterator[tuple[Errand, Part]]:
    """Yield each errand with its part, in the order of the files. `build` makes the scanner of each process.

    With one process, or so little to read that starting others would take longer, all is done in this one. A process
    that dies takes nothing along but its errand's files, which are told as not read.
    """
    errands = _errands(files)
    first = next(errands, None)
    if first is None:
        return
    second = next(errands, None)
    waiting = (errand for errand in (first, second) if errand is not None)
    if processes == 1 or second is None or "fork" not in multiprocessing.get_all_start_methods():
        scanner = build()
        for errand in (*waiting, *errands):
            yield errand, scanner.scan(errand)
        return
    yield from _shared(_chain(waiting, errands), build, processes)


def _shared(errands: Iterator[Errand], build: Build, processes: int) -> Iterator[tuple[Errand, Part]]:
    # Forked, so that all hash ids under one key and none loads the rules again.
    context = multiprocessing.get_context("fork")
    pending: deque[tuple[Errand, Future[Part]]] = deque()
    _install(build)
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin) as pool:
        try:
            for errand in errands:
                pending.append((errand, pool.submit(_run, errand)))
                if len(pending) > processes * AHEAD:
                    yield _come_back(*pending.popleft())
            while pending:
                yield _come_back(*pending.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _come_back(errand: Errand, future: "Future[Part]") -> tuple[Errand, Part]:
    try:
        return errand, future.result()
    except BrokenProcessPool:
        part = Part()
        why = "the process that read it was killed; read it by itself, with more memory"
        part.tally.skipped += [Skipped(file.path, why) for file in errand]
        return errand, part


def _install(build: Build) -> None:
    global _scanner  # noqa: PLW0603 - what a forked process inherits has no other place
    _scanner = build()


def _begin() -> None:
    """In a new process: an interrupt is for the one that leads, which then tells what was done."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run(errand: Errand) -> Part:
    if _scanner is None:
        _not_forked()
    return _scanner.scan(errand)


def _not_forked() -> NoReturn:
    raise RuntimeError("a process without its scanner: it was not forked")


def _errands(files: Iterable[LogFile]) -> Iterator[Errand]:
    some: list[LogFile] = []
    size = 0
    for file in files:
        weight = MOST_BYTES if file.size is None else file.size
        if some and (size + weight > MOST_BYTES or len(some) == MOST_FILES):
            yield tuple(some)
            some, size = [], 0
        some.append(file)
        size += weight
    if some:
        yield tuple(some)


def _chain(*parts: Iterable[Errand]) -> Iterator[Errand]:
    for part in parts:
        yield from part


def processes_for(cores: int, files: Sequence[LogFile] | None) -> int:
    """How many processes are worth starting."""
    return 1 if files is not None and len(files) < MOST_FILES and _light(files) else max(1, cores)


def _light(files: Sequence[LogFile]) -> bool:
    return all(file.size is not None for file in files) and sum(file.size or 0 for file in files) < MOST_BYTES
