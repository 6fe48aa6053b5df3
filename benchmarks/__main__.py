"""`make bench`: the hunt beside its floor and the start-up beside an empty interpreter, in one run.

The machine is shared and noisy: ratios count, seconds do not.
"""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import msgspec

from benchmarks import trail
from stanch import app, estate
from stanch.engine.inflate import Inflating
from stanch.stores.logs import found

EVENTS = 100_000
RUNS = 3
ESTATE = f"""
[perimeter]
accounts = ["{trail.ACCOUNT}"]
networks = ["10.0.0.0/8"]
vpc_endpoints = ["vpce-0a1b2c3d4e5f60718"]
[[asset]]
name = "llama-70b-ft"
kind = "weights"
where = "s3://acme-weights/llama-70b-ft/"
[[asset]]
name = "tickets"
kind = "training-data"
where = "s3://acme-training/tickets/"
[[principal]]
match = "arn:*:iam::{trail.ACCOUNT}:role/vllm-serving"
purpose = "serving"
[[principal]]
match = "arn:*:iam::{trail.ACCOUNT}:role/retrain"
purpose = "training"
"""


class _Two(msgspec.Struct):
    eventSource: str  # noqa: N815 - CloudTrail's own name
    eventName: str  # noqa: N815 - CloudTrail's own name


class _File(msgspec.Struct):
    Records: list[_Two]


def floor(folder: Path) -> int:
    """Inflate each file and project two fields of each record: no search can read less."""
    decoder = msgspec.json.Decoder(_File)
    count = 0
    for file in found([folder]):
        with Inflating(file.open()) as stream:
            count += len(decoder.decode(stream.read()).Records)
    return count


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw = trail.write(folder, EVENTS)
        ours, rules = estate.read(ESTATE, "benchmark"), app.rules()
        print(f"{EVENTS:,} events, {raw / 1e6:.0f} MB of JSON; median of {RUNS} runs, one process")
        base = _median(lambda: floor(folder))
        print(f"  floor: inflate, two fields    {EVENTS / base:10,.0f} events/s   1.00")
        spent = _median(lambda: app.hunt(list(found([folder])), ours, rules))
        print(
            f"  hunt: {len(rules[0])} rules, enrichment  {EVENTS / spent:10,.0f} events/s   "
            f"{base / spent:.3f} of the floor"
        )
    empty = _median(lambda: _run("pass"))
    start = _median(lambda: _run("import stanch.cli.main"))
    print(f"  start-up: python {empty:.2f} s, stanch {start:.2f} s   {start / empty:.1f} of an empty interpreter")


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return statistics.median(times)


def _run(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], check=True)


if __name__ == "__main__":
    main()
