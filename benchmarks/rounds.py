"""Floor, hunt, floor, hunt: what disturbs the machine disturbs both, and the ratio of two neighbours stays true."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import floor, hunting, peers, trail, variants
from benchmarks.alone import Broken, Missing, Run, alone
from benchmarks.figures import Figure

PER_FILE = 5000
SAMPLE = 1000
"""Events for the naive peer: it is a hundred times slower, and linear."""

Say = Callable[[str], None]
Measure = Callable[[int], Run]
OWN = "hunt, all our own detections"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A folder of rules, the least share of the floor that a search with them alone may reach, and what to know."""

    name: str
    folder: Path
    aim: float | None = None
    note: str = ""


class Rounds:
    """Measures by turns on the first `files` of one trail."""

    def __init__(self, folder: Path, files: int, processes: int, times: int, longest: float, say: Say) -> None:
        """`longest` are the seconds a run may take: a slow one gets fewer of the files."""
        self.folder = str(folder)
        self.files = files
        self.processes = processes
        self._times = times
        self._longest = longest
        self._say = say
        self.defined: str | None = None
        self.fastest = ""
        self.bases = {name: Figure(f"beside the figures: {name}") for name in floor.READERS}

    @property
    def floor(self) -> str:
        """The reader that is F, or the fastest where that one cannot be had."""
        return self.defined or self.fastest

    def find_floor(self) -> list[Figure]:
        """Each reader a few times by turns: which is the fastest, and whether the one that is F can be had."""
        readers = {name: Figure(f"  {name.replace('_', ' ')}") for name in floor.READERS}
        for _ in range(self._times):
            for name, figure in readers.items():
                if figure.missing is None:
                    self._add(figure, partial(self._read, name), self.files)
        parsing = {name: figure for name, figure in readers.items() if figure.rates and name != "inflated"}
        self.fastest = max(parsing, key=lambda name: statistics.median(parsing[name].rates))
        self.defined = floor.DEFINED if floor.DEFINED in parsing else None
        if self.defined:
            base = statistics.median(parsing[self.defined].rates)
            for figure in readers.values():
                figure.ratios = [rate / base for rate in figure.rates]
        readers[floor.DEFINED].note = "the floor F by its definition"
        readers[self.fastest].note = ", ".join(filter(None, (readers[self.fastest].note, "the fastest")))
        return list(readers.values())

    def beside_floor(self, figure: Figure, measure: Measure, few: int) -> Figure:
        """Measure by turns with the floor and the fastest reader; ratios are to those just before."""
        files = self._fitting(figure, measure, few)
        for _ in range(self._times if files else 0):
            bases = {name: self._read(name, self.files).rate for name in {self.floor, self.fastest}}
            for name, rate in bases.items():
                self.bases[name].rates.append(rate)
            run = self._add(figure, measure, files)
            if run is None:
                break
            figure.strict.append(run.rate / bases[self.fastest])
            if self.defined:
                figure.ratios.append(run.rate / bases[self.defined])
        return figure

    def _fitting(self, figure: Figure, measure: Measure, few: int) -> int:
        """How many files a run may have, by a first one with few, which is not counted."""
        run = self._tried(figure, measure, min(few, self.files))
        if run is None:
            return 0
        return max(1, min(self.files, int(run.rate * self._longest / PER_FILE)))

    def _add(self, figure: Figure, measure: Measure, files: int) -> Run | None:
        run = self._tried(figure, measure, files)
        if run is not None:
            figure.rates.append(run.rate)
            figure.told = run.told
            if run.peak is not None:
                figure.peaks.append(run.peak)
            self._say(f"{figure.name.strip()}: {run.rate / 1e3:,.1f} kev/s on {run.told['events']:,} events")
        return run

    def _tried(self, figure: Figure, measure: Measure, files: int) -> Run | None:
        try:
            return measure(files)
        except (Missing, Broken) as error:
            figure.missing = str(error)
            self._say(f"{figure.name.strip()}: {error}")
            return None

    def _read(self, reader: str, files: int) -> Run:
        return alone(floor.read, reader, self.folder, files, self.processes)


