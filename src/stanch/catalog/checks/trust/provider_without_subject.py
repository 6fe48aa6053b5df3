"""An identity provider vouches for all its users; only a condition on the subject says which of them are meant.

IAM User Guide, "Configuring a role for GitHub OIDC identity provider", "Available keys for AWS OIDC federation"; EKS
User Guide, "IAM roles for service accounts".
"""

from collections.abc import Iterator

from stanch.catalog.checks._reach import administrators, assets_in, at_stake, reaching
from stanch.catalog.checks._strangers import name_of, strangers
from stanch.catalog.checks._things import evidence, unlisted
from stanch.catalog.checks._trust import roles, trusted
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A role trusts an identity provider without saying which of its users",
    row=Row.TRUST,
    severity=Severity.CRITICAL,
    controls={
        NIST: ("AC-3", "AC-6", "IA-8"),
        ISO: ("A.5.15", "A.5.16", "A.8.5"),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_PROVIDER = "federated:"
_TEMPLATE = """\
AssumeRolePolicyDocument:
  Version: "2012-10-17"
  Statement:
    - Effect: Allow
      Principal:
        Federated: !Ref Provider
      Action: sts:AssumeRoleWithWebIdentity
      Condition:
        StringEquals:
          token.actions.githubusercontent.com:aud: sts.amazonaws.com
          token.actions.githubusercontent.com:sub: repo:ORGANISATION/REPOSITORY:ref:refs/heads/main
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    federated = {place.thing.arn: place for place in roles(posture) if trusted(place, "Federated")}
    wide = {arn: _issuers(posture, place) for arn, place in federated.items() if _issuers(posture, place)}
    admins = administrators(posture) if wide else {}
    dear = reaching(posture, wide)
    for arn, place in federated.items():
        assets = assets_in(posture, place.account) if arn in admins else at_stake(dear.get(arn, ()))
        yield _judged(posture, place, wide.get(arn, []), assets)
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")


def _issuers(posture: Posture, place: Place) -> list[str]:
    """The issuers all of whose users get in."""
    return [who.removeprefix(_PROVIDER) for who in strangers(posture.open(place)) if who.startswith(_PROVIDER)]


def _judged(posture: Posture, place: Place, issuers: list[str], assets: tuple[Asset, ...]) -> Judged:
    found, arn = posture.open(place), place.thing.arn
    why = "it says which of the provider's users are meant"
    if issuers:
        why = "; ".join(one for one in found.exposure.why if "trusts" in one) or f"trusts all users of {issuers[0]}"
    public = found.exposure.public
    who = f"anybody with an account at {issuers[0]}" if issuers and public else "any user or workload of the provider"
    call = (
        "sts:AssumeRoleWithSAML" if any("saml-provider" in one for one in issuers) else "sts:AssumeRoleWithWebIdentity"
    )
    return Judged(
        arn,
        place.account,
        None,
        Ruling.FAIL if issuers else Ruling.PASS,
        why,
        assets=assets,
        evidence=(evidence(place, "AssumeRolePolicyDocument"),),
        way=(who, call, f"is {arn}") if issuers else (),
        remedy=_remedy(arn) if issuers else None,
        severity=None if public else Severity.HIGH,
    )


def _remedy(arn: str) -> Remedy:
    trust = ("--role-name", name_of(arn), "--policy-document", "file://trust.json")
    return Remedy(
        "Hold the trust to the subject that is meant: a repository and branch, a service account; SAML to SAML:aud.",
        (("aws", "iam", "update-assume-role-policy", *trust),),
        _TEMPLATE,
    )
