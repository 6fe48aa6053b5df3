"""A trust that names a star lets in every account of AWS: whoever knows the role's name is its user.

IAM User Guide, "AWS JSON policy elements: Principal".
"""

from collections.abc import Iterator, Sequence

from stanch.catalog.checks._reach import Way, administrators, assets_in, at_stake, reaching, shown, steps
from stanch.catalog.checks._strangers import name_of
from stanch.catalog.checks._things import evidence, unlisted
from stanch.catalog.checks._trust import doors, names_everyone, roles
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A role can be assumed by anybody",
    row=Row.TRUST,
    severity=Severity.CRITICAL,
    controls={
        NIST: ("AC-3", "AC-6", "IA-2"),
        ISO: ("A.5.15", "A.5.18", "A.8.3"),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_TEMPLATE = """\
AssumeRolePolicyDocument:
  Version: "2012-10-17"
  Statement:
    - Effect: Allow
      Principal:
        AWS: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:root
      Action: sts:AssumeRole
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    found = list(roles(posture))
    wide = {place.thing.arn for place in found if names_everyone(place) and posture.open(place).exposure.public}
    admins = administrators(posture) if wide else {}
    dear = reaching(posture, wide)
    for place in found:
        arn = place.thing.arn
        unseen = posture.open(place).unseen
        if arn in wide:
            yield _failed(posture, place, dear.get(arn, []), admin=arn in admins)
        elif unseen:
            yield Judged(arn, place.account, None, Ruling.UNKNOWN, f"not seen: {'; '.join(unseen)}")
        elif found_doors := doors(posture, place):
            why = f"every account may assume it from {', '.join(found_doors)}: nobody said whose that is"
            yield Judged(arn, place.account, None, Ruling.UNKNOWN, why)
        else:
            trust = (evidence(place, "AssumeRolePolicyDocument"),)
            yield Judged(arn, place.account, None, Ruling.PASS, "its trust does not let in everyone", evidence=trust)
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")


def _failed(posture: Posture, place: Place, found: Sequence[Way], *, admin: bool) -> Judged:
    arn = place.thing.arn
    opened = posture.open(place)
    end = f"reads {shown(found)}" if found else "does whatever the role may do"
    end = "is administrator of the account" if admin else end
    rest = steps(found[0].reached, end) if found and not admin else (arn, end)
    return Judged(
        arn,
        place.account,
        None,
        Ruling.FAIL,
        f"every account of AWS may assume it: {'; '.join(opened.exposure.why)}",
        assets=assets_in(posture, place.account) if admin else at_stake(found),
        evidence=(evidence(place, "AssumeRolePolicyDocument"),),
        way=("anybody, from an account of his own", "sts:AssumeRole", *rest),
        remedy=Remedy(
            "Name the accounts, roles or services that are meant, in the trust.",
            (
                (
                    *("aws", "iam", "update-assume-role-policy", "--role-name", name_of(arn)),
                    *("--policy-document", "file://trust.json"),
                ),
            ),
            _TEMPLATE,
        ),
    )
