"""Who may not read the weights may often become somebody who may: a role is passed, code is changed, a policy written.

Reads every way of escalation to every store of an asset; the ways are those of the IAM core.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from stanch.catalog.checks._reach import (
    Way,
    administrators,
    asked,
    at_stake,
    climbs,
    guesses,
    reaching,
    shown,
    steps,
    unsearched,
)
from stanch.catalog.checks._things import unlisted
from stanch.catalog.checks._trust import permitted
from stanch.catalog.checks.trust._narrowing import narrowed, permissions_of
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Row, Ruling

ABOUT = About(
    title="A principal that may not read an asset can make itself one that may",
    row=Row.TRUST,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-3", "AC-6"),
        ISO: ("A.5.15", "A.5.18", "A.8.3"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_WORDS = "Hold PassRole to the role and service that are meant, or take the action from it that makes or changes code."


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    admins = administrators(posture)
    people = {place.thing.arn: place for place in permitted(posture)}
    found = reaching(posture, people)
    doubts = {reached.principal: why for reached, why in guesses(posture, people) if climbs(reached)}
    for arn, place in people.items():
        climbing = [way for way in found.get(arn, ()) if climbs(way.reached)] if arn not in admins else []
        one = _judged(posture, place, climbing)
        doubt = doubts.get(arn) if one.ruling is Ruling.PASS and arn not in admins else None
        yield replace(one, ruling=Ruling.UNKNOWN, why=doubt) if doubt else one
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")
    yield from unsearched(posture)


def _judged(posture: Posture, place: Place, found: Sequence[Way]) -> Judged:
    arn, failed = place.thing.arn, bool(found)
    why = f"unless it is administrator, it gets only where it is allowed to, and so to no other {asked(posture)}"
    if failed:
        first = found[0].reached.path[0]
        why = f"by {first.by} it becomes {first.target}, and reads {shown(found)}: {first.statement}"
    return Judged(
        arn,
        place.account,
        None,
        Ruling.FAIL if failed else Ruling.PASS,
        why,
        assets=at_stake(found),
        evidence=permissions_of(place),
        way=steps(found[0].reached, f"reads {shown(found)}") if failed else (),
        remedy=narrowed(place, _WORDS) if failed else None,
    )
