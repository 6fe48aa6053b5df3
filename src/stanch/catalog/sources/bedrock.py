"""Bedrock logs each invocation of a model where logging is switched on: who, which model, where it ran, what was said.

Reads: ModelInvocationLog, as S3 delivery and CloudWatch Logs write it. `outputBodyJson` is a list for a stream;
bodies of more than 100 KB lie in S3 and are named here, not fetched. `inferenceRegion` tells where a cross-region
profile ran the call.
Blind to: calls where logging is off or was off; the caller's address, which is CloudTrail's to tell; logprobs, which
hardly any model of Bedrock offers.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from stanch.catalog.sources import _content
from stanch.catalog.sources._asked import Asked, asked_for
from stanch.catalog.sources._json import starts
from stanch.catalog.sources._model_logs import BEDROCK, model_log
from stanch.catalog.sources._records import calls_of
from stanch.catalog.sources._shape import Shape
from stanch.catalog.sources._told import Scalar, count, epoch, name, number
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

LOG = BEDROCK
INFERENCE = True

_OPERATIONS = {
    "InvokeModel": "completion",
    "InvokeModelWithResponseStream": "completion",
    "InvokeModelWithBidirectionalStream": "chat",
    "Converse": "chat",
    "ConverseStream": "chat",
    "StartAsyncInvoke": "completion",
    "Retrieve": "retrieval",
    "RetrieveAndGenerate": "retrieval",
}
_ARN_PARTS = 6


class _Identity(msgspec.Struct):
    arn: Scalar = None


class _Input(msgspec.Struct, rename="camel"):
    input_token_count: Scalar = None
    cache_read_input_token_count: Scalar = None
    input_body_s3_path: Scalar = None
    input_body_json: msgspec.Raw = msgspec.Raw()


class _Output(msgspec.Struct, rename="camel"):
    output_token_count: Scalar = None
    output_body_s3_path: Scalar = None
    output_body_json: msgspec.Raw = msgspec.Raw()


class _Log(msgspec.Struct, rename="camel"):
    schema_type: Scalar = None
    timestamp: Scalar = None
    account_id: Scalar = None
    identity: _Identity | None = None
    region: Scalar = None
    inference_region: Scalar = None
    request_id: Scalar = None
    operation: Scalar = None
    model_id: Scalar = None
    input: _Input | None = None
    output: _Output | None = None
    error_code: Scalar = None


class _Config(msgspec.Struct, rename="camel"):
    max_tokens: Scalar = None
    temperature: Scalar = None


class _TextConfig(msgspec.Struct, rename="camel"):
    max_token_count: Scalar = None
    temperature: Scalar = None


class _Body(Asked, rename={"config": "inferenceConfig", "text_config": "textGenerationConfig"}):
    """What a caller asked for, in the dialects of Converse, Anthropic, Llama, Titan and OpenAI's models."""

    config: _Config | None = None
    text_config: _TextConfig | None = None
    max_gen_len: Scalar = None
    max_tokens_to_sample: Scalar = None


class _Latency(msgspec.Struct, rename="camel"):
    latency_ms: Scalar = None


class _Metrics(msgspec.Struct, rename="camel"):
    invocation_latency: Scalar = None
    first_byte_latency: Scalar = None


class _Delta(msgspec.Struct):
    stop_reason: Scalar = None


class _Piece(msgspec.Struct, rename={"completed": "completionReason"}):
    completed: Scalar = None
    finish_reason: Scalar = None


class _Said(
    msgspec.Struct,
    rename={
        "stopped": "stopReason",
        "completed": "completionReason",
        "guardrail": "amazon-bedrock-guardrailAction",
        "invocation": "amazon-bedrock-invocationMetrics",
    },
):
    """What an answer, or one event of its stream, tells beside the words."""

    stopped: Scalar = None
    completed: Scalar = None
    stop_reason: Scalar = None
    delta: _Delta | None = None
    results: list[_Piece] | None = None
    choices: list[_Piece] | None = None
    metrics: _Latency | None = None
    guardrail: Scalar = None
    invocation: _Metrics | None = None


_LOG = Shape(_Log)
_BODY = Shape(_Body)
_SAID = Shape(_Said)
_EVENTS = Shape(msgspec.defstruct("_Events", [("events", list[_Said], [])]))


