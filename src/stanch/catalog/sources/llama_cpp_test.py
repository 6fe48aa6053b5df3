"""llama-server's console: a task's lines make one call, with what its cache saved, over the changes of its format."""

import io

import pytest
from tests.catalog.call_samples import LLAMA_CPP

from stanch.catalog.sources import llama_cpp
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

NEWER = """\
[42027] 1.35.716.244 I slot launch_slot_: id  0 | task 388 | processing task, is_child = 0
[42027] 1.35.716.250 I slot update_slots: id  0 | task 388 | new prompt, n_ctx_slot = 4096, task.n_tokens = 27
[42027] 1.37.495.377 I slot print_timing: id  0 | task 388 |
[42027] prompt eval time =     789.03 ms /    27 tokens (   29.22 ms per token,    34.22 tokens per second)
[42027]        eval time =   16112.50 ms /   192 tokens (   83.92 ms per token,    11.92 tokens per second)
[42027]       total time =   16901.53 ms /   219 tokens
[42027] 1.37.495.428 I slot      release: id  0 | task 388 | stop processing: n_tokens = 218, truncated = 0
[42027] 1.37.495.588 I srv  log_server_r: done request: POST /v1/chat/completions 127.0.0.1 200
"""


def stamped(text: str, second: int = 0) -> str:
    return "\n".join(f"2026-11-22T10:00:{second:02}.000Z {line}" for line in text.splitlines())


def read(*texts: str) -> list[Inference | Skipped]:
    return list(llama_cpp.calls("llama.log", io.BytesIO("\n".join(texts).encode())))


def calls(*texts: str) -> list[Inference]:
    return [item for item in read(*texts) if isinstance(item, Inference)]


def task(number: int) -> str:
    """The lines of a task up to its timings."""
    return "\n".join(NEWER.splitlines()[:6]).replace("task 388", f"task {number}")


def test_a_task_is_a_call_with_what_the_cache_saved() -> None:
    (call,) = calls(LLAMA_CPP.decode())
    assert (call.time, call.operation, call.address, call.status) == (1795341600.0, "chat", "203.0.113.7", 200)
    assert (call.tokens_in, call.cached, call.tokens_out) == (40, 7, 710)
    assert (call.first_ms, call.total_ms) == (990.3, 2000.0)


def test_a_newer_version_with_its_own_stamps_and_process() -> None:
    (call,) = calls(stamped(NEWER))
    assert (call.tokens_in, call.cached, call.tokens_out, call.address) == (27, 0, 192, "127.0.0.1")


def test_an_address_is_given_to_nobody_where_several_tasks_had_ended() -> None:
    end = "srv  log_server_r: request: POST /completion 203.0.113.7 200"
    items = read(stamped(task(1)), stamped(task(2)), stamped(end), stamped(end), stamped(task(3)), stamped(end))
    assert [(item.address, item.tokens_out) for item in items if isinstance(item, Inference)] == [
        ("", 192), ("", 192), ("203.0.113.7", 192),
    ]  # fmt: skip


def test_a_list_of_models_and_a_refusal_are_calls_of_their_own() -> None:
    found = calls(
        stamped("srv  log_server_r: request: GET /v1/models 127.0.0.1 200"),
        stamped("request: POST /v1/chat/completions 203.0.113.7 401"),
        stamped("srv  log_server_r: request: GET /favicon.ico 127.0.0.1 404"),
    )
    assert [(call.operation, call.status, call.tokens_in) for call in found] == [
        ("list", 200, NOT_TOLD), ("chat", 401, NOT_TOLD),
    ]  # fmt: skip


def test_without_the_runtime_s_stamps_nothing_has_a_time() -> None:
    told = read(NEWER)
    assert not [item for item in told if isinstance(item, Inference)]
    assert Skipped("llama.log", "a line without a time: keep the log with the runtime's stamps (2 lines, the first is "
                   "number 6)") in told  # fmt: skip


def test_a_task_without_an_access_line_is_told_at_the_end() -> None:
    (call,) = calls(stamped(task(5)))
    assert (call.operation, call.status, call.address) == ("completion", NOT_TOLD, "")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (NEWER.encode(), True),
        (LLAMA_CPP, True),
        (b"srv  update_slots: all slots are idle", True),
        (b"slot machine: id 7", False),
        (b"request: POST /v1/chat/completions 127.0.0.1 200", True),
        (b"request: denied", False),
    ],
)
def test_recognises_its_own_files(head: bytes, expected: bool) -> None:
    assert llama_cpp.recognises("x", head) is expected
