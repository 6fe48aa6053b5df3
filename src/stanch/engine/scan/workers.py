"""A process may be killed, by want of memory or by hand: its work is not lost, and no process outlives its leader.

Processes are forked, so that none loads the rules again.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Generic, Self, TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")

_ENDING = {signal.SIGINT, signal.SIGTERM}


class Workers(Generic[Work, Result]):
    """Processes that do pieces of work. A context manager: leaving it early kills them, whatever they are at.

    `broken` says that one was killed and others were started in its stead.
    """

    def __init__(self, run: Callable[[Work], Result], processes: int) -> None:
        """`run` is a function of a module, for it is sent by name."""
        self.broken = False
        self._run = run
        self._count = processes
        self._started: set[BaseProcess] = set()
        self._pool = self._new()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            for process in self._started:
                process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def send(self, work: Work) -> "Future[Result]":
        """Begin one piece of work."""
        before = set(multiprocessing.active_children())
        # Between its birth and `_begin` a process would answer an interrupt with a traceback.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            return self._submit(work)
        finally:
            self._started |= set(multiprocessing.active_children()) - before
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def back(self, future: "Future[Result]") -> Result | None:
        """What one piece of work came to; None when its process, or the one beside it, was killed."""
        try:
            return future.result()
        except BrokenProcessPool:
            self.broken = True
            return None

    def _submit(self, work: Work) -> "Future[Result]":
        try:
            return self._pool.submit(self._run, work)
        except BrokenProcessPool:
            self.broken = True
            self._pool.shutdown(wait=True)
            self._started.clear()
            self._pool = self._new()
            return self._pool.submit(self._run, work)

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._count, mp_context=multiprocessing.get_context("fork"), initializer=_begin)


def alone(run: Callable[[Work], Result], work: Work) -> Result | None:
    """Do one piece of work in a process of its own; None when that was killed."""
    with Workers(run, 1) as workers:
        return workers.back(workers.send(work))


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
