"""The hunt as a person runs it: our own detections, or a folder of rules alone, or a lake."""

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from benchmarks import trail
from benchmarks.alone import Missing, Told
from benchmarks.floor import first
from stanch import app
from stanch.contracts.source import LogFile
from stanch.domain.coverage import Failure
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident
from stanch.engine.correlate import worth_telling
from stanch.engine.inflate import GIB
from stanch.engine.sigma import Rule

LIMIT = 64 * GIB
"""What the command inflates of one file at most, unless told otherwise."""
Rules = tuple[Sequence[Rule], Sequence[Failure]]
"""As loaded, and those that could not be."""

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


def searched(files: Sequence[LogFile], ours: Estate, rules: Rules) -> app.Hunted:
    """All of ours on some files, as `stanch hunt` searches them; `rules` are those of `app.rules()`, loaded once."""
    return app.hunt(files, ours, rules, limit=LIMIT, watches=app.behaviours(), routines=app.routines())


def shown(result: app.Hunted) -> list[Incident]:
    """The incidents that `stanch hunt` shows unasked, each with the findings that it shows."""
    kept = []
    for incident in filter(worth_telling, result.incidents):
        findings = tuple(finding for finding in incident.findings if finding.folded is None)
        if findings:
            kept.append(replace(incident, findings=findings))
    return kept


def own(folder: str, files: int, processes: int) -> Told:
    """All of ours: rules, behaviours, enrichment, profiles."""
    return _hunted(first(folder, files), None, processes)


def only_rules(folder: str, files: int, processes: int, rules: str) -> Told:
    """As `--only-rules --rules DIR`."""
    return _hunted(first(folder, files), Path(rules), processes)


def lake_own(lake: str, processes: int) -> Told:
    """All of ours, on events that were imported before."""
    return _hunted([lake], None, processes)


def lake_only_rules(lake: str, processes: int, rules: str) -> Told:
    """A folder of rules, on events that were imported before."""
    return _hunted([lake], Path(rules), processes)


def imported(folder: str, files: int, state: str) -> Told:
    """Bring the first files of a trail into a lake below `state`; tells where it lies, and its bytes."""
    if find_spec("stanch.engine.scan.lake") is None:
        raise Missing("there is no lake yet")
    at = Path(state)
    at.mkdir(parents=True)
    began = perf_counter()
    command = [sys.executable, "-m", "stanch", "lake", "import", *first(folder, files)]
    done = subprocess.run(command, check=False, cwd=at, stdout=sys.stderr)
    if done.returncode:
        raise Missing(f"`stanch lake import` ended with {done.returncode}; what it said is above")
    lake = at / ".stanch" / "lake"
    size = sum(path.stat().st_size for path in lake.rglob("*") if path.is_file())
    return {"lake": str(lake), "bytes": size, "seconds": perf_counter() - began}


def started(folder: str, state: str) -> Told:
    """`stanch hunt` on one small file, from the call of the interpreter to its end."""
    began = perf_counter()
    subprocess.run(
        [sys.executable, "-m", "stanch", "hunt", *first(folder, 1), "--state", state, "--format", "json"],
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seconds = perf_counter() - began
    shutil.rmtree(state, ignore_errors=True)
    return {"seconds": seconds}


def interpreter(program: str) -> Told:
    """An interpreter that runs one line."""
    began = perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return {"seconds": perf_counter() - began}


def _hunted(paths: Sequence[str], rules: Path | None, processes: int) -> Told:
    """Search; loading rules and modules is told beside it, as it costs the same whatever the trail's size."""
    from stanch import estate
    from stanch.stores.logs import found

    began = perf_counter()
    ours = estate.read(ESTATE, "benchmark")
    loaded = app.rules(rules, own=rules is None)
    watches, routines = (app.behaviours(), app.routines()) if rules is None else ((), ())
    app.sources()  # their modules are loaded once, whatever is read
    ready = perf_counter()
    files = list(found(map(Path, paths)))
    result = app.hunt(
        files,
        ours,
        loaded,
        limit=LIMIT,
        watches=watches,
        routines=routines,
        profiles=rules is None,
        processes=processes,
    )
    seconds = perf_counter() - ready
    coverage = result.coverage
    # A figure for part of the work is none.
    failed = [failure.why for failure in coverage.detections_failed if failure.fault]
    if failed or coverage.files_skipped:
        raise RuntimeError(f"not all was done: {[*failed, *coverage.files_skipped][:3]}")
    return {
        "events": coverage.events,
        "seconds": seconds,
        "loading": ready - began,
        "detections": coverage.detections_run,
        "incidents": len(result.incidents),
        "matched": matched(result),
    }


def matched(result: app.Hunted) -> dict[str, int]:
    """The events that each detection found."""
    counts: Counter[str] = Counter()
    for finding in (finding for incident in result.incidents for finding in incident.findings):
        counts[finding.detection] += finding.count
    return dict(counts)
