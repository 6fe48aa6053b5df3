"""A process may be killed, by want of memory or by hand: its work is not lost, and no process outlives its leader.

Each process has a pipe of its own, whose far end nobody else holds: whatever it was at, its death is heard at once. (A
queue that all share, as the standard library's executor has, waits for ever for the rest of a half-written answer.)
Processes are forked, so that none loads the rules again.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")

AT_ONCE = 2
"""Pieces that one process holds: the one it is at, and the next, that it need not wait for its leader."""
SMALL = 1 << 14
"""Bytes that a pipe takes in any case, so that leader and process never wait for each other."""
_ENDING = {signal.SIGINT, signal.SIGTERM}
_DEAD = (EOFError, OSError)


@dataclass(eq=False, slots=True)
class Ticket(Generic[Result]):
    """What is asked for: `message` is the work, `result` what came of it once it is `done`, None if nothing did."""

    message: bytes = field(repr=False)
    done: bool = False
    result: Result | None = None
    error: Exception | None = None


@dataclass(eq=False, slots=True)
class _Worker(Generic[Result]):
    process: BaseProcess
    pipe: "Connection[Any, Any]"
    at: deque[Ticket[Result]] = field(default_factory=deque)

    def takes(self, ticket: Ticket[Result]) -> bool:
        return not self.at or (len(self.at) < AT_ONCE and len(ticket.message) <= SMALL)


class Workers(Generic[Work, Result]):
    """Processes that do pieces of work. A context manager: leaving it early kills them, whatever they are at.

    `told` says that somebody was told that one was killed and another was started in its stead.
    """

    def __init__(self, run: Callable[[Work], Result], processes: int) -> None:
        """`run` is inherited, not sent; what it returns is."""
        self.told = False
        self._run = run
        self._count = processes
        self._workers: list[_Worker[Result]] = []
        self._waiting: deque[Ticket[Result]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for worker in self._workers:
            if kind is not None:
                worker.process.kill()
            worker.pipe.close()  # which ends one that waits
        for worker in self._workers:
            worker.process.join()

    def send(self, work: Work) -> Ticket[Result]:
        """Begin one piece of work."""
        ticket: Ticket[Result] = Ticket(bytes(ForkingPickler.dumps(work)))
        self._waiting.append(ticket)
        self._listen(0)
        self._hand_out()
        return ticket

    def back(self, ticket: Ticket[Result]) -> Result | None:
        """What one piece of work came to; None when its process was killed. Raises what `run` raised."""
        while not ticket.done:
            self._listen(None)
            self._hand_out()
        if ticket.error is not None:
            raise ticket.error
        return ticket.result

    def _hand_out(self) -> None:
        """Give what waits to whoever has least to do."""
        while self._waiting:
            if len(self._workers) < self._count:
                self._workers.append(self._new())
            worker = min(self._workers, key=lambda one: len(one.at))
            if not worker.takes(self._waiting[0]):
                return
            ticket = self._waiting.popleft()
            worker.at.append(ticket)
            try:
                worker.pipe.send_bytes(ticket.message)
            except OSError:
                self._bury(worker)

    def _listen(self, seconds: float | None) -> None:
        """Take the answers that are there; wait so long for the first, None for as long as it takes."""
        busy = {worker.pipe: worker for worker in self._workers if worker.at}
        for pipe in wait(list(busy), seconds):
            worker = busy[pipe]  # type: ignore[index]  # it gives back what it was given
            try:
                result, error = worker.pipe.recv()
            except _DEAD:
                self._bury(worker)
                continue
            ticket = worker.at.popleft()
            ticket.done, ticket.result, ticket.error = True, result, error

    def _bury(self, worker: _Worker[Result]) -> None:
        """What a dead process held is done, and came to nothing."""
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.join()
        for ticket in worker.at:
            ticket.done = True

    def _new(self) -> _Worker[Result]:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(target=_work, args=(self._run, theirs, ours), daemon=True)
        # Between its birth and `_begin` a process would answer an interrupt with a traceback.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            process.start()
        finally:
            theirs.close()  # or its death would go unheard
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return _Worker(process, ours)


def alone(run: Callable[[Work], Result], work: Work) -> Result | None:
    """Do one piece of work in a process of its own; None when that was killed."""
    with Workers(run, 1) as workers:
        return workers.back(workers.send(work))


def _work(run: Callable[[Any], Any], pipe: "Connection[Any, Any]", leaders: "Connection[Any, Any]") -> None:
    """All that a process does: take work, give back what it came to or what went wrong, until nobody asks."""
    leaders.close()
    _begin()
    try:
        while True:
            pipe.send_bytes(_answer(run, pipe.recv()))
    except _DEAD:
        return


def _answer(run: Callable[[Any], Any], work: object) -> bytes:
    try:
        return bytes(ForkingPickler.dumps((run(work), None)))
    except Exception as error:  # noqa: BLE001 - it is raised where the result is asked for
        try:
            return bytes(ForkingPickler.dumps((None, error)))
        except Exception:  # noqa: BLE001 - not every error can be sent
            return bytes(ForkingPickler.dumps((None, RuntimeError(f"{type(error).__name__}: {error}"))))


def _begin() -> None:
    """In a new process: an interrupt is for the leader, which then tells what was done; its death is for all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    leader = multiprocessing.parent_process()
    if leader is not None:
        leader.join()
        os._exit(1)
