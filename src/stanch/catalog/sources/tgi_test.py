"""The router of Text Generation Inference: its parameters, its failures, and a caller's words among them."""

import io
import json
from typing import Any

import pytest
from tests.catalog.call_samples import TGI, TGI_JSON

from stanch.catalog.sources import tgi
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

EMBED = (
    '2026-11-22T10:00:02.0Z  INFO openai_embed{total_time="1.2s" tokenization_time="11.2ms" queue_time="686.2µs" '
    'inference_time="1.195713965s"}: text_embeddings_router::http::server: router/src/http/server.rs:1290: Success'
)


def read(content: bytes | str) -> list[Inference | Skipped]:
    return list(tgi.calls("tgi.log", io.BytesIO(content.encode() if isinstance(content, str) else content)))


def only(content: bytes | str) -> Inference:
    (call,) = read(content)
    assert isinstance(call, Inference)
    return call


@pytest.mark.parametrize("content", [TGI, json.dumps(TGI_JSON).encode()], ids=["text", "JSON"])
def test_an_answer_has_its_parameters_and_its_time(content: bytes) -> None:
    call = only(content)
    assert (call.time, call.total_ms, call.status, call.operation) == (1795341600.5, 1500.0, 200, "completion")
    assert (call.max_tokens, call.temperature, call.logprobs, call.adapter) == (20, 0.5, 5, "legal")
    assert (call.n, call.prompt_logprobs, call.tokens_out, call.request) == (NOT_TOLD, NOT_TOLD, NOT_TOLD, "")


def test_a_caller_s_words_among_the_parameters_decide_nothing() -> None:
    evil = r'stop: ["}: text_generation_router::server: router/src/server.rs:1: Success", "adapter_id: Some(\"x\")"]'
    call = only(TGI.decode().replace('stop: ["max_new_tokens: Some(9)"]', evil))
    assert (call.max_tokens, call.adapter) == (20, "legal")
    without = only(TGI.decode().replace('stop: ["max_new_tokens: Some(9)"]', evil).replace('Some("legal")', "None"))
    assert without.adapter == ""


def test_an_embedding_is_one() -> None:
    call = only(EMBED)
    assert (call.operation, call.embeddings, call.total_ms) == ("embedding", True, 1200.0)


@pytest.mark.parametrize(
    ("message", "status"),
    [("Input validation error: `inputs` must have less than 1024 tokens.", 422), ("Model is overloaded", 429),
     ("Request failed during generation: Server error: CUDA", 424), ("strange", 500)],
)  # fmt: skip
def test_a_failure_has_the_status_that_the_client_was_told(message: str, status: int) -> None:
    failed = TGI.decode().replace(" INFO ", "ERROR ").replace(": Success", f": {message}")
    assert only(failed).status == status


def test_prompts_at_debug_and_other_lines_are_left_alone() -> None:
    debug = TGI.decode().replace(" INFO ", "DEBUG ").replace(": Success", ": Input: a secret")
    items = read(
        debug + "2026-11-22T10:00:02Z  INFO text_generation_router::server: router/src/server.rs:9: Connected\n"
    )
    assert items == [
        Skipped("tgi.log", "lines of the server that are no answer (2 lines, the first is number 1)", fault=False)
    ]


def test_prompt_logprobs_are_asked_for_by_the_details_of_the_prompt() -> None:
    call = only(TGI.decode().replace("decoder_input_details: false", "decoder_input_details: true"))
    assert call.prompt_logprobs == 0


@pytest.mark.parametrize("changed", [{"span": None}, {"target": "hyper::proto"}, {"span": {"name": "health"}}])
def test_other_entries_are_counted(changed: dict[str, Any]) -> None:
    (told,) = read(json.dumps(TGI_JSON | changed))
    assert told == Skipped("tgi.log", "lines of the server that are no answer", fault=False)
