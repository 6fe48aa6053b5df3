"""The names in a bucket tell what it holds: shards with their count, an index, a tokenizer beside, a corpus in parts.

Reads: folders of object names, each judged alone and then put together with those of the same model or data set.
Blind to: objects under names that say nothing; those of a gigabyte and more are told all the same, as a question.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stanch.domain.estate import AssetKind
from stanch.domain.proposal import Eye, Fact, strongest
from stanch.domain.shards import shards_of
from stanch.engine.discover import layouts
from stanch.engine.discover.forms import Form, forms, is_log_like, is_other_learning
from stanch.engine.discover.hints import hinted
from stanch.engine.discover.seen import Find, Folder

LEAST = 0.3
"""Below this nothing is said."""
GIGABYTE = 10**9
_LIGHT, _DOUBTFUL = 0.5, 0.4
"""What is left of a strength: where files are too small for what they claim, or what lies around says otherwise."""
_UNKNOWN = re.compile(r"[^.]*|.*\.(bin|dat|raw|blob|data|part|model|weights|enc|gpg|age|\d+)", re.IGNORECASE)
"""Suffixes that say nothing: none, or one of any file's."""
_FEW = 200
"""So many large objects are a model or an image; more are somebody's archive."""


@dataclass(frozen=True, slots=True)
class _Sight:
    """What one folder is, if it is anything."""

    folder: Folder
    kind: AssetKind
    root: str
    facts: tuple[Fact, ...]
    sample: str
    shards: int = 0


def found(folders: Iterable[Folder]) -> list[Find]:
    """Every asset that the folders show, by place; where one place is several things, the surest."""
    by_root: dict[tuple[str, str, AssetKind], list[_Sight]] = {}
    by_place: dict[tuple[str, str], Folder] = {}
    for folder in folders:
        by_place[folder.bucket, folder.prefix] = folder
        for sight in _sights(folder):
            by_root.setdefault((folder.bucket, sight.root, sight.kind), []).append(sight)
    best: dict[tuple[str, str], Find] = {}
    for (bucket, root, kind), sights in by_root.items():
        find = _together(bucket, root, kind, sights, by_place.get((bucket, root)))
        known = best.get((bucket, root))
        if find.confidence >= LEAST and (known is None or known.confidence < find.confidence):
            best[bucket, root] = find
    return list(best.values())


def _together(bucket: str, root: str, kind: AssetKind, sights: list[_Sight], top: Folder | None) -> Find:
    facts = [fact for sight in sights for fact in sight.facts]
    facts += _beside(top, kind) if top else ()
    size = sum(sight.folder.bytes for sight in sights)
    if kind in (AssetKind.WEIGHTS, AssetKind.TRAINING_DATA, AssetKind.ADAPTER) and size >= GIGABYTE:
        facts.append(Fact(Eye.SIZE, f"{size / GIGABYTE:,.0f} GB", 0.4 if kind is AssetKind.WEIGHTS else 0.3))
    if facts:
        facts += hinted(kind, bucket, root)
    first = max(sights, key=lambda sight: sum(fact.strength for fact in sight.facts))
    return Find(
        kind=kind,
        where=f"s3://{bucket}/{root}",
        facts=strongest(facts),
        sample=first.sample,
        count=sum(sight.folder.count for sight in sights),
        bytes=size,
        shards=max(sight.shards for sight in sights),
    )


def _sights(folder: Folder) -> Iterator[_Sight]:
    if (root := layouts.delivery_root(folder.prefix)) is not None:
        fact = Fact(Eye.CONTENTS, "logs as AWS delivers them", 0.95)
        yield _Sight(folder, AssetKind.LOGS, root, (fact,), folder.prefix)
        return
    by_kind: dict[AssetKind, list[tuple[Form, list[tuple[str, int]]]]] = {}
    for form, files in _by_form(folder):
        by_kind.setdefault(form.kind, []).append((form, files))
    for kind, of_kind in by_kind.items():
        facts = [*_contents(folder, of_kind), *_beside(folder, kind)]
        if facts:
            sample = folder.prefix + of_kind[0][1][0][0]
            root = layouts.root_of(folder.prefix, kind)
            yield _Sight(folder, kind, root, tuple(facts), sample, _shards(folder))
    if not by_kind:
        yield from _unnamed(folder)


