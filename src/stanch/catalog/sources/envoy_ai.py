"""Envoy AI Gateway writes an access log in JSON whose fields the operator chooses; tokens are among the usual ones.

Reads: JSON access logs with `gen_ai.*` or `x-envoy-origin-path`, a line a request; `mcp.*` where tools are called.
Blind to: prompts, answers and the parameters of a request; whatever the operator did not put into his format; the key,
but for a hash of what he logs of the Authorization or an API key's header.
"""

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from stanch.catalog.sources._model_logs import ENVOY, model_log
from stanch.catalog.sources._paths import operation_of
from stanch.catalog.sources._records import calls_of
from stanch.catalog.sources._shape import Shape
from stanch.catalog.sources._told import Scalar, address, count, epoch, forwarded, hashed, name, number, request_id
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.domain.event import Skipped
from stanch.domain.inference import Inference

LOG = ENVOY
INFERENCE = True


class _Line(
    msgspec.Struct,
    rename={
        "model": "gen_ai.request.model",
        "answering": "gen_ai.response.model",
        "operation": "gen_ai.operation.name",
        "tokens_in": "gen_ai.usage.input_tokens",
        "tokens_out": "gen_ai.usage.output_tokens",
        "cached": "gen_ai.usage.cached_input_tokens",
        "cache_read": "gen_ai.usage.cache_read.input_tokens",
        "forwarded_for": "x-forwarded-for",
        "request_id": "x-request-id",
        "agent": "user-agent",
        "origin_path": "x-envoy-origin-path",
        "path": ":path",
        "api_key": "x-api-key",
        "user": "x-user-id",
        "tenant": "x-tenant-id",
    },
):
    model: Scalar = None
    answering: Scalar = None
    operation: Scalar = None
    tokens_in: Scalar = None
    tokens_out: Scalar = None
    cached: Scalar = None
    cache_read: Scalar = None
    start_time: Scalar = None
    duration: Scalar = None
    response_code: Scalar = None
    bytes_received: Scalar = None
    bytes_sent: Scalar = None
    forwarded_for: Scalar = None
    downstream_remote_address: Scalar = None
    request_id: Scalar = None
    agent: Scalar = None
    origin_path: Scalar = None
    path: Scalar = None
    authorization: Scalar = None
    api_key: Scalar = None
    user: Scalar = None
    tenant: Scalar = None


_LINE = Shape(_Line)


def recognises(path: str, head: bytes) -> bool:
    """JSON whose first record has fields of `gen_ai`, or the path that Envoy was asked for."""
    return model_log(head) == LOG


def calls(path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
    """Yield each call of a model; requests for other paths are counted."""
    return calls_of(path, stream, _LINE, _call)


def _call(path: str, said: _Line, faults: Faults) -> Inference:
    del faults  # every field stands for itself
    asked_for = name(said.origin_path) or name(said.path)
    operation = operation_of(asked_for) or {"chat": "chat", "embeddings": "embedding"}.get(name(said.operation), "")
    model = name(said.model) or name(said.answering)
    if not operation and not model:
        raise Unreadable("requests for other paths", fault=False)
    hops, peer = name(said.forwarded_for), name(said.downstream_remote_address)
    cached = count(said.cache_read)
    return Inference(
        time=epoch(said.start_time),
        log=LOG,
        file=path,
        request=request_id(said.request_id),
        key=hashed(name(said.authorization) or name(said.api_key)),
        tenant=name(said.tenant),
        user=name(said.user),
        address=forwarded(hops) or address(peer),
        agent=name(said.agent),
        model=model,
        operation=operation or "other",
        embeddings=operation == "embedding",
        tokens_in=count(said.tokens_in),
        tokens_out=count(said.tokens_out),
        cached=cached if cached >= 0 else count(said.cached),
        total_ms=number(said.duration),
        status=count(said.response_code),
        bytes_in=count(said.bytes_received),
        bytes_out=count(said.bytes_sent),
    )
