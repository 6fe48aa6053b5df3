"""nginx before an inference server logs each request: address, path, status and size, and the server's time to answer.

Reads: the combined format, with anything an operator added behind it, and JSON formats with nginx's own variables as
names. Only paths of inference servers and vector stores are calls; other lines are counted.
Blind to: the model, tokens, prompts; the key, unless the operator logs the header, which is hashed at once. Without
`$request_time` an answer's duration, without `$request_id` or `X-Request-Id` what the server says of the same call.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from stanch.catalog.sources._model_logs import NGINX, model_log
from stanch.catalog.sources._paths import operation_of
from stanch.catalog.sources._shape import Shape
from stanch.catalog.sources._times import access_log_time
from stanch.catalog.sources._told import (
    Scalar,
    address,
    count,
    epoch,
    forwarded,
    hashed,
    milliseconds,
    name,
    request_id,
)
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.catalog.sources._wrapped import Line, calls_of_lines, first_lines
from stanch.domain.event import Skipped
from stanch.domain.inference import Inference

LOG = NGINX
INFERENCE = True

_ADDRESS = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]{1,45}|unix:)"
_LINE = re.compile(
    rf"(?P<address>{_ADDRESS}) - (?P<user>.{{1,256}}?) \[(?P<time>[^\]]{{20,40}})\]"
    r' "(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<sent>\d+|-)'
    r'(?: "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)")?(?P<rest>.*)',
    re.DOTALL,
)
_ADDED = re.compile(r'(?<![\w-])(rt|request_time|rid|id|request_id|x_request_id)[=:]"?([\w.:-]{1,128})')
_OTHER = "requests for other paths"


class _Entry(
    msgspec.Struct,
    rename={"agent": "http_user_agent", "forwarded_for": "http_x_forwarded_for", "given_id": "http_x_request_id",
            "trace": "http_x_amzn_trace_id",
            "authorization": "http_authorization", "api_key": "http_x_api_key", "user": "remote_user"},
):  # fmt: skip
    remote_addr: Scalar = None
    realip_remote_addr: Scalar = None
    forwarded_for: Scalar = None
    user: Scalar = None
    time_iso8601: Scalar = None
    time_local: Scalar = None
    msec: Scalar = None
    timestamp: Scalar = None
    time: Scalar = None
    request: Scalar = None
    request_uri: Scalar = None
    uri: Scalar = None
    request_id: Scalar = None
    given_id: Scalar = None
    trace: Scalar = None
    status: Scalar = None
    body_bytes_sent: Scalar = None
    bytes_sent: Scalar = None
    request_length: Scalar = None
    request_time: Scalar = None
    upstream_header_time: Scalar = None
    agent: Scalar = None
    authorization: Scalar = None
    api_key: Scalar = None


_ENTRY = Shape(_Entry)


def recognises(path: str, head: bytes) -> bool:
    """Lines of the combined format, or JSON with nginx's variables as names; others' access logs look the same."""
    if model_log(head) == LOG:
        return True
    return any(_LINE.fullmatch(line) for line in first_lines(head, 3))


def calls(path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
    """Yield each request for a path of an inference server; others are counted."""
    faults = Faults("lines")

    def read(line: Line) -> Iterator[Inference]:
        if line.text.startswith("{"):
            yield _of_entry(path, _ENTRY.read(line.text.encode(), faults, line.number))
        else:
            yield _of_line(path, line.text)

    return calls_of_lines(path, stream, read, faults=faults)


def _of_line(path: str, text: str) -> Inference:
    found = _LINE.fullmatch(text)
    if found is None:
        raise Unreadable("a line that is cut short or no access log line")
    asked = _path(found["request"])
    operation = operation_of(asked)
    if not operation:
        raise Unreadable(_OTHER, fault=False)
    added = {key[-2:]: value for key, value in _ADDED.findall(found["rest"])}  # rt and request_time, rid and request_id
    took = milliseconds(added.get("rt") or added.get("me"))
    end = access_log_time(found["time"], "a line whose time").timestamp()
    return _inference(
        path, operation, end, took,
        request=request_id(added.get("id")),
        user=name(found["user"]),
        address=address(found["address"]),
        agent=name(found["agent"]),
        status=count(found["status"]),
        bytes_out=count(found["sent"]),
    )  # fmt: skip


def _of_entry(path: str, said: _Entry) -> Inference:
    operation = operation_of(name(said.request_uri) or name(said.uri) or _path(name(said.request)))
    if not operation:
        raise Unreadable(_OTHER, fault=False)
    hops = name(said.forwarded_for)
    return _inference(
        path, operation, _end(said), milliseconds(said.request_time),
        request=request_id(said.given_id) or request_id(said.request_id),
        key=hashed(name(said.authorization) or name(said.api_key)),
        user=name(said.user),
        address=forwarded(f"{hops},{name(said.remote_addr)}" if hops else name(said.remote_addr)),
        agent=name(said.agent),
        status=count(said.status),
        bytes_in=count(said.request_length),
        bytes_out=count(said.bytes_sent if said.body_bytes_sent is None else said.body_bytes_sent),
        first_ms=milliseconds(said.upstream_header_time),
        extra={"trace": traced} if (traced := request_id(said.trace)) else None,
    )  # fmt: skip


def _inference(path: str, operation: str, end: float, took: float, **told: Any) -> Inference:
    """The log's time is the answer's; the call began as much earlier as it took."""
    return Inference(
        time=end - max(took, 0) / 1000,
        log=LOG,
        file=path,
        operation=operation,
        embeddings=operation == "embedding",
        total_ms=took,
        **told,
    )


def _end(said: _Entry) -> float:
    if isinstance(said.time_local, str) and said.time_iso8601 is None and said.msec is None:
        return access_log_time(said.time_local, "a record whose time").timestamp()
    return epoch(next((one for one in (said.msec, said.time_iso8601, said.timestamp, said.time) if one), None))


def _path(request: str) -> str:
    """What a request line asks for; a broken one, as TLS on a plain port, asks for nothing."""
    parts = request.split(" ")
    return parts[1] if len(parts) >= 2 else ""
