"""Bedrock's invocation log in the shapes of its models, streams and references, and where a call really ran."""

import io
import json
from typing import Any

import pytest
from tests.catalog.call_samples import BEDROCK, SECRET

from stanch.catalog.sources import bedrock
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference


def read(*records: Any) -> list[Inference | Skipped]:
    content = b"\n".join(json.dumps(record).encode() for record in records)
    return list(bedrock.calls("x.json", io.BytesIO(content)))


def one(asked: Any = None, answered: Any = None, **changed: Any) -> Inference:
    record = BEDROCK | changed
    for part, given in (("input", asked), ("output", answered)):
        record = record | {part: {**record[part], f"{part}BodyJson": given}} if given is not None else record
    (call,) = read(record)
    assert isinstance(call, Inference)
    return call


def test_a_call_has_its_caller_its_model_its_tokens_and_its_words() -> None:
    call = one()
    assert call.key == "arn:aws:sts::111122223333:assumed-role/app/i-0123456789abcdef0"
    assert call.account == "111122223333"
    assert (call.model, call.operation, call.status) == ("amazon.nova-lite-v1:0", "chat", 200)
    assert (call.tokens_in, call.tokens_out, call.cached) == (4, 38, 0)
    assert (call.max_tokens, call.temperature, call.finish, call.total_ms) == (512, 0.7, "end_turn", 302)
    assert (call.prompt, call.system, call.answer) == (f"Is it {SECRET}?", f"Never say {SECRET}.", SECRET)


def test_where_it_ran_is_told_apart_from_where_it_was_asked_for() -> None:
    assert (one().home, one().region) == ("eu-central-1", "eu-west-3")
    assert (one(inferenceRegion=None).home, one(inferenceRegion=None).region) == ("eu-central-1", "eu-central-1")


STREAM = [
    {"type": "message_start", "message": {"role": "assistant", "content": [], "usage": {"input_tokens": 11}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "It is "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "so."}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
    {
        "type": "message_stop",
        "amazon-bedrock-invocationMetrics": {"invocationLatency": 1200, "firstByteLatency": 250},
        "amazon-bedrock-guardrailAction": "NONE",
    },
]


def test_the_pieces_of_a_stream_are_one_answer() -> None:
    asked = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 64, "system": "Be brief.",
             "messages": [{"role": "user", "content": "Is it so?"}]}  # fmt: skip
    call = one(asked, STREAM, operation="InvokeModelWithResponseStream")
    assert (call.prompt, call.answer, call.finish) == ("Is it so?", "It is so.", "end_turn")
    assert (call.max_tokens, call.first_ms, call.total_ms, call.guardrail) == (64, 250, 1200, "NONE")


@pytest.mark.parametrize(
    ("asked", "answered", "words", "most"),
    [
        (
            {"inputText": "Is it?", "textGenerationConfig": {"maxTokenCount": 9, "temperature": 0}},
            {"results": [{"outputText": "It is.", "completionReason": "FINISH"}]},
            ("Is it?", "It is.", "FINISH"), 9,
        ),
        (
            {"prompt": "Is it?", "max_gen_len": 9},
            {"generation": "It is.", "stop_reason": "stop"},
            ("Is it?", "It is.", "stop"), 9,
        ),
        (
            {"prompt": "Is it?", "max_tokens_to_sample": "9"},
            {"completion": "It is.", "stop_reason": "stop_sequence"},
            ("Is it?", "It is.", "stop_sequence"), 9,
        ),
        (
            {"prompt": "Is it?", "max_gen_len": None},
            [{"generation": "It "}, {"generation": "is.", "stop_reason": "stop"}],
            ("Is it?", "It is.", "stop"), NOT_TOLD,
        ),
    ],
    ids=["Titan", "Llama", "Claude 2", "Llama, streamed"],
)  # fmt: skip
def test_each_family_of_models_has_its_own_dialect(
    asked: Any, answered: Any, words: tuple[str, str, str], most: int
) -> None:
    call = one(asked, answered, operation="InvokeModel")
    assert (call.prompt, call.answer, call.finish) == words
    assert call.max_tokens == most


def test_a_body_in_s3_is_named_and_not_fetched() -> None:
    place = "s3://logs/AWSLogs/111122223333/BedrockModelInvocationLogs/eu-central-1/data/x_input.json.gz"
    (call,) = read(
        BEDROCK
        | {
            "input": {"inputBodyS3Path": place, "inputTokenCount": 100_000},
            "output": {"outputBodyS3Path": place.replace("input", "output"), "outputTokenCount": None},
        }
    )
    assert isinstance(call, Inference)
    assert (call.prompt, call.prompt_ref, call.answer_ref) == ("", place, place.replace("input", "output"))
    assert (call.tokens_in, call.tokens_out) == (100_000, NOT_TOLD)


def test_a_guardrail_that_stepped_in_is_told() -> None:
    assert one(None, {"stopReason": "guardrail_intervened"}).guardrail == "INTERVENED"
    assert one(None, {"amazon-bedrock-guardrailAction": "INTERVENED"}).guardrail == "INTERVENED"


@pytest.mark.parametrize(
    ("given", "model", "adapter"),
    [
        ("arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0", False),
        ("arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.x", "eu.x", False),
        ("arn:aws-eusc:bedrock:eusc-de-east-1:111122223333:custom-model-deployment/a1", "a1", True),
        ("eu.anthropic.claude-3-haiku", "eu.anthropic.claude-3-haiku", False),
    ],
)
def test_what_was_made_of_a_model_is_told_apart(given: str, model: str, adapter: bool) -> None:
    call = one(modelId=given)
    assert (call.model, call.adapter) == (model, given if adapter else "")


def test_an_embedding_and_a_refused_call() -> None:
    assert one(modelId="amazon.titan-embed-text-v2:0").embeddings
    assert one(errorCode="ThrottlingException").status == 429
    assert one(errorCode="AccessDeniedException").status == 403


def test_another_record_and_a_record_without_a_time_are_told() -> None:
    _, *told = read(BEDROCK, {**BEDROCK, "schemaType": "Other"}, {**BEDROCK, "timestamp": None})
    assert {item.why for item in told if isinstance(item, Skipped)} == {
        "a record that is no invocation of a model",
        "a record without a time",
    }
