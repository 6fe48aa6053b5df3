"""vLLM logs the requests it received where that is switched on, and through uvicorn every request's address and status.

Reads: the server's console: `Received request` (`--enable-log-requests`; the prompt in older versions or at debug),
`Generated response` (`--enable-log-outputs`), and uvicorn's access lines. Both lines of a request become one call.
Its dates have no year: that is taken from the runtime's stamp, or from a date in the file's path.
Blind to: who asked (join it with the gateway on the request id: vLLM takes it from `X-Request-Id`); `logit_bias`, which
SamplingParams does not print; the model's name; token counts beyond `--max-log-len`.
"""

import ast
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from stanch.catalog.sources._paths import operation_of
from stanch.catalog.sources._told import LONGEST_NAME, address, between, count, number, reckonable, request_id
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.catalog.sources._uvicorn import Openings
from stanch.catalog.sources._wrapped import Line, calls_of_lines, first_lines
from stanch.catalog.sources._year import YearlessClock
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

LOG = "vllm"
INFERENCE = True
HELD = 20_000
"""Requests that wait for their answer's line; where answers are not logged, no more than these are held."""
HELD_WORDS = 1 << 26
"""Characters of prompts that wait."""

_STRING = r"'(?:[^'\\]++|\\.)*+'|\"(?:[^\"\\]++|\\.)*+\""
_OWN = re.compile(
    r"(?:\([\w. =:-]{1,80}\) )?(?:DEBUG|INFO|WARNING|ERROR) (\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)?"
    r" (?:\[[^\]]{1,120}\]|\S{1,120}\]) (.*)",
    re.DOTALL,
)
_ACCESS = re.compile(
    r'(?:\([\w. =:-]{1,80}\) )?INFO:\s+(\S{1,60}) - "([A-Z]{3,8}) (\S{1,4096}) HTTP/[\d.]{1,3}" (\d{3})\b.*'
)
_RECEIVED = re.compile(rf"Received request (\S{{1,256}}): (?:prompt: (None|{_STRING}), )?(?:params: )?", re.DOTALL)
_PARAMETER = re.compile(r"\b(n|temperature|max_tokens|logprobs|prompt_logprobs)=([\d.eE+-]{1,32})")
_IDS = re.compile(r"prompt_token_ids: \[([\d, ]*)\]")
_ADAPTER = re.compile(rf"LoRARequest\(lora_name=({_STRING})", re.DOTALL)
_TOLD_ALREADY = "access lines of calls that are told already"
_GENERATED = re.compile(
    rf"Generated response (\S{{1,256}})( \(streaming delta\))?.{{0,40}}?: output: (None|{_STRING}),"
    r" output_token_ids: (None|\[[\d, ]*\]?),? ?(?:finish_reason: (\w{1,40}))?",
    re.DOTALL,
)
_QUOTED = re.compile(_STRING, re.DOTALL)
_SIGNS = re.compile(
    r"Received request \S+: (?:prompt|params):|vLLM API server|^\(APIServer pid=|EngineCore|Avg prompt throughput:"
)
_ANOTHER = "lines of the server that are no request"
_OPERATIONS = {"chatcmpl": "chat", "cmpl": "completion", "resp": "chat", "embd": "embedding"}


def recognises(path: str, head: bytes) -> bool:
    """Lines that only vLLM prints: uvicorn's access lines alone may be of any server, and of a gateway too."""
    lines = (line for line in first_lines(head) if _SIGNS.search(line[:4096]))
    return any(_OWN.match(line) or _ACCESS.match(line) or line.startswith("(APIServer") for line in lines)


