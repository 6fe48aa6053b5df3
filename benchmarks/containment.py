"""From the decision to the last effect verified, in the range: how long, by how many API calls, and many at once.

usage: python -m benchmarks.containment [--runs N] [--at-once N] [--json FILE]

Each run is a breach of its own: a host with two interfaces behind a NAT gateway, its profile and its role. Time begins
when the plan is decided on and ends with the last proof of an effect. What actions wait for (the cutoff that must pass,
IAM's window) is not slept but added up, and told beside. The emulator answers from one process of this machine and is
most of the time measured: calls, which it does not influence, are the figure to compare.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.ground import RESPONDER_ADDRESS, Ground, opened
from tests.playbooks.breaches import BREACHES, incident

from stanch import app
from stanch.domain.estate import Estate, Perimeter
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import Step, StepState
from stanch.engine.contain import Containment, state_after
from stanch.stores.open import Stores, open_stores

PLAYBOOK = "stolen_instance_credentials"
MEDIAN_SECONDS = 5.0
WORST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Run:
    """One containment: steps proven, seconds without waits, seconds of waits, API calls by operation."""

    playbook: str
    steps: int
    seconds: float
    waited: float
    calls: dict[str, int]
    contained: bool


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 when a ceiling is broken or something is not contained."""
    parser = argparse.ArgumentParser(prog="benchmarks.containment", description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    with opened() as ground, tempfile.TemporaryDirectory() as folder:
        each = [contained(ground, Path(folder) / name, name) for name in BREACHES]
        alone = [contained(ground, Path(folder) / f"run-{n}", PLAYBOOK) for n in range(asked.runs)]
        together, wall = at_once(ground, Path(folder), asked.at_once)
    fine = _told(each, alone, together, wall)
    if asked.json:
        asked.json.write_text(json.dumps({"playbooks": [_plain(run) for run in each], "wall": wall,
                                          "runs": [_plain(run) for run in alone],
                                          "at_once": [_plain(run) for run in together]}, indent=1))  # fmt: skip
    return 0 if fine else 1


def contained(ground: Ground, state: Path, playbook: str) -> Run:
    """Stage a breach and contain it."""
    case = incident(ground, playbook, BREACHES[playbook](ground), f"inc-{state.name}")
    with open_stores(state) as stores:
        return run(ground, stores, playbook, case)


def run(ground: Ground, stores: Stores, playbook: str, case: Incident) -> Run:
    """Contain one incident."""
    aws = ground.door(ground.responder_credentials, RESPONDER_ADDRESS)
    waits: list[float] = []
    proven: list[float] = []
    estate = Estate(perimeter=Perimeter(accounts=(ground.account,)), declared=True)
    desk = Containment(
        app.actions(), app.playbooks(), stores.journal, estate, aws, lambda: datetime.now(UTC), waits.append
    )
    plan = desk.plan(case, users={})
    began = perf_counter()

    def told(step: Step) -> None:
        if step.state is StepState.VERIFIED:
            proven.append(perf_counter() - began)

    done = desk.apply(plan, told)
    verified = sum(step.state is StepState.VERIFIED for step in done)
    whole = state_after(done) is IncidentState.CONTAINED
    return Run(playbook, verified, max(proven, default=0.0), sum(waits), dict(aws.calls), whole)


def at_once(ground: Ground, folder: Path, count: int) -> tuple[list[Run], float]:
    """So many incidents contained side by side on one account, with one journal, and the seconds all took."""
    staged = [BREACHES[PLAYBOOK](ground) for _ in range(count)]  # first: a role made later would be a trace of others
    cases = [incident(ground, PLAYBOOK, named, f"inc-many-{n}") for n, named in enumerate(staged)]
    start = threading.Barrier(count + 1)

    def one(case: Incident) -> Run:
        start.wait()
        return run(ground, stores, PLAYBOOK, case)

    with open_stores(folder / "many") as stores, ThreadPoolExecutor(count) as pool:
        running = [pool.submit(one, case) for case in cases]
        start.wait()
        began = perf_counter()
        runs = [future.result() for future in running]
    return runs, perf_counter() - began


def _told(each: Sequence[Run], alone: Sequence[Run], together: Sequence[Run], wall: float) -> bool:
    print("API calls of each playbook (plan, apply, proof; one breach of its kind)")
    for one in each:
        services: dict[str, int] = {}
        for name, count in one.calls.items():
            services[name.split(":")[0]] = services.get(name.split(":")[0], 0) + count
        spread = ", ".join(f"{name} {count}" for name, count in sorted(services.items(), key=lambda pair: -pair[1]))
        mark = "" if one.contained else "  NOT CONTAINED"
        print(f"  {one.playbook:30} {one.steps:2} steps proven  {sum(one.calls.values()):4} calls  ({spread}){mark}")
    seconds = sorted(one.seconds for one in alone)
    median, worst = statistics.median(seconds), seconds[max(0, -(-99 * len(seconds) // 100) - 1)]
    print(f"\nDecision to the last effect verified, {alone[0].steps} steps, {len(alone)} runs, without waits")
    print(f"  p50 {median:.2f} s (ceiling {MEDIAN_SECONDS:.0f}), p99 {worst:.2f} s (ceiling {WORST_SECONDS:.0f})")
    print(f"  waits that consistency demands, besides: {statistics.median(one.waited for one in alone):.0f} s a run")
    every = sum(one.contained for one in together)
    share = wall / len(together) / median
    print(f"\n{len(together)} incidents at once on one account: {every} contained, {wall:.1f} s in all")
    print(f"  {wall / len(together):.2f} s each, {share:.2f} of one alone (1.00 is linear: one emulator answers all)")
    return median <= MEDIAN_SECONDS and worst <= WORST_SECONDS and every == len(together)


def _plain(one: Run) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Run.__slots__}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
