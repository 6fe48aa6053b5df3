"""Who may not read the weights may often become somebody who may: a role is passed, code is changed, a policy written.

Reads every way of escalation to every store of an asset; the ways are those of the IAM core.
"""

from collections.abc import Iterator, Sequence

from stanch.catalog.checks._reach import Way, administrators, at_stake, climbs, reaching, shown, steps
from stanch.catalog.checks._strangers import name_of
from stanch.catalog.checks._things import evidence, unlisted
from stanch.catalog.checks._trust import roles
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

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
_POLICIES = {"iam/role": "RolePolicyList", "iam/user": "UserPolicyList"}


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    admins = administrators(posture)
    asked = {place.thing.arn: place for place in (*roles(posture), *posture.of("iam/user"))}
    found = reaching(posture, asked)
    for arn, place in asked.items():
        climbing = [way for way in found.get(arn, ()) if climbs(way.reached)] if arn not in admins else []
        yield _judged(place, climbing)
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")


def _judged(place: Place, found: Sequence[Way]) -> Judged:
    arn, failed = place.thing.arn, bool(found)
    why = "it gets to no store of an asset but by what it is allowed, or is an administrator"
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
        evidence=tuple(evidence(place, key) for key in (_POLICIES[place.thing.kind], "AttachedManagedPolicies")),
        way=steps(found[0].reached, f"reads {shown(found)}") if failed else (),
        remedy=_remedy(place) if failed else None,
    )


def _remedy(place: Place) -> Remedy:
    kind = "role" if place.thing.kind == "iam/role" else "user"
    name = (f"--{kind}-name", name_of(place.thing.arn))
    file = ("--policy-name", "POLICY", "--policy-document", "file://policy.json")
    return Remedy(
        "Hold PassRole to the role and service that are meant, or take the action from it that makes or changes code.",
        (("aws", "iam", f"list-{kind}-policies", *name), ("aws", "iam", f"put-{kind}-policy", *name, *file)),
    )
