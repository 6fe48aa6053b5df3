"""A check is tried on the lines of a snapshot, as its page shows them, or as a range answers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stanch import estate
from stanch.app.knowledge import CATALOG
from stanch.app.posture import Seen, checks
from stanch.contracts.check import Posture
from stanch.contracts.collector import Place, Thing, Unknown
from stanch.domain.arn import Arn, ArnError
from stanch.domain.estate import Estate
from stanch.domain.event import Event
from stanch.domain.verdict import Ruling, Verdict
from stanch.engine.posture import judged
from stanch.engine.shelf import walk
from stanch.estate.snapshot import Snapshot

ACCOUNT, REGION = "111122223333", "eu-central-1"
MOMENT = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
COLLECTORS = tuple(unit.id for unit in walk(CATALOG / "collectors", (".py",)))


def posture(
    lines: Iterable[Mapping[str, Any]],
    toml: str | None = None,
    *,
    unknowns: Sequence[Unknown] = (),
    looked: Iterable[str] | None = None,
    events: Sequence[Event] | None = None,
    accounts: Sequence[str] = (),
    regions: Sequence[str] = (),
) -> Posture:
    """What checks are asked about: things as `{"kind", "arn", "data"}`, with `account` and `region` where they differ.

    Every collector has looked everywhere but where `looked` names those that did.
    """
    places = [_place(line) for line in lines]
    all_accounts = tuple(dict.fromkeys((*accounts, *(place.account for place in places)))) or (ACCOUNT,)
    all_regions = tuple(dict.fromkeys((*regions, *(place.region for place in places if place.region)))) or (REGION,)
    names = COLLECTORS if looked is None else tuple(looked)
    spots = [(account, region) for account in all_accounts for region in (None, *all_regions)]
    seen = frozenset((account, region, name) for account, region in spots for name in names)
    snapshot = Snapshot(MOMENT, all_accounts, all_regions, tuple(places), tuple(unknowns), looked=seen)
    ours: Estate = estate.read(toml, "page") if toml else Estate()
    return Seen(snapshot, ours, events)


def verdicts(name: str, about: Posture) -> list[Verdict]:
    """What one check says, by its id; a check that breaks is a failed test."""
    (asked,) = checks([name])
    found, broken = judged([asked], about)
    assert broken == []
    json.dumps([verdict.evidence[0].seen for verdict in found if verdict.evidence], default=str)
    return found


def rulings(name: str, about: Posture) -> dict[str, Ruling]:
    """What one check says of each resource."""
    found = verdicts(name, about)
    told = {verdict.resource: verdict.ruling for verdict in found}
    assert len(told) == len(found), "one resource was judged twice"
    return told


def lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a snapshot's file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def _place(line: Mapping[str, Any]) -> Place:
    try:
        arn = Arn.parse(line["arn"])
        account, region = arn.account or ACCOUNT, arn.region or None
    except ArnError:
        account, region = ACCOUNT, None
    account = line.get("account", account)
    thing = Thing(line["kind"], line["arn"], line["data"])
    return Place(account, line.get("region", region), thing, line["kind"].partition("/")[0])
