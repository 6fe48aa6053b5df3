"""Strangers' requests: too large, too slow, too many, cut off, mislabelled; each gets the code it should."""

import gzip
import http.client
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import pytest

from stanch.web import otlp, otlp_request
from stanch.web.otlp import Listening, receiving
from stanch.web.otlp_answer import JSON
from stanch.web.otlp_body import LARGEST, Refused
from stanch.web.otlp_request import PROTOBUF, Posted

TOKEN = "0123456789abcdef0123456789abcdef"


@dataclass
class Taking:
    """Takes what comes, unless it is told to refuse."""

    folder: Path
    kept: list[tuple[str, str, bytes]] = field(default_factory=list)
    full: Refused | None = None
    unreadable: int = 0

    def require_room(self, size: int) -> None:
        if self.full:
            raise self.full

    def rejected(self, posted: Posted, inflated: bytes) -> tuple[int, str]:
        if inflated.startswith(b"no otlp"):
            raise Refused(HTTPStatus.BAD_REQUEST, "no OTLP")
        return self.unreadable, "of no kind" if self.unreadable else ""

    def keep(self, posted: Posted) -> None:
        posted.body.seek(0)
        self.kept.append((posted.signal, posted.kind, posted.body.read()))


@dataclass
class Receiver:
    port: int
    intake: Taking

    def post(
        self, body: bytes = b"", path: str = "/v1/traces", kind: str = PROTOBUF, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", path, body, {"Content-Type": kind, **given})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def raw(self, sent: bytes) -> bytes:
        """What is answered to these very bytes, all of them."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            try:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it was refused before all was sent
            found = b""
            while piece := connection.recv(1 << 16):
                found += piece
        return found


@contextmanager
def running(folder: Path, **more: int) -> Iterator[Receiver]:
    intake = Taking(folder)
    with receiving(Listening("127.0.0.1", 0), intake, **more) as where:
        yield Receiver(where.port, intake)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with running(tmp_path) as found:
        yield found


def test_protobuf_and_json_are_kept_as_they_came(receiver: Receiver) -> None:
    assert receiver.post(b"\x0a\x00")[0] == 200
    status, headers, body = receiver.post(b"{}", "/v1/logs", f"{JSON}; charset=utf-8")
    assert (status, headers["content-type"], json.loads(body)) == (200, JSON, {})
    packed = gzip.compress(b"words", mtime=0)
    assert receiver.post(packed, Content_Encoding="gzip")[0] == 200
    assert receiver.intake.kept == [
        ("traces", PROTOBUF, b"\x0a\x00"),
        ("logs", JSON, b"{}"),
        ("traces", PROTOBUF, packed),
    ]


def test_what_could_not_be_read_is_a_partial_success(receiver: Receiver) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    receiver.intake.unreadable = 300
    status, _, body = receiver.post(b"\x0a\x00")
    told = ExportTraceServiceResponse.FromString(body).partial_success
    assert (status, told.rejected_spans, told.error_message) == (200, 300, "of no kind")
    _, _, body = receiver.post(b"{}", "/v1/logs", JSON)
    assert json.loads(body) == {"partialSuccess": {"rejectedLogRecords": "300", "errorMessage": "of no kind"}}


@pytest.mark.parametrize(
    ("body", "path", "kind", "headers", "status"),
    [
        (b"", "/v1/metrics", PROTOBUF, {}, 404),
        (b"", "/v1/traces", "text/plain", {}, 415),
        (b"", "/v1/traces", PROTOBUF, {"Content_Encoding": "br"}, 415),
        (b"no gzip", "/v1/traces", PROTOBUF, {"Content_Encoding": "gzip"}, 400),
        (gzip.compress(b"cut off", mtime=0)[:-5], "/v1/traces", PROTOBUF, {"Content_Encoding": "gzip"}, 400),
        (gzip.compress(b"and", mtime=0) + b"more", "/v1/traces", PROTOBUF, {"Content_Encoding": "gzip"}, 400),
        (b"no otlp", "/v1/logs", JSON, {}, 400),
    ],
)
def test_what_cannot_be_taken_is_refused_for_good(
    receiver: Receiver, body: bytes, path: str, kind: str, headers: dict[str, str], status: int
) -> None:
    found, told, _ = receiver.post(body, path, kind, **headers)
    assert (found, "retry-after" in told) == (status, False)
    assert receiver.intake.kept == []


def test_a_bomb_is_not_inflated(receiver: Receiver) -> None:
    bomb = gzip.compress(bytes(LARGEST + 1), 9)
    assert len(bomb) < 1 << 17
    assert receiver.post(bomb, Content_Encoding="gzip")[0] == 413


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"Content-Length: 67108865\r\n\r\n", 413),
        (b"Content-Length: 99999999999999999999999999\r\n\r\n", 413),
        (b"Content-Length: -1\r\n\r\n", 400),
        (b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 400),
        (b"\r\n", 411),
        (b"X: " + b"y" * 70_000 + b"\r\n\r\n", 431),
        (b"".join(b"X%d: y\r\n" % n for n in range(200)) + b"\r\n", 431),
    ],
)
def test_a_length_that_cannot_be_is_refused(receiver: Receiver, sent: bytes, status: int) -> None:
    head = b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"
    assert receiver.raw(head + sent).startswith(b"HTTP/1.1 %d " % status)
    assert receiver.post(b"")[0] == 200, "others are served"
    assert len(receiver.intake.kept) == 1


def test_chunks_are_put_together(receiver: Receiver) -> None:
    head = b"POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert receiver.raw(head + b"2\r\n{ \r\n1;ext=1\r\n}\r\n0\r\nTrailer: x\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    assert receiver.intake.kept == [("logs", JSON, b"{ }")]


@pytest.mark.parametrize("status", [429, 503])
def test_who_comes_while_there_is_no_room_is_asked_to_come_again(receiver: Receiver, status: int) -> None:
    receiver.intake.full = Refused(HTTPStatus(status), "full", 5)
    found, headers, _ = receiver.post(b"\x0a\x00" * 1000)
    assert (found, headers["retry-after"]) == (status, "5")


def test_only_posts_are_taken(receiver: Receiver) -> None:
    assert receiver.raw(b"GET /v1/traces HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 405 ")
    assert b"400" in receiver.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
    assert receiver.intake.kept == []


def test_a_large_body_is_not_held_in_memory_while_it_comes(receiver: Receiver) -> None:
    body = bytes(10 << 20)
    assert receiver.post(body)[0] == 200
    assert [len(kept) for _, _, kept in receiver.intake.kept] == [10 << 20]
    assert list(receiver.intake.folder.iterdir()) == []


def test_a_request_that_is_cut_off_leaves_nothing(receiver: Receiver) -> None:
    head = b"POST /v1/traces HTTP/1.1\r\nContent-Type: application/x-protobuf\r\nContent-Length: 5000000\r\n\r\n"
    assert receiver.raw(head + bytes(3_000_000)) == b""
    assert receiver.intake.kept == []
    assert list(receiver.intake.folder.iterdir()) == []


def test_who_drips_is_cut_off_and_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp_request, "HEADER_SECONDS", 0.5)
    with running(tmp_path, slots=4) as receiver:
        slow = [socket.create_connection(("127.0.0.1", receiver.port)) for _ in range(4)]
        for connection in slow:
            connection.sendall(b"POST /v1/tr")
        began = time.monotonic()
        assert receiver.post(b"")[0] == 200
        assert time.monotonic() - began < 5
        for connection in slow:
            connection.settimeout(5)
            assert connection.recv(1) == b""
            connection.close()


def test_who_waits_in_vain_is_asked_to_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp, "PATIENCE", 0.05)
    with running(tmp_path, slots=1) as receiver:
        with socket.create_connection(("127.0.0.1", receiver.port)) as slow:
            slow.sendall(b"POST")
            head = receiver.raw(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503 ")
            assert b"Retry-After: " in head
        assert receiver.post(b"")[0] == 200


def test_a_thousand_at_once_are_all_served(receiver: Receiver) -> None:
    with ThreadPoolExecutor(200) as pool:
        found = list(pool.map(lambda n: receiver.post(b"%d" % n)[0], range(1000)))
    assert set(found) == {200}
    assert len({body for _, _, body in receiver.intake.kept}) == 1000
    assert threading.active_count() < 300


def test_the_token_is_asked_for_before_anything_is_read(tmp_path: Path) -> None:
    intake = Taking(tmp_path)
    with receiving(Listening("127.0.0.1", 0, TOKEN), intake) as where:
        receiver = Receiver(where.port, intake)
        assert receiver.post(b"x" * 100_000)[0] == 401
        assert receiver.post(b"", Authorization=f"Bearer {TOKEN[:-1]}")[0] == 401
        assert receiver.post(b"", Authorization="Bearer \xe9")[0] == 401
        assert receiver.post(b"", Authorization=f"Bearer {TOKEN}")[0] == 200
    assert len(intake.kept) == 1
    assert TOKEN not in repr(where)


def test_nobody_else_is_let_in_without_tls_and_a_token(tmp_path: Path) -> None:
    for listening in (Listening("0.0.0.0", 0), Listening("0.0.0.0", 0, TOKEN)):  # noqa: S104 - refused
        with pytest.raises(ValueError, match="needs TLS and a token"), receiving(listening, Taking(tmp_path)):
            pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = str(folder / "tls.pem"), str(folder / "tls.key")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-keyout", key, "-out", cert, "-days", "1", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl, which makes a certificate for this test, is absent")
    return cert, key


def test_tls_is_spoken_where_a_certificate_is_given(tmp_path: Path, certificate: tuple[str, str]) -> None:
    intake = Taking(tmp_path)
    with receiving(Listening("127.0.0.1", 0, TOKEN, *certificate), intake) as where:
        assert where.url.startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=certificate[0])
        with socket.create_connection(("127.0.0.1", where.port)):  # one who says nothing holds nobody up
            connection = http.client.HTTPSConnection("127.0.0.1", where.port, timeout=10, context=context)
            headers = {"Content-Type": PROTOBUF, "Authorization": f"Bearer {TOKEN}"}
            connection.request("POST", "/v1/traces", b"\x0a\x00", headers)
            assert connection.getresponse().status == 200
        in_clear = Receiver(where.port, intake).raw(b"POST /v1/traces HTTP/1.1\r\n\r\n")
        assert b"200" not in in_clear
    assert len(intake.kept) == 1


def test_stopping_lets_a_request_come_to_its_end(tmp_path: Path) -> None:
    intake = Taking(tmp_path)
    with receiving(Listening("127.0.0.1", 0), intake) as where:
        connection = socket.create_connection(("127.0.0.1", where.port), timeout=10)
        connection.sendall(
            b"POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
        )
        _wait_until_slot_is_taken(where.port, intake)
        rest = threading.Timer(0.2, connection.sendall, (b"}",))
        rest.start()
    rest.join()
    assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert len(intake.kept) == 2
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", where.port), timeout=1)


def _wait_until_slot_is_taken(port: int, intake: Taking) -> None:
    """Connections are let in one after the other: once a later one was served, the earlier is in."""
    assert Receiver(port, intake).post(b"")[0] == 200
