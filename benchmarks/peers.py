"""Others that answer the same question of the same files: which events match these rules."""

import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import msgspec

from benchmarks.alone import Missing, Told
from benchmarks.floor import first, inflate, msgspec_by_file


def duckdb(folder: str, files: int, processes: int, rules: str) -> Told:
    """DuckDB over read_json, with as many threads as others have processes."""
    if find_spec("duckdb") is None:
        raise Missing("duckdb is not installed")
    import duckdb as engine

    from benchmarks import sql
    from stanch import app

    loaded, _ = app.rules(Path(rules), own=False)
    paths = first(folder, files)
    largest = max(len(inflate(path)) for path in paths)
    asked = sql.query(loaded, paths, largest + 1)
    connection = engine.connect(config={"threads": processes})
    began = perf_counter()
    counts = connection.execute(asked.text, asked.values).fetchall()
    seconds = perf_counter() - began
    events = sum(map(msgspec_by_file, paths))
    matched = {asked.rules[number]: count for number, count in counts}
    return {"events": events, "seconds": seconds, "detections": len(asked.rules), "matched": matched}


def naive(folder: str, sample: int, processes: int, rules: str) -> Told:
    """A Python engine over pySigma's trees, on the first events of one file for each process.

    The rate of the sample stands for all: no event is read twice and nothing is learnt, so more events take as much
    longer.
    """
    paths = first(folder, processes)
    known = sorted(Path(rules).rglob("*.yml"))
    texts = [path.read_text(encoding="utf-8") for path in known]
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("fork")) as pool:
        parts = list(pool.map(_sampled, paths, [sample // processes] * len(paths), [texts] * len(paths)))
    rate = sum(events / seconds for events, seconds, _ in parts)
    events = sum(events for events, _, _ in parts)
    counts: Counter[int] = sum((Counter(part[2]) for part in parts), Counter())
    matched = {known[number].relative_to(rules).with_suffix("").as_posix(): count for number, count in counts.items()}
    return {"events": events, "seconds": events / rate, "detections": len(texts), "matched": matched}


def _sampled(path: str, count: int, texts: Sequence[str]) -> tuple[int, float, dict[int, int]]:
    from benchmarks.naive import holds, trees

    rules = trees(texts)
    began = perf_counter()
    everything = msgspec.json.decode(inflate(path))["Records"]
    # Decoding is charged to the events of the sample only.
    decoding = (perf_counter() - began) * min(1.0, count / len(everything))
    records = everything[:count]
    began = perf_counter()
    matched = Counter(
        number for record in records for number, rule in enumerate(rules) if any(holds(tree, record) for tree in rule)
    )
    return len(records), decoding + perf_counter() - began, dict(matched)
