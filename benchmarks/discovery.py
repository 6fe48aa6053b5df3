"""How many planted assets discovery finds, and how much of what it is sure of is one: `python -m benchmarks.discovery`.

Declared: sure enough to be written as an entry. Proposed: also what is written behind a comment mark. An asset counts
as found when something of its kind is proposed for it or around it, and nothing that was not planted lies there too.

The layouts are those of the frameworks' documentation, as is the table they are found by: this measures places,
mixtures and look-alikes, not formats that nobody has heard of.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.listings import Bucket, Listed, Maker
from stanch.contracts.collector import Thing
from stanch.domain.proposal import SURE
from stanch.engine.discover.proposing import finds
from stanch.engine.discover.seen import Find
from stanch.estate import objects
from stanch.estate.writing import LEAST


@dataclass(frozen=True, slots=True)
class Place:
    """A thing where it was seen."""

    account: str
    region: str | None
    thing: Thing


class Things:
    """A snapshot that holds listings alone."""

    def __init__(self, things: Sequence[Thing]) -> None:
        self._things = [Place("111122223333", None, thing) for thing in things]

    def of(self, kind: str) -> Sequence[Place]:
        """Every thing of a kind."""
        return [place for place in self._things if place.thing.kind == kind]


@dataclass(slots=True)
class Score:
    """What was found of what was planted; `wrong` are sure finds where nothing of the kind is."""

    planted: int = 0
    declared: int = 0
    proposed: int = 0
    sure: int = 0
    told: int = 0
    wrong: list[str] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)
    missed: Counter[str] = field(default_factory=Counter)

    def told_as(self) -> dict[str, Any]:
        """For machines."""
        return {
            "planted": self.planted,
            "recall_declared": round(self.declared / self.planted, 4),
            "recall_proposed": round(self.proposed / self.planted, 4),
            "precision_declared": round(1 - len(self.wrong) / max(1, self.sure), 4),
            "precision_proposed": round(1 - len(self.wrong + self.doubted) / max(1, self.told), 4),
            "sure": self.sure,
            "told": self.told,
        }


def measured(buckets: Sequence[Bucket]) -> tuple[Score, dict[str, Any]]:
    """Find what is in these buckets, and score it."""
    look = Listed(buckets)
    things = list(objects.collect(look))
    began = time.perf_counter()
    found = finds(Things(things))
    seconds = time.perf_counter() - began
    score = Score()
    by_bucket: dict[str, list[Find]] = {}
    for find in found:
        by_bucket.setdefault(find.where.removeprefix("s3://").partition("/")[0], []).append(find)
    for bucket in buckets:
        _score(bucket, by_bucket.get(bucket.name, []), score)
    keys = sum(len(bucket.objects) for bucket in buckets)
    return score, {"buckets": len(buckets), "objects": keys, "calls": look.calls, "seconds": round(seconds, 2)}


def _score(bucket: Bucket, found: Sequence[Find], score: Score) -> None:
    for prefix, kind in bucket.planted.items():
        score.planted += 1
        sure = max(
            (find.confidence for find in found if find.kind is kind and _covers(find, prefix, bucket)), default=0.0
        )
        score.declared += sure >= SURE
        score.proposed += sure >= LEAST
        if sure < SURE:
            example = next(key for key in bucket.objects if key.startswith(prefix))
            score.missed[f"{kind.value}, {sure:.2f}: {example.removeprefix(prefix)}"] += 1
    for find in found:
        right = any(find.kind is kind and _covers(find, prefix, bucket) for prefix, kind in bucket.planted.items())
        score.sure += find.confidence >= SURE
        score.told += find.confidence >= LEAST
        if not right and find.confidence >= LEAST:
            what = f"{find.kind.value}, {find.confidence:.2f}: {find.where}: {find.facts[0].what}"
            (score.wrong if find.confidence >= SURE else score.doubted).append(what)


def _covers(find: Find, prefix: str, bucket: Bucket) -> bool:
    """Whether a find is a planted asset, part of it, or what holds it and nothing strange."""
    place = find.where.removeprefix(f"s3://{bucket.name}/")
    if place.startswith(prefix):
        return True
    strange = [one for one in bucket.negatives if one.startswith(place)]
    return prefix.startswith(place) and not strange


def main() -> None:
    """Print the figures; `--details` also what was missed and what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--buckets", type=int, default=300)
    parser.add_argument("--details", action="store_true")
    asked = parser.parse_args()
    score, work = measured(Maker(asked.seed).buckets(asked.buckets))
    print(json.dumps({"seed": asked.seed, **work, **score.told_as()}))
    if asked.details:
        for what, count in score.missed.most_common():
            print(f"not declared {count:3d} x {what}")
        for what in (*score.wrong, *score.doubted):
            print(f"wrong: {what}")


if __name__ == "__main__":
    main()
