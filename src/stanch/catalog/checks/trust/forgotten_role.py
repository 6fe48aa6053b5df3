"""A way in that nobody of ours uses any more is one that nobody would miss, and nobody watches.

IAM tells when a role was last used, for the last 400 days. IAM User Guide, "Refine permissions using last accessed
information".
"""

from collections.abc import Iterator

from stanch.catalog.checks._reach import administrators, assets_in, at_stake, reaching
from stanch.catalog.checks._strangers import lets_in, name_of, whom
from stanch.catalog.checks._things import evidence, mapped, unlisted
from stanch.catalog.checks._trust import FORGOTTEN, instant, roles
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A role that strangers may assume has not been used for 90 days",
    row=Row.TRUST,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("AC-2(3)", "AC-6", "AC-20"),
        ISO: ("A.5.18", "A.5.19"),
        NIS2: ("Art. 21(2)(i)",),
    },
)


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    found = {place.thing.arn: place for place in roles(posture) if lets_in(posture.open(place))}
    dear = reaching(posture, found)
    admins = administrators(posture) if found else {}
    for arn, place in found.items():
        assets = assets_in(posture, place.account) if arn in admins else at_stake(dear.get(arn, ()))
        yield _judged(posture, place, assets)
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")


def _judged(posture: Posture, place: Place, assets: tuple[Asset, ...]) -> Judged:
    data = place.thing.data
    told = data.get("RoleLastUsed", {"$unseen": "RoleLastUsed"})
    used, made = instant(mapped(told).get("LastUsedDate")), instant(data.get("CreateDate"))
    since = used or made
    ruling, why = Ruling.UNKNOWN, f"not seen: {unseen(told) or 'when it was made'}"
    if unseen(told) is None and since is not None:
        days = (posture.made_at - since).days
        ruling = Ruling.FAIL if posture.made_at - since > FORGOTTEN else Ruling.PASS
        why = f"last used {days} days ago" if used else f"never used since it was made {days} days ago"
    failed = ruling is Ruling.FAIL
    arn, who = place.thing.arn, whom(posture.open(place))
    return Judged(
        arn,
        place.account,
        None,
        ruling,
        f"{why}, and {who} may assume it" if failed else why,
        assets=assets,
        evidence=(evidence(place, "RoleLastUsed"), evidence(place, "AssumeRolePolicyDocument")),
        way=(who, "sts:AssumeRole, where nobody expects it", f"is {arn}") if failed else (),
        remedy=_remedy(arn) if failed else None,
    )


def _remedy(arn: str) -> Remedy:
    name = name_of(arn)
    return Remedy(
        "Delete the role; or close its trust first, and delete it when nobody has missed it.",
        (
            ("aws", "iam", "update-assume-role-policy", "--role-name", name, "--policy-document", "file://trust.json"),
            ("aws", "iam", "delete-role", "--role-name", name),
        ),
    )
