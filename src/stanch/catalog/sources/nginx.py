"""nginx before an inference server logs each request: address, path, status and size, and the server's time to answer.

Reads: the combined format, with anything an operator added behind it, and JSON formats with nginx's own variables as
names. Only paths of inference servers and vector stores are calls; other lines are counted.
Blind to: the model, tokens, prompts; the key, unless the operator logs the header, which is hashed at once. Without
`$request_time` an answer's duration, without `$request_id` or `X-Request-Id` what the server says of the same call.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from stanch.catalog.sources._model_logs import NGINX, model_log
from stanch.catalog.sources._paths import operation_of
from stanch.catalog.sources._records import calls_of
from stanch.catalog.sources._shape import Shape
from stanch.catalog.sources._times import access_log_time
from stanch.catalog.sources._told import (
    Scalar,
    address,
    count,
    epoch,
    forwarded,
    hashed,
    iso,
    milliseconds,
    name,
    reckonable,
)
from stanch.catalog.sources._unreadable import GIVEN_UP, Faults, Unreadable
from stanch.catalog.sources._wrapped import Line, first_lines, unwrapped
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

LOG = NGINX
INFERENCE = True

_ADDRESS = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]{1,45}|unix:)"
_LINE = re.compile(
    rf"(?P<address>{_ADDRESS}) - (?P<user>.{{1,256}}?) \[(?P<time>[^\]]{{20,40}})\]"
    r' "(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<sent>\d+|-)'
    r'(?: "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)")?(?P<rest>.*)',
    re.DOTALL,
)
_ADDED = re.compile(r'(?<![\w-])(rt|request_time|rid|request_id|x_request_id|req_id)[=:]"?([\w.:-]{1,128})')
_OTHER = Unreadable("requests for other paths", fault=False)


class _Entry(
    msgspec.Struct,
    rename={"agent": "http_user_agent", "forwarded_for": "http_x_forwarded_for", "given_id": "http_x_request_id",
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
    first = stream.read(1)
    rest = _Prefixed(first, stream)
    if first in (b"{", b"["):
        yield from calls_of(path, rest, _ENTRY, _of_entry)
        return
    faults = Faults("lines")
    for line in unwrapped(rest):
        try:
            if not isinstance(line, Line):
                raise line[1]
            yield _of_line(path, line.text)
        except Unreadable as fault:
            faults.note(fault, line[0])
            if faults.hopeless:
                faults.note(GIVEN_UP)
                break
    yield from faults.told(path)
