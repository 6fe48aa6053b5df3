"""Whoever can become the responder, or change it, decides what is contained: himself last of all.

Reads: the principals that the estate declares as responders, and every way of escalation to them.
"""

from collections.abc import Iterator, Sequence

from stanch.catalog.checks._declared import undeclared
from stanch.catalog.checks._reach import administrators, assets_in, steps
from stanch.catalog.checks._strangers import name_of
from stanch.catalog.checks._things import account_arn, evidence, unlisted
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.estate import Purpose
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling
from stanch.iam.escalation import Reached

ABOUT = About(
    title="The responder is within an intruder's reach, or there is none",
    row=Row.RESPONSE,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-5", "AC-6", "IR-4"),
        ISO: ("A.5.3", "A.5.26", "A.8.2"),
        NIS2: ("Art. 21(2)(b)", "Art. 21(2)(i)"),
    },
)
_TEMPLATE = """\
Type: AWS::IAM::Role
Properties:
  RoleName: stanch-responder
  AssumeRolePolicyDocument:
    Version: "2012-10-17"
    Statement:
      - Effect: Allow
        Principal:
          Service: lambda.amazonaws.com
        Action: sts:AssumeRole
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    if not posture.estate.declared:
        yield from undeclared(posture, "no responder is declared")
        return
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")
    found = [one for one in posture.of("iam/role", "iam/user") if _is(posture, one.thing.arn, Purpose.RESPONDER)]
    expected = {arn for arn, reached in administrators(posture).items() if not reached.path} if found else set()
    for place in found:
        yield _judged(posture, place, expected)
    if (
        not found
        and all(posture.looked("iam", account, None) for account in posture.accounts)
        and (not posture.gaps("iam:GetAccountAuthorizationDetails"))
    ):
        yield _missing(posture)


def _is(posture: Posture, arn: str, purpose: Purpose) -> bool:
    return posture.estate.purpose_of([arn]) is purpose


def _judged(posture: Posture, place: Place, expected: set[str]) -> Judged:
    """Who is administrator outright may change anything; that is asked about elsewhere."""
    arn = place.thing.arn
    reached = [
        one
        for one in posture.ways_to(arn)
        if one.path
        and one.certainty != "assumed"
        and one.principal not in expected
        and not _is(posture, one.principal, Purpose.ADMIN)
        and not _is(posture, one.principal, Purpose.RESPONDER)
        and ":role/aws-service-role/" not in one.principal
    ]
    reached.sort(key=lambda one: (one.hops, one.principal))
    ruling, why = Ruling.PASS, f"nobody but {len(expected)} administrators and those declared so can become it"
    if reached:
        ruling, why = Ruling.FAIL, f"{_names(reached)} can become it, and is neither declared nor administrator"
    failed = ruling is Ruling.FAIL
    return Judged(
        arn,
        place.account,
        place.region,
        ruling,
        why,
        assets_in(posture, place.account),
        evidence=(evidence(place, "AssumeRolePolicyDocument"),),
        way=steps(reached[0], f"acts as {name_of(arn)}: stops containment, or contains whom he likes")
        if failed
        else (),
        remedy=_remedy(place, reached[0]) if failed else None,
    )


def _names(reached: Sequence[Reached]) -> str:
    names = [one.principal for one in reached]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _missing(posture: Posture) -> Judged:
    account = posture.accounts[0]
    arn = account_arn(posture, account)
    return Judged(
        arn,
        account,
        None,
        Ruling.FAIL,
        "no role or user that was seen is declared as a responder",
        tuple(one for one in posture.estate.assets if not one.decoy),
        evidence=(Evidence("", arn, "", None),),
        way=(
            "an intruder who was found",
            "somebody looks for credentials that may isolate him",
            "he goes on meanwhile",
        ),
        remedy=Remedy(
            "Deploy the responder into an account of its own, and declare its role with the purpose responder.",
            (("stanch", "deploy", "render"),),
            _TEMPLATE,
        ),
        severity=Severity.MEDIUM,
    )


def _remedy(place: Place, reached: Reached) -> Remedy:
    trust = ("aws", "iam", "update-assume-role-policy", "--role-name", name_of(place.thing.arn))
    return Remedy(
        "Take the step out of the policy that allows it, or give the responder an account that nobody else works in.",
        (
            ("stanch", "iam", "reach", "--to", place.thing.arn, "--from", reached.principal),
            (*trust, "--policy-document", "file://trust.json"),
        ),
        _TEMPLATE,
    )
