"""Gateways and providers all log calls of models as JSON: the outermost names of the first record tell whose it is.

One function decides for all of them, as `_kind` does for AWS's logs, so that no file is two logs at once. What a caller
may choose (a prompt, a header) lies deeper or is a value, and decides nothing.
"""

from functools import lru_cache

from stanch.catalog.sources._outline import outline
from stanch.catalog.sources._records import opening

LITELLM, OTEL, BEDROCK, SAGEMAKER = "litellm", "otel", "bedrock", "sagemaker"
ENVOY, KONG, NGINX, TGI = "envoy_ai", "kong_ai", "nginx", "tgi"

_TELEMETRY = frozenset({"resourceSpans", "resourceLogs"})
_LITELLM = frozenset({"model_group", "custom_llm_provider", "response_cost", "model_parameters", "hidden_params"})
_NGINX = frozenset({"remote_addr", "request", "request_uri", "request_method", "status", "time_iso8601", "time_local",
                    "msec", "body_bytes_sent", "http_user_agent", "uri"})  # fmt: skip
_NEEDED_OF_NGINX = 4


@lru_cache(maxsize=2)  # each source asks the same of each file, one after the other
def model_log(head: bytes) -> str | None:
    """Which log of model calls a JSON file is, by its first bytes; None where it is none."""
    text = opening(head)
    if text[:1] not in (b"{", b"["):
        return None
    names = outline(text).get((), {})
    for log, known in _SIGNS:
        if known(names):
            return log
    return None


def _is_envoy(names: dict[str, str]) -> bool:
    own = any(name.startswith(("gen_ai.", "mcp.")) for name in names)
    return own or ("x-envoy-origin-path" in names and "response_code" in names)


_SIGNS = (
    (OTEL, lambda names: not _TELEMETRY.isdisjoint(names)),
    (BEDROCK, lambda names: names.get("schemaType") == "ModelInvocationLog"),
    (SAGEMAKER, lambda names: {"captureData", "eventMetadata"} <= names.keys()),
    (LITELLM, lambda names: "call_type" in names and not _LITELLM.isdisjoint(names)),
    (KONG, lambda names: "ai" in names and not {"latencies", "client_ip", "upstream_uri"}.isdisjoint(names)),
    (ENVOY, _is_envoy),
    (TGI, lambda names: "text_generation_router" in names.get("target", "")),
    (NGINX, lambda names: len(_NGINX & names.keys()) >= _NEEDED_OF_NGINX and "remote_addr" in names),
)
