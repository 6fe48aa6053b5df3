"""Permissions that give permissions need no exploit: who may write a policy or pass a role is as strong as it gets.

Reads every way of escalation over all accounts at hand; the ways are those of the IAM core.
"""

from collections.abc import Iterator

from stanch.catalog.checks._reach import administrators, assets_in, climbs, guesses, steps
from stanch.catalog.checks._things import unlisted
from stanch.catalog.checks._trust import permitted
from stanch.catalog.checks.trust._narrowing import narrowed, permissions_of
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.estate import Purpose
from stanch.domain.severity import Severity
from stanch.domain.verdict import Row, Ruling
from stanch.iam.escalation import ADMIN, Reached

ABOUT = About(
    title="A principal that is no administrator can make itself one",
    row=Row.TRUST,
    severity=Severity.CRITICAL,
    controls={
        NIST: ("AC-2", "AC-6", "AC-6(5)"),
        ISO: ("A.5.15", "A.5.18", "A.8.2"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_MEANT = (Purpose.ADMIN, Purpose.RESPONDER)
_WORDS = "Take one action of the way from it, or hold it to named resources: PassRole to one role and one service."


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    admins = administrators(posture)
    people = list(permitted(posture))
    may = guesses(posture, {place.thing.arn for place in people} - set(admins))
    doubts = {reached.principal for reached, _ in may if reached.target == ADMIN}
    for place in people:
        arn = place.thing.arn
        if arn in doubts:
            yield Judged(arn, place.account, None, Ruling.UNKNOWN, "not seen: a policy that may make it administrator")
        else:
            yield _judged(posture, place, admins.get(arn))
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")


def _judged(posture: Posture, place: Place, reached: Reached | None) -> Judged:
    arn = place.thing.arn
    meant = posture.estate.purpose_of([arn]) in _MEANT
    failed = reached is not None and climbs(reached) and not meant
    why = "it has no way to become administrator"
    if reached is not None:
        why = _why(reached, failed=failed, meant=meant)
    return Judged(
        arn,
        place.account,
        None,
        Ruling.FAIL if failed else Ruling.PASS,
        why,
        assets=assets_in(posture, place.account) if failed else (),
        evidence=permissions_of(place),
        way=steps(reached, "is administrator: everything in the account") if failed and reached else (),
        remedy=narrowed(place, _WORDS) if failed else None,
        severity=Severity.HIGH if reached is not None and reached.certainty == "may" else None,
    )


def _why(reached: Reached, *, failed: bool, meant: bool) -> str:
    if not failed:
        return "it is declared an administrator" if meant else "it is administrator, or may assume a role that is"
    first = reached.path[0]
    more = f", if {' and '.join(first.conditions)}" if first.conditions else ""
    return f"by {first.by} it becomes {first.target}{more}: {first.statement}"
