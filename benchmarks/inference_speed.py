"""How fast calls of models are read, summed and judged, and what a hundred thousand keys take in memory.

usage: python -m benchmarks.inference_speed [--records N] [--processes N]
       python -m benchmarks.inference_speed --memory [--keys N] [--records N]

Speed: a day of a gateway's records of a kilobyte and a half without texts, a thousand keys, from JSON lines to
incidents, with decoding them beside it. Memory: four weeks in which each call is by another of the keys, so that nearly
each is a cell of its own; no traffic is worse. Seconds of the processor are what can be compared on a shared machine.
"""

import argparse
import json
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, BinaryIO

import numpy as np

from benchmarks.room import room
from stanch import app
from stanch.app.knowledge import inference_sources
from stanch.domain.estate import Estate
from stanch.domain.inference import Inference
from stanch.engine.hunt import Hunt
from stanch.engine.scan.scanner import Scanner
from stanch.stores.logs import found

BEGIN = 1_780_272_000
DAYS = 28
FILE = 25_000
"""Records of one file."""


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inference_speed")
    parser.add_argument("--records", type=int, default=0)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--memory", action="store_true")
    wanted = parser.parse_args(arguments)
    if wanted.memory:
        memory(wanted.keys, wanted.records or 5_000_000)
    else:
        speed(wanted.records or 1_000_000, wanted.processes)
    return 0


def speed(records: int, processes: int) -> None:
    """Read a day of records from JSON lines."""
    with room() as folder:
        logs = folder / "logs"
        logs.mkdir()
        for number in range(records // FILE):
            (logs / f"{number:04}.jsonl").write_bytes(b"".join(_lines(number, records)))
        files = list(found([logs]))
        app.behaviours()
        decoded = _decoded(logs)
        began, spent = perf_counter(), _processor()
        result = app.hunt(files, Estate(), ([], []), watches=app.behaviours(), processes=processes)
        wall, used = perf_counter() - began, _processor() - spent
    events = result.coverage.events
    print(f"{events:,} records in {wall:.1f} s, {processes} processes: {events / wall:,.0f} a second")
    print(f"processor: {used / events * 1e6:.1f} us each, of which {decoded * 1e6:.1f} to decode")
    print(f"two processors without anything else to do: {2 * events / used:,.0f} a second")


def memory(keys: int, records: int) -> None:
    """Fold, join, and judge what nobody shares a cell of."""
    watches = [one for one in app.behaviours() if one.detection.id.startswith("inference/")]
    hunt = Hunt((), watches, Estate())
    began = perf_counter()
    hunt.read([_Wide(day, records // DAYS) for day in range(DAYS)], lambda: Scanner((), Estate(), [_Anyone(keys)]))
    read, most = perf_counter() - began, _peak()
    hunt.hear()
    heard = perf_counter() - began - read
    print(f"{keys:,} keys, {records:,} calls: {most:,.0f} MB at most in {read:.0f} s to read and sum")
    print(f"{_peak():,.0f} MB at most in {heard:.0f} s more to join and judge")


@dataclass(frozen=True, slots=True)
class _Wide:
    """A day as a file: its source makes it."""

    day: int
    records: int
    size: int = 1 << 24

    @property
    def path(self) -> str:
        """Its name."""
        return f"{self.day}-{self.records}.calls"

    def open(self) -> BinaryIO:
        """A byte, that it is no empty file."""
        return BytesIO(b"-")


class _Anyone:
    """A source whose calls are each by some other key."""

    LOG = "generated"
    INFERENCE = True

    def __init__(self, keys: int) -> None:
        self._keys = [sha256(str(number).encode()).hexdigest() for number in range(keys)]

    def recognises(self, path: str, head: bytes) -> bool:
        """Each of its files."""
        return path.endswith(".calls")

    def calls(self, path: str, stream: BinaryIO) -> Iterator[Inference]:
        """The calls of a day."""
        day, records = (int(part) for part in path.removesuffix(".calls").split("-"))
        chance = np.random.default_rng([7, day])
        keys = chance.integers(0, len(self._keys), records).tolist()
        seconds = np.sort(chance.integers(0, 86_400, records)).tolist()
        for place, (key, second) in enumerate(zip(keys, seconds, strict=True)):
            yield Inference(
                float(BEGIN + day * 86_400 + second), "litellm", path, f"{day}-{place}", self._keys[key],
                f"team-{key % 300}", "", f"198.{key % 200}.{key % 250}.7", f"client/{key % 40}", "llama-70b",
                operation="chat", tokens_in=80, tokens_out=200, status=200, cost=0.0004,
            )  # fmt: skip


def _lines(number: int, records: int) -> Iterator[bytes]:
    chance = np.random.default_rng([5, number])
    keys = chance.integers(0, 1000, FILE).tolist()
    for place, key in enumerate(keys):
        when = BEGIN + (number * FILE + place) * 86_400 / records
        yield json.dumps(_record(f"chatcmpl-{number}-{place}", key, when)).encode() + b"\n"


def _record(request: str, key: int, when: float) -> dict[str, Any]:
    """A record as LiteLLM's loggers write it where messages are not logged."""
    return {
        "id": request, "trace_id": sha256(request.encode()).hexdigest()[:32], "call_type": "acompletion",
        "stream": True, "status": "success",
        "status_fields": {"llm_api_status": "success", "guardrail_status": "not_run"},
        "response_cost": 0.0004, "cost_breakdown": {"input_cost": 0.0001, "output_cost": 0.0003, "total_cost": 0.0004},
        "total_tokens": 280, "prompt_tokens": 80, "completion_tokens": 200,
        "startTime": when, "endTime": when + 1.5, "completionStartTime": when + 0.2, "response_time": 0.2,
        "model": "llama-70b", "model_id": "abc" * 10, "model_group": "llama-70b",
        "api_base": "http://10.0.4.17:8000/v1", "custom_llm_provider": "openai",
        "metadata": {
            "user_api_key_hash": sha256(str(key).encode()).hexdigest(), "user_api_key_alias": f"app-{key}",
            "user_api_key_team_id": f"team-{key % 300}", "user_api_key_user_id": "default",
            "user_api_key_user_email": None, "requester_ip_address": f"198.51.{key % 100}.7",
            "spend_logs_metadata": None, "requester_metadata": {}, "user_api_key_org_id": None,
        },
        "cache_hit": None, "cache_key": None, "request_tags": ["User-Agent: openai-python"], "end_user": "",
        "requester_ip_address": f"198.51.{key % 100}.7", "user_agent": "openai-python/1.30",
        "model_parameters": {"max_tokens": 500, "temperature": 0.7, "stream": True},
        "hidden_params": {"model_id": "abc", "cache_key": None, "api_base": "http://10.0.4.17:8000/v1"},
        "error_str": None, "error_information": None, "guardrail_information": None, "messages": [], "response": {},
    }  # fmt: skip


def _decoded(logs: Path) -> float:
    """Seconds of the processor to decode one record."""
    source = next(one for one in inference_sources() if one.LOG == "litellm")
    path = min(logs.iterdir())
    began = process_time()
    with path.open("rb") as stream:
        count = sum(1 for _ in source.calls(str(path), stream))
    return (process_time() - began) / count


def _peak() -> float:
    """Megabytes that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _processor() -> float:
    """Seconds of the processor that this process and its children took."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
