"""llama.cpp's server prints what each slot works on and how long it took, and a line for each request it answered.

Reads: the console of llama-server: `slot` lines and timings by task (tokens, cached ones, milliseconds), and
`log_server_r` lines (path, address, status). They have no dates, so the runtime's stamps are needed.
Blind to: prompts, answers, keys, the model, parameters of the request. Its format changes often: lines that look
otherwise are counted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from stanch.catalog.sources._paths import operation_of
from stanch.catalog.sources._told import address, count, number, reckonable
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.catalog.sources._uvicorn import Openings
from stanch.catalog.sources._wrapped import Line, calls_of_lines, first_lines
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

LOG = "llama_cpp"
INFERENCE = True
HELD = 10_000
"""Tasks that are open at once; no server has as many slots."""

_PREFIX = r"(?:\[\d{1,10}\] )?(?:[\d.]{5,20} [A-Z] )?"
_SLOT = re.compile(rf"{_PREFIX}slot +(\w+): id +\d+ \| task (\d{{1,12}}) \| ?(.*)", re.DOTALL)
_PROMPT = re.compile(r"new prompt,.*(?:n_prompt_tokens|task\.n_tokens) = (\d{1,12})")
_TIMING = re.compile(rf"{_PREFIX} *(prompt eval|eval|total) time = +([\d.]{{1,20}}) ms / +(\d{{1,12}}) (?:tokens|runs)")
_REQUEST = re.compile(
    rf"{_PREFIX}(?:srv +log_server_r: )?(?:done )?request: ([A-Z]{{3,8}}) (\S{{1,4096}}) (\S{{1,60}}) (\d{{3}})"
)
_SIGNS = re.compile(rf"{_PREFIX}(?:slot +\w+: id +\d+ \| task|srv +\w+: |llama_server|main: server is listening)")
_ANOTHER = "lines of the server that are no request"
_UNDATED = "a line without a time: keep the log with the runtime's stamps"


@dataclass(slots=True)
class _Task:
    start: float | None = None
    prompt: int = NOT_TOLD
    evaluated: int = NOT_TOLD
    tokens_out: int = NOT_TOLD
    first_ms: float = NOT_TOLD
    total_ms: float = NOT_TOLD


def recognises(path: str, head: bytes) -> bool:
    """Lines of slots and of the server as llama-server prints them."""
    return any(_SIGNS.match(line) or _REQUEST.match(line) for line in first_lines(head))


def calls(path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
    """Yield each task as a call, and each access line that is of none; other lines are counted."""
    console = _Console(path)
    return calls_of_lines(path, stream, console.read, console.rest, console.faults)


class _Console:
    """What one server's console has said so far."""

    def __init__(self, path: str) -> None:
        self.faults = Faults("lines")
        self._path = path
        self._tasks: dict[str, _Task] = {}
        self._timed: str | None = None
        self._done: dict[str, Inference] = {}
        self._access = Openings()

    def read(self, line: Line) -> Iterator[Inference]:
        """What this line completes."""
        if slot := _SLOT.match(line.text):
            yield from self._slot(slot[1], slot[2], slot[3], line.stamp)
        elif timing := _TIMING.match(line.text):
            yield from self._timing(timing)
        elif request := _REQUEST.match(line.text):
            yield from self._request(request, line.stamp)
        else:
            raise Unreadable(_ANOTHER, fault=False)

    def rest(self) -> Iterator[Inference]:
        """The calls whose access line did not come."""
        yield from self._done.values()
        self._done.clear()

    def _slot(self, what: str, task: str, rest: str, stamp: float | None) -> Iterator[Inference]:
        if what == "launch_slot_" and rest.startswith("processing task"):
            while len(self._tasks) >= HELD:
                self._tasks.pop(next(iter(self._tasks)))
            self._tasks[task] = _Task(stamp)
        elif what == "print_timing":
            self._timed = task
        elif (found := _PROMPT.match(rest)) and task in self._tasks:
            self._tasks[task].prompt = count(found[1])
        else:
            raise Unreadable(_ANOTHER, fault=False)
        yield from ()

    def _timing(self, found: re.Match[str]) -> Iterator[Inference]:
        task = self._tasks.get(self._timed or "")
        if task is None:
            raise Unreadable(_ANOTHER, fault=False)
        kind, took, tokens = found[1], number(found[2]), count(found[3])
        if kind == "prompt eval":
            task.evaluated, task.first_ms = tokens, took
        elif kind == "eval":
            task.tokens_out = tokens
        else:
            task.total_ms = took
            yield from self._finished(self._timed or "", task)

    def _finished(self, id_: str, task: _Task) -> Iterator[Inference]:
        del self._tasks[id_]
        self._timed = None
        if task.start is None:
            raise Unreadable(_UNDATED)
        whole = task.prompt if task.prompt >= 0 else task.evaluated
        known = task.prompt >= 0 and task.evaluated >= 0
        self._done[id_] = Inference(
            time=reckonable(task.start),
            log=LOG,
            file=self._path,
            operation="completion",
            tokens_in=whole,
            tokens_out=task.tokens_out,
            cached=max(task.prompt - task.evaluated, 0) if known else NOT_TOLD,
            first_ms=task.first_ms,
            total_ms=task.total_ms,
        )
        self._access.opened(id_)
        if len(self._done) > HELD:
            yield self._done.pop(next(iter(self._done)))

    def _request(self, found: re.Match[str], stamp: float | None) -> Iterator[Inference]:
        operation = operation_of(found[2])
        if not operation:
            raise Unreadable(_ANOTHER, fault=False)
        caller, status = address(found[3]), count(found[4])
        if operation in ("chat", "completion", "embedding"):
            try:
                given = self._access.answered()
            except Unreadable:
                yield from self.rest()
                raise
            if given is not None and given in self._done:
                yield self._done.pop(given)._replace(
                    address=caller, status=status, operation=operation, embeddings=operation == "embedding"
                )
                return
        if stamp is None:
            raise Unreadable(_UNDATED)
        yield Inference(
            time=reckonable(stamp), log=LOG, file=self._path, address=caller, operation=operation, status=status,
            embeddings=operation == "embedding",
        )  # fmt: skip
