"""Permissions that give permissions need no exploit: who may write a policy or pass a role is as strong as it gets.

Reads every way of escalation over all accounts at hand; the ways are those of the IAM core.
"""

from collections.abc import Iterator

from stanch.catalog.checks._reach import administrators, assets_in, climbs, steps
from stanch.catalog.checks._strangers import name_of
from stanch.catalog.checks._things import evidence, unlisted
from stanch.catalog.checks._trust import roles
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.estate import Purpose
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling
from stanch.iam.escalation import Reached

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
_POLICIES = {"iam/role": "RolePolicyList", "iam/user": "UserPolicyList"}


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    admins = administrators(posture)
    for place in (*roles(posture), *posture.of("iam/user")):
        yield _judged(posture, place, admins.get(place.thing.arn))
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
        evidence=_evidence(place),
        way=steps(reached, "is administrator: everything in the account") if failed and reached else (),
        remedy=_remedy(place) if failed else None,
        severity=Severity.HIGH if reached is not None and reached.certainty == "may" else None,
    )


def _why(reached: Reached, *, failed: bool, meant: bool) -> str:
    if not failed:
        return "it is declared an administrator" if meant else "it is administrator, or may assume a role that is"
    first = reached.path[0]
    more = f", if {' and '.join(first.conditions)}" if first.conditions else ""
    return f"by {first.by} it becomes {first.target}{more}: {first.statement}"


def _evidence(place: Place) -> tuple[Evidence, ...]:
    return tuple(evidence(place, key) for key in (_POLICIES[place.thing.kind], "AttachedManagedPolicies"))


def _remedy(place: Place) -> Remedy:
    kind = "role" if place.thing.kind == "iam/role" else "user"
    name = (f"--{kind}-name", name_of(place.thing.arn))
    file = ("--policy-name", "POLICY", "--policy-document", "file://policy.json")
    return Remedy(
        "Take one action of the way from it, or hold it to named resources: PassRole to one role and one service.",
        (
            ("aws", "iam", f"list-{kind}-policies", *name),
            ("aws", "iam", f"list-attached-{kind}-policies", *name),
            ("aws", "iam", f"put-{kind}-policy", *name, *file),
        ),
        """\
PolicyDocument:
  Version: "2012-10-17"
  Statement:
    - Effect: Allow
      Action: iam:PassRole
      Resource: !GetAtt ExecutionRole.Arn
      Condition:
        StringEquals:
          iam:PassedToService: lambda.amazonaws.com
""",
    )
