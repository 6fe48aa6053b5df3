"""LiteLLM's own proxy wrote the records here: each kind of call is read as it was made."""

import io
import json
import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.catalog.call_samples import LITELLM, RECORDED
from tests.recordings import litellm_proxy

from stanch.catalog.sources import litellm
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

ONE, TWO = (sha256(key.encode()).hexdigest() for key in litellm_proxy.KEYS)
EXECUTABLE = os.environ.get("LITELLM") or shutil.which("litellm")


def read(content: bytes) -> list[Inference | Skipped]:
    return list(litellm.calls("calls.jsonl", io.BytesIO(content)))


def calls(content: bytes) -> list[Inference]:
    found = read(content)
    assert not [item for item in found if isinstance(item, Skipped)], found[-1]
    return [item for item in found if isinstance(item, Inference)]


def one(**changed: Any) -> Inference:
    (call,) = calls(json.dumps(LITELLM | changed).encode())
    return call


def as_made(found: list[Inference]) -> None:
    """The calls of `litellm_proxy.calls`, as they were made."""
    first, stream, stealing, parts, completion, embedding, broken = sorted(
        found, key=lambda call: (call.model == "broken", call.operation == "embedding",
                                 call.operation == "completion", call.time)
    )  # fmt: skip
    assert (first.key, first.tenant, first.operation, first.status) == (ONE, "team-one", "chat", 200)
    assert (first.temperature, first.max_tokens, first.logprobs) == (0.2, 64, NOT_TOLD)
    assert (first.prompt, first.answer, first.finish) == ("What is the weather?", "It rains in the afternoon.", "stop")
    assert (first.address, first.agent, first.first_ms) == ("127.0.0.1", "recorder/1", NOT_TOLD)
    assert 0 < stream.first_ms <= stream.total_ms
    assert stream.answer == first.answer
    assert (stealing.key, stealing.user, stealing.max_tokens, stealing.n) == (TWO, "end-user-7", 1, 1)
    assert (stealing.logprobs, stealing.biases, set(stealing.bias_tokens)) == (20, 2, {"50256", "11"})
    assert parts.prompt == "Describe it.\nIn one word."
    assert (completion.operation, completion.prompt, completion.max_tokens) == ("completion", "Once upon a time", 16)
    assert (embedding.operation, embedding.embeddings, embedding.model) == ("embedding", True, "embedder")
    assert (embedding.tokens_in, embedding.prompt) == (10, "first text\nsecond text")
    assert (broken.model, broken.status, broken.answer) == ("broken", 429, "")
    assert all(call.cost in (0, NOT_TOLD) and call.request and call.total_ms > 0 for call in found)


def test_the_recorded_calls_are_read_as_they_were_made() -> None:
    as_made(calls(RECORDED.read_bytes()))


@pytest.mark.skipif(EXECUTABLE is None, reason="LiteLLM's proxy is not installed: set LITELLM to its executable")
def test_the_calls_of_a_living_proxy_are_read_as_they_were_made() -> None:
    with litellm_proxy.proxy(Path(str(EXECUTABLE))) as served:
        objects = served.objects(litellm_proxy.calls(served))
        lists = [body for _, body in served.box.posted]
    as_made([call for content in objects for call in calls(content)])
    assert lists
    assert all(litellm.recognises("x", content[: 1 << 14]) and calls(content) for content in lists)


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (json.dumps(LITELLM), 1),
        (json.dumps([LITELLM, LITELLM]), 2),
        (json.dumps([LITELLM]) + "\n" + json.dumps([LITELLM, LITELLM]), 3),
        (json.dumps(LITELLM) * 3, 3),
        (json.dumps(LITELLM, indent=2) + "\n" + json.dumps(LITELLM, indent=2), 2),
        ("\n\n" + json.dumps(LITELLM) + "\n\n" + json.dumps(LITELLM), 2),
    ],
)
def test_records_come_as_lines_lists_and_single_objects(content: str, count: int) -> None:
    assert len(calls(content.encode())) == count


def test_one_bad_record_of_a_list_costs_no_other() -> None:
    text = json.dumps([LITELLM, LITELLM | {"prompt_tokens": float("nan")}, {"id": "strange"}, 7, LITELLM])
    items = read(text.encode())
    found = [item for item in items if isinstance(item, Inference)]
    assert [call.tokens_in for call in found] == [10, NOT_TOLD, 10]
    assert sorted(item.why for item in items if isinstance(item, Skipped)) == [
        "a record that is no JSON object",
        "a record that is no call of LiteLLM",
    ]


def test_a_first_line_that_is_broken_costs_no_other() -> None:
    line = json.dumps(LITELLM)
    *found, told = read(f"{line[:300]}\n{line}\n{line}\n".encode())
    assert len(found) == 2
    assert isinstance(told, Skipped)
    assert told.why.startswith("broken JSON")


@pytest.mark.parametrize(
    ("given", "expected"),
    [(7, 7), ("7", 7), (7.0, 7), ("7.0", 7), (None, -1), ("null", -1), ("", -1), (True, -1), (-3, -1), ("x", -1),
     (10**30, -1), (float("inf"), -1)],
)  # fmt: skip
def test_a_count_is_read_however_it_is_written(given: Any, expected: int) -> None:
    assert one(prompt_tokens=given).tokens_in == expected


