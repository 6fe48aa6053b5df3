"""A request is not trusted: how long it may take is bounded, how large it may be, and what it may grow to."""

import io
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

from typing_extensions import Buffer

from stanch.web.otlp_answer import JSON, response, status
from stanch.web.otlp_body import LARGEST, PIECE, Refused, copy, inflated, length

HEADER_SECONDS = 10.0
HEADER_BYTES = 1 << 17
"""Of all headers of a request: the library's own bounds are six megabytes, before anybody has shown a token."""
BODY_SECONDS = 60.0
RETRY_SECONDS = 5
"""What `Retry-After` says where there is no room: by then a cycle may have made some."""
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: %d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    % RETRY_SECONDS
)
"""What one who waited at the door in vain is told."""
PROTOBUF = "application/x-protobuf"
SIGNALS = {"/v1/traces": "traces", "/v1/logs": "logs"}
_IN_MEMORY = 1 << 20
_LINGER_SECONDS = 2.0


class Posted(NamedTuple):
    """One request: `signal` is `traces` or `logs`, `kind` PROTOBUF or JSON, `body` its bytes as they came."""

    signal: str
    kind: str
    body: BinaryIO


class Intake(Protocol):
    """Where requests go; called from many threads."""

    @property
    def folder(self) -> Path:
        """Where a large body may lie, nameless, while it comes."""

    def require_room(self, size: int) -> None:
        """Raise Refused where there is none for so many bytes."""

    def rejected(self, posted: Posted, inflated: bytes) -> tuple[int, str]:
        """How many spans or records cannot be read, and why; raises Refused where it is no OTLP at all."""

    def keep(self, posted: Posted) -> None:
        """Keep it, durable when this returns; raises Refused."""


class Handling:
    """What all requests of one receiver share. Bodies are read one at a time: more would only wait for each other."""

    def __init__(self, intake: Intake, knows: Callable[[str], bool]) -> None:
        """`knows` tells whether an `Authorization` header is good."""
        self.intake = intake
        self.knows = knows
        self.reading = threading.Lock()

    def handler(self, *given: Any) -> "_Handler":
        """One connection."""
        return _Handler(self, *given)


class _Timed(io.RawIOBase):
    """What a connection sends until the deadline, however slowly it drips, and `left` bytes of it and no more."""

    def __init__(self, connection: Any) -> None:
        self.until = time.monotonic() + HEADER_SECONDS
        self.left = HEADER_BYTES
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        seconds = self.until - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        if self.left <= 0:
            raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"more than {HEADER_BYTES} bytes of headers")
        self._connection.settimeout(seconds)
        count = int(self._connection.recv_into(buffer))
        self.left -= count
        return count

    def go_on(self, seconds: float) -> None:
        """What comes now is no header: another deadline, and whoever reads it bounds it."""
        self.until = time.monotonic() + seconds
        self.left = sys.maxsize


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "stanch"
    sys_version = ""

    def __init__(self, handling: Handling, *given: Any) -> None:
        self._handling = handling
        super().__init__(*given)

    def setup(self) -> None:
        super().setup()
        self._timed = _Timed(self.connection)
        self.rfile = io.BufferedReader(self._timed)
        self.connection.settimeout(HEADER_SECONDS)
        if hasattr(self.connection, "do_handshake"):
            self.connection.do_handshake()

    def handle(self) -> None:
        """One request: exporters send one in some seconds, and a connection that is kept keeps a slot."""
        self.close_connection = True
        try:
            self.handle_one_request()
        except Refused as refused:
            self._refuse(refused, JSON)

    def do_GET(self) -> None:
        self._refuse(Refused(HTTPStatus.METHOD_NOT_ALLOWED, "only POST"), JSON)

    do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = do_GET  # noqa: N815 - names of the library's

    def do_POST(self) -> None:
        self.close_connection = True
        self.connection.settimeout(BODY_SECONDS)
        signal = SIGNALS.get(self.path.partition("?")[0], "traces")
        kind = self._kind()
        try:
            answered = self._taken()
        except Refused as refused:
            self._refuse(refused, kind)
        except (TimeoutError, ConnectionError):
            return  # it was too slow, or went away: nobody listens
        else:
            self._answer(HTTPStatus.OK, response(signal, kind, *answered), kind)

    def _taken(self) -> tuple[int, str]:
        """Read one request and keep it; returns what of it was rejected."""
        handling, intake = self._handling, self._handling.intake
        signal, kind = self._asked()
        size = length(self.headers)
        intake.require_room(size or 0)
        self._timed.go_on(BODY_SECONDS)
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(HTTPStatus.CONTINUE)
            self.end_headers()
        try:
            with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(intake.folder)) as body:
                copy(self.rfile, body, size)  # type: ignore[arg-type]  # its stub is no BinaryIO, it is one
                posted = Posted(signal, kind, body)  # type: ignore[arg-type]  # its stub is no BinaryIO, it is one
                with handling.reading:
                    rejected = intake.rejected(posted, inflated(posted.body, self._encoding()))
                intake.keep(posted)
        except (TimeoutError, ConnectionError):
            raise
        except OSError:  # a full disk may tell as late as when the file is closed
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "there is no room for it", RETRY_SECONDS) from None
        return rejected

    def _asked(self) -> tuple[str, str]:
        """What is sent, by path and headers; raises Refused."""
        signal = SIGNALS.get(self.path.partition("?")[0])
        if signal is None:
            raise Refused(HTTPStatus.NOT_FOUND, f"post to {' or '.join(SIGNALS)}")
        if "Origin" in self.headers:  # at loopback without a token any page that is open here could post
            raise Refused(HTTPStatus.FORBIDDEN, "pages in a browser may not post here")
        if not self._handling.knows(self.headers.get("Authorization", "")):
            raise Refused(HTTPStatus.UNAUTHORIZED, "the Authorization header must be `Bearer` and the receiver's token")
        kind = self.headers.get_content_type() if "Content-Type" in self.headers else ""
        if kind not in (PROTOBUF, JSON):
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the content type must be {PROTOBUF} or {JSON}")
        if self._encoding() not in ("identity", "gzip"):
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the content encoding must be gzip, or none")
        return signal, kind

    def _kind(self) -> str:
        return JSON if self.headers.get_content_type() == JSON else PROTOBUF

    def _encoding(self) -> str:
        return self.headers.get("Content-Encoding", "identity").strip().lower() or "identity"

    def _refuse(self, refused: Refused, kind: str) -> None:
        headers = {"Retry-After": str(refused.retry)} if refused.retry else {}
        if refused.status is HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        self._answer(refused.status, status(refused.why, kind), kind, headers)
        self._linger()

    def _answer(self, code: HTTPStatus, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        try:
            self.send_response(code)
            for name, value in {**(headers or {}), "Content-Type": kind, "Connection": "close"}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            return  # nobody listens any more

    def _linger(self) -> None:
        """Take what is still coming for a moment: a sender that is cut off hears no answer."""
        self._timed.go_on(_LINGER_SECONDS)
        try:
            for _ in range(LARGEST // PIECE):
                if not self.rfile.read1(PIECE):
                    return
        except (OSError, ValueError):
            return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: what a stranger sends is no line of ours."""
