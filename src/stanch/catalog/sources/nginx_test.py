"""nginx before an inference server: both forms of its log, what operators add, and what callers write into it."""

import io
import json
from hashlib import sha256
from typing import Any

import pytest
from tests.catalog.call_samples import KEY, NGINX

from stanch.catalog.sources import nginx
from stanch.catalog.sources._paths import operation_of
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference


def line(
    request: str = "POST /v1/chat/completions HTTP/1.1",
    *,
    address: str = "203.0.113.7",
    user: str = "-",
    time: str = "22/Nov/2026:11:00:02 +0100",
    tail: str = '200 1024 "-" "curl/8"',
) -> str:
    return f'{address} - {user} [{time}] "{request}" {tail}'


def read(*texts: str) -> list[Inference | Skipped]:
    return list(nginx.calls("access.log", io.BytesIO("\n".join(texts).encode())))


def only(text: str) -> Inference:
    (call,) = read(text)
    assert isinstance(call, Inference)
    return call


def entry(**changed: Any) -> Inference:
    return only(json.dumps(NGINX | changed))


def test_a_line_has_its_caller_its_path_and_its_size() -> None:
    call = only(line(user="reports"))
    assert (call.time, call.address, call.user, call.agent) == (1795341602.0, "203.0.113.7", "reports", "curl/8")
    assert (call.operation, call.status, call.bytes_out) == ("chat", 200, 1024)
    assert (call.total_ms, call.request, call.key, call.tokens_in) == (NOT_TOLD, "", "", NOT_TOLD)


@pytest.mark.parametrize("added", ["rt=1.500 rid=9ec9264a", 'request_time="1.500" x_request_id="9ec9264a"',
                                   'id=9ec9264a rt=1.500 uct="0.000"'])  # fmt: skip
def test_what_an_operator_added_is_read_where_it_has_a_name(added: str) -> None:
    call = only(line(tail=f'200 1024 "-" "curl/8" {added}'))
    assert (call.time, call.total_ms, call.request) == (1795341600.5, 1500.0, "9ec9264a")


def test_an_entry_has_what_the_operator_chose() -> None:
    call = entry(upstream_header_time="0.250")
    assert (call.time, call.total_ms, call.first_ms) == (1795341600.5, 1500.0, 250.0)
    assert (call.status, call.bytes_in, call.bytes_out, call.request) == (200, 300, 1024, "9ec9264a")
    assert call.key == sha256(KEY.encode()).hexdigest()


@pytest.mark.parametrize(
    ("name", "value"),
    [("msec", "1795341602.000"), ("time_local", "22/Nov/2026:10:00:02 +0000"), ("timestamp", "2026-11-22T10:00:02Z")],
)
def test_a_time_is_read_in_whatever_form_the_operator_chose(name: str, value: str) -> None:
    assert entry(time_iso8601=None, **{name: value}).time == 1795341600.5


def test_the_address_is_the_last_that_is_no_proxy_of_ours() -> None:
    assert entry(remote_addr="10.0.0.3", http_x_forwarded_for="6.6.6.6, 8.8.8.8").address == "8.8.8.8"
    assert entry(remote_addr="9.9.9.9", http_x_forwarded_for="8.8.8.8").address == "9.9.9.9"


@pytest.mark.parametrize(
    "agent", [r"x\x22 200 1", 'x" "y', "[22/Nov/2026:10:00:02 +0000] POST /v1/embeddings HTTP/1.1", "rt=9 rid=forged"]
)
def test_what_a_caller_writes_decides_nothing(agent: str) -> None:
    call = only(line("GET /v1/models?x=/v1/chat/completions HTTP/1.1", tail=f'200 1024 "-" "{agent}" rt=1.5 rid=own'))
    assert (call.operation, call.status, call.bytes_out) == ("list", 200, 1024)
    assert (call.request, call.total_ms) == ("own", 1500.0)


def test_a_broken_request_and_one_for_another_path_are_no_calls() -> None:
    for request in ("\\x16\\x03\\x01", "GET /index.html?x=/v1/chat/completions HTTP/1.1", ""):
        (told,) = read(line(request))
        assert told == Skipped("access.log", "requests for other paths", fault=False)


def test_other_paths_and_broken_lines_are_counted() -> None:
    told = read(line("GET / HTTP/1.1"), line("GET /a HTTP/2.0"), "prose", line(time="22/Nov/2026:99:00:02 +0100"))
    assert {(item.why, item.fault) for item in told if isinstance(item, Skipped)} == {
        ("requests for other paths (2 lines, the first is number 1)", False),
        ("a line that is cut short or no access log line", True),
        ("a line whose time is not a time", True),
    }


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v1/chat/completions", "chat"), ("/llm/v1/chat/completions?x=1", "chat"), ("/v1/messages", "chat"),
        ("/v1/responses", "chat"), ("/api/chat", "chat"), ("/model/a.b-v1:0/converse-stream", "chat"),
        ("/v1/completions", "completion"), ("/api/generate", "completion"), ("/generate_stream", "completion"),
        ("/endpoints/x/invocations", "completion"), ("/model/x/invoke", "completion"), ("/infill", "completion"),
        ("/v1/embeddings", "embedding"), ("/api/embed", "embedding"), ("/embed", "embedding"),
        ("/v1/models", "list"), ("/v1/models/llama:legal", "list"), ("/api/tags", "list"), ("/lora-adapters", "list"),
        ("/collections/docs/points/scroll", "retrieval"), ("/collections/docs/points/17", "retrieval"),
        ("/collections/docs/snapshots/a.snapshot", "retrieval"), ("/v2/vectordb/entities/search", "retrieval"),
        ("/docs/_search?scroll=1m", "retrieval"), ("/v1/vector_stores/vs_1/search", "retrieval"),
        ("https://llm.example.org:443/v1/chat/completions", "chat"), ("/tokenize", "other"),
        ("/", ""), ("", ""), ("/health", ""), ("/metrics", ""), ("/collections", ""), ("/search", ""),
    ],
)  # fmt: skip
def test_a_path_tells_what_was_asked_for(path: str, operation: str) -> None:
    assert operation_of(path) == operation


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (line().encode(), True),
        (line(address="2001:db8::1").encode(), True),
        (json.dumps(NGINX).encode(), True),
        (b"79a59df900b949e5 bucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET x", False),
        (b'h2 2026-05-06T09:12:00.186641Z app/vllm/50dc 203.0.113.5:1 10.0.0.1:80 0 0 0 200 200 1 1 "GET /"', False),
        (b'{"remote_addr": "1.2.3.4", "eventSource": "x"}', False),
        (b"", False),
    ],
)
def test_recognises_its_own_files(head: bytes, expected: bool) -> None:
    assert nginx.recognises("x", head) is expected
