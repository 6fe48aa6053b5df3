"""LiteLLM's proxy logs one record for each call: whose key, from where, every parameter, every token, what it cost.

Reads: StandardLoggingPayload as its file, S3, GCS, SQS and HTTP loggers write it: a record a line, lists, single
objects. The richest log of model calls there is: the only one that holds `logit_bias`.
Blind to: calls that never passed the proxy; requests that were refused before a model was chosen, which several of its
loggers leave out; prompts and answers where `turn_off_message_logging` is set.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from stanch.catalog.sources import _content
from stanch.catalog.sources._asked import Asked, parameters
from stanch.catalog.sources._json import starts
from stanch.catalog.sources._model_logs import LITELLM, model_log
from stanch.catalog.sources._records import calls_of
from stanch.catalog.sources._shape import Shape
from stanch.catalog.sources._told import (
    Scalar,
    address,
    between,
    count,
    epoch,
    forwarded,
    kept_key,
    name,
    number,
    request_id,
)
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

LOG = LITELLM
INFERENCE = True

_SYNCHRONOUS = {
    "completion": "chat",
    "responses": "chat",
    "anthropic_messages": "chat",
    "generate_content": "chat",
    "generate_content_stream": "chat",
    "text_completion": "completion",
    "embedding": "embedding",
    "vector_store_search": "retrieval",
    "search": "retrieval",
    "list_models": "list",
}
_OPERATIONS = _SYNCHRONOUS | {f"a{name}": operation for name, operation in _SYNCHRONOUS.items()}
_NO_SUCH_MODEL, _ABSENT = "ProxyModelNotFoundError", 404
_STATUS: dict[Scalar, int] = {"success": 200, "failure": 500}
_REDACTED = "redacted-by-litellm"
"""What stands in place of words that the proxy was told not to log."""


class _Parameters(Asked):
    """Beside what is asked for: what Anthropic's dialect and OpenAI's newer one tell the model before."""

    system: msgspec.Raw = msgspec.Raw()
    instructions: msgspec.Raw = msgspec.Raw()


class _CacheDetails(msgspec.Struct):
    cached_tokens: Scalar = None


class _Usage(msgspec.Struct):
    prompt_tokens: Scalar = None
    completion_tokens: Scalar = None
    prompt_tokens_details: _CacheDetails | None = None
    cache_read_input_tokens: Scalar = None


class _Headers(msgspec.Struct, rename={"request_id": "x-request-id", "trace": "x-amzn-trace-id"}):
    request_id: Scalar = None
    trace: Scalar = None


class _Metadata(msgspec.Struct):
    user_api_key_hash: Scalar = None
    user_api_key_team_id: Scalar = None
    user_api_key_org_id: Scalar = None
    user_api_key_end_user_id: Scalar = None
    requester_ip_address: Scalar = None
    user_agent: Scalar = None
    usage_object: _Usage | None = None
    requester_custom_headers: _Headers | None = None


class _Error(msgspec.Struct):
    error_code: Scalar = None
    error_class: Scalar = None


class _Choice(msgspec.Struct):
    finish_reason: Scalar = None


class _Response(msgspec.Struct):
    choices: list[_Choice] | None = None


class _Guardrail(msgspec.Struct):
    guardrail_status: Scalar = None


class _Payload(
    msgspec.Struct,
    rename={"start_time": "startTime", "end_time": "endTime", "completion_start_time": "completionStartTime"},
):
    call_type: Scalar = None
    id: Scalar = None
    status: Scalar = None
    start_time: Scalar = None
    end_time: Scalar = None
    completion_start_time: Scalar = None
    stream: Scalar = None
    model: Scalar = None
    model_group: Scalar = None
    prompt_tokens: Scalar = None
    prompt_token: Scalar = None
    completion_tokens: Scalar = None
    completion_token: Scalar = None
    response_cost: Scalar = None
    end_user: Scalar = None
    requester_ip_address: Scalar = None
    user_agent: Scalar = None
    metadata: _Metadata | None = None
    model_parameters: _Parameters | None = None
    error_information: _Error | None = None
    status_fields: _Guardrail | None = None
    messages: msgspec.Raw = msgspec.Raw()
    response: msgspec.Raw = msgspec.Raw()


_PAYLOAD = Shape(_Payload)
_RESPONSE = Shape(_Response)
_NO_METADATA = _Metadata()
_NOT_ASKED = parameters(Asked())


def recognises(path: str, head: bytes) -> bool:
    """JSON whose first record has a call type and another name that only LiteLLM's has."""
    return model_log(head) == LOG