def rule_sets(room: Path) -> list[RuleSet]:
    """SigmaHQ's where they are, with and without what matches everything; then larger sets, the largest last."""
    sets = []
    try:
        every = len(variants.community())
    except Missing as error:
        sets.append(RuleSet("community rules", room / "none", note=str(error)))
    else:
        quiet = every - len(variants.EVERYTHING)
        noisy = f"{', '.join(variants.EVERYTHING)} matches every event here"
        sets.append(RuleSet(f"{every} community rules", room / "all", 0.60, noisy))
        sets.append(RuleSet(f"{quiet} of them", room / "quiet", 0.60, "without that one"))
        variants.write(room / "all", every)
        variants.write(room / "quiet", quiet, variants.EVERYTHING)
    for count, aim in ((200, None), (700, 0.35)):
        sets.append(RuleSet(f"{count} rules", room / str(count), aim))
        variants.write(room / str(count), count, variants.EVERYTHING)
    return sets


def raw(rounds: Rounds, sets: Sequence[RuleSet]) -> list[Figure]:
    """The hunt over the trail as delivered."""
    told = [rounds.beside_floor(Figure(OWN, aim=0.35), _own(rounds), few=20)]
    for one in sets:
        figure = Figure(f"only {one.name}", aim=one.aim, note=one.note)
        if one.folder.is_dir():
            rounds.beside_floor(figure, _only(rounds, one.folder), few=8)
        else:
            figure.missing = one.note
        told.append(figure)
    return told


def others(rounds: Rounds, sets: Sequence[RuleSet]) -> list[Figure]:
    """Peers with the smallest and the largest set, on the same files."""
    told = []
    for one in (sets[0], sets[-1]):
        asked = (rounds.folder, rounds.processes, str(one.folder))
        figures = (
            Figure(f"DuckDB read_json, {one.name}"),
            Figure(f"naive Python on pySigma, {one.name}", note="a sample, extrapolated per event"),
        )
        for figure, measure in zip(figures, (_duckdb(*asked), _naive(*asked)), strict=True):
            if one.folder.is_dir():
                rounds.beside_floor(figure, measure, few=8)
            else:
                figure.missing = one.note
            if "detections" in figure.told:
                figure.note = ", ".join(filter(None, (f"{figure.told['detections']} rules", figure.note)))
            told.append(figure)
    return told


def lake(rounds: Rounds, room: Path, sets: Sequence[RuleSet], raws: Sequence[Figure]) -> list[Figure]:
    """The same hunts over events imported before; ratios are to the median of the same hunt over raw files."""
    largest = sets[-1]
    names = (OWN, f"only {largest.name}")
    try:
        imported = alone(hunting.imported, rounds.folder, rounds.files, str(room / "state"))
    except (Missing, Broken) as error:
        return [Figure(f"lake: {name}", aim=5.0, missing=str(error)) for name in names]
    at, size = imported.told["lake"], f"{imported.told['bytes'] / 1e6:,.0f} MB"
    measures: tuple[Measure, Measure] = (
        lambda _: alone(hunting.lake_own, at, rounds.processes),
        lambda _: alone(hunting.lake_only_rules, at, rounds.processes, str(largest.folder)),
    )
    told = [Figure("lake: import", [rounds.files * PER_FILE / imported.told["seconds"]], note=size)]
    for name, measure in zip(names, measures, strict=True):
        figure = rounds.beside_floor(Figure(f"lake: {name}", aim=5.0), measure, few=rounds.files)
        raw_rate = next((statistics.median(one.rates) for one in raws if one.name == name and one.rates), None)
        figure.ratios, figure.strict = [rate / raw_rate for rate in figure.rates] if raw_rate else [], []
        held = figure.told.get("events")
        if held not in (None, rounds.files * PER_FILE):
            figure.missing = f"the lake gave {held:,} events of {rounds.files * PER_FILE:,}"
        told.append(figure)
    return told


def _own(rounds: Rounds) -> Measure:
    return lambda files: alone(hunting.own, rounds.folder, files, rounds.processes)


def _only(rounds: Rounds, rules: Path) -> Measure:
    return lambda files: alone(hunting.only_rules, rounds.folder, files, rounds.processes, str(rules))


def _duckdb(folder: str, processes: int, rules: str) -> Measure:
    return lambda files: alone(peers.duckdb, folder, files, processes, rules)


def _naive(folder: str, processes: int, rules: str) -> Measure:
    return lambda _: alone(peers.naive, folder, SAMPLE, processes, rules)


def written(folder: Path, events: int) -> dict[str, Any]:
    """Write the trail, in as many whole files as hold these events; tells its size."""
    size = trail.write(folder, events, PER_FILE)
    stored = sum(path.stat().st_size for path in folder.rglob("*.json.gz"))
    return {"events": events, "raw_bytes": size, "stored_bytes": stored}
