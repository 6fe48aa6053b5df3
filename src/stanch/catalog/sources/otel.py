"""OpenTelemetry has names for calls of models, in three generations: applications, gateways and vLLM emit them.

Reads: OTLP in JSON as the collector's file exporter writes it (a document, or one a line): spans, and log events
`gen_ai.client.inference.operation.details`; names of semantic conventions 1.41 and later, the older ones, and vLLM's.
`decode` takes the body of an OTLP/HTTP request, in protobuf or JSON.
Blind to: logprobs and `logit_bias`, which have no name in any convention; keys, but for LiteLLM's own spans; words
unless the application opted in; spans that were sampled away; words told by the old events of single messages.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, BinaryIO

from stanch.catalog.sources import _otlp, _protobuf
from stanch.catalog.sources._content import given_in, words_in
from stanch.catalog.sources._json import decoded
from stanch.catalog.sources._model_logs import OTEL, model_log
from stanch.catalog.sources._otlp import Told
from stanch.catalog.sources._records import records
from stanch.catalog.sources._told import (
    Scalar,
    address,
    between,
    count,
    hashed,
    kept_key,
    milliseconds,
    name,
    number,
    reckonable,
    request_id,
)
from stanch.catalog.sources._unreadable import GIVEN_UP, Faults, Unreadable
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference

LOG = OTEL
INFERENCE = True
EVENT = "otel.event"
"""The `log` of a call that a log event tells: the span of the same call tells it too, and both have one request id."""
PROTOBUF = "application/x-protobuf"
"""The content type of OTLP/HTTP that is not JSON."""

_OPERATIONS = {
    "chat": "chat",
    "generate_content": "chat",
    "text_completion": "completion",
    "completion": "completion",
    "embeddings": "embedding",
    "embedding": "embedding",
    "retrieval": "retrieval",
    "acompletion": "chat",  # LiteLLM's own names
    "aresponses": "chat",
    "anthropic_messages": "chat",
    "atext_completion": "completion",
    "aembedding": "embedding",
}
_NOT_A_CALL = frozenset({"execute_tool", "invoke_agent", "create_agent", "invoke_workflow", "plan"})
_DETAILS = "gen_ai.client.inference.operation.details"
_NAMES = {
    "operation": ("gen_ai.operation.name", "llm.request.type"),
    "provider": ("gen_ai.provider.name", "gen_ai.system"),
    "model": ("litellm.model_group", "gen_ai.request.model", "gen_ai.response.model"),
    "tokens_in": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    "tokens_out": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    "cached": ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
    "max_tokens": ("gen_ai.request.max_tokens",),
    "temperature": ("gen_ai.request.temperature",),
    "n": ("gen_ai.request.choice.count", "gen_ai.request.n"),
    "asked": ("gen_ai.retrieval.top_k", "db.vector.query.top_k"),
    "request": ("gen_ai.response.id", "gen_ai.request.id"),
    "finish": ("gen_ai.response.finish_reasons",),
    "status": ("http.response.status_code", "http.status_code"),
    "error": ("error.type",),
    "first_ms": ("gen_ai.response.time_to_first_chunk", "gen_ai.latency.time_to_first_token"),
    "took": ("gen_ai.latency.e2e",),
    "cost": ("gen_ai.usage.cost", "gen_ai.cost.total_cost"),
    "address": ("client.address", "metadata.requester_ip_address", "http.client_ip"),
    "agent": ("user_agent.original", "metadata.user_agent", "http.user_agent"),
    "user": ("enduser.id", "user.id", "llm.user"),
    "tenant": ("tenant.id", "metadata.user_api_key_team_id", "service.namespace", "service.name"),
    "key_hash": ("metadata.user_api_key_hash",),
    "key": ("http.request.header.authorization", "http.request.header.x-api-key", "gen_ai.request.api_key"),
    "prompt": ("gen_ai.input.messages", "gen_ai.prompt"),
    "system": ("gen_ai.system_instructions",),
    "answer": ("gen_ai.output.messages", "gen_ai.completion"),
    "prompt_ref": ("gen_ai.input.messages_ref",),
    "answer_ref": ("gen_ai.output.messages_ref",),
    "event": ("event.name",),
}
"""What the conventions call each thing, the newest name first."""
_THINGS = {called: (thing, age) for thing, names in _NAMES.items() for age, called in enumerate(names)}
_OF_A_CALL = ("operation", "provider", "model", "tokens_in", "tokens_out")
_FAILED = 500


def recognises(path: str, head: bytes) -> bool:
    """JSON whose first document holds spans or log records of resources."""
    return model_log(head) == LOG


def calls(path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
    """Yield each call of a model; other spans and log records are counted."""
    faults = Faults()
    for number_, record in enumerate(records(stream), start=1):
        try:
            if isinstance(record, Unreadable):
                raise record
            yield from _calls(path, _otlp.told_in(record, faults, _THINGS, number_), faults, number_)
        except Unreadable as fault:
            faults.note(fault, number_)
        if faults.hopeless:
            faults.note(GIVEN_UP)
            break
    yield from faults.told(path)


def decode(path: str, body: bytes, content_type: str, *, logs: bool = False) -> Iterator[Inference | Skipped]:
    """The calls in the body of one OTLP/HTTP request, inflated; `logs` says that it came to `/v1/logs`.

    `path` is what the calls name as their file. Raises nothing: what cannot be read is a Skipped, as in a file.
    """
    faults = Faults()
    kind = content_type.partition(";")[0].strip().lower()
    told = _protobuf.told_in(body, _THINGS, logs=logs) if kind == PROTOBUF else _otlp.told_in(body, faults, _THINGS)
    try:
        yield from _calls(path, told, faults)
    except Unreadable as fault:
        faults.note(fault)
    yield from faults.told(path)


def unreadable(body: bytes, content_type: str, *, logs: bool = False) -> list[str]:
    """What of the body of one OTLP/HTTP request cannot be read, a line for each; raises ValueError where it is none.

    As `decode`, but nothing is made of what can: its sender is told at once, and not only who reads it later.
    """
    faults = Faults()
    kind = content_type.partition(";")[0].strip().lower()
    told = _protobuf.told_in(body, (), logs=logs) if kind == PROTOBUF else _otlp.told_in(body, faults, ())
    try:
        for _ in told:
            pass
    except Unreadable as fault:
        raise ValueError(fault.why) from None
    return [skip.why for skip in faults.told("") if skip.fault]


def _calls(path: str, told: Iterable[Told], faults: Faults, at: int = 0) -> Iterator[Inference]:
    for one in told:
        try:
            yield _call(path, one)
        except Unreadable as fault:
            faults.note(fault, at)


def _call(path: str, told: Told) -> Inference:
    said = _said(told.attributes)
    operation = _operation(told, said)
    fields = {thing: _READ[thing](value) for thing, value in said.items() if thing in _READ}
    fields.setdefault("tenant", _first(_said(told.resource).get("tenant")))
    took = milliseconds(_scalar(said.get("took")))
    return Inference(
        time=reckonable(told.start or told.end),
        log=LOG if told.is_span else EVENT,
        file=path,
        request=request_id(_scalar(said.get("request"))) or told.trace + told.span,
        key=kept_key(_first(said.get("key_hash"))) or hashed(_first(said.get("key"))),
        operation=operation,
        embeddings=operation == "embedding",
        total_ms=took if took >= 0 else between(told.start, told.end),
        status=_status(told, said),
        **_words(told, said),
        **fields,
    )


def _said(attributes: Mapping[str, object]) -> dict[str, object]:
    """What is told, by what it is; of several names the newest decides."""
    found: dict[str, object] = {}
    ages: dict[str, int] = {}
    for called, value in attributes.items():
        thing, age = _THINGS[called]
        if value is not None and age <= ages.get(thing, age):
            found[thing], ages[thing] = value, age
    return found


def _operation(told: Told, said: Mapping[str, object]) -> str:
    """What was asked for; raises Unreadable where this is no call of a model, or one that is told elsewhere too."""
    asked = _first(said.get("operation"))
    if asked in _NOT_A_CALL:
        raise Unreadable("spans of tools and agents: the calls of models in them are spans of their own", fault=False)
    if told.is_span:
        if asked in _OPERATIONS or any(thing in said for thing in _OF_A_CALL):
            return _OPERATIONS.get(asked, "other") if asked else _of_vllm(said)
        if "asked" in said:
            return "retrieval"
        raise Unreadable("spans that are no call of a model", fault=False)
    if told.name == _DETAILS:
        return _OPERATIONS.get(asked, "other")
    if told.name.startswith("gen_ai."):
        raise Unreadable("events of single messages, as older instrumentations log: their words are not read")
    raise Unreadable("log records that are no call of a model", fault=False)


def _of_vllm(said: Mapping[str, object]) -> str:
    """What a span without an operation is of: vLLM names none, but its ids do."""
    return "chat" if _first(said.get("request")).startswith("chatcmpl-") else "completion"


def _status(told: Told, said: Mapping[str, object]) -> int:
    """The status of HTTP where it is told; a failure without one is 500."""
    for thing in ("status", "error"):
        if (code := count(_scalar(said.get(thing)))) > 0:
            return code
    return _FAILED if told.failed or "error" in said else NOT_TOLD


def _words(told: Told, said: Mapping[str, object]) -> dict[str, Any]:
    """The words, where the application opted in: on the record, in its body, or in the events within the span."""
    body = told.body if isinstance(told.body, dict) else MappingProxyType({})
    in_body = {called: value for called, value in body.items() if called in _THINGS}
    places = [_said(attributes) for attributes in (in_body, *(inside for _, inside in told.events))]
    prompt, answer, system = (
        _opened(next((place[thing] for place in (said, *places) if thing in place), None))
        for thing in ("prompt", "answer", "system")
    )
    given = given_in(prompt)
    beside = words_in(system) if system else ""
    return {"prompt": given.prompt, "answer": words_in(answer), "system": beside or given.system}


def _opened(words: object) -> object:
    """Messages: as a value, or as JSON in a string; a string that is none is the words themselves."""
    if not isinstance(words, str) or words[:1] not in ("[", "{"):
        return words
    value = decoded(words.encode("utf-8", "surrogatepass"))
    return words if isinstance(value, Unreadable) else value


def _scalar(value: object) -> Scalar:
    return value if isinstance(value, int | float | str | bool) else None


def _first(value: object) -> str:
    """A name, or the first of a list of them."""
    if isinstance(value, list):
        value = value[0] if value else None
    return name(_scalar(value))


def _as(read: Callable[[Scalar], Any]) -> Callable[[object], Any]:
    return lambda value: read(_scalar(value))


_READ: Mapping[str, Callable[[object], Any]] = {
    **dict.fromkeys(("model", "agent", "user", "tenant", "prompt_ref", "answer_ref"), _first),
    **dict.fromkeys(("tokens_in", "tokens_out", "cached", "max_tokens", "n", "asked"), _as(count)),
    **dict.fromkeys(("temperature", "cost"), _as(number)),
    "first_ms": _as(milliseconds),
    "address": lambda value: address(_first(value)),
    "finish": lambda value: _first(_opened(value)),
}
"""How the fields of a call that stand for themselves are read."""