def calls(path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
    """Yield each call; records of another kind are told once, with a count."""
    return calls_of(path, stream, _PAYLOAD, _call)


def _call(path: str, said: _Payload, faults: Faults) -> Inference:
    if not isinstance(said.call_type, str):
        raise Unreadable("a record that is no call of LiteLLM")
    about = said.metadata or _NO_METADATA
    start = epoch(said.start_time)
    given = name(said.requester_ip_address) or name(about.requester_ip_address)
    operation = _OPERATIONS.get(said.call_type, "other")
    tokens_in, tokens_out, cached = _tokens(said, about.usage_object)
    asked = _NOT_ASKED if said.model_parameters is None else parameters(said.model_parameters)
    most, n, temperature, logprobs, prompt_logprobs, biases, bias_tokens, results = asked
    first_ms, total_ms = _times(said, start)
    call = Inference(  # by place: names cost as much as to decode half of the record
        start,
        LOG,
        path,
        request_id(said.id),
        kept_key(name(about.user_api_key_hash)),
        name(about.user_api_key_team_id) or name(about.user_api_key_org_id),
        name(said.end_user) or name(about.user_api_key_end_user_id),
        forwarded(given) if "," in given else address(given),
        name(said.user_agent) or name(about.user_agent),
        name(said.model_group) or name(said.model),
        "",
        operation,
        tokens_in,
        tokens_out,
        cached,
        most,
        n,
        temperature,
        logprobs,
        prompt_logprobs,
        biases,
        bias_tokens,
        results,
        operation == "embedding",
        "",
        first_ms,
        total_ms,
        _status(said),
        cost=number(said.response_cost),
        guardrail=_guardrail(said.status_fields),
        extra=_in_front(about.requester_custom_headers),
    )
    texts = _texts(said, faults)
    return call._replace(**texts) if texts else call


def _in_front(headers: _Headers | None) -> dict[str, str] | None:
    """`front` and `trace`: the ids by which a proxy and a balancer before this one log the call.

    `request` is the one that the server knows.
    """
    if headers is None:
        return None
    told = {"front": request_id(headers.request_id), "trace": request_id(headers.trace)}
    return {kind: given for kind, given in told.items() if given} or None


def _status(said: _Payload) -> int:
    """The status that was answered. A model that is none is 404, as servers have it, though the proxy answers 400."""
    error = said.error_information
    if error is not None:
        if error.error_class == _NO_SUCH_MODEL:
            return _ABSENT
        if (code := count(error.error_code)) > 0:
            return code
    return _STATUS.get(said.status, NOT_TOLD)


def _guardrail(told: _Guardrail | None) -> str:
    return "" if told is None or told.guardrail_status == "not_run" else name(told.guardrail_status)


def _tokens(said: _Payload, usage: _Usage | None) -> tuple[int, int, int]:
    """Tokens in, out, and of those in the ones that came from a cache."""
    tokens_in = count(said.prompt_tokens if said.prompt_tokens is not None else said.prompt_token)
    tokens_out = count(said.completion_tokens if said.completion_tokens is not None else said.completion_token)
    if usage is None:
        return tokens_in, tokens_out, NOT_TOLD
    details = usage.prompt_tokens_details
    cached = count(details.cached_tokens) if details else NOT_TOLD
    return (
        tokens_in if tokens_in >= 0 else count(usage.prompt_tokens),
        tokens_out if tokens_out >= 0 else count(usage.completion_tokens),
        cached if cached >= 0 else count(usage.cache_read_input_tokens),
    )


def _times(said: _Payload, start: float) -> tuple[float, float]:
    """Milliseconds to the first token, which without a stream came with the last and tells nothing, and to the last."""
    try:
        end = epoch(said.end_time)
        first = epoch(said.completion_start_time) if said.stream in (True, "true", "True") else 0.0
    except Unreadable:
        return NOT_TOLD, NOT_TOLD
    return between(start, first), between(start, end)


def _texts(said: _Payload, faults: Faults) -> dict[str, Any]:
    """The words under the names of an Inference's fields; none where messages are not logged."""
    if _content.is_nothing(said.messages) and _content.is_nothing(said.response):
        return {}
    prompt, system = _content.given(said.messages)
    if (asked := said.model_parameters) and not system:
        system = _content.words(asked.system) or _content.words(asked.instructions)
    found = {"prompt": prompt, "answer": _content.words(said.response), "system": system}
    if starts(said.response, b"{"):
        choices = _RESPONSE.read(said.response, faults).choices
        found["finish"] = name(choices[0].finish_reason) if choices else ""
    return {field: "" if text == _REDACTED else text for field, text in found.items()}
