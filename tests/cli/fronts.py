"""What stands between a caller and AWS on a bad day: one who throttles, or refuses everything in AWS's words."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Reply = tuple[int, str, bytes]
"""Status, content type, body."""

_HOPS = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


def refusal(status: int, code: str, message: str = "no") -> Reply:
    """AWS's refusal as the query protocol spells it, which is the first that a caller meets."""
    told = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    return status, "text/xml", told.encode()


@contextmanager
def front(decide: Callable[[], Reply | None], behind: str = "") -> Iterator[str]:
    """A server on loopback, its address: it answers as `decide` says, or passes the request on."""

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing."""

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = decide()
            if answer is None:
                self._pass_on(body)
                return
            status, kind, told = answer
            self._send(status, {"Content-Type": kind}, told)

        do_GET = do_POST = do_PUT = do_HEAD = _serve  # noqa: N815 - the server's names

        def _pass_on(self, body: bytes) -> None:
            connection = HTTPConnection(urlsplit(behind).netloc, timeout=30)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in _HOPS}
            self._send(answer.status, headers, answer.read())
            connection.close()

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def at_most(a_second: float) -> Callable[[], Reply | None]:
    """Pass on so many a second and throttle the rest."""
    lock, allowed = threading.Lock(), [1.0, time.monotonic()]

    def decide() -> Reply | None:
        with lock:
            now = time.monotonic()
            allowed[0] = min(allowed[0] + (now - allowed[1]) * a_second, max(1.0, a_second))
            allowed[1] = now
            if allowed[0] >= 1:
                allowed[0] -= 1
                return None
        return refusal(503, "Throttling", "Rate exceeded")

    return decide
