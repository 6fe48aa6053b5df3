"""OpenTelemetry's own SDK emits the calls here; they are read as files and as bodies of requests."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode, Tracer
from tests.letterbox import receiving
from tests.recordings.litellm_proxy import KEYS

from stanch.catalog.sources import otel
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

SPANS = Path(__file__).parents[4] / "tests" / "recordings" / "litellm_spans.json"
START, END = 1795341600_000000000, 1795341602_500000000
NEW: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "llama-70b",
    "gen_ai.request.max_tokens": 200,
    "gen_ai.request.temperature": 0.5,
    "gen_ai.request.choice.count": 2,
    "gen_ai.usage.input_tokens": 52,
    "gen_ai.usage.output_tokens": 47,
    "gen_ai.usage.cache_read.input_tokens": 16,
    "gen_ai.response.id": "chatcmpl-0a1b",
    "gen_ai.response.finish_reasons": ["stop"],
    "client.address": "203.0.113.7",
    "user.id": "reader",
}
OLD: dict[str, Any] = {
    "gen_ai.operation.name": "text_completion",
    "gen_ai.system": "openai",
    "gen_ai.request.model": "llama-70b",
    "gen_ai.usage.prompt_tokens": 52,
    "gen_ai.usage.completion_tokens": 47,
    "gen_ai.usage.cost": 0.01,
}
VLLM: dict[str, Any] = {
    "gen_ai.request.id": "cmpl-0a1b-0",
    "gen_ai.request.max_tokens": 200,
    "gen_ai.request.temperature": 0.5,
    "gen_ai.request.n": 1,
    "gen_ai.usage.prompt_tokens": 52,
    "gen_ai.usage.completion_tokens": 47,
    "gen_ai.latency.e2e": 2.25,
    "gen_ai.latency.time_in_queue": 0.01,
    "gen_ai.latency.time_to_first_token": 0.125,
    "gen_ai.response.model": "llama-70b",
}
MESSAGES = [{"role": "user", "parts": [{"type": "text", "content": "What is it?"}]}]
ANSWER = [{"role": "assistant", "parts": [{"type": "text", "content": "A model."}], "finish_reason": "stop"}]
RESOURCE = Resource({"service.name": "reports", "service.namespace": "red"})


def emitted(emit: Callable[[Tracer], None], exporter: SpanExporter | None = None) -> Any:
    """What the SDK makes of these spans, as the protocol's own message."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter or kept))
    emit(provider.get_tracer("app"))
    provider.shutdown()
    return encode_spans(kept.get_finished_spans())


def a_call(attributes: dict[str, Any], name: str = "chat llama-70b") -> Callable[[Tracer], None]:
    def emit(tracer: Tracer) -> None:
        tracer.start_span(name, start_time=START, attributes=attributes).end(END)

    return emit


def as_json(message: Any) -> bytes:
    """As the protobuf library prints it: ids in base64."""
    return json.dumps(MessageToDict(message)).encode()


def as_otlp_json(message: Any) -> bytes:
    """As the protocol demands: ids in hexadecimal."""
    document = MessageToDict(message)
    for resource in document.get("resourceSpans", []):
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("traceId", "spanId"):
                    span[name] = base64.b64decode(span[name]).hex()
    return json.dumps(document).encode()


def read(content: bytes) -> list[Inference | Skipped]:
    return list(otel.calls("traces.json", io.BytesIO(content)))


def every_way(message: Any) -> Iterator[Inference]:
    """The only call of a message, read as a file of either kind and as the body of a request."""
    for items in (
        read(as_json(message)),
        read(as_otlp_json(message)),
        list(otel.decode("http", as_otlp_json(message), "application/json; charset=utf-8")),
        list(otel.decode("http", message.SerializeToString(), "application/x-protobuf")),
    ):
        (only,) = items
        assert isinstance(only, Inference)
        yield only


def test_a_span_with_the_names_of_today() -> None:
    for call in every_way(emitted(a_call(NEW))):
        assert (call.time, call.total_ms, call.log) == (1795341600.0, 2500.0, "otel")
        assert (call.operation, call.model, call.request, call.finish) == ("chat", "llama-70b", "0a1b", "stop")
        assert (call.tokens_in, call.tokens_out, call.cached) == (52, 47, 16)
        assert (call.max_tokens, call.temperature, call.n) == (200, 0.5, 2)
        assert (call.address, call.user, call.tenant, call.key) == ("203.0.113.7", "reader", "red", "")
        assert (call.status, call.logprobs, call.biases) == (NOT_TOLD, NOT_TOLD, NOT_TOLD)


