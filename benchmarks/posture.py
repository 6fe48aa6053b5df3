"""A whole scan of an account, and of one ten times as large: calls, seconds beside their floor, memory, what was found.

usage: python -m benchmarks.posture [--times N ...] [--rounds N] [--json FILE]

The account is made anew in the range. The floor is the same calls made by bare boto3 with clients of its own, as many
at once, and one after another; each runs in a process of its own, in turns. The emulator answers from one process of
this machine and is most of the time measured: calls and ratios count, seconds do not.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.alone import alone
from benchmarks.posture_account import Planted, build
from benchmarks.posture_looks import AT_ONCE, door, floor, look
from stanch.range.process import Range

MOST_CALLS, MOST_SECONDS, MOST_MEGABYTES = 700, 10.0, 300.0
"""What a look at the account itself may take."""
LINEAR = 1.2
"""How much dearer a thing may be in the larger account."""


FOUND_BY = {
    "administers": ("trust/compute_admin",),
    "called by everybody": ("public/function_open",),
    "of a stranger": ("public/bucket_open",),
    "gives its role away": ("inference_hosts/metadata_v1",),
    "open to the world": ("inference_hosts/admin_port_open",),
    "passes roles": ("trust/becomes_reader",),
    "public by ACL": ("public/bucket_open",),
    "public by policy": ("public/bucket_open",),
    "public snapshot": ("public/copy_shared",),
    "trusts a stranger": ("cross_account/role_reaches_asset",),
    "trusts everybody": ("trust/anybody", "cross_account/role_reaches_asset"),
    "with a key": ("trust/permanent_keys",),
    "with a secret": ("functions/secret_in_environment",),
    "without a block": ("public/bucket_blocked",),
}
"""What is planted, and the checks that have to find it."""


@dataclass
class Measured:
    """One size of the account."""

    times: int
    calls: int
    things: int
    unknowns: int
    planted: int = 0
    missed: list[str] = field(default_factory=list)
    healthy: list[str] = field(default_factory=list)
    judging: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    at_once: list[float] = field(default_factory=list)
    in_turn: list[float] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """For machines."""
        return dict(vars(self))


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 when a ceiling is broken."""
    parser = argparse.ArgumentParser(prog="benchmarks.posture", description="A whole look at an account.")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10], help="sizes of the account")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    measured = [measure(times, asked.rounds) for times in asked.times]
    fine = _told(measured)
    if asked.json:
        asked.json.write_text(json.dumps([one.plain() for one in measured], indent=1) + "\n", encoding="utf-8")
    return 0 if fine else 1


def measure(times: int, rounds: int) -> Measured:
    """Build the account so many times as large, and look at it and at its floors in turns."""
    with Range() as range_, tempfile.TemporaryDirectory() as folder:
        began = perf_counter()
        planted = build(door(range_.endpoint), times)
        print(f"{times}x built in {perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        calls = Path(folder) / "calls.jsonl"
        first = alone(look, range_.endpoint, folder, str(calls)).told
        found = Measured(times, first["calls"], first["things"], first["unknowns"])
        _score(found, planted, first["failed"])
        for _ in range(rounds):
            run = alone(look, range_.endpoint, folder)
            found.seconds.append(run.told["seconds"])
            found.judging.append(run.told["judging"])
            found.peaks.append(run.peak or 0.0)
            found.at_once.append(alone(floor, range_.endpoint, str(calls), AT_ONCE).told["seconds"])
            found.in_turn.append(alone(floor, range_.endpoint, str(calls), 1).told["seconds"])
    return found


def _score(found: Measured, planted: Planted, failed: Mapping[str, Sequence[str]]) -> None:
    """What of the planted was missed, and what failed by the same checks that is healthy."""
    wanted: dict[str, set[str]] = {}
    for kind, names in planted.wrong.items():
        for check in FOUND_BY[kind]:
            wanted.setdefault(check, set()).update(names)
    for check, wrong in wanted.items():
        told = set(failed.get(check, ()))
        found.planted += len(wrong)
        found.missed += [f"{check}: {name}" for name in sorted(wrong - told)]
        found.healthy += [f"{check}: {name}" for name in sorted(told - wrong)]


def _told(measured: Sequence[Measured]) -> bool:
    print("account    calls   things  unknown   seconds  of the floor: at once, in turn   peak MB")
    for one in measured:
        seconds, peak = statistics.median(one.seconds), max(one.peaks)
        ratios = [
            statistics.median(took / least for took, least in zip(one.seconds, floors, strict=True))
            for floors in (one.at_once, one.in_turn)
        ]
        print(
            f"{one.times:6}x {one.calls:8,} {one.things:8,} {one.unknowns:8} {seconds:9.1f}"
            f" {ratios[0]:22.2f} {ratios[1]:8.2f} {peak:9.0f}"
        )
        judging = statistics.median(one.judging)
        print(
            f"        {one.planted - len(one.missed)} of {one.planted} planted found, {len(one.healthy)} healthy things"
            f" failed by the same checks; judging is {judging / seconds:.2f} of it"
        )
    base, large = measured[0], measured[-1]
    growth = statistics.median(large.seconds) / statistics.median(base.seconds) / (large.times / base.times)
    print(f"a thing of the largest takes {growth:.2f} of one of the smallest (1.00 is linear, {LINEAR} is the ceiling)")
    judged = [
        (base.times > 1 or base.calls < MOST_CALLS, f"{base.calls} calls, wanted under {MOST_CALLS}"),
        (base.times > 1 or statistics.median(base.seconds) < MOST_SECONDS, f"wanted under {MOST_SECONDS:.0f} s"),
        (base.times > 1 or max(base.peaks) < MOST_MEGABYTES, f"wanted under {MOST_MEGABYTES:.0f} MB"),
        (growth < LINEAR, "not linear"),
        (not any(one.unknowns for one in measured), "something could not be seen"),
        *((False, f"not found: {name}") for one in measured for name in one.missed),
        *((False, f"healthy, yet it failed: {name}") for one in measured for name in one.healthy),
    ]
    for fine, what in judged:
        if not fine:
            print(f"MISSED: {what}")
    return all(fine for fine, _ in judged)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
