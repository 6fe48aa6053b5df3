"""A real LiteLLM proxy on this machine, and what its own loggers write of the calls it serves.

    python -m tests.recordings.litellm_proxy path/to/bin/litellm tests/recordings

Recorded with release 1.106.2. Its spans need opentelemetry-sdk and the OTLP exporter beside the proxy. The models
answer from LiteLLM's `mock_response`; keys come from a custom authentication, for virtual keys need a database. Its
loggers `generic_api` (lists of records) and `s3_v2` (an object for each record) and its spans are received here.
"""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from tests.letterbox import Letterbox, receiving

KEYS = {"sk-team-one-0001": "one", "sk-team-two-0002": "two"}
"""The keys that the proxy knows, and their teams."""
PROTOBUF = "application/x-protobuf"
PATIENCE = 90
"""Seconds for the proxy to begin, and for its loggers to write."""

_OF_CALLER = frozenset(
    f"metadata.{name}"
    for name in ("user_api_key_hash", "user_api_key_team_id", "user_api_key_end_user_id", "requester_ip_address",
                 "user_agent")
)  # fmt: skip
_AUTH = """
from fastapi import HTTPException
from litellm.proxy._types import UserAPIKeyAuth, hash_token

KEYS = {keys!r}

async def user_api_key_auth(request, api_key):
    if api_key not in KEYS:
        raise HTTPException(401, "no such key")
    team = KEYS[api_key]
    return UserAPIKeyAuth(
        api_key=hash_token(api_key), key_alias="alias-" + team, team_id="team-" + team, user_id="user-" + team,
        user_email=team + "@example.org", org_id="org-1",
    )
"""


@dataclass
class Proxy:
    """A proxy that serves, and where its loggers hand over their records."""

    url: str
    box: Letterbox

    def ask(self, path: str, key: str, **body: Any) -> httpx.Response:
        """One call; a stream is read to its end."""
        headers = {"Authorization": f"Bearer {key}", "User-Agent": "recorder/1"}
        return httpx.post(f"{self.url}{path}", headers=headers, json=body, timeout=PATIENCE)

    def objects(self, count: int) -> list[bytes]:
        """What `s3_v2` wrote, as soon as there are as many; raises TimeoutError."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if len(self.box.put) >= count:
                return [body for _, body in self.box.put]
            time.sleep(0.2)
        raise TimeoutError(f"{len(self.box.put)} objects, not {count}")


@contextmanager
def proxy(executable: Path, *, spans: bool = False) -> Iterator[Proxy]:
    """A proxy on a free port, until the block ends; with `spans` it emits them too, among what is posted."""
    with receiving() as box, TemporaryDirectory() as folder:
        port = _free_port()
        served = Proxy(f"http://127.0.0.1:{port}", box)
        (Path(folder) / "auth.py").write_text(_AUTH.format(keys=KEYS))
        (Path(folder) / "config.yaml").write_text(json.dumps(_config(box.url, spans=spans)))  # JSON is YAML
        command: list[str | Path] = [executable, "--config", "config.yaml", "--port", str(port), "--host", "127.0.0.1"]
        with (Path(folder) / "log").open("wb") as log:
            running = subprocess.Popen(command, cwd=folder, env=_environment(box.url), stdout=log, stderr=log)
        try:
            _wait(served.url, running, Path(folder) / "log")
            yield served
        finally:
            running.terminate()
            running.wait(PATIENCE)


def calls(served: Proxy) -> int:
    """Make one call of each kind; how many records they leave."""
    one, two = KEYS
    chat = {"model": "llama-70b", "messages": [{"role": "user", "content": "What is the weather?"}]}
    served.ask("/v1/chat/completions", one, **chat, temperature=0.2, max_tokens=64)
    served.ask("/v1/chat/completions", one, **chat, stream=True)
    served.ask(
        "/v1/chat/completions", two, **chat,
        max_tokens=1, n=1, logprobs=True, top_logprobs=20, logit_bias={"50256": -100, "11": 5}, user="end-user-7",
    )  # fmt: skip
    parts = [{"type": "text", "text": "Describe it."}, {"type": "text", "text": "In one word."}]
    served.ask("/v1/chat/completions", two, model="llama-70b", messages=[{"role": "user", "content": parts}])
    served.ask("/v1/completions", one, model="llama-70b", prompt="Once upon a time", max_tokens=16)
    served.ask("/v1/embeddings", one, model="embedder", input=["first text", "second text"])
    served.ask("/v1/chat/completions", one, **(chat | {"model": "broken"}))
    return 7


def main(executable: str, target: str) -> None:
    """Record the calls and write them as JSON Lines, and their spans as one document of OTLP."""
    with proxy(Path(executable).absolute(), spans=True) as served:
        found = served.objects(calls(served))
    Path(target, "litellm_proxy.jsonl").write_text("".join(_scrubbed(json.loads(record)) + "\n" for record in found))
    emitted = [span for kind, body in served.box.posted if kind == PROTOBUF for span in _spans(body)]
    document = {"resourceSpans": [{"scopeSpans": [{"spans": emitted}]}]}
    Path(target, "litellm_spans.json").write_text(_without_port(json.dumps(document)) + "\n")


def _spans(body: bytes) -> Iterator[dict[str, Any]]:
    """The spans of calls in one request, without what a failure tells of the recorder's machine."""
    from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    message = ExportTraceServiceRequest()
    message.ParseFromString(body)
    for resource in MessageToDict(message)["resourceSpans"]:
        for span in (span for scope in resource["scopeSpans"] for span in scope["spans"]):
            pairs = span.get("attributes", [])
            if any(pair["key"] == "gen_ai.request.model" for pair in pairs):
                yield {**span, "attributes": [pair for pair in pairs if _kept(pair["key"])], "events": []}