def test_a_span_with_the_names_of_yesterday() -> None:
    for call in every_way(emitted(a_call(OLD))):
        assert (call.operation, call.tokens_in, call.tokens_out, call.cost) == ("completion", 52, 47, 0.01)
        assert len(call.request) == 48  # the trace and the span, where no answer's id is told


def test_a_span_of_vllm_is_joined_by_its_request() -> None:
    for call in every_way(emitted(a_call(VLLM, "llm_request"))):
        assert (call.request, call.model, call.n) == ("0a1b", "llama-70b", 1)
        assert (call.first_ms, call.total_ms) == (125.0, 2250.0)
        assert (call.tokens_in, call.tokens_out) == (52, 47)


@pytest.mark.parametrize("form", [json.dumps, lambda words: words], ids=["a string", "a value"])
def test_words_are_read_where_the_application_opted_in(form: Callable[[Any], Any]) -> None:
    document = MessageToDict(emitted(a_call(NEW)))
    pairs = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"]
    system = [{"role": "system", "parts": [{"type": "text", "content": "Be brief."}]}]
    for name, words in (("gen_ai.input.messages", system + MESSAGES), ("gen_ai.output.messages", ANSWER)):
        told = form(words)
        pairs.append({"key": name, "value": {"stringValue": told} if isinstance(told, str) else any_value(told)})
    (call,) = read(json.dumps(document).encode())
    assert isinstance(call, Inference)
    assert (call.prompt, call.answer, call.system) == ("What is it?", "A model.", "Be brief.")
    assert "What" not in repr(call)
    assert "brief" not in repr(call)


def test_the_application_s_words_have_a_name_of_their_own() -> None:
    told = [{"type": "text", "content": "Be brief."}]

    def emit(tracer: Tracer) -> None:
        span = tracer.start_span(
            "chat", start_time=START, attributes={**NEW, "gen_ai.system_instructions": json.dumps(told)}
        )
        span.end(END)

    assert {call.system for call in every_way(emitted(emit))} == {"Be brief."}


def any_value(value: Any) -> dict[str, Any]:
    """A plain value as OTLP writes it."""
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(one) for one in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [{"key": key, "value": any_value(one)} for key, one in value.items()]}}
    return {"stringValue": value}


def test_words_in_events_within_a_span_are_read() -> None:
    def emit(tracer: Tracer) -> None:
        span = tracer.start_span("chat", start_time=START, attributes=OLD)
        span.add_event("gen_ai.content.prompt", {"gen_ai.prompt": json.dumps(MESSAGES)})
        span.add_event("gen_ai.content.completion", {"gen_ai.completion": "A model."})
        span.end(END)

    for call in every_way(emitted(emit)):
        assert (call.prompt, call.answer) == ("What is it?", "A model.")


def test_a_failure_has_its_status_or_that_of_a_failure() -> None:
    def emit(tracer: Tracer) -> None:
        span = tracer.start_span("chat", start_time=START, attributes={**OLD, "error.type": "RateLimitError"})
        span.set_status(Status(StatusCode.ERROR))
        span.end(END)

    assert {call.status for call in every_way(emitted(emit))} == {500}
    told = emitted(a_call({**OLD, "error.type": "429"}))
    assert {call.status for call in every_way(told)} == {429}