def _by_form(folder: Folder) -> Iterator[tuple[Form, list[tuple[str, int]]]]:
    """Each form with its files; a file is of the first form that it fits."""
    fitting: dict[Form, list[tuple[str, int]]] = {}
    for file in folder.names:
        form = next((form for form in forms().forms if form.names(file[0])), None)
        if form is not None:
            fitting.setdefault(form, []).append(file)
    return ((form, files) for form, files in fitting.items() if len(files) >= form.least)


def _contents(folder: Folder, of_kind: list[tuple[Form, list[tuple[str, int]]]]) -> Iterator[Fact]:
    for form, files in of_kind:
        strength = form.strength
        if max(size for _, size in files) < form.heavy:
            strength *= _LIGHT
        if _is_doubtful(folder, form):
            strength *= _DOUBTFUL
        yield Fact(Eye.CONTENTS, f"{form.what}: {_told(folder, files)}", round(strength, 3))
    if of_kind[0][0].kind is AssetKind.REGISTRY and layouts.is_mlflow(folder.prefix):
        yield Fact(Eye.BESIDE, "laid out by run, as MLflow keeps artifacts", 0.4)


def _is_doubtful(folder: Folder, form: Form) -> bool:
    """Whether what lies around speaks for something else: another kind of learning, a query engine's table, logs."""
    if form.strength >= 0.85:  # names that nothing else has
        return False
    names = [name for name, _ in folder.names]
    if form.kind is AssetKind.TRAINING_DATA:
        table = layouts.is_partition(folder.prefix) or any(name == "_SUCCESS" for name in names)
        return table or layouts.is_log_like(folder.prefix) or all(map(is_log_like, names))
    return any(map(is_other_learning, names)) or layouts.is_log_like(folder.prefix)


def _told(folder: Folder, files: list[tuple[str, int]]) -> str:
    """`42 files as model-00001-of-00042.safetensors`."""
    name = files[0][0]
    exact = len(folder.names) == folder.count
    many = f"{len(files)}" if exact else f"at least {len(files)}"
    return name if len(files) == 1 else f"{many} files as {name}"


def _beside(folder: Folder, kind: AssetKind) -> Iterator[Fact]:
    for form in forms().beside:
        if form.kind is kind and (name := next((name for name, _ in folder.names if form.names(name)), None)):
            yield Fact(Eye.BESIDE, f"{form.what} beside ({name})", form.strength)
    if kind is AssetKind.TRAINING_DATA and len(splits := _splits(folder)) > 1:
        yield Fact(Eye.BESIDE, f"splits side by side ({', '.join(sorted(splits))})", 0.6)
    if kind in (AssetKind.WEIGHTS, AssetKind.ADAPTER):
        if layouts.is_model_cache(folder.prefix):
            yield Fact(Eye.BESIDE, "in the cache of a model hub's client", 0.8)
        if layouts.is_training_run(folder.prefix):
            yield Fact(Eye.BESIDE, "a checkpoint by step", 0.5)


def _splits(folder: Folder) -> set[str]:
    """The splits of a data set that a folder's files are called by: train, val, test."""
    return {_SAME[match[1].lower()[:2]] for name, _ in folder.names if (match := _SPLIT.match(name))}


_SPLIT = re.compile(r"(?:.*[-_.])?(train|val|dev|test|eval)", re.IGNORECASE)
_SAME = {"tr": "train", "va": "val", "de": "val", "te": "test", "ev": "test"}


def _shards(folder: Folder) -> int:
    return max((total for _, total in shards_of((name for name, _ in folder.names), weights=True)), default=0)


def _unnamed(folder: Folder) -> Iterator[_Sight]:
    """Few objects of a gigabyte and more, under names that say nothing."""
    large = [(name, size) for name, size in folder.names if size >= GIGABYTE and _UNKNOWN.fullmatch(name)]
    if layouts.is_model_cache(folder.prefix) and folder.names:
        fact = Fact(Eye.CONTENTS, "blobs in the cache of a model hub's client", 0.8)
        root = layouts.root_of(folder.prefix, AssetKind.WEIGHTS)
        yield _Sight(folder, AssetKind.WEIGHTS, root, (fact,), folder.prefix + folder.names[0][0])
    elif large and folder.count <= _FEW and not layouts.is_log_like(folder.prefix):
        stored = layouts.addressed_root(folder.prefix)
        how = "called by their hash, as data version control keeps them" if stored else "under names that say nothing"
        fact = Fact(Eye.CONTENTS, f"{len(large)} of a gigabyte and more, {how}", 0.3)
        root = folder.prefix if stored is None else stored
        yield _Sight(folder, AssetKind.WEIGHTS, root, (fact,), folder.prefix + large[0][0])