def _kept(attribute: str) -> bool:
    return attribute in _OF_CALLER or attribute.startswith(("gen_ai.", "litellm.", "llm.", "http.", "error.type"))


def _config(listener: str, *, spans: bool) -> dict[str, Any]:
    answers = {"model": "openai/llama-70b", "api_key": "none", "api_base": "http://127.0.0.1:9/v1"}
    vector = {"model": "openai/embedder", "api_key": "none", "mock_response": [0.25] * 4}
    return {
        "model_list": [
            {"model_name": "llama-70b", "litellm_params": answers | {"mock_response": "It rains in the afternoon."}},
            {"model_name": "embedder", "litellm_params": vector},
            {"model_name": "broken", "litellm_params": answers | {"mock_response": "litellm.RateLimitError"}},
        ],
        "litellm_settings": {
            "callbacks": ["generic_api", "s3_v2", *(["otel"] if spans else [])],
            "num_retries": 0,
            "telemetry": False,
            "s3_callback_params": {
                "s3_bucket_name": "calls",
                "s3_region_name": "eu-central-1",
                "s3_endpoint_url": listener,
                "s3_aws_access_key_id": "none",
                "s3_aws_secret_access_key": "none",
            },
        },
        "general_settings": {"custom_auth": "auth.user_api_key_auth"},
    }


def _environment(listener: str) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": os.devnull,
        "GENERIC_LOGGER_ENDPOINT": listener,
        "DEFAULT_FLUSH_INTERVAL_SECONDS": "1",
        "DEFAULT_S3_FLUSH_INTERVAL_SECONDS": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MASTER_KEY": f"sk-{secrets.token_hex(32)}",
        "AWS_EC2_METADATA_DISABLED": "true",
        "OTEL_EXPORTER": "otlp_http",
        "OTEL_ENDPOINT": f"{listener}/v1/traces",
        "OTEL_BSP_SCHEDULE_DELAY": "500",
        "USE_OTEL_LITELLM_REQUEST_SPAN": "true",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str, running: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while running.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(f"{url}/health/liveliness", timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise TimeoutError(f"the proxy does not begin to serve: {log.read_text(errors='replace')[-2000:]}")


def _scrubbed(record: dict[str, Any]) -> str:
    """The record without the recorder's machine in it, and without its price list."""
    record["model_map_information"]["model_map_value"] = None
    record["error_information"]["traceback"] = ""
    record["response_cost_failure_debug_info"] = None
    return _without_port(json.dumps(record))


def _without_port(text: str) -> str:
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:4000", text)


if __name__ == "__main__":
    main(*sys.argv[1:])
