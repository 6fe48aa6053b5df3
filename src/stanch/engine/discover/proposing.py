"""What was found becomes entries for stanch.toml: each place once, each with a name of its own, the surest first."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from stanch.domain.estate import AssetKind
from stanch.domain.proposal import SURE, Eye, Fact, Proposal, strongest
from stanch.engine.discover import contents, gathering, hosts, people, perimeter, places, registries
from stanch.engine.discover.people import Rights
from stanch.engine.discover.reads import Habit, Habits
from stanch.engine.discover.seen import Find, Seen, folders

_STOLEN = frozenset({AssetKind.WEIGHTS, AssetKind.ADAPTER, AssetKind.TRAINING_DATA, AssetKind.VECTOR_STORE})
_WHOSE = 'yours to fill in, if there are: personal_data = { categories = ["..."], persons = ..., records = ... }'
_ASK = {
    AssetKind.TRAINING_DATA: _WHOSE,
    AssetKind.VECTOR_STORE: _WHOSE,
    AssetKind.WEIGHTS: 'yours to fill in: sensitivity = "secret"',
    AssetKind.ADAPTER: 'yours to fill in: sensitivity = "secret"',
}
"""What only a person can say."""
_RUNS_WEIGHTS = 0.55
_NEVER_AT_ONCE = frozenset({AssetKind.EVIDENCE})
"""Kinds that a person must name: what looks like evidence is where evidence will be sent."""


def finds(seen: Seen) -> list[Find]:
    """Everything of value that the snapshot shows, rights and logs aside."""
    all_folders = list(folders(seen))
    found = gathering.gathered(contents.found(all_folders), all_folders)
    found = places.with_named(found, places.named(seen))
    return list(_once([*found, *hosts.hosts(seen), *registries.registries(seen)]))


def proposals(
    seen: Seen,
    found: Iterable[Find],
    *,
    rights: Rights,
    habits: Habits,
    partition: str,
    accounts: Iterable[str],
    regions: Iterable[str],
) -> list[Proposal]:
    """Entries for the perimeter, the assets and the principals, in this order; assets by how sure they are."""
    assets = sorted(_weighed(list(found), rights, habits), key=lambda find: (-find.confidence, find.where))
    looked = list(accounts)
    return [
        *perimeter.perimeter(seen, partition, looked, regions),
        *_named(assets),
        *sorted(people.people(assets, rights, habits, looked), key=lambda one: -one.confidence),
    ]


def _once(found: Iterable[Find]) -> Iterator[Find]:
    """One find a place: the surest, with what else the place would be as a label."""
    best: dict[str, Find] = {}
    for find in found:
        where = declarable(find.where)
        here = replace(find, where=where)
        known = best.get(where)
        best[where] = here if known is None or known.confidence < here.confidence else known
    yield from best.values()


def declarable(where: str) -> str:
    """The same place, or the nearest around it that stanch.toml can name: a prefix holds no wildcard."""
    scheme = "s3://"
    if not where.startswith(scheme):
        return where
    wild = min((at for at in (where.find("*"), where.find("?")) if at >= 0), default=None)
    return where if wild is None else where[: where.rindex("/", 0, wild) + 1]


def _weighed(found: list[Find], rights: Rights, habits: Habits) -> Iterator[Find]:
    """The finds with what rights and logs add: hosts that may read weights, stores that hosts and jobs read whole."""
    weights = {find.where for find in found if find.kind in (AssetKind.WEIGHTS, AssetKind.ADAPTER)}
    for find in found:
        readable = [where for role in find.roles for where in rights.may(role, rights.readers) if where in weights]
        facts = [Fact(Eye.RIGHTS, f"its role may read the weights in {where}", _RUNS_WEIGHTS) for where in readable[:1]]
        facts += [_habitual(habit) for (_, where), habit in habits.items() if where == find.where and _is_told(habit)]
        yield find.also(*facts) if facts else replace(find, facts=strongest(find.facts))


def _is_told(habit: Habit) -> bool:
    return bool(habit.starts) or habit.is_repeated


def _habitual(habit: Habit) -> Fact:
    if habit.starts:
        return Fact(Eye.LOGS, f"{len(habit.starts)} hosts read all of it right after they started", 0.7)
    return Fact(Eye.LOGS, f"read in bulk on {len(habit.days)} days, about the same hour", 0.6)


def _named(assets: Iterable[Find]) -> Iterator[Proposal]:
    taken: set[str] = set()
    for find in assets:
        name = _name(find, taken)
        taken.add(name)
        values = {"name": name, "kind": find.kind.value, "where": find.where}
        active = find.confidence >= SURE and find.kind not in _NEVER_AT_ONCE
        yield Proposal("asset", values, find.facts, active, (_ASK[find.kind],) if find.kind in _ASK else ())


def _name(find: Find, taken: set[str]) -> str:
    """The last folder of a prefix, or the bucket; with the bucket before it, or a number, where that is taken."""
    bucket, _, prefix = find.where.removeprefix("s3://").partition("/")
    last = find.name or prefix.rstrip("/").rpartition("/")[2] or bucket
    plain = re.sub(r"[^\w.-]+", "-", last, flags=re.ASCII).strip("-.") or find.kind.value
    for name in (plain[:80], f"{bucket}-{plain}"[:120] if find.where.startswith("s3://") else plain[:80]):
        if name not in taken:
            return name
    return next(name for number in range(2, len(taken) + 3) if (name := f"{plain[:80]}-{number}") not in taken)
