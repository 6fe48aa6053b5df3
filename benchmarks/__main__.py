"""`make bench`: every figure beside its floor and its peer, in one run.

usage: python -m benchmarks [--full] [--events N] [--base N] [--rounds N] [--processes N] [--json FILE]

The machine is shared and noisy: ratios count, seconds do not. Progress goes to stderr, the tables to stdout.
"""

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import floor, hunting, rounds, trail
from benchmarks.alone import Broken, alone
from benchmarks.figures import Figure, Table, of_figures
from benchmarks.room import room

SIZES = (1, 4, 16)
STARTS = 5
MOST_MEGABYTES = 600
MOST_SECONDS = 0.7
FLOOR = "F, the floor: inflate (isal) and parse (simdjson) each file whole, two fields of each record by pointer."
WITHOUT = "F was NOT measured, as pysimdjson is not installed: aims are judged by the fastest reader, more strictly."
_BEGAN = perf_counter()


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much to measure: `events` for the rates, multiples of `base` for memory and growth."""

    events: int
    base: int
    rounds: int
    processes: int
    longest: float

    @property
    def written(self) -> int:
        """Events in the trail, of which each measurement takes the first files."""
        return max(self.events, self.base * SIZES[-1])


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    wanted, target = _wanted(arguments)
    facts: dict[str, Any] = {"python": platform.python_version(), "cores": os.cpu_count(), "load": os.getloadavg()}
    with room() as folder:
        say(f"writing a trail of {wanted.written:,} events")
        facts["trail"] = rounds.written(folder / "trail", wanted.written)
        tables, plain = _measured(folder, wanted)
    facts |= {"load_after": os.getloadavg(), "seconds": perf_counter() - _BEGAN, **plain}
    print(_heading(wanted, facts))
    print(FLOOR if facts["defined"] else f"{FLOOR}\n{WITHOUT}")
    for table in tables:
        print("\n" + table.text())
    if target:
        target.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return 0


def say(what: str) -> None:
    """Progress, for people."""
    print(f"[{perf_counter() - _BEGAN:5.0f} s] {what}", file=sys.stderr, flush=True)


def _measured(folder: Path, wanted: Wanted) -> tuple[list[Table], dict[str, Any]]:
    files = -(-wanted.events // rounds.PER_FILE)
    turns = rounds.Rounds(folder / "trail", files, wanted.processes, wanted.rounds, wanted.longest, say)
    sets = rounds.rule_sets(folder / "rules")
    base = turns.find_floor()
    raw = rounds.raw(turns, sets)
    kept = rounds.lake(turns, folder, sets, raw)
    peers = rounds.others(turns, sets)
    growth, grown = _growth(turns, wanted)
    start, started = _starts(folder)
    tables = [
        of_figures("Floor (ratios of medians)", base),
        of_figures("Hunt, from raw files, once its rules are loaded (ratios to what ran just before)", raw),
        _by_rules(raw),
        of_figures("Hunt, from the lake (ratios to the same from raw files)", kept, of="of raw"),
        of_figures("Peers (ratios to what ran just before)", peers),
        growth,
        start,
    ]
    beside = [figure for figure in turns.bases.values() if figure.rates]
    figures = [figure.plain() for figure in (*base, *beside, *raw, *kept, *peers)]
    return tables, {"defined": turns.defined, "figures": figures, "growth": grown, "start": started}


def _by_rules(raw: Sequence[Figure]) -> Table:
    """What an event costs by the number of rules: it should grow more slowly than they do."""
    table = Table("Time by the number of rules", ("", "us/event", "per rule, us"))
    for figure in raw:
        if figure.rates and figure.name.startswith("only"):
            spent, count = 1e6 / statistics.median(figure.rates), figure.told["detections"]
            table.rows.append((figure.name, f"{spent:.2f}", f"{spent / count:.3f}"))
    return table


def _growth(turns: rounds.Rounds, wanted: Wanted) -> tuple[Table, list[dict[str, Any]]]:
    """Memory and time with all our own detections at 1, 4 and 16 times the base."""
    table = Table(
        f"Growth (wanted: the same time per event, and under {MOST_MEGABYTES} MB)",
        ("", "events", "us/event", f"{turns.floor.replace('_', ' ')}, us/event", "peak MB", ""),
    )
    told = []
    for size in SIZES:
        files = -(-wanted.base * size // rounds.PER_FILE)
        floored = alone(floor.read, turns.floor, turns.folder, files, wanted.processes)
        try:
            run = alone(hunting.own, turns.folder, files, wanted.processes)
        except Broken as error:
            table.rows.append((f"{size}x", "-", "", "", "", str(error)))
            continue
        spent, least = 1e6 / run.rate, 1e6 / floored.rate
        peak = "?" if run.peak is None else f"{run.peak:,.0f}"
        over = "too much" if run.peak is not None and run.peak > MOST_MEGABYTES else ""
        table.rows.append((f"{size}x", f"{run.told['events']:,}", f"{spent:.2f}", f"{least:.2f}", peak, over))
        told.append({"size": size, "us_per_event": spent, "floor_us_per_event": least, "peak_mb": run.peak, **run.told})
        say(f"{size}x: {run.told['events']:,} events, {spent:.2f} us each, {peak} MB")
    return table, told


def _starts(folder: Path) -> tuple[Table, dict[str, Any]]:
    """`stanch hunt` on one small file, beside an empty interpreter and one that loads AWS's own library."""
    small = folder / "small"
    trail.write(small, 50)
    seconds: dict[str, list[float]] = {
        "python": [],
        "python, import boto3": [],
        "stanch hunt, one file of 50 events": [],
    }
    for _ in range(STARTS):
        runs = (
            alone(hunting.interpreter, "pass"),
            alone(hunting.interpreter, "import boto3"),
            alone(hunting.started, str(small), str(folder / "started")),
        )
        for taken, run in zip(seconds.values(), runs, strict=True):
            taken.append(run.told["seconds"])
    table = Table(f"Start-up, median of {STARTS} (wanted: hunt under {MOST_SECONDS} s)", ("", "seconds", "from - to"))
    for name, taken in seconds.items():
        table.rows.append((name, f"{statistics.median(taken):.2f}", f"{min(taken):.2f} - {max(taken):.2f}"))
    return table, seconds


