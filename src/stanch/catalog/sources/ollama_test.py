"""Ollama's web server: its durations, its local time, and what stands around its lines."""

import io

import pytest

from stanch.catalog.sources import ollama
from stanch.catalog.sources._told import duration
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

OWN = 'time=2026-11-22T11:00:00.520+01:00 level=INFO source=routes.go:1170 msg="Listening"'
CHAT = '[GIN] 2026/11/22 - 11:00:02 | 200 |  1.5s |     203.0.113.7 | POST     "/api/chat"'


def read(*texts: str) -> list[Inference | Skipped]:
    return list(ollama.calls("ollama.log", io.BytesIO("\n".join(texts).encode())))


def calls(*texts: str) -> list[Inference]:
    return [item for item in read(*texts) if isinstance(item, Inference)]


def test_a_request_has_its_caller_and_began_as_long_ago_as_it_took() -> None:
    (call,) = calls(OWN, CHAT)
    assert (call.time, call.total_ms, call.address) == (1795341600.5, 1500.0, "203.0.113.7")
    assert (call.operation, call.status, call.key, call.model) == ("chat", 200, "", "")


def test_the_zone_is_the_server_s_own_or_the_runtime_s_stamp_decides() -> None:
    assert calls(CHAT)[0].time == 1795341600.5 + 3600
    assert calls(f"2026-11-22T10:00:02Z {CHAT}")[0].time == 1795341600.5


@pytest.mark.parametrize(
    ("printed", "milliseconds"),
    [("1.883827667s", 1883.827667), ("414.019µs", 0.414019), ("29m59s", 1_799_000), ("1h2m3s", 3_723_000),
     ("12.5ms", 12.5), ("90ns", 0.00009), ("", NOT_TOLD), ("soon", NOT_TOLD), ("1.5", NOT_TOLD), ("s1", NOT_TOLD)],
)  # fmt: skip
def test_a_duration_is_read_as_go_prints_it(printed: str, milliseconds: float) -> None:
    assert duration(printed) == pytest.approx(milliseconds)


def test_each_path_is_what_it_asks_for_and_others_are_counted() -> None:
    paths = ("/api/generate", "/api/embed", "/api/tags", "/v1/chat/completions", "/api/pull", "/", "/api/version")
    items = read(*(CHAT.replace("/api/chat", path) for path in paths))
    assert [item.operation for item in items if isinstance(item, Inference)] == [
        "completion", "embedding", "list", "chat", "other",
    ]  # fmt: skip
    assert items[-1] == Skipped("ollama.log", "requests for other paths (2 lines, the first is number 6)", fault=False)


def test_a_failure_and_an_address_of_ipv6() -> None:
    (call,) = calls(CHAT.replace("| 200 |", "| 500 |").replace("203.0.113.7", "::1"))
    assert (call.status, call.address) == (500, "::1")


def test_a_time_that_is_none_is_told() -> None:
    assert read(CHAT.replace("2026/11/22", "2026/13/22")) == [Skipped("ollama.log", "a line whose time is not a time")]
