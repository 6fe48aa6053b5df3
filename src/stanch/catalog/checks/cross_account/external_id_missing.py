"""A vendor assumes roles for many customers: without an external id, any of them can make him use ours.

IAM User Guide, "Access to AWS accounts owned by third parties", "The confused deputy problem".
"""

from collections.abc import Iterator

from stanch.catalog.checks._reach import administrators, assets_in, at_stake, reaching
from stanch.catalog.checks._strangers import is_stranger, name_of
from stanch.catalog.checks._things import evidence, unlisted
from stanch.catalog.checks._trust import conditioned, grants, meant, roles
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A role trusts another company's account without an external id",
    row=Row.CROSS_ACCOUNT,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("AC-3", "AC-20", "IA-9"),
        ISO: ("A.5.15", "A.5.19", "A.5.20"),
        NIS2: ("Art. 21(2)(d)",),
    },
)
_ASSUMES = ("sts:assumerole", "sts:*", "*")
_KEYS = ("sts:externalid", "aws:principalorgid", "aws:principalorgpaths")
_TEMPLATE = """\
AssumeRolePolicyDocument:
  Version: "2012-10-17"
  Statement:
    - Effect: Allow
      Principal:
        AWS: !Sub arn:${AWS::Partition}:iam::${VendorAccount}:root
      Action: sts:AssumeRole
      Condition:
        StringEquals:
          sts:ExternalId: !Ref ExternalId
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    found = {place.thing.arn: (place, _named(posture, place)) for place in roles(posture)}
    bare = {arn for arn, (_, named) in found.items() if not all(named.values())}
    dear = reaching(posture, bare)
    admins = administrators(posture) if bare else {}
    for arn, (place, named) in found.items():
        assets = assets_in(posture, place.account) if arn in admins else at_stake(dear.get(arn, ()))
        hidden = unseen(place.thing.data.get("AssumeRolePolicyDocument"))
        if hidden:
            yield Judged(arn, place.account, None, Ruling.UNKNOWN, f"not seen: {hidden}")
        elif named:
            yield _judged(place, named, assets)
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")


def _named(posture: Posture, place: Place) -> dict[str, bool]:
    """The strangers that the trust names, each with whether every statement about him asks for a secret."""
    found: dict[str, bool] = {}
    for _, grant in grants(place):
        if not any(action.lower() in _ASSUMES for action in grant.actions or ()):
            continue
        bound = conditioned(grant, *_KEYS)
        for name in meant(grant):
            if is_stranger(posture, name):
                found[name] = found.get(name, True) and bound
    return found


def _judged(place: Place, named: dict[str, bool], assets: tuple[Asset, ...]) -> Judged:
    bare = [who for who, bound in named.items() if not bound]
    ruling = Ruling.FAIL if bare else Ruling.PASS
    why = f"{', '.join(bare)} may assume it with nothing that names us" if bare else "each stranger must know a secret"
    name = name_of(place.thing.arn)
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets=assets,
        evidence=(evidence(place, "AssumeRolePolicyDocument"),),
        way=(
            "another customer of the vendor, who learns or guesses the role's name",
            f"gives the vendor {place.thing.arn} as his own",
            "the vendor assumes it for him, and shows him what is ours",
        )
        if bare
        else (),
        remedy=Remedy(
            "Demand an external id that the vendor chose for us alone.",
            (
                (
                    "aws",
                    "iam",
                    "update-assume-role-policy",
                    "--role-name",
                    name,
                    "--policy-document",
                    "file://trust.json",
                ),
            ),
            _TEMPLATE,
        )
        if bare
        else None,
    )