def test_agents_tools_and_other_spans_are_counted_not_called() -> None:
    def emit(tracer: Tracer) -> None:
        for _ in range(2):
            a_call({"gen_ai.operation.name": "execute_tool"})(tracer)
        a_call({"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 7})(tracer)
        a_call({"http.request.method": "GET"})(tracer)
        a_call({"db.system": "qdrant", "db.vector.query.top_k": 500})(tracer)

    message = emitted(emit)
    call, *told = read(as_otlp_json(message))
    assert isinstance(call, Inference)
    assert (call.operation, call.asked) == ("retrieval", 500)
    assert [
        (item.why.partition(":")[0].partition(" (")[0], item.fault) for item in told if isinstance(item, Skipped)
    ] == [
        ("spans of tools and agents", False),
        ("spans that are no call of a model", False),
    ]
    assert list(otel.decode("traces.json", message.SerializeToString(), otel.PROTOBUF)) == [
        call._replace(file="traces.json"),
        *(Skipped("traces.json", item.why.replace(", the first is number 1", ""), False) for item in told
          if isinstance(item, Skipped)),
    ]  # fmt: skip


def logged(name: str, attributes: dict[str, Any], body: Any = None) -> Any:
    kept = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    provider = LoggerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(kept))
    record = LogRecord(timestamp=START, event_name=name, attributes=attributes, body=body)
    provider.get_logger("app").emit(record)
    provider.shutdown()
    return encode_logs(kept.get_finished_logs())


def test_a_log_event_with_the_details_of_a_call() -> None:
    words = {"gen_ai.input.messages": MESSAGES, "gen_ai.output.messages": ANSWER}
    for told in ({**NEW, **words}, NEW):
        message = logged("gen_ai.client.inference.operation.details", told, None if told is not NEW else words)
        for items in (
            read(as_json(message)),
            list(otel.decode("http", message.SerializeToString(), otel.PROTOBUF, logs=True)),
        ):
            (call,) = items
            assert isinstance(call, Inference)
            assert (call.log, call.request, call.tokens_out) == ("otel.event", "0a1b", 47)
            assert (call.prompt, call.answer) == ("What is it?", "A model.")


def test_old_events_of_single_messages_and_other_log_records_are_told() -> None:
    for name, why, fault in (
        (
            "gen_ai.choice",
            "events of single messages, as older instrumentations log: their words are not read",
            True,
        ),
        ("app.started", "log records that are no call of a model", False),
    ):
        (told,) = read(as_json(logged(name, {}, "words")))
        assert told == Skipped("traces.json", why, fault)


def test_a_key_that_somebody_put_into_a_span_is_hashed() -> None:
    for call in every_way(emitted(a_call({**OLD, "http.request.header.authorization": ["Bearer sk-secret"]}))):
        assert "sk-secret" not in str(tuple(call))
        assert len(call.key) == 64


def test_what_the_exporter_sends_over_http_is_decoded() -> None:
    with receiving() as box:
        emitted(a_call(NEW), OTLPSpanExporter(endpoint=f"{box.url}/v1/traces"))
    ((kind, body),) = box.posted
    (call,) = otel.decode(box.url, body, kind)
    assert isinstance(call, Inference)
    assert (call.tokens_in, call.model, call.file) == (52, "llama-70b", box.url)


def test_a_document_one_line_each_and_a_span_that_is_broken() -> None:
    document = json.loads(as_otlp_json(emitted(a_call(NEW))))
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans.append({**spans[0], "startTimeUnixNano": "soon", "endTimeUnixNano": "later"})
    spans.append("no span")
    line = json.dumps(document).encode() + b"\n"
    items = read(line * 3)
    assert len([item for item in items if isinstance(item, Inference)]) == 3
    assert [(item.why, item.fault) for item in items if isinstance(item, Skipped)] == [
        ("a record whose time is not between 2006 and 2100 (3 records, the first is number 1)", True),
        ("a record that is no JSON object (3 records, the first is number 1)", True),
    ]


WHOLE = emitted(a_call(NEW)).SerializeToString()


def test_the_spans_that_litellm_s_proxy_emitted_are_calls_of_its_keys() -> None:
    found = [item for item in read(SPANS.read_bytes()) if isinstance(item, Inference)]
    assert len(found) == 7
    assert {call.key for call in found} == {sha256(key.encode()).hexdigest() for key in KEYS}
    assert {call.tenant for call in found} == {"team-one", "team-two"}
    assert sorted(call.operation for call in found) == ["chat"] * 5 + ["completion", "embedding"]
    (stealing,) = [call for call in found if call.max_tokens == 1]
    assert (stealing.user, stealing.tokens_out, stealing.finish) == ("end-user-7", 20, "stop")
    assert (stealing.prompt, stealing.answer) == ("What is the weather?", "It rains in the afternoon.")
    assert [call.status for call in found if call.model == "broken"] == [429]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(WHOLE)), st.booleans())
def test_a_body_of_any_bytes_raises_nothing(noise: bytes, at: int, logs: bool) -> None:
    for kind in ("application/x-protobuf", "application/json", "text/plain", ""):
        for body in (noise, WHOLE[:at], WHOLE[:at] + noise + WHOLE[at:]):
            assert all(isinstance(item, Inference | Skipped) for item in otel.decode("http", body, kind, logs=logs))


def test_a_body_that_ends_early_is_told() -> None:
    assert [item for item in otel.decode("http", WHOLE[:-3], otel.PROTOBUF) if isinstance(item, Skipped)] == [
        Skipped("http", "a body that is no whole protobuf message")
    ]


def test_a_sender_is_told_what_of_a_request_cannot_be_read() -> None:
    message = emitted(a_call(NEW))
    for body, kind in ((message.SerializeToString(), otel.PROTOBUF), (as_otlp_json(message), "application/json")):
        assert otel.unreadable(body, kind) == []
        with pytest.raises(ValueError, match=r"a body|JSON|a record"):
            otel.unreadable(body[:-3], kind)
    half = {"resourceSpans": [{"scopeSpans": [{"spans": [7, {"name": "chat"}, []]}]}]}
    assert otel.unreadable(json.dumps(half).encode(), "application/json") == [
        "a record that is no JSON object (2 records)"
    ]
