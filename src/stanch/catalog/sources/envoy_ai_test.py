"""Envoy AI Gateway's access log: what operators put in, what they leave out, and numbers that are null."""

import io
import json
from hashlib import sha256
from typing import Any

from tests.catalog.call_samples import ENVOY, KEY

from stanch.catalog.sources import envoy_ai
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference


def read(*records: Any) -> list[Inference | Skipped]:
    content = b"\n".join(json.dumps(record).encode() for record in records)
    return list(envoy_ai.calls("access.log", io.BytesIO(content)))


def one(**changed: Any) -> Inference:
    (call,) = read(ENVOY | changed)
    assert isinstance(call, Inference)
    return call


def test_a_call_has_its_model_its_tokens_and_its_sizes() -> None:
    call = one()
    assert (call.model, call.operation, call.request) == ("gpt-4o-mini", "chat", "83b60b4b")
    assert (call.tokens_in, call.tokens_out, call.bytes_in, call.bytes_out) == (15, 7, 105, 432)
    assert (call.status, call.total_ms, call.agent) == (200, 1526, "curl/8.7.1")


def test_the_address_is_what_our_own_proxies_saw() -> None:
    assert one().address == "203.0.113.7"
    assert one(**{"x-forwarded-for": "6.6.6.6,8.8.8.8,10.0.0.3"}).address == "8.8.8.8"
    assert one(**{"x-forwarded-for": None, "downstream_remote_address": "10.0.0.3:5123"}).address == "10.0.0.3"


def test_a_key_in_the_log_leaves_as_its_hash() -> None:
    assert one().key == one(authorization=None, **{"x-api-key": KEY}).key == sha256(KEY.encode()).hexdigest()
    assert one(authorization="-").key == ""


def test_a_signature_stands_for_the_key_that_signed() -> None:
    signed = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261122/eu-central-1/bedrock/aws4_request, Signature="
    assert one(authorization=signed + "aa").key == one(authorization=signed + "bb").key != ""


def test_tokens_that_are_null_are_not_told() -> None:
    call = one(**{"gen_ai.usage.input_tokens": None, "gen_ai.usage.output_tokens": "-", "duration": None})
    assert (call.tokens_in, call.tokens_out, call.total_ms) == (NOT_TOLD, NOT_TOLD, NOT_TOLD)


def test_tools_and_other_paths_are_counted() -> None:
    tool = {name: value for name, value in ENVOY.items() if not name.startswith("gen_ai")}
    tool |= {"x-envoy-origin-path": "/mcp", "mcp.method.name": "tools/call"}
    call, told = read(ENVOY, tool, tool)
    assert isinstance(call, Inference)
    assert told == Skipped("access.log", "requests for other paths (2 records, the first is number 2)", fault=False)
