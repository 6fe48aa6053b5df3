"""A server logs to its console, and whatever runs it puts its own stamp before each line: often the only full date.

Undone are the wrappings of Kubernetes (CRI, `--timestamps`), Docker's json-file, the journal, Compose and CloudWatch
Logs' export. A line that a runtime cut in parts is put together again.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from stanch.catalog.sources._json import BOM, LARGEST
from stanch.catalog.sources._lines import Lined, lines
from stanch.catalog.sources._unreadable import GIVEN_UP, Faults, Unreadable
from stanch.domain.event import Skipped
from stanch.domain.inference import Inference

_STAMP = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)) +"
    r"(?:(stdout|stderr) ([FP])(?:$| )|[\w.-]{1,255} [\w.@/-]{1,255}\[\d{1,10}\]: )?"
)
_JOURNAL = re.compile(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,255} [\w.@/-]{1,255}\[\d{1,10}\]: ")
_COMPOSE = re.compile(r"[\w.-]{1,128} +\| ")
_COLOURS = re.compile(r"\x1b\[[0-9;]{0,20}m")
_DOCKER = re.compile(r'\s*\{\s*"log"\s*:\s*"')


class _Docker(msgspec.Struct):
    log: str
    time: str = ""


_docker = msgspec.json.Decoder(_Docker)


class Line(NamedTuple):
    """A line as the server wrote it; `stamp` is when the runtime took it, in seconds since 1970, None if untold."""

    number: int
    text: str
    stamp: float | None = None


def calls_of_lines(
    path: str,
    stream: Lined,
    read: Callable[[Line], Iterable[Inference]],
    rest: Callable[[], Iterable[Inference]] = tuple,
    faults: Faults | None = None,
) -> Iterator[Inference | Skipped]:
    """What `read` makes of each line and `rest` of what is open at the end, and last what could not be read."""
    faults = faults or Faults("lines")
    for line in unwrapped(stream):
        try:
            if not isinstance(line, Line):
                raise line[1]
            yield from read(line)
        except Unreadable as fault:
            faults.note(fault, line[0])
            if faults.hopeless:
                faults.note(GIVEN_UP)
                break
    yield from rest()
    yield from faults.told(path)


def unwrapped(stream: Lined) -> Iterator[Line | tuple[int, Unreadable]]:
    """The lines of a console, without the wrappings around them; those that cannot be read with their numbers."""
    parts: dict[str, io.StringIO] = {}
    for number, text in lines(stream, LARGEST):
        if isinstance(text, Unreadable):
            yield number, text
            continue
        bare, stamp, part = _bare(text)
        if part is not None:
            channel, last = part
            held = parts.setdefault(channel, io.StringIO())
            held.write(bare)
            if not last and held.tell() < LARGEST:
                continue
            bare = parts.pop(channel).getvalue()
        yield Line(number, _COLOURS.sub("", bare) if "\x1b" in bare else bare, stamp)
    for _ in parts:
        yield number, Unreadable("a line whose end is missing")


def first_lines(head: bytes, most: int = 200) -> Iterator[str]:
    """The first lines of a file without their wrappings; the last may be cut short."""
    for raw in head.removeprefix(BOM).split(b"\n", most)[:most]:
        bare, _, _ = _bare(raw.decode("utf-8", "replace").rstrip("\r"))
        yield _COLOURS.sub("", bare)


def is_wrapped(line: bytes) -> bool:
    """Whether something else than the log itself stands at the begin of this line."""
    text = line[:1024].decode("utf-8", "replace")
    return any(wrapping.match(text) for wrapping in (_STAMP, _DOCKER, _JOURNAL, _COMPOSE))


def _bare(text: str) -> tuple[str, float | None, tuple[str, bool] | None]:
    """The line, its stamp, and for a line that may be a part the channel and whether it is the last."""
    if text[:1] == "{" and _DOCKER.match(text):
        return _from_docker(text)
    if found := _STAMP.match(text):
        part = (found[2], found[3] == "F") if found[2] else None
        return text[found.end() :], _seconds(found[1]), part
    if found := _JOURNAL.match(text) or _COMPOSE.match(text):
        return text[found.end() :], None, None
    return text, None, None


def _from_docker(text: str) -> tuple[str, float | None, tuple[str, bool] | None]:
    try:
        entry = _docker.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text, None, None
    whole = entry.log.endswith("\n")
    return entry.log.rstrip("\r\n"), _seconds(entry.time), ("docker", whole)


def _seconds(stamp: str) -> float | None:
    try:
        when = datetime.fromisoformat(stamp.replace(",", "."))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
