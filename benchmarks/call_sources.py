"""How fast logs of model calls are read: records a second of one processor, without their words and with them.

usage: python -m benchmarks.call_sources [RECORDS]     50 000 of each by default

Each log is read three times and the fastest counts, in seconds of the processor: other work on the machine does not.
"""

import io
import json
import sys
from collections.abc import Iterator
from copy import deepcopy
from importlib import import_module
from time import process_time
from typing import Any

from tests.catalog import call_samples as samples

from stanch.domain.inference import Inference

RECORDS = 50_000
ROUNDS = 3
WANTED = 50_000
"""Records a second and processor, where no words are logged."""


def measured(log: str, content: bytes) -> tuple[int, float]:
    """The calls in a file, and the seconds that it took to read them."""
    source = import_module(f"stanch.catalog.sources.{log}")
    seconds = []
    for _ in range(ROUNDS):
        began = process_time()
        count = sum(isinstance(item, Inference) for item in source.calls("2026-11-22/x", io.BytesIO(content)))
        seconds.append(process_time() - began)
    return count, min(seconds)


def wordless() -> Iterator[tuple[str, str, list[str]]]:
    """Each log in JSON as it is where no words are logged: a name, the log, and lines to repeat."""
    recorded = [json.loads(line) for line in samples.RECORDED.read_text().splitlines()]
    yield "LiteLLM, as recorded", "litellm", [json.dumps(record | {"messages": None, "response": None})
                                              for record in recorded]  # fmt: skip
    silent = [without(record, "messages", "response", "hidden_params", "model_map_information", "error_information",
                      "cost_breakdown") for record in recorded]  # fmt: skip
    yield "LiteLLM, nulls left out", "litellm", [json.dumps(record) for record in silent]
    span: dict[str, Any] = deepcopy(samples.OTEL)
    of_scope = span["resourceSpans"][0]["scopeSpans"][0]
    of_scope["spans"][0]["attributes"] = of_scope["spans"][0]["attributes"][:-2]
    yield "OpenTelemetry, a span a line", "otel", [json.dumps(span)]
    yield "Envoy AI Gateway", "envoy_ai", [json.dumps(samples.ENVOY)]
    bedrock: dict[str, Any] = deepcopy(samples.BEDROCK)
    del bedrock["input"]["inputBodyJson"], bedrock["output"]["outputBodyJson"]
    yield "Bedrock", "bedrock", [json.dumps(bedrock)]
    kong: dict[str, Any] = deepcopy(samples.KONG)
    del kong["ai"]["proxy"]["payload"]
    yield "Kong", "kong_ai", [json.dumps(kong)]
    yield "nginx, JSON", "nginx", [json.dumps(samples.NGINX)]
    yield "nginx, combined", "nginx", [samples.COMBINED.decode().splitlines()[0]]


def worded() -> Iterator[tuple[str, str, list[str]]]:
    """Logs that hold words."""
    yield "LiteLLM, with words", "litellm", [json.dumps(samples.LITELLM)]
    yield "Bedrock, with words", "bedrock", [json.dumps(samples.BEDROCK)]
    yield "vLLM, with words", "vllm", samples.VLLM.decode().splitlines()


def without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    """The record without these fields, and without those that are null."""
    return {name: value for name, value in record.items() if name not in names and value is not None}


def main(records: int) -> int:
    """Measure and print; 1 where a log without words is read too slowly."""
    slow = 0
    print(f"{'log':30} {'bytes a call':>12} {'calls/s':>10}")
    for logs, wanted in ((wordless(), WANTED), (worded(), 0)):
        for name, log, lines in logs:
            content = "\n".join(lines[number % len(lines)] for number in range(records)).encode()
            count, seconds = measured(log, content)
            slow += count / seconds < wanted
            print(f"{name:30} {len(content) / count:12,.0f} {count / seconds:10,.0f}")
    return int(slow > 0)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS))
