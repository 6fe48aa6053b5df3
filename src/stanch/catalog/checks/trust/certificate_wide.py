"""With Roles Anywhere a certificate is a permanent key: a role that asks for no name in it accepts all of an authority.

IAM Roles Anywhere User Guide, "Trust policy": the subject of a certificate comes as tags x509Subject, x509Issuer,
x509SAN, and its common name as the source identity; aws:SourceArn is the trust anchor.
"""

from collections.abc import Iterator

from stanch.catalog.checks._reach import administrators, assets_in, at_stake, reaching
from stanch.catalog.checks._strangers import name_of
from stanch.catalog.checks._things import evidence, unlisted
from stanch.catalog.checks._trust import grants, roles
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling
from stanch.iam.binding import firm
from stanch.iam.policy import Statement

ABOUT = About(
    title="A role accepts every certificate of every authority that the account trusts",
    row=Row.TRUST,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-3", "IA-5", "IA-9"),
        ISO: ("A.5.16", "A.5.17", "A.8.5"),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_SERVICE = "rolesanywhere.amazonaws."
_NAMES = ("aws:principaltag/x509", "sts:sourceidentity", "aws:sourceidentity")
_ANCHOR = "aws:sourcearn"
_TEMPLATE = """\
AssumeRolePolicyDocument:
  Version: "2012-10-17"
  Statement:
    - Effect: Allow
      Principal:
        Service: rolesanywhere.amazonaws.com
      Action: [sts:AssumeRole, sts:TagSession, sts:SetSourceIdentity]
      Condition:
        StringEquals:
          aws:PrincipalTag/x509Subject/CN: build.example.org
        ArnEquals:
          aws:SourceArn: !GetAtt TrustAnchor.TrustAnchorArn
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    found = {place.thing.arn: (place, _grants(place)) for place in roles(posture)}
    wide = {arn for arn, (_, listed) in found.items() if any(not _is_narrow(grant) for grant in listed)}
    admins = administrators(posture) if wide else {}
    dear = reaching(posture, wide)
    anchors = [
        place for place in posture.of("rolesanywhere/trust-anchor") if place.thing.data.get("enabled") is not False
    ]
    for arn, (place, listed) in found.items():
        if listed:
            assets = assets_in(posture, place.account) if arn in admins else at_stake(dear.get(arn, ()))
            own = [one for one in anchors if one.account == place.account]
            yield _judged(place, own, failed=arn in wide, assets=assets)
        elif hidden := unseen(place.thing.data.get("AssumeRolePolicyDocument")):
            yield Judged(arn, place.account, None, Ruling.UNKNOWN, f"not seen: {hidden}")
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")


def _grants(place: Place) -> list[Statement]:
    """What the trust allows Roles Anywhere."""
    return [
        grant
        for _, grant in grants(place)
        if any(one.kind == "Service" and one.value.startswith(_SERVICE) for one in grant.principals or ())
    ]


def _is_narrow(grant: Statement) -> bool:
    """Whether a grant asks for a name in the certificate, or for one anchor."""
    for condition in firm(grant):
        key = condition.key.lower()
        if key.startswith(_NAMES) and all(value.strip("*?") for value in condition.values):
            return True
        if key == _ANCHOR and not any(value.endswith("*") for value in condition.values):
            return True
    return False


def _judged(place: Place, anchors: list[Place], *, failed: bool, assets: tuple[Asset, ...]) -> Judged:
    arn = place.thing.arn
    names = ", ".join(str(one.thing.data.get("name") or one.thing.arn) for one in anchors) or "none that was seen"
    why = "its trust asks for a name in the certificate, or for one anchor"
    if failed:
        why = f"any certificate of any trust anchor becomes it; anchors of the account: {names}"
    trust = ("--role-name", name_of(arn), "--policy-document", "file://trust.json")
    return Judged(
        arn,
        place.account,
        None,
        Ruling.FAIL if failed else Ruling.PASS,
        why,
        assets=assets,
        evidence=(evidence(place, "AssumeRolePolicyDocument"), *(evidence(one, "source") for one in anchors)),
        way=("a certificate of the authority, of any machine", "rolesanywhere:CreateSession", f"is {arn}")
        if failed
        else (),
        remedy=Remedy(
            "Hold the trust to the certificate's subject, and to the anchor.",
            (("aws", "iam", "update-assume-role-policy", *trust),),
            _TEMPLATE,
        )
        if failed
        else None,
    )
