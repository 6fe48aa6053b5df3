"""vLLM's console: two lines make one call, an access line is given to it only where no other could be meant."""

import io

import pytest
from tests.catalog.call_samples import SECRET, VLLM

from stanch.catalog.sources import vllm
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

PATH = "vllm/2026-11-22.log"
PARAMS = "SamplingParams(n=1, temperature=1.0, stop=[], max_tokens=16, logprobs=None, prompt_logprobs=5)"


def read(*texts: str, path: str = PATH) -> list[Inference | Skipped]:
    return list(vllm.calls(path, io.BytesIO("\n".join(texts).encode())))


def calls(*texts: str, path: str = PATH) -> list[Inference]:
    return [item for item in read(*texts, path=path) if isinstance(item, Inference)]


def received(id_: str, second: int = 0, prompt: str = "") -> str:
    asked = f"{prompt}params: {PARAMS}, lora_request: None."
    return f"INFO 11-22 10:00:{second:02} [logger.py:49] Received request {id_}: {asked}"


def generated(id_: str, second: int = 2, how: str = "") -> str:
    told = "output: 'It is.', output_token_ids: [4, 5], finish_reason: stop"
    return f"INFO 11-22 10:00:{second:02} [logger.py:77] Generated response {id_}{how}: {told}"


def access(address: str = "203.0.113.7", path: str = "/v1/chat/completions", status: str = "200 OK") -> str:
    return f'INFO:     {address}:51408 - "POST {path} HTTP/1.1" {status}'


def test_the_lines_of_a_request_are_one_call() -> None:
    call, models = calls(VLLM.decode())
    assert (call.request, call.operation, call.address, call.status) == ("0a1b", "chat", "203.0.113.7", 200)
    assert (call.time, call.total_ms, call.finish) == (1795341600.0, 2000.0, "stop")
    assert (call.tokens_in, call.tokens_out, call.max_tokens, call.logprobs) == (3, 2, 100, 20)
    assert (call.n, call.temperature, call.prompt_logprobs, call.adapter) == (1, 0.7, NOT_TOLD, "legal")
    assert call.prompt == f"Is it {SECRET}?\n', params: SamplingParams(max_tokens=9, "
    assert call.answer == SECRET
    assert (models.operation, models.address, models.time) == ("list", "203.0.113.8", 1795341602.0)


def test_a_request_whose_answer_is_not_logged_is_a_call() -> None:
    (call,) = calls(received("cmpl-0a1b-0"))
    assert (call.request, call.operation, call.max_tokens, call.prompt_logprobs) == ("0a1b", "completion", 16, 5)
    assert (call.status, call.tokens_out, call.total_ms, call.address) == (NOT_TOLD, NOT_TOLD, NOT_TOLD, "")


def test_an_older_version_prints_the_prompt_at_info() -> None:
    old = (
        'INFO 10-01 18:43:27 logger.py:36] Received request cmpl-c52d-0: prompt: "How\'s pizza made?", '
        f"params: {PARAMS}, prompt_token_ids: [1, 2], lora_request: None, prompt_adapter_request: None."
    )
    (call,) = calls(old)
    assert (call.prompt, call.tokens_in) == ("How's pizza made?", 2)


def test_of_a_stream_the_whole_answer_counts_and_its_pieces_do_not() -> None:
    stream = [received("chatcmpl-1"), generated("chatcmpl-1", 1, " (streaming delta)"),
              generated("chatcmpl-1", 2, " (streaming complete)")]  # fmt: skip
    (call,) = calls(*stream)
    assert (call.tokens_out, call.total_ms) == (2, 2000.0)


def test_an_address_is_given_to_nobody_where_several_calls_were_open() -> None:
    items = read(
        received("chatcmpl-1"), received("chatcmpl-2"), access("203.0.113.7"), access("203.0.113.8"),
        generated("chatcmpl-1"), generated("chatcmpl-2"),
        received("chatcmpl-3", 3), access("203.0.113.9"), generated("chatcmpl-3", 4),
    )  # fmt: skip
    found = {item.request: item.address for item in items if isinstance(item, Inference)}
    assert found == {"1": "", "2": "", "3": "203.0.113.9"}
    (told,) = [item for item in items if isinstance(item, Skipped)]
    assert told.why.startswith("access lines that may be of several open calls: their addresses are not used (2 lines")
    assert not told.fault


def test_of_a_call_that_is_no_stream_the_access_line_comes_last() -> None:
    (call,) = calls(received("chatcmpl-1"), generated("chatcmpl-1"), access("203.0.113.9"))
    assert (call.address, call.tokens_out, call.status) == ("203.0.113.9", 2, 200)


def test_a_caller_s_words_name_no_adapter() -> None:
    evil = received("chatcmpl-1").replace("stop=[]", "stop=[\"lora_request: LoRARequest(lora_name='x'\"]")
    (call,) = calls(evil)
    assert (call.adapter, call.max_tokens) == ("", 16)


def test_where_requests_are_not_logged_each_access_line_is_a_call() -> None:
    dated = "INFO 11-22 10:00:00 [loggers.py:257] Engine 000: Avg prompt throughput: 0.8 tokens/s"
    found = calls(
        dated, access(), access(status="401 Unauthorized"), access(path="/v1/embeddings"), access(path="/health")
    )
    assert [(call.operation, call.status, call.request) for call in found] == [
        ("chat", 200, ""), ("chat", 401, ""), ("embedding", 200, ""),
    ]  # fmt: skip


def test_the_year_is_the_stamp_s_or_the_path_s_or_untold() -> None:
    assert calls(f"2027-11-22T10:00:00Z {received('chatcmpl-1')}", path="x.log")[0].time == 1795341600 + 365 * 86400
    assert calls(received("chatcmpl-1"), path="2026/11/22/pod.log")[0].time == 1795341600.0
    assert calls(received("chatcmpl-1"), path="vllm-2026-11-22.log")[0].time == 1795341600.0
    untold = "a line without a year; let the file's name tell its day, as vllm-2026-11-23.log"
    assert read(received("chatcmpl-1"), path="x.log") == [Skipped("x.log", untold)]
    assert read(access(), path="x.log") == [Skipped("x.log", "a line without a time, before any that has one")]


def test_a_log_that_goes_on_after_new_year_is_of_two_years() -> None:
    lines = [received("chatcmpl-1").replace("11-22", "12-31"), received("chatcmpl-2").replace("11-22", "01-01")]
    first, second = calls(*lines)
    assert second.time - first.time == 86400


def test_an_answer_whose_request_is_elsewhere_is_told() -> None:
    assert read(generated("chatcmpl-9")) == [Skipped(PATH, "an answer whose request is not in this file")]


@pytest.mark.parametrize("many", [vllm.HELD + 5])
def test_requests_that_are_never_answered_are_not_held_for_ever(many: int) -> None:
    found = calls(*(received(f"chatcmpl-{number}") for number in range(many)))
    assert len({call.request for call in found}) == many


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (VLLM, True),
        (b"(APIServer pid=7) " + access().encode(), True),
        (access().encode(), False),
        (received("x").encode(), True),
        (b"INFO 11-22 10:00:00 app.py:3] we moved to vllm serve yesterday", False),
        (b"INFO 11-22 10:00:00 [loggers.py:257] Engine 000: Avg prompt throughput: 0.8 tokens/s", True),
        (b"Received request x: params: by mail", False),
    ],
)
def test_recognises_its_own_files(head: bytes, expected: bool) -> None:
    assert vllm.recognises("x", head) is expected
