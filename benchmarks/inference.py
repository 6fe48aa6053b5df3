"""What is found of fifteen attacks on the model's own door, among a thousand keys in four weeks, and how soon.

usage: python -m benchmarks.inference [--seed N] [--keys N] [--processes N]

The thresholds were chosen on seeds 1 to 5; what is told is of another. Time to detection is that of a hunt run each
hour: the end of the first hour with which the attack's own detection speaks of one of its keys. False incidents are
those that no attack explains, told unasked. Then the same at half and at a quarter of each attack's strength.
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import BinaryIO

from benchmarks.inference_attacks import Attack
from benchmarks.inference_month import BEGIN, DAYS, Month, day, month
from stanch.app.knowledge import behaviours
from stanch.contracts.inference import KeyHistory, Peers, Traffic
from stanch.domain.estate import Estate, Gateway, Perimeter, Response
from stanch.domain.incident import Incident
from stanch.domain.inference import Inference
from stanch.engine.correlate import worth_telling
from stanch.engine.hunt import Hunt
from stanch.engine.inference.traffic import key_arn
from stanch.engine.scan.scanner import Scanner
from stanch.engine.watches import Watch

ESTATE = Estate(
    perimeter=Perimeter(regions=("eu-central-1",)),
    response=Response(gateways=(Gateway("main", "https://gateway.internal", "GATEWAY_KEY"),)),
)
_LEAK = re.compile(r"LEAK:([a-z-]+)/([a-z-]+)")


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in an answer, as the generator put it there."""

    category: str
    kind: str
    about: str = ""


def inspect(text: str) -> Iterator[Found]:
    """The generator's marks; what finds real ones has its own benchmark."""
    if "LEAK:" in text:
        yield from (Found(*match.groups()) for match in _LEAK.finditer(text))


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the month as a file of no content: its source makes it."""

    number: int
    size: int = 1 << 24

    @property
    def path(self) -> str:
        """Its name."""
        return f"{self.number}.calls"

    def open(self) -> BinaryIO:
        """A byte, that it is no empty file."""
        return io.BytesIO(b"-")


class Generated:
    """A source whose files are days of a month."""

    LOG = "generated"
    INFERENCE = True

    def __init__(self, of: Month) -> None:
        self._month = of

    def recognises(self, path: str, head: bytes) -> bool:
        """Each of its files."""
        return path.endswith(".calls")

    def calls(self, path: str, stream: BinaryIO) -> Iterator[Inference]:
        """The calls of the day."""
        return (call._replace(file=path) for call in day(self._month, int(path.partition(".")[0])))


@dataclass(frozen=True, slots=True)
class Result:
    """One attack: when its detection first spoke, in hours after it began, None where it never did."""

    attack: Attack
    hours: float | None
    by: tuple[str, ...]


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inference")
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    wanted = parser.parse_args(arguments)
    for strength in (1.0, 0.5, 0.25):
        _tell(wanted.seed, wanted.keys, wanted.processes, strength)
    return 0


def _tell(seed: int, keys: int, processes: int, strength: float) -> None:
    began = perf_counter()
    made = month(seed, keys, strength)
    results, false, calls = judged(made, processes)
    print(f"\nseed {seed}, strength {strength:g}: {calls:,} calls of {keys:,} keys in {DAYS} days")
    for one in results:
        when = "missed" if one.hours is None else f"{one.hours:5.0f} h"
        print(f"  {one.attack.kind:18} {when:>8}  {', '.join(one.by)}")
    weeks = DAYS / 7
    print(f"  false incidents: {len(false)} ({len(false) / weeks:.2f} a week)  [{perf_counter() - began:.0f} s]")
    for incident in false:
        print(f"    {incident.severity.name} {incident.title}: {'; '.join(f.why for f in incident.findings)[:200]}")


def judged(made: Month, processes: int) -> tuple[list[Result], list[Incident], int]:
    """What is found of each attack, the incidents that none explains, and how many calls there were."""
    watches = [one for one in behaviours() if one.detection.id.startswith("inference/")]
    hunt = Hunt((), watches, ESTATE)

    def build() -> Scanner:
        return Scanner((), ESTATE, [Generated(made)], inspect=inspect)

    hunt.read([Day(number) for number in range(DAYS)], build, processes)
    if hunt.part.tally.skipped:
        raise SystemExit(f"not all was read: {hunt.part.tally.skipped[0]}")
    results: list[Result] = []

    def heard(traffic: Traffic) -> None:
        results.extend(_times(made, watches, traffic))

    hunt.hear(heard)
    incidents = [one for one in hunt.incidents(build().judge) if worth_telling(one)]
    false = [one for one in incidents if not any(_explains(attack, one) for attack in made.attacks)]
    by = [
        replace(one, by=tuple(sorted({f.detection.partition("/")[2] for i in incidents if _explains(one.attack, i)
                                      for f in i.findings})))
        for one in results
    ]  # fmt: skip
    return by, false, hunt.part.tally.events


def _times(made: Month, watches: Sequence[Watch], traffic: Traffic) -> Iterator[Result]:
    of = {watch.detection.id: watch for watch in watches}
    wanted = {_arn(key.name) for attack in made.attacks for key in attack.keys}
    known = {history.key: history for history in traffic.histories() if history.key in wanted}
    for attack in made.attacks:
        names = {_arn(key.name) for key in attack.keys}
        watch = of[attack.expects]
        first, last = attack.window(BEGIN)
        spoke = None
        for end in range(first + 3600, last + 3600, 3600):
            if hasattr(watch.behaviour, "compare"):
                told: list[object] = list(watch.behaviour.compare(_Until(traffic, end), watch.behaviour.LIMITS))
            else:
                told = [
                    one
                    for name in names & known.keys()
                    for one in watch.behaviour.examine(until(known[name], end), watch.behaviour.LIMITS)  # type: ignore[union-attr]
                    if any(first - 3600 < cell.last for cell in one.cells)
                ]
            if told:
                spoke = (end - first) / 3600
                break
        yield Result(attack, spoke, ())


@dataclass(frozen=True)
class _Until:
    """All traffic up to a moment."""

    whole: Traffic
    end: int

    @property
    def peers(self) -> Peers:
        """Those of the whole."""
        return self.whole.peers

    def histories(self) -> Iterator[KeyHistory]:
        """Each key's calls until then."""
        for history in self.whole.histories():
            yield until(history, self.end)


def until(history: KeyHistory, end: int) -> KeyHistory:
    """A history as it was at that moment."""
    return replace(
        history,
        cells=tuple(cell for cell in history.cells if cell.start < end),
        marks=tuple(mark for mark in history.marks if mark.start < end),
    )


def _arn(name: str) -> str:
    return key_arn(name, "litellm", ESTATE)


def _explains(attack: Attack, incident: Incident) -> bool:
    """Whether an incident is about a key of the attack, in its time."""
    names = {_arn(key.name) or "anonymous" for key in attack.keys}
    first, last = (datetime.fromtimestamp(moment, UTC) for moment in attack.window(BEGIN))
    return any(
        (finding.actor.arn in names or names & set(finding.resources))
        and finding.first_seen <= last
        and finding.last_seen >= first
        for finding in incident.findings
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