def _heading(wanted: Wanted, facts: dict[str, Any]) -> str:
    written = facts["trail"]
    return (
        f"{wanted.events:,} of {written['events']:,} events ({written['raw_bytes'] / 1e6:,.0f} MB of JSON, "
        f"{written['stored_bytes'] / 1e6:,.0f} MB stored), {wanted.processes} processes, median of {wanted.rounds}; "
        f"Python {facts['python']}, {facts['cores']} cores, load {facts['load'][0]:.1f} before and "
        f"{facts['load_after'][0]:.1f} after, {facts['seconds']:.0f} s"
    )


def _wanted(arguments: Sequence[str]) -> tuple[Wanted, Path | None]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Each figure beside its floor and peer.")
    parser.add_argument(
        "--full", action="store_true", help="2 M events for the rates, 32 M for memory: an hour, and 5 GB below TMPDIR"
    )
    parser.add_argument("--events", type=int, help="events for the rates")
    parser.add_argument("--base", type=int, help="events for memory; 4 and 16 times as many follow")
    parser.add_argument("--rounds", type=int, help="runs of each step")
    parser.add_argument("--processes", type=int, default=2, help="processes of floor, hunt and peers alike")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all of it there as well")
    given = parser.parse_args(arguments)
    events, base, turns, longest = (2_000_000, 2_000_000, 5, 30.0) if given.full else (600_000, 150_000, 3, 5.0)
    wanted = Wanted(given.events or events, given.base or base, given.rounds or turns, given.processes, longest)
    return wanted, given.json


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
