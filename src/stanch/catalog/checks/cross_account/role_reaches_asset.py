"""A bucket may be closed to every stranger and still be his: he becomes a role that it is open to.

Reads the trust of each role, and the ways from it to each store, with every step of escalation.
"""

from collections.abc import Iterator, Sequence

from stanch.catalog.checks._reach import Way, asked, at_stake, reaching, shown, steps, unclear, unsearched
from stanch.catalog.checks._strangers import lets_in, name_of, whom
from stanch.catalog.checks._things import evidence, unlisted
from stanch.catalog.checks._trust import doors, roles
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Open, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A stranger can become a role that reaches an asset",
    row=Row.CROSS_ACCOUNT,
    severity=Severity.CRITICAL,
    controls={
        NIST: ("AC-3", "AC-6", "AC-20"),
        ISO: ("A.5.15", "A.5.19", "A.8.3"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(d)", "Art. 21(2)(i)"),
    },
)
_TEMPLATE = """\
Type: AWS::IAM::Role
Properties:
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
    found = [(place, posture.open(place)) for place in roles(posture)]
    entered = {place.thing.arn for place, opened in found if lets_in(opened) or doors(posture, place)}
    reached, doubts = reaching(posture, entered), unclear(posture, entered)
    for place, opened in found:
        arn = place.thing.arn
        yield _judged(posture, place, opened, reached.get(arn, ()), doubts.get(arn))
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")
    yield from unsearched(posture)


def _judged(posture: Posture, place: Place, opened: Open, found: Sequence[Way], doubt: str | None) -> Judged:
    ruling, why, severity = Ruling.PASS, "its trust lets in no stranger", None
    if lets_in(opened) and found:
        ruling, why = Ruling.FAIL, f"{whom(opened)} can become it, and with it reads {shown(found)}"
        severity = None if opened.exposure.public else Severity.HIGH
    elif lets_in(opened) and doubt:
        ruling, why = Ruling.UNKNOWN, doubt
    elif lets_in(opened):
        why = f"{whom(opened)} can become it, but it reaches no {asked(posture)}"
    elif found and (places := doors(posture, place)):
        ruling, why = Ruling.UNKNOWN, f"from {', '.join(places)} it reads {shown(found)}: nobody said whose that is"
    elif opened.unseen:
        ruling, why = Ruling.UNKNOWN, f"not seen: {'; '.join(opened.unseen)}"
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets=at_stake(found),
        evidence=(evidence(place, "AssumeRolePolicyDocument"),),
        way=_way(opened, found[0]) if failed else (),
        remedy=_remedy(place) if failed else None,
        severity=severity,
    )


def _way(opened: Open, way: Way) -> tuple[str, ...]:
    into = f"sts:AssumeRole, allowed by {', '.join(opened.exposure.statements)}"
    return (whom(opened), into, *steps(way.reached, f"reads {way.store}"))


def _remedy(place: Place) -> Remedy:
    name = name_of(place.thing.arn)
    trust = ("--policy-document", "file://trust.json")
    return Remedy(
        "Take the stranger out of the role's trust; if he is meant, give him a role that reaches nothing else.",
        (("aws", "iam", "update-assume-role-policy", "--role-name", name, *trust),),
        _TEMPLATE,
    )