def test_singular_names_and_the_usage_object_stand_in() -> None:
    call = one(prompt_tokens=None, prompt_token=5, completion_tokens=None, metadata={"usage_object": {
        "completion_tokens": "6", "prompt_tokens_details": {"cached_tokens": 4}}})  # fmt: skip
    assert (call.tokens_in, call.tokens_out, call.cached, call.key) == (5, 6, 4, "")


@pytest.mark.parametrize(
    ("parameters", "logprobs"),
    [({"logprobs": True}, 0), ({"logprobs": 5}, 5), ({"logprobs": True, "top_logprobs": "3"}, 3),
     ({"logprobs": False, "top_logprobs": 0}, -1), ({}, -1), ({"logprobs": "true", "top_logprobs": 20}, 20)],
)  # fmt: skip
def test_logprobs_are_k_or_asked_for_without_k_or_not_told(parameters: dict[str, Any], logprobs: int) -> None:
    assert one(model_parameters=parameters).logprobs == logprobs


def test_a_sweep_of_biases_is_counted_whole_and_named_in_part() -> None:
    call = one(model_parameters={"logit_bias": {str(token): -100 for token in range(2000)}})
    assert (call.biases, len(call.bias_tokens)) == (2000, 512)


def test_a_field_of_an_unexpected_type_is_told_and_the_call_is_read() -> None:
    call, *told = read(json.dumps(LITELLM | {"model_parameters": [1], "end_user": {"a": 1}}).encode())
    assert isinstance(call, Inference)
    assert (call.tokens_in, call.max_tokens, call.user) == (10, NOT_TOLD, "")
    assert sorted(item.why for item in told if isinstance(item, Skipped)) == [
        "a record whose end_user is of an unexpected type",
        "a record whose model_parameters is of an unexpected type",
    ]


def test_a_key_in_clear_becomes_the_hash_that_litellm_would_keep() -> None:
    clear = one(metadata={"user_api_key_hash": "sk-team-one-0001"})
    assert clear.key == one(metadata={"user_api_key_hash": ONE}).key == ONE


def test_the_id_of_a_proxy_in_front_is_told_beside_the_server_s() -> None:
    call = one(metadata={"requester_custom_headers": {"x-request-id": "front-77"}})
    assert (call.request, call.extra) == ("0a1b", {"front": "front-77"})
    traced = one(metadata={"requester_custom_headers": {"x-amzn-trace-id": "Self=1-a-b;Root=1-67891233-abcdef01"}})
    assert traced.extra == {"trace": "1-67891233-abcdef01"}
    assert one().extra is None


def test_a_model_that_is_none_was_asked_for_and_not_found() -> None:
    error = {"error_code": "400", "error_class": "ProxyModelNotFoundError"}
    call = one(status="failure", model="absent", model_group="", error_information=error)
    assert (call.status, call.model) == (404, "absent")
    assert one(status="failure", error_information=error | {"error_class": "BadRequestError"}).status == 400
    assert one(status="failure", error_information=None).status == 500


@pytest.mark.parametrize(
    "changed",
    [
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Is it?"}]},
        {"messages": [{"role": "user", "content": "Is it?"}, {"role": "developer", "content": ["Be brief."]}]},
        {"messages": [{"role": "user", "content": "Is it?"}], "model_parameters": {"instructions": "Be brief."}},
        {"messages": [{"role": "user", "content": "Is it?"}],
         "model_parameters": {"system": [{"type": "text", "text": "Be brief."}]}},
        {"messages": {"system": "Be brief.", "messages": [{"role": "user", "content": "Is it?"}]}},
    ],
)  # fmt: skip
def test_the_application_s_words_are_told_beside_the_caller_s(changed: dict[str, Any]) -> None:
    call = one(**changed)
    assert (call.prompt, call.system) == ("Is it?", "Be brief.")
    assert one(messages=[{"role": "user", "content": "Is it?"}]).system == ""


def test_words_that_the_proxy_was_told_to_withhold_are_none() -> None:
    withheld = [{"role": "user", "content": "redacted-by-litellm"}]
    call = one(messages=withheld, response={"choices": [{"message": {"content": "redacted-by-litellm"}}]})
    assert (call.prompt, call.answer) == ("", "")


@pytest.mark.parametrize(
    ("given", "expected"),
    [("203.0.113.7", "203.0.113.7"), ("10.0.0.9, 8.8.8.8, 10.0.0.1", "8.8.8.8"), ("6.6.6.6, 8.8.8.8", "8.8.8.8"),
     ("10.0.0.9, 10.0.0.1", "10.0.0.1"), ("[2001:DB8::1]:443", "2001:db8::1"), ("::ffff:8.8.8.8", "8.8.8.8"),
     ("fe80::1%eth0", "fe80::1"), ("203.0.113.7:443", "203.0.113.7"), ("localhost", ""), ("1.2.3", "")],
)  # fmt: skip
def test_addresses_are_parsed_and_what_a_caller_adds_is_not_believed(given: str, expected: str) -> None:
    assert one(requester_ip_address=given).address == expected


def test_half_a_surrogate_pair_does_not_hide_a_call() -> None:
    (call,) = calls(json.dumps(LITELLM).replace("Is it ", r"\ud800 ").encode())
    assert call.prompt.startswith("\ufffd ")
