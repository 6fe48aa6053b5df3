"""OTLP over HTTP is a POST of protobuf or JSON to /v1/traces or /v1/logs; its senders try again when they are told to.

Reads: bodies as they are and gzip, with a length or in chunks. Answers with the codes that the specification tells
exporters apart by: 400 and its like are final, 429 and 503 with `Retry-After` are not.
Source: the OTLP specification 1.x, "OTLP/HTTP".
"""

import hmac
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import HTTPServer
from socketserver import ThreadingMixIn
from typing import Any

from stanch.web.otlp_request import BUSY, Handling, Intake

SLOTS = 256
"""Requests that are read at one time; others wait to be let in."""
PATIENCE = 5.0
"""Seconds that one waits at the door while all slots are taken, before it is asked to come back."""
_BACKLOG = 1024
_ENDING = 5.0
"""Seconds that requests have to come to their end when the receiver stops."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen, and what a sender must know; without `certificate` nothing is encrypted."""

    host: str
    port: int
    token: str = field(default="", repr=False)
    certificate: str = ""
    private_key: str = field(default="", repr=False)

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but this machine can reach it."""
        return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback

    @property
    def url(self) -> str:
        """What an exporter is given as its endpoint."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"


@contextmanager
def receiving(listening: Listening, intake: Intake, *, slots: int = SLOTS) -> Iterator[Listening]:
    """Receive until the block ends; yields where, with the port in place of 0. Raises OSError, ValueError."""
    if not listening.is_loopback and not (listening.certificate and listening.token):
        raise ValueError(f"{listening.host} can be reached from elsewhere, and needs TLS and a token")
    server = _Server(listening, intake, slots)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True, name="otlp")
    thread.start()
    try:
        yield replace(listening, port=server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        server.finish(_ENDING)


class _Server(ThreadingMixIn, HTTPServer):
    """A thread for each request, so many at a time and no more: whoever is slow holds one slot, and not for long."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = _BACKLOG

    def __init__(self, listening: Listening, intake: Intake, slots: int) -> None:
        self.handling = Handling(intake, _knows(listening.token))
        self._slots = threading.BoundedSemaphore(slots)
        self._count = slots
        host = "127.0.0.1" if listening.host == "localhost" else listening.host
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._tls = _tls(listening) if listening.certificate else None
        super().__init__((host, listening.port), self.handling.handler)

    def server_bind(self) -> None:
        """As it is, but nobody is asked what this machine is called."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection; TLS is agreed on in its own thread, for it may be slow about it."""
        connection, address = super().get_request()
        if self._tls:
            try:
                connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            except OSError:  # gone already
                connection.close()
                raise
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        """Let it in, or ask it to come back."""
        if self._slots.acquire(timeout=PATIENCE):
            try:
                super().process_request(request, client_address)
            except BaseException:
                self._slots.release()
                raise
            return
        try:
            request.settimeout(1)
            if self._tls is None:
                request.sendall(BUSY)
        except OSError:
            pass  # it went away by itself
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One request, in its own thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender who goes away in the midst of it is nobody's fault, and what it sent reaches no log."""

    def finish(self, seconds: float) -> None:
        """Wait until all that were let in are done, for so long."""
        until = time.monotonic() + seconds
        for _ in range(self._count):
            if not self._slots.acquire(timeout=max(0.0, until - time.monotonic())):
                return


def _knows(token: str) -> Callable[[str], bool]:
    """What tells whether a header bears the token, in the same time for all that do not."""
    wanted = f"Bearer {token}".encode()

    def knows(header: str) -> bool:
        return not token or hmac.compare_digest(header.encode("utf-8", "surrogateescape"), wanted)

    return knows


def _tls(listening: Listening) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Without a password OpenSSL would ask for one at the terminal, and wait for ever where there is none.
    context.load_cert_chain(listening.certificate, listening.private_key or None, password="")
    return context
