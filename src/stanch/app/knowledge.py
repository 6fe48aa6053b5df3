"""What the catalog holds, found by walking it: each shelf's units, checked against their contract."""

import hashlib
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import stanch.catalog
from stanch.contracts.action import Action
from stanch.contracts.inference import InferenceSource
from stanch.contracts.playbook import Playbook
from stanch.contracts.source import Source
from stanch.domain.coverage import Failure
from stanch.engine.shelf import Unit, implementing, walk

if TYPE_CHECKING:
    from stanch.domain.regime import Regime
    from stanch.engine.read import AnySource
    from stanch.engine.routines import Routine
    from stanch.engine.sigma import Rule
    from stanch.engine.watches import Watch

CATALOG = Path(stanch.catalog.__file__).parent
_PACKAGE = stanch.catalog.__name__
_CODE = [
    CATALOG.parent / "engine" / "routines.py",
    CATALOG.parent / "deploy" / "scopes.json",  # the calls that stanch declares: a routine explains no others
    *(
        module
        for part in ("contracts", "domain", "engine/inference", "engine/sigma")
        for module in sorted((CATALOG.parent / part).glob("*.py"))
    ),
]
"""What reads rules and what they are made of: kept ones are read anew when any of it changed."""
T = TypeVar("T")


def shelf(name: str, *suffixes: str) -> list[Unit]:
    """The units of one shelf of the catalog."""
    return list(walk(CATALOG / name, suffixes, f"{_PACKAGE}.{name}"))


@cache
def sources() -> tuple[Source, ...]:
    """All kinds of log that hold events; a source that cannot be loaded is a defect and raises ShelfError."""
    units = shelf("sources", ".py")
    return tuple(implementing(unit, Source) for unit in units if not getattr(unit.module(), "INFERENCE", False))


@cache
def inference_sources() -> tuple[InferenceSource, ...]:
    """All kinds of log that hold calls of models; a source that cannot be loaded is a defect and raises ShelfError."""
    units = shelf("sources", ".py")
    return tuple(implementing(unit, InferenceSource) for unit in units if getattr(unit.module(), "INFERENCE", False))


def every_source() -> tuple["AnySource", ...]:
    """All kinds of log: whoever asks for events alone is told what a log of calls of models is, too."""
    return (*sources(), *inference_sources())


@cache
def behaviours() -> tuple["Watch", ...]:
    """All detections that judge a history: of an actor's calls, of a host's traffic, of a key's calls of models.

    One that cannot be loaded is a defect and raises ShelfError.
    """
    from stanch.contracts.behaviour import Behaviour, FlowBehaviour
    from stanch.contracts.detection import Detection
    from stanch.contracts.inference import InferenceBehaviour, TrafficBehaviour
    from stanch.engine.watches import AnyBehaviour, Watch

    contracts: dict[str, type[AnyBehaviour]] = {
        "judge": Behaviour,
        "examine": InferenceBehaviour,
        "compare": TrafficBehaviour,
    }
    found = []
    for unit in shelf("detections", ".py"):
        verb = next((verb for verb in contracts if hasattr(unit.module(), verb)), "weigh")
        behaviour: AnyBehaviour = implementing(unit, contracts.get(verb, FlowBehaviour))
        about = behaviour.ABOUT
        said = Detection(
            unit.id, about.title, about.severity, about.confidence, about.techniques, about.playbook, about.by_hand
        )
        found.append(Watch(said, behaviour))
    return tuple(found)


@cache
def actions() -> dict[str, Action]:
    """All actions by id."""
    return {unit.id: implementing(unit, Action) for unit in shelf("actions", ".py")}


@cache
def playbooks() -> dict[str, Playbook]:
    """All playbooks by id."""
    return {unit.id: implementing(unit, Playbook) for unit in shelf("playbooks", ".py")}


@cache
def regimes() -> dict[str, "Regime"]:
    """All laws by id."""
    from stanch.engine import regimes as laws

    return {unit.id: laws.read(unit.text(), str(unit.path)) for unit in shelf("regimes", ".toml")}


@cache
def routines() -> tuple["Routine", ...]:
    """What folds; a routine that cannot be read is a defect and raises RuleError."""
    from stanch.deploy.scopes import scopes
    from stanch.engine.routines import Routine, read_routine

    units = shelf("routines", ".yml")
    found: tuple[Routine, ...] = _once(
        "routines",
        units,
        lambda: tuple(read_routine(unit.text(), str(unit.path), unit.id) for unit in units),
        (Routine,),
    )
    declared = frozenset(scopes())
    return tuple(replace(one, calls=declared) if one.own_calls else one for one in found)


def rules(folder: Path | None = None, *, own: bool = True) -> tuple[list["Rule"], list[Failure]]:
    """Our detections and those of a folder of Sigma rules; a rule that cannot be read never stops the others.

    What was left out for a reason that is no fault, another product's rules for one, is told with `fault` False.
    """
    good: list[Rule] = []
    refused: list[Failure] = []
    if own:
        units = shelf("detections", ".yml")
        good, refused = _once("rules", units, lambda: _read(CATALOG / "detections", ()), (Failure,))
    if folder is not None:
        read_now, bad = _read(folder, {rule.id for rule in good})
        good, refused = [*good, *read_now], [*refused, *bad]
    return good, refused


def fingerprint(folder: Path | None = None, *, own: bool = True) -> str:
    """What tells these rules from any others: a hunt that goes on must go on with the same."""
    units = [*(shelf("detections", ".yml", ".py") if own else []), *shelf("routines", ".yml")]
    units += [Unit(path.name, path) for path in sorted(folder.rglob("*.y*ml")) if path.is_file()] if folder else []
    return _digest(units)


def _digest(units: Iterable[Unit]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for unit in units:
        digest.update(f"\0{unit.path}\0".encode("utf-8", "surrogateescape"))
        try:
            digest.update(unit.path.read_bytes())
        except OSError:
            digest.update(b"unreadable")
    for module in _CODE:
        digest.update(module.read_bytes())
    return digest.hexdigest()[:32]


def _read(root: Path, taken: Collection[str]) -> tuple[list["Rule"], list[Failure]]:
    from stanch.engine.sigma import open_folder, read_folder

    opened = open_folder(root)
    good, bad = read_folder(opened.beside(set(taken)), opened.placeholders, product="aws")
    return good, [Failure(one.file.id, one.why, one.fault) for one in (*opened.left_out, *bad)]


def _once(kind: str, units: Sequence[Unit], read: Callable[[], T], besides: tuple[type, ...]) -> T:
    """What `read` makes of these units, or what it made of the very same ones before."""
    from stanch.engine.sigma.packed import Unpackable, packed, unpacked
    from stanch.stores import cache as caches

    name = f"{kind}-{_digest(units)}"
    if (data := caches.kept(name)) is not None:
        try:
            found: T = unpacked(data, besides)
        except Unpackable:
            pass  # spoilt: it is read anew, and kept anew
        else:
            return found
    made = read()
    caches.keep(name, packed(made))
    return made
