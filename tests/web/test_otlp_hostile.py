"""Strangers at the receiver's door: what they cost before anybody knows them, and what a full disk tells them."""

import gzip
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.web.test_otlp import Receiver, running

from stanch.catalog.sources import otel
from stanch.catalog.sources._json import MOST_VALUES
from stanch.domain.event import Skipped
from stanch.web import otlp_request
from stanch.web.otlp_answer import JSON
from stanch.web.otlp_request import HEADER_BYTES


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with running(tmp_path) as found:
        yield found


def test_headers_of_megabytes_are_not_held_for_one_who_has_shown_no_token(receiver: Receiver) -> None:
    line = b"X: " + b"y" * 65_000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=20) as connection:
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\n" + line * (HEADER_BYTES // len(line) + 2))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 431 "), "and not only when all have come"
    assert receiver.post(b"\x0a\x00")[0] == 200


def test_a_body_may_be_larger_than_headers_may(receiver: Receiver) -> None:
    assert receiver.post(bytes(3 * HEADER_BYTES))[0] == 200
    assert [len(body) for _, _, body in receiver.intake.kept] == [3 * HEADER_BYTES]


def test_a_page_in_a_browser_may_not_post(receiver: Receiver) -> None:
    assert receiver.post(b"\x0a\x00", Origin="https://elsewhere.example")[0] == 403
    assert receiver.intake.kept == []


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [100_000, 1_300_000, 5_000_000])
def test_who_sends_while_the_disk_is_full_is_asked_to_come_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(otlp_request, "_IN_MEMORY", 1 << 16)
    with _files_of_at_most(size - 1):
        status, headers, _ = receiver.post(bytes(size))
    assert (status, headers["retry-after"]) == (503, "5")
    assert receiver.post(bytes(size))[0] == 200


def test_a_body_that_expands_as_no_spans_do_is_refused(receiver: Receiver) -> None:
    bomb = gzip.compress(b"\x0a\x00" * (5 << 20), 9)
    assert receiver.post(bomb, Content_Encoding="gzip")[0] == 413
    assert receiver.post(gzip.compress(b"\x0a\x00" * (1 << 18), 9), Content_Encoding="gzip")[0] == 200


@pytest.mark.parametrize("envelopes", ['{{"resourceSpans":[{}{{}}]}}', '{{"resourceLogs":[{{"scopeLogs":[{}{{}}]}}]}}'])
def test_envelopes_of_two_bytes_are_not_opened_by_the_million(envelopes: str) -> None:
    body = envelopes.format("{}," * (MOST_VALUES // 2)).encode()
    with pytest.raises(ValueError, match="send smaller batches"):
        otel.unreadable(body, JSON)
    (told,) = otel.decode("x", body, JSON)
    assert isinstance(told, Skipped)
    assert told.fault
