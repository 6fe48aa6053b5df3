"""A password that is guessed or phished is a session, unless a second factor is asked for.

IAM User Guide, "AWS Multi-factor authentication in IAM".
"""

from collections.abc import Iterator, Mapping

from stanch.catalog.checks._reach import administrators, assets_in, at_stake, reaching
from stanch.catalog.checks._strangers import name_of
from stanch.catalog.checks._things import evidence, mapped, unlisted
from stanch.contracts.check import CIS, FSBP, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A user signs in to the console with a password alone",
    row=Row.TRUST,
    severity=Severity.HIGH,
    controls={
        CIS: ("1.10",),
        FSBP: ("IAM.5",),
        NIST: ("IA-2", "IA-2(1)"),
        ISO: ("A.5.17", "A.8.5"),
        NIS2: ("Art. 21(2)(j)",),
    },
)


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    users = {place.thing.arn: place for place in posture.of("iam/user")}
    bare = {arn for arn, place in users.items() if _signs_in_alone(place)}
    admins = administrators(posture) if bare else {}
    dear = reaching(posture, bare)
    for arn, place in users.items():
        assets = assets_in(posture, place.account) if arn in admins else at_stake(dear.get(arn, ()))
        yield _judged(place, assets, failed=arn in bare)
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")


def _signs_in_alone(place: Place) -> bool:
    row = mapped(place.thing.data.get("CredentialReport"))
    return str(row.get("password_enabled")).lower() == "true" and str(row.get("mfa_active")).lower() == "false"


def _judged(place: Place, assets: tuple[Asset, ...], *, failed: bool) -> Judged:
    arn = place.thing.arn
    report = place.thing.data.get("CredentialReport", {"$unseen": "CredentialReport"})
    ruling, why = Ruling.PASS, "it has no password, or a second factor"
    if failed:
        ruling, why = Ruling.FAIL, "its password alone opens the console"
    elif not isinstance(report, Mapping) or unseen(report):
        hidden = unseen(report) or "the credential report has no row of this user yet"
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    user = ("--user-name", name_of(arn))
    return Judged(
        arn,
        place.account,
        None,
        ruling,
        why,
        assets=assets,
        evidence=(evidence(place, "CredentialReport"),),
        way=("whoever learns the password", "ConsoleLogin", f"is {arn}") if failed else (),
        remedy=Remedy(
            "Take the password away and let the person sign in by the identity provider; or demand a second factor.",
            (("aws", "iam", "delete-login-profile", *user), ("aws", "iam", "list-mfa-devices", *user)),
        )
        if failed
        else None,
    )