def calls(path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
    """Yield each request as one call, and each access line that is of none; other lines are counted."""
    console = _Console(path)
    return calls_of_lines(path, stream, console.read, console.rest, console.faults)


class _Console:
    """What one server's console has said so far."""

    def __init__(self, path: str) -> None:
        self.faults = Faults("lines")
        self._path = path
        self._clock = YearlessClock(path, "%m-%d %H:%M:%S")
        self._open: dict[str, Inference] = {}
        self._words = 0
        self._access = Openings()
        self._addresses: dict[str, str] = {}

    def read(self, line: Line) -> Iterator[Inference]:
        """What this line completes."""
        if own := _OWN.match(line.text):
            when = self._clock.read(own[1], line.stamp)
            if received := _RECEIVED.match(own[2]):
                yield from self._received(when, received, own[2][received.end() :])
            elif generated := _GENERATED.match(own[2]):
                yield from self._generated(when, generated)
            else:
                raise Unreadable(_ANOTHER, fault=False)
        elif access := _ACCESS.match(line.text):
            yield from self._accessed(access, line.stamp)
        else:
            raise Unreadable(_ANOTHER, fault=False)

    def rest(self) -> Iterator[Inference]:
        """The requests whose answer is not logged."""
        while self._open:
            yield self._closed(next(iter(self._open)))

    def _received(self, when: float | None, found: re.Match[str], rest: str) -> Iterator[Inference]:
        if when is None:
            raise Unreadable("a line without a year; let the file's name tell its day, as vllm-2026-11-23.log")
        given = found[1]
        if given in self._open:
            yield self._closed(given)
        adapter = _ADAPTER.match(rest.rpartition("lora_request: ")[2])  # before it stand words of the caller
        call = Inference(
            time=reckonable(when),
            log=LOG,
            file=self._path,
            request=request_id(given),
            operation=_OPERATIONS.get(re.split("[-_]", given, maxsplit=1)[0], "other"),
            adapter=_literal(adapter[1])[:LONGEST_NAME] if adapter else "",
            prompt=_literal(found[2] or ""),
            **_parameters(rest),
        )
        self._open[given] = call
        self._words += len(call.prompt)
        self._access.opened(given)
        while len(self._open) > HELD or self._words > HELD_WORDS:
            yield self._closed(next(iter(self._open)))

    def _generated(self, when: float | None, found: re.Match[str]) -> Iterator[Inference]:
        if found[2]:  # a piece of what comes whole at the end
            raise Unreadable(_ANOTHER, fault=False)
        call = self._open.get(found[1])
        if call is None:
            raise Unreadable("an answer whose request is not in this file")
        ids = found[4]
        self._open[found[1]] = call._replace(
            answer=_literal(found[3]),
            tokens_out=NOT_TOLD if ids == "None" else ids.count(",") + (ids != "[]"),
            finish="" if found[5] in (None, "None") else found[5],
            total_ms=NOT_TOLD if when is None else between(call.time, when),
            status=200,
        )
        if not self._access.waits(found[1]):
            yield self._closed(found[1])

    def _closed(self, given: str) -> Inference:
        call = self._open.pop(given)
        self._words -= len(call.prompt)
        return call._replace(address=self._addresses.pop(given, ""))

    def _accessed(self, found: re.Match[str], stamp: float | None) -> Iterator[Inference]:
        operation = operation_of(found[3])
        if not operation:
            raise Unreadable(_ANOTHER, fault=False)
        caller, status = address(found[1]), count(found[4])
        if operation in ("chat", "completion") and status < 400:
            given = self._access.answered()
            if given in self._open:
                self._addresses[given] = caller
                if self._open[given].status != NOT_TOLD:  # of a call that is no stream the answer comes first
                    yield self._closed(given)
                return
            if given is not None:
                raise Unreadable(_TOLD_ALREADY, fault=False)
        when = stamp if stamp is not None else self._clock.last
        if when is None:
            raise Unreadable("a line without a time, before any that has one")
        yield Inference(
            time=reckonable(when), log=LOG, file=self._path, address=caller, operation=operation, status=status,
            embeddings=operation == "embedding",
        )  # fmt: skip


def _parameters(rest: str) -> dict[str, Any]:
    """What was asked for; a caller's own words among the parameters (where to stop) are set aside first."""
    bare = _QUOTED.sub("''", rest)
    told = dict(reversed(_PARAMETER.findall(bare.partition(")")[0])))
    ids = _IDS.search(bare)
    return {
        "max_tokens": count(told.get("max_tokens")),
        "n": count(told.get("n")),
        "temperature": number(told.get("temperature")),
        "logprobs": count(told.get("logprobs")),
        "prompt_logprobs": count(told.get("prompt_logprobs")),
        "tokens_in": ids[1].count(",") + 1 if ids and ids[1] else NOT_TOLD,
    }


def _literal(printed: str) -> str:
    """A string as Python printed it."""
    if not printed or printed == "None":
        return ""
    try:
        value = ast.literal_eval(printed)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return printed[1:-1]
    return value if isinstance(value, str) else ""