def recognises(path: str, head: bytes) -> bool:
    """JSON whose first record names its schema: ModelInvocationLog."""
    return model_log(head) == LOG


def calls(path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
    """Yield each invocation; records of another kind are told once, with a count."""
    return calls_of(path, stream, _LOG, _call)


def _call(path: str, said: _Log, faults: Faults) -> Inference:
    if said.schema_type != "ModelInvocationLog":
        raise Unreadable("a record that is no invocation of a model")
    asked, answered = said.input or _Input(), said.output or _Output()
    arn, home = name(said.identity.arn) if said.identity else "", name(said.region)
    model, adapter = _model(name(said.model_id))
    operation = "embedding" if "embed" in model else _OPERATIONS.get(name(said.operation), "other")
    return Inference(
        time=epoch(said.timestamp, 1000),
        log=LOG,
        file=path,
        request=name(said.request_id),
        key=arn,
        model=model,
        adapter=adapter,
        operation=operation,
        embeddings=operation == "embedding",
        tokens_in=count(asked.input_token_count),
        tokens_out=count(answered.output_token_count),
        cached=count(asked.cache_read_input_token_count),
        status=_status(name(said.error_code)),
        account=name(said.account_id),
        home=home,
        region=name(said.inference_region) or home,
        **_content.given(asked.input_body_json)._asdict(),
        answer=_content.words(answered.output_body_json),
        prompt_ref=name(asked.input_body_s3_path),
        answer_ref=name(answered.output_body_s3_path),
        **_asked(asked.input_body_json, faults),
        **_answered(answered.output_body_json, faults),
    )


def _model(given: str) -> tuple[str, str]:
    """The model, and the custom one where the id is the ARN of something made of a model."""
    parts = given.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or parts[0] != "arn":
        return given, ""
    kind, _, rest = parts[-1].partition("/")
    made = kind in ("custom-model", "custom-model-deployment", "imported-model", "provisioned-model")
    return rest or given, given if made else ""


def _status(code: str) -> int:
    if not code:
        return 200
    return {"ThrottlingException": 429, "AccessDeniedException": 403, "ValidationException": 400,
            "ResourceNotFoundException": 404}.get(code, 500)  # fmt: skip


def _asked(body: msgspec.Raw, faults: Faults) -> dict[str, Any]:
    if not starts(body, b"{"):
        return {}
    told = _BODY.read(body, faults)
    found = asked_for(told)
    config, text = told.config or _Config(), told.text_config or _TextConfig()
    most = (config.max_tokens, text.max_token_count, told.max_gen_len, told.max_tokens_to_sample)
    if found["max_tokens"] == NOT_TOLD:
        found["max_tokens"] = next((count(one) for one in most if one is not None), NOT_TOLD)
    if found["temperature"] == NOT_TOLD:
        found["temperature"] = max(number(config.temperature), number(text.temperature))
    return found


def _answered(body: msgspec.Raw, faults: Faults) -> dict[str, Any]:
    """Why it stopped, how long it took, what a guardrail did: of an answer, or of the events of a stream."""
    if starts(body, b"["):
        events = _EVENTS.read(b'{"events":' + bytes(body) + b"}", faults).events  # type: ignore[attr-defined]
    elif starts(body, b"{"):
        events = [_SAID.read(body, faults)]
    else:
        return {}
    found: dict[str, Any] = {}
    for event in events:
        _learn(found, event)
    return found


def _learn(found: dict[str, Any], event: _Said) -> None:
    in_stream = event.delta.stop_reason if event.delta else None
    pieces = (piece.completed or piece.finish_reason for piece in (*(event.results or ()), *(event.choices or ())))
    stopped = (event.stopped, event.stop_reason, event.completed, in_stream, *pieces)
    if finish := next(filter(None, map(name, stopped)), ""):
        found["finish"] = finish
    if guardrail := name(event.guardrail):
        found["guardrail"] = guardrail
    if finish == "guardrail_intervened":
        found["guardrail"] = "INTERVENED"
    if event.metrics is not None:
        found["total_ms"] = number(event.metrics.latency_ms)
    if event.invocation is not None:
        found["total_ms"] = number(event.invocation.invocation_latency)
        found["first_ms"] = number(event.invocation.first_byte_latency)
