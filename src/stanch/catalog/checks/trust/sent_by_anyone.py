"""A service does what its caller asks: trusted without a word on whose behalf, it works for anybody who has an account.

IAM User Guide, "The confused deputy problem": aws:SourceArn, aws:SourceAccount, aws:SourceOrgID.
"""

from collections.abc import Iterator
from dataclasses import replace

from stanch.catalog.checks._reach import Way, at_stake, reaching, shown, unclear
from stanch.catalog.checks._strangers import name_of, opens_reading, policy_at, senders
from stanch.catalog.checks._things import evidence, unlisted
from stanch.catalog.checks._trust import roles
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A service that anybody may send gets to what is dear",
    row=Row.TRUST,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("AC-3", "AC-4", "IA-9"),
        ISO: ("A.5.15", "A.5.23"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_READS = {
    "s3/bucket": "s3:GetObject",
    "secretsmanager/secret": "secretsmanager:GetSecretValue",
    "ecr/repository": "ecr:BatchGetImage",
}
_READ_FOR_OTHERS = ("bedrock", "comprehend", "datasync", "forecast", "kendra", "personalize")
"""Services, without their domain, that read buckets by a role they are given, and whose guides ask for a source."""
_SOURCE = """\
Condition:
  StringEquals:
    aws:SourceAccount: !Ref AWS::AccountId
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    for kind in _READS:
        for place in posture.of(kind):
            if senders(posture.open(place)):
                yield _thing(posture, place)
    sent = {place.thing.arn: place for place in roles(posture) if _reader(posture, place)}
    dear, doubts = reaching(posture, sent), unclear(posture, sent)
    for arn, place in sent.items():
        one = _role(posture, place, [way for way in dear.get(arn, ()) if not way.reached.path])
        doubt = doubts.get(arn) if one.ruling is Ruling.PASS else None
        yield replace(one, ruling=Ruling.UNKNOWN, why=doubt) if doubt else one
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")


def _thing(posture: Posture, place: Place) -> Judged:
    """A thing whose own policy lets the service in: it fails where the service may read it."""
    arn, at, who = place.thing.arn, policy_at(place) or "", ", ".join(senders(posture.open(place)))
    failed = opens_reading(place, posture.open(place), _READS[place.thing.kind])
    why = f"{who} may read it for anybody" if failed else f"{who} may write to it for anybody, and not read it"
    return Judged(
        arn,
        place.account,
        place.region,
        Ruling.FAIL if failed else Ruling.PASS,
        why,
        assets=tuple(posture.assets_of(arn)),
        evidence=(evidence(place, at),),
        way=(
            "anybody, from an account of his own",
            f"sets up {who} there, and names {arn}",
            "the service reads it for him",
        )
        if failed
        else (),
        remedy=_remedy(place) if failed else None,
        severity=Severity.HIGH,
    )


def _reader(posture: Posture, place: Place) -> str:
    """The services that may become a role for anybody and read by it; those that carry out orders alone are none."""
    found = senders(posture.open(place))
    return ", ".join(name for name in found if name.partition(".amazonaws.")[0] in _READ_FOR_OTHERS)


def _role(posture: Posture, place: Place, found: list[Way]) -> Judged:
    arn, who = place.thing.arn, _reader(posture, place)
    failed = bool(found)
    why = f"{who} may become it for anybody, and with it reads {shown(found)}" if failed else "it reads nothing dear"
    return Judged(
        arn,
        place.account,
        None,
        Ruling.FAIL if failed else Ruling.PASS,
        why,
        assets=at_stake(found),
        evidence=(evidence(place, "AssumeRolePolicyDocument"),),
        way=(
            "anybody, from an account of his own",
            f"gives {who} the name of {arn}",
            f"the service reads {shown(found)}",
        )
        if failed
        else (),
        remedy=_remedy(place) if failed else None,
    )


def _remedy(place: Place) -> Remedy:
    words = "Hold the statement to our account or organisation: aws:SourceAccount, aws:SourceArn or aws:SourceOrgID."
    arn, name, file = place.thing.arn, name_of(place.thing.arn), "file://policy.json"
    region = ("--region", place.region or "")
    command: tuple[str, ...] = {
        "s3/bucket": ("s3api", "put-bucket-policy", "--bucket", name, "--policy", file),
        "secretsmanager/secret": ("secretsmanager", "put-resource-policy", "--secret-id", arn,
                                  "--resource-policy", file, *region),
        "ecr/repository": ("ecr", "set-repository-policy", "--repository-name", arn.partition("/")[2], "--policy-text",
                           file, *region),
        "iam/role": ("iam", "update-assume-role-policy", "--role-name", name, "--policy-document", file),
    }[place.thing.kind]  # fmt: skip
    return Remedy(words, (("aws", *command),), _SOURCE)
