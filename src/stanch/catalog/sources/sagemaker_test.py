"""SageMaker's data capture: bodies in base64, JSON and CSV, and content that is no text."""

import base64
import io
import json
from typing import Any

import pytest
from tests.catalog.call_samples import SAGEMAKER, SECRET

from stanch.catalog.sources import sagemaker
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

PLACE = "capture/chat-endpoint/AllTraffic/2026/11/22/10/00-01-123.jsonl"


def read(record: Any, path: str = PLACE) -> list[Inference | Skipped]:
    return list(sagemaker.calls(path, io.BytesIO(json.dumps(record).encode() + b"\n")))


def captured(asked: bytes, answered: bytes, encoding: str) -> dict[str, Any]:
    def body(data: bytes) -> dict[str, str]:
        text = base64.b64encode(data).decode() if encoding == "BASE64" else data.decode()
        return {"observedContentType": "application/json", "data": text, "encoding": encoding}

    return SAGEMAKER | {"captureData": {"endpointInput": body(asked), "endpointOutput": body(answered)}}


def only(record: Any, path: str = PLACE) -> Inference:
    (call,) = read(record, path)
    assert isinstance(call, Inference)
    return call


def test_a_call_has_its_endpoint_its_words_and_nobody() -> None:
    call = only(SAGEMAKER)
    assert (call.model, call.request, call.key, call.address) == ("chat-endpoint", "e1", "", "")
    assert (call.prompt, call.answer) == (f"Is it {SECRET}?", SECRET)
    assert (call.max_tokens, call.temperature, call.operation) == (8, 0.5, "completion")


@pytest.mark.parametrize("encoding", ["BASE64", "JSON"])
def test_a_chat_is_read_in_either_encoding(encoding: str) -> None:
    asked = {"messages": [{"role": "user", "content": "Is it?"}], "max_tokens": 5, "logprobs": True, "top_logprobs": 2}
    answer = {"choices": [{"message": {"content": "It is."}}]}
    call = only(captured(json.dumps(asked).encode(), json.dumps(answer).encode(), encoding))
    assert (call.operation, call.prompt, call.answer) == ("chat", "Is it?", "It is.")
    assert (call.max_tokens, call.logprobs) == (5, 2)


def test_text_that_is_no_json_is_its_own_words() -> None:
    call = only(captured(b"69,0,1", b"0.025", "CSV"))
    assert (call.prompt, call.answer, call.bytes_in, call.bytes_out) == ("69,0,1", "", 6, 5)


def test_binary_content_is_counted_and_not_read() -> None:
    call = only(captured(b"\x93NUMPY\xff\xfe", b"\x00\xff", "BASE64"))
    assert (call.prompt, call.answer, call.bytes_in, call.bytes_out) == ("", "", 8, 2)


def test_a_broken_body_is_told_and_the_call_is_read() -> None:
    broken = captured(b"", b"", "BASE64")
    broken["captureData"]["endpointInput"]["data"] = "not base64!"
    call, told = read(broken)
    assert isinstance(call, Inference)
    assert (call.bytes_in, call.prompt) == (NOT_TOLD, "")
    assert told == Skipped(PLACE, "a body that is no base64")


def test_a_path_that_names_no_endpoint_tells_no_model() -> None:
    assert only(SAGEMAKER, "x.jsonl").model == ""
