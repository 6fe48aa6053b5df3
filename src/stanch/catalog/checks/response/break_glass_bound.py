"""Containment that locks everybody out is an outage that the intruder did not even have to make.

Reads: `never_touch` of the estate, and whether an administrator that exists is spared by it.
"""

from collections.abc import Iterator

from stanch.catalog.checks._declared import undeclared
from stanch.catalog.checks._reach import administrators, assets_in
from stanch.catalog.checks._strangers import name_of
from stanch.catalog.checks._things import evidence, unlisted
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="No emergency access is spared by containment",
    row=Row.RESPONSE,
    severity=Severity.MEDIUM,
    controls={NIST: ("AC-2(2)", "CP-2", "IR-4"), ISO: ("A.5.29", "A.8.2"), NIS2: ("Art. 21(2)(c)",)},
)
_TEMPLATE = """\
Type: AWS::IAM::Role
Properties:
  RoleName: break-glass
  ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess"]
  AssumeRolePolicyDocument:
    Version: "2012-10-17"
    Statement:
      - Effect: Allow
        Principal:
          AWS: !Sub arn:${AWS::Partition}:iam::${SecurityAccount}:root
        Action: sts:AssumeRole
        Condition:
          Bool:
            aws:MultiFactorAuthPresent: "true"
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    if not posture.estate.declared:
        yield from undeclared(posture, "[response] never_touch names nobody")
        return
    unseen = tuple(unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails"))
    spared = [
        place
        for place in posture.of("iam/role", "iam/user")
        if posture.estate.response.forbids(place.thing.arn) and ":role/aws-service-role/" not in place.thing.arn
    ]
    admins = administrators(posture) if spared else {}
    saving = [name_of(place.thing.arn) for place in spared if place.thing.arn in admins]
    if unseen and not saving:
        yield from unseen  # whoever saves them all may be there
        return
    for place in posture.of("iam/account"):
        yield _judged(posture, place, saving, [name_of(one.thing.arn) for one in spared])


def _judged(posture: Posture, place: Place, saving: list[str], spared: list[str]) -> Judged:
    """One for all accounts will do: whoever keeps one account can open the others."""
    proof = (evidence(place),)
    if saving:
        why = f"containment never touches {', '.join(saving[:3])}, who can administer"
        return Judged(place.thing.arn, place.account, None, Ruling.PASS, why, evidence=proof)
    names = ", ".join(posture.estate.response.never_touch) or "nobody"
    why = f"never_touch names {names}, and {f'{spared[0]} is no administrator' if spared else 'nobody there exists'}"
    create = ("aws", "iam", "create-role", "--role-name", "break-glass")
    attach = ("aws", "iam", "attach-role-policy", "--role-name", "break-glass", "--policy-arn")
    return Judged(
        place.thing.arn,
        place.account,
        None,
        Ruling.FAIL,
        why,
        assets_in(posture, place.account),
        proof,
        way=(
            "an intruder who makes himself look like the last administrator; or a rule gone wild",
            "containment revokes sessions, keys and roles, the owners' too",
            "nobody is left who could undo it",
        ),
        remedy=Remedy(
            "Keep one administrator for emergencies, with a second factor and an alarm on its use, and name it in "
            "never_touch.",
            (
                (*create, "--assume-role-policy-document", "file://trust-with-a-second-factor.json"),
                (*attach, "the-arn-of-AdministratorAccess"),
            ),
            _TEMPLATE,
        ),
    )
