"""Who reads ten gigabytes on most days and two hundred on one, is copying.

Reads: bytes (of the busiest session) and distinct objects that one principal was given of one store, by UTC day.
Blind to: a thief who stays within the victim's usual volume, and the bytes of copies, which CloudTrail does not tell.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._reads import CARETAKERS, Taken, keys_of_store, purpose, taken
from stanch.contracts.behaviour import About, History, Sighting, Whose
from stanch.domain.baseline import Baseline, baseline, day_of, runs
from stanch.domain.finding import AssetRef, Technique
from stanch.domain.severity import Severity

GB = 10**9

ABOUT = About(
    title="Far more read from a store than this principal usually reads",
    severity=Severity.MEDIUM,
    confidence=0.55,
    techniques=(Technique("attack", "T1530", "19"), Technique("atlas", "AML.T0025", "5.6")),
    playbook="stolen_role_session",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds; a day counts when either its bytes or its objects pass all of theirs."""

    least_days: int = 5
    """Earlier days with reads that make a baseline; with fewer the start is cold."""
    deviations: float = 6.0
    """Robust standard deviations above the median: three days in ten thousand of heavy-tailed work pass four."""
    times: float = 4.0
    """Times the median: where days are alike, deviations alone are passed by a trifle."""
    least_spread: float = 0.2
    """Share of the median that counts as noise at least."""
    least_bytes: int = 20 * GB
    """Bytes a day below which nobody is bothered."""
    least_objects: int = 2_000
    """Distinct objects a day below which nobody is bothered."""
    worth_stealing: float = 0.1
    """Share of these two that is enough for weights, training data and the like that the estate declares."""
    fresh: float = 0.5
    """Share of a day's objects that no usual day had: who reads the same files four times has run his job again."""
    cold_bytes: int = 200 * GB
    """Bytes a day that are told without a baseline, if no earlier day had a tenth of them."""
    cold_objects: int = 20_000
    """Distinct objects a day that are told without a baseline, likewise."""


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class _Day:
    """One day's reads of one store: the bytes of its busiest session, and how many distinct objects all read."""

    bytes: int
    objects: int


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each store and each run of days on which its reads stand out."""
    stores: dict[AssetRef, dict[int, list[Taken]]] = {}
    for part in taken(history):
        if purpose(part.cell, history) not in CARETAKERS:
            stores.setdefault(part.store, {}).setdefault(day_of(part.cell.start), []).append(part)
    for ref, parts in stores.items():
        excess = _excess(parts, limits)
        for run in runs(excess):
            cells = tuple(part.cell for day in run for part in parts[day])
            yield Sighting(cells, f"{ref.name}: " + "; ".join(excess[day] for day in run), (ref,))


def _most_bytes(parts: Sequence[Taken]) -> int:
    """The bytes of the busiest session: ten hosts that start on one day load the same model ten times."""
    sessions: Counter[str] = Counter()
    for part in parts:
        sessions[part.cell.actor.arn] += part.bytes
    return max(sessions.values())


def _excess(days: Mapping[int, Sequence[Taken]], limits: Limits) -> dict[int, str]:
    """The days that stand out, each with why; such a day does not raise the baseline of those after it."""
    found: dict[int, str] = {}
    usual: list[_Day] = []
    known: set[str] = set()
    for day in sorted(days):
        parts, names = days[day], keys_of_store(days[day])
        now = _Day(_most_bytes(parts), len(names))
        why = _why(now, usual, limits.worth_stealing if parts[0].worth_stealing else 1.0, limits)
        if why and len(names - known) >= limits.fresh * now.objects:
            found[day] = why
        else:
            usual.append(now)
            known |= names
    return found


def _why(now: _Day, usual: list[_Day], share: float, limits: Limits) -> str | None:
    of_bytes, of_objects = baseline([day.bytes for day in usual]), baseline([day.objects for day in usual])
    if not usual:
        return None  # the first day on a store is another behaviour's matter
    if len(usual) < limits.least_days:
        most_bytes, most_objects = max(day.bytes for day in usual), max(day.objects for day in usual)
        if now.bytes >= max(limits.cold_bytes * share, 10 * most_bytes):
            return f"{now.bytes / GB:.1f} GB in a day, at most {most_bytes / GB:.1f} on the {len(usual)} days before"
        if now.objects >= max(limits.cold_objects * share, 10 * most_objects):
            return f"{now.objects} objects in a day, at most {most_objects} on the {len(usual)} days before"
        return None
    if now.bytes >= limits.least_bytes * share and _stands_out(now.bytes, of_bytes, limits):
        return f"{now.bytes / GB:.1f} GB in a day, usually {of_bytes.median / GB:.1f}"
    if now.objects >= limits.least_objects * share and _stands_out(now.objects, of_objects, limits):
        return f"{now.objects} objects in a day, usually {of_objects.median:.0f}"
    return None


def _stands_out(value: float, usual: Baseline, limits: Limits) -> bool:
    return value >= limits.times * usual.median and usual.score(value, limits.least_spread) >= limits.deviations
