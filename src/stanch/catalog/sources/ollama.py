"""Ollama serves anybody who reaches its port, without a key, and logs a line for each request: address, path, status.

Reads: the lines of its web server (`[GIN]`), plain or as journal, Docker and Kubernetes keep them. They tell local
time; the zone is that of the server's own lines beside them, or the runtime's stamp is taken, else UTC.
Blind to: the model, tokens, prompts and who asked beyond his address: none of it is logged. Bodies that
`OLLAMA_DEBUG_LOG_REQUESTS` writes to temporary files are not read.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import BinaryIO

from stanch.catalog.sources._paths import operation_of
from stanch.catalog.sources._told import address, count, duration, reckonable
from stanch.catalog.sources._unreadable import Unreadable
from stanch.catalog.sources._wrapped import Line, calls_of_lines, first_lines
from stanch.domain.event import Skipped
from stanch.domain.inference import Inference

LOG = "ollama"
INFERENCE = True

_REQUEST = re.compile(
    r"\[GIN\] (\d{4}/\d\d/\d\d - \d\d:\d\d:\d\d) \|\s*(\d{3}) \|\s*([\w.µ]{1,40}) \|\s*([0-9A-Fa-f.:%\w]{1,60}) \|"
    r' ([A-Z]{3,8})\s+"([^"]{0,4096})"'
)
_OWN = re.compile(r"time=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) level=")
_SIGNS = ("[GIN] ", "[GIN-debug] ")
_OTHER = "requests for other paths"
_ANOTHER_LINE = "lines of the server that are no request"


def recognises(path: str, head: bytes) -> bool:
    """Lines of Ollama's web server, or of Ollama itself."""
    return any(line.startswith(_SIGNS) or (_OWN.match(line) and "OLLAMA_" in line) for line in first_lines(head))


def calls(path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
    """Yield each request for a path of a model; other lines are counted."""
    zone: tzinfo = UTC

    def read(line: Line) -> Iterator[Inference]:
        nonlocal zone
        found = _REQUEST.match(line.text)
        if found is None:
            if own := _OWN.match(line.text):
                zone = datetime.fromisoformat(own[1]).tzinfo or UTC
            raise Unreadable(_ANOTHER_LINE, fault=False)
        yield _call(path, found, line.stamp, zone)

    return calls_of_lines(path, stream, read)


def _call(path: str, found: re.Match[str], stamp: float | None, zone: tzinfo) -> Inference:
    when, status, took, caller, _, asked = found.groups()
    operation = operation_of(asked)
    if not operation:
        raise Unreadable(_OTHER, fault=False)
    if stamp is None:
        try:
            stamp = datetime.strptime(when, "%Y/%m/%d - %H:%M:%S").replace(tzinfo=zone).timestamp()
        except (ValueError, OverflowError):
            raise Unreadable("a line whose time is not a time") from None
    total = duration(took)
    return Inference(
        time=reckonable(stamp) - max(total, 0) / 1000,
        log=LOG,
        file=path,
        address=address(caller),
        operation=operation,
        embeddings=operation == "embedding",
        status=count(status),
        total_ms=total,
    )
