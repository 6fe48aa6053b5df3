"""Kong's logging plugins write one object for each request; its AI plugins add what the model used and what it cost.

Reads: the objects of http-log, file-log and their kind, one a line or in lists, with `ai.<plugin>.usage` and `.meta`;
the singular names of Kong 3.6 to 3.9 (`prompt_token`) and the plural ones after.
Blind to: prompts and answers unless `log_payloads` is set; parameters of the request without them; requests that no AI
plugin took.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from stanch.catalog.sources import _content
from stanch.catalog.sources._asked import Asked, asked_for
from stanch.catalog.sources._model_logs import KONG, model_log
from stanch.catalog.sources._paths import operation_of
from stanch.catalog.sources._records import calls_of
from stanch.catalog.sources._shape import Shape
from stanch.catalog.sources._told import Scalar, address, count, epoch, hashed, name, number, request_id
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.domain.event import Skipped
from stanch.domain.inference import Inference

LOG = KONG
INFERENCE = True


class _Usage(msgspec.Struct):
    prompt_tokens: Scalar = None
    prompt_token: Scalar = None
    completion_tokens: Scalar = None
    completion_token: Scalar = None
    cost: Scalar = None
    time_to_first_token: Scalar = None


class _Meta(msgspec.Struct):
    request_model: Scalar = None
    response_model: Scalar = None
    llm_latency: Scalar = None
    request_mode: Scalar = None


class _Payload(msgspec.Struct):
    request: msgspec.Raw = msgspec.Raw()
    response: msgspec.Raw = msgspec.Raw()


class _Plugin(msgspec.Struct):
    usage: _Usage | None = None
    meta: _Meta | None = None
    payload: _Payload | None = None


class _Request(msgspec.Struct):
    id: Scalar = None
    uri: Scalar = None
    size: Scalar = None
    headers: dict[str, msgspec.Raw] | None = None


class _Response(msgspec.Struct):
    status: Scalar = None
    size: Scalar = None


class _Latencies(msgspec.Struct):
    request: Scalar = None


class _Entity(msgspec.Struct):
    id: Scalar = None
    username: Scalar = None
    custom_id: Scalar = None


class _Entry(msgspec.Struct):
    ai: dict[str, msgspec.Raw] | None = None
    started_at: Scalar = None
    client_ip: Scalar = None
    upstream_uri: Scalar = None
    workspace_name: Scalar = None
    request: _Request | None = None
    response: _Response | None = None
    latencies: _Latencies | None = None
    authenticated_entity: _Entity | None = None
    consumer: _Entity | None = None


_ENTRY = Shape(_Entry)
_PLUGIN = Shape(_Plugin)
_ASKED = Shape(Asked)
_SCALAR = Shape(msgspec.defstruct("_Header", [("value", Scalar, None)]))
_NOT_PLUGINS = frozenset({"payload", "usage", "meta", "cache"})


def recognises(path: str, head: bytes) -> bool:
    """JSON whose first record has `ai` beside the names that Kong gives every request."""
    return model_log(head) == LOG


def calls(path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
    """Yield each call of a model; other requests through the same gateway are counted."""
    return calls_of(path, stream, _ENTRY, _call)


def _call(path: str, said: _Entry, faults: Faults) -> Inference:
    if not said.ai:
        raise Unreadable("requests that no AI plugin took", fault=False)
    plugin = _plugin(said.ai, faults)
    usage, meta, payload = plugin.usage or _Usage(), plugin.meta or _Meta(), plugin.payload or _Payload()
    request, response = said.request or _Request(), said.response or _Response()
    credential, consumer = said.authenticated_entity or _Entity(), said.consumer or _Entity()
    operation = operation_of(name(request.uri) or name(said.upstream_uri)) or "other"
    asked = _content.inner(payload.request)
    return Inference(
        time=epoch(said.started_at, 1000),
        log=LOG,
        file=path,
        request=request_id(_header(request, "x-request-id", faults) or request.id),
        key=name(credential.id) or name(consumer.id) or _key(request, faults),
        tenant=name(said.workspace_name),
        user=name(consumer.username) or name(consumer.custom_id),
        address=address(name(said.client_ip)),
        agent=_header(request, "user-agent", faults),
        model=name(meta.request_model) or name(meta.response_model),
        operation=operation,
        embeddings=operation == "embedding",
        tokens_in=count(usage.prompt_tokens if usage.prompt_tokens is not None else usage.prompt_token),
        tokens_out=count(usage.completion_tokens if usage.completion_tokens is not None else usage.completion_token),
        cost=number(usage.cost),
        first_ms=number(usage.time_to_first_token),
        total_ms=_took(said.latencies, meta),
        status=count(response.status),
        bytes_in=count(request.size),
        bytes_out=count(response.size),
        **_content.given(asked)._asdict(),
        answer=_content.words(_content.inner(payload.response)),
        extra={"trace": traced} if (traced := request_id(_header(request, "x-amzn-trace-id", faults))) else None,
        **_parameters(asked, faults),
    )


def _plugin(ai: dict[str, msgspec.Raw], faults: Faults) -> _Plugin:
    """What the proxy plugin said; in Kong 3.6 it stood in `ai` itself, since then under its name, whatever that is."""
    for called in ("proxy", "ai-proxy", "ai-proxy-advanced", *ai):
        if called in ai and called not in _NOT_PLUGINS:
            plugin = _PLUGIN.read(ai[called], faults)
            if plugin.usage or plugin.meta:
                return plugin
    return _PLUGIN.read(msgspec.json.encode({called: ai[called] for called in _NOT_PLUGINS & ai.keys()}), faults)


def _header(request: _Request, called: str, faults: Faults) -> str:
    value = (request.headers or {}).get(called)
    if value is None:
        return ""
    return name(_SCALAR.read(b'{"value":' + bytes(value) + b"}", faults).value)  # type: ignore[attr-defined]


def _key(request: _Request, faults: Faults) -> str:
    """The key in a header as its hash, where Kong authenticated nobody; Kong strikes most of them out."""
    given = (_header(request, called, faults) for called in ("authorization", "x-api-key", "apikey", "api-key"))
    return next((hashed(one) for one in given if one and one != "REDACTED"), "")


def _took(latencies: _Latencies | None, meta: _Meta) -> float:
    whole = number(latencies.request) if latencies else -1
    return whole if whole >= 0 else number(meta.llm_latency)


def _parameters(asked: bytes, faults: Faults) -> dict[str, Any]:
    """What the logged body of the request asked for; a body that was cut short tells nothing."""
    if not asked.lstrip().startswith(b"{"):
        return {}
    try:
        return asked_for(_ASKED.read(asked, Faults()))
    except Unreadable:
        faults.note(Unreadable("a logged body that is no whole JSON document", fault=False))
        return {}
