"""The one wiring point: here, and only here, knowledge, mechanism, stores and AWS meet."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stanch import estate as estates
from stanch.app.clock import now
from stanch.app.containing import (
    by_hand,
    containment,
    door,
    door_to,
    named_by,
    preserve,
    settle,
    used_by,
    users_known,
)
from stanch.app.deciding import accept, answer, asked, begun, go_ahead, granted, said, standing, withdraw
from stanch.app.hunting import Hunted, accounts_of, hunt
from stanch.app.knowledge import (
    CATALOG,
    actions,
    behaviours,
    fingerprint,
    playbooks,
    regimes,
    routines,
    rules,
    shelf,
    sources,
)
from stanch.app.lake import lake, lake_import
from stanch.app.progress import resuming
from stanch.contracts.scenario import Scenario
from stanch.domain.coverage import Coverage
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident
from stanch.domain.regime import Awareness
from stanch.domain.step import Step
from stanch.engine.shelf import implementing
from stanch.stores.logs import found
from stanch.stores.text import written

if TYPE_CHECKING:
    from stanch.app.surroundings import Surroundings
    from stanch.aws.doorway import Doorway
    from stanch.engine.rehearse import Audience, Drilled
    from stanch.stores.open import Stores

__all__ = [
    "CATALOG",
    "Hunted",
    "accept",
    "accounts_of",
    "actions",
    "answer",
    "asked",
    "begun",
    "behaviours",
    "by_hand",
    "containment",
    "door",
    "door_to",
    "fingerprint",
    "go_ahead",
    "granted",
    "hunt",
    "lake",
    "lake_import",
    "named_by",
    "now",
    "playbooks",
    "preserve",
    "regimes",
    "resuming",
    "routines",
    "rules",
    "said",
    "settle",
    "shelf",
    "sources",
    "standing",
    "used_by",
    "users_known",
    "withdraw",
]


def estate_at(path: Path | None) -> Estate:
    """The estate of this file, or of the stanch.toml found here or above, or an undeclared one."""
    where = path or estates.find(Path.cwd())
    return estates.load(where) if where else Estate()


def doorway(
    profile: str | None, region: str | None, endpoint: str | None, log_regions: Sequence[str] | None
) -> "Doorway":
    """The way to S3 that boto3's usual chain opens; where nothing names a region, that of the logs asked for."""
    from stanch.aws.doorway import Doorway

    return Doorway(profile, region, endpoint, home=log_regions[0] if log_regions else None)


def stores(state: Path) -> "Stores":
    """Incidents, decisions and the journal in this state folder; raises StoreError with the remedy."""
    from stanch.stores.open import open_stores

    return open_stores(state)


def existing(state: Path, nothing: str | None = None) -> "Stores":
    """The stores of a folder that has some; raises StoreError where none is, in these words where they are given."""
    from stanch.stores.open import open_existing

    return open_existing(state, nothing) if nothing else open_existing(state)


def around(
    incident: Incident, estate: Estate, state: Path, logs: Mapping[str, Sequence[str]] | None = None
) -> "Surroundings":
    """Who uses what the incident names, and what depends on it: by hunt, lake and snapshot, and by `logs` read now."""
    from stanch.app.surroundings import Surroundings

    return Surroundings(incident, estate, state, logs)


def decide(kept: "Stores", incident: Incident, aware_at: datetime, by: str, why: str) -> None:
    """Record a person's decision on when the organisation became aware."""
    kept.incidents.decide(Awareness(incident.id, aware_at, now(), by, why))


def report(kept: "Stores", estate: Estate, incident: Incident, regime: str, folder: Path) -> list[Path]:
    """Write the draft notification of one incident under one law as Markdown and HTML; returns both paths."""
    from stanch.engine.clocks import deadlines, in_force
    from stanch.engine.report import render

    law = regimes()[regime]
    awareness = kept.incidents.awareness(incident.id)
    drafted = render(
        incident,
        steps=kept.journal.steps(incident.id),
        history=kept.journal.history(incident.id),
        regime=law,
        deadlines=deadlines(law, in_force(awareness), {}, estate.reporting.authority_timezone),
        awareness=awareness,
        estate=estate,
        evidence=incident.evidence,
        now=now(),
        detected_at=incident.found_at,
        coverage=incident.coverage,
        head=f"entry {head.seq}, {head.link}" if (head := kept.journal.head()).seq else None,
    )
    stem = folder / f"{incident.id}-{regime}"
    return [written(stem.with_suffix(".md"), drafted.markdown), written(stem.with_suffix(".html"), drafted.html)]


def scenarios() -> dict[str, str]:
    """All scenarios by id, each with the first line of its story."""
    return {unit.id: (unit.module().__doc__ or "").splitlines()[0] for unit in shelf("scenarios", ".py")}


def drill(name: str, folder: Path, audience: "Audience") -> "Drilled":
    """Rehearse a scenario in a range of its own; `folder` keeps the trail, the estate, the journal and the report.

    Raises RangeError when the extra `range` is not installed.
    """
    from stanch.engine.rehearse import Tools, rehearse
    from stanch.range.process import Range
    from stanch.range.stage import stage
    from stanch.range.world import StagedWorld

    (unit,) = [unit for unit in shelf("scenarios", ".py") if unit.id == name]
    permissions = sorted({permission for action in actions().values() for permission in action.PERMISSIONS})
    with Range(folder / "trail") as running, stores(folder) as kept:
        staged = stage(running, responder_permissions=permissions)
        world = StagedWorld(staged)
        (folder / "stanch.toml").write_text(staged.estate_toml(), encoding="utf-8")
        estate = estates.load(folder / "stanch.toml")
        desk = containment(kept, estate, world.responder())

        def hunted() -> tuple[list[Incident], Coverage]:
            running.flush()
            trail = list(found([folder / "trail"]))
            result = hunt(trail, estate, rules(), watches=behaviours(), routines=routines())
            return kept.incidents.save(result.incidents), result.coverage

        def applied(plan: Sequence[Step], on_change: Callable[[Step], None]) -> list[Step]:
            done = desk.apply(plan, on_change)
            for incident in {step.incident for step in done}:
                settle(kept, kept.incidents.get(incident), done)
            return done

        def undone(incident: Incident, on_change: Callable[[Step], None]) -> list[Step]:
            done = desk.undo(incident.id, on_change)
            settle(kept, incident, kept.journal.steps(incident.id))
            return done

        def reported(incident: Incident) -> list[Path]:
            decide(kept, incident, now(), "the drill", "a rehearsal: awareness is set to the moment of the hunt")
            return report(kept, estate, kept.incidents.get(incident.id), "gdpr", folder / "reports")

        tools = Tools(
            hunt=hunted,
            plan=lambda incident: desk.plan(incident, users=incident.used_by),
            apply=applied,
            undo=undone,
            report=reported,
            clock=now,
        )
        return rehearse(implementing(unit, Scenario), world, tools, audience)
