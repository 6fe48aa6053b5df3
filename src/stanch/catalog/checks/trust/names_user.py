"""A role that trusts a user by name is opened by that user's key, wherever it was copied to: the oldest back door.

IAM User Guide, "Security best practices in IAM": temporary credentials instead of users.
"""

from collections.abc import Iterator

from stanch.catalog.checks._reach import administrators, assets_in, at_stake, reaching, shown, unclear
from stanch.catalog.checks._strangers import name_of
from stanch.catalog.checks._things import evidence, unlisted
from stanch.catalog.checks._trust import grants, meant, roles
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling
from stanch.iam.binding import firm
from stanch.iam.policy import Statement

ABOUT = About(
    title="A role that reaches what is dear trusts a user by name",
    row=Row.TRUST,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-2", "AC-6", "IA-5"),
        ISO: ("A.5.16", "A.5.18", "A.8.2"),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_MFA = "aws:multifactorauth"


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    found = {place.thing.arn: (place, _users(place)) for place in roles(posture)}
    named = {arn for arn, (_, users) in found.items() if users}
    admins = administrators(posture) if named else {}
    dear, doubts = reaching(posture, named), unclear(posture, named)
    for arn, (place, users) in found.items():
        gain = "is administrator of the account" if arn in admins else f"reads {shown(dear.get(arn, ()))}"
        failed = bool(users) and (arn in admins or arn in dear)
        yield Judged(
            arn,
            place.account,
            None,
            _ruling(posture, place, failed=failed, doubt=arn in doubts),
            f"{', '.join(users)} may assume it, and with it {gain}" if failed else doubts.get(arn) or _harmless(users),
            assets=assets_in(posture, place.account) if arn in admins else at_stake(dear.get(arn, ())),
            evidence=(evidence(place, "AssumeRolePolicyDocument"),),
            way=(f"the access key of {users[0]}", "sts:AssumeRole", f"as {arn} {gain}") if failed else (),
            remedy=_remedy(arn) if failed else None,
        )
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")


def _ruling(posture: Posture, place: Place, *, failed: bool, doubt: bool) -> Ruling:
    if failed:
        return Ruling.FAIL
    return Ruling.UNKNOWN if doubt or posture.open(place).unseen else Ruling.PASS


def _harmless(users: list[str]) -> str:
    return "the users that its trust names gain nothing dear by it" if users else "its trust names no user"


def _users(place: Place) -> list[str]:
    """The users whom a statement names that does not ask for a second factor."""
    return sorted(
        {name for _, grant in grants(place) if not _asks_for_two(grant) for name in meant(grant) if ":user/" in name}
    )


def _asks_for_two(grant: Statement) -> bool:
    """Whether nobody gets in without a second factor; `BoolIfExists` lets in a bare access key, which says nothing."""
    demanded = [condition for condition in firm(grant) if condition.key.lower().startswith(_MFA)]
    return any({value.lower() for value in condition.values} != {"false"} for condition in demanded)


def _remedy(arn: str) -> Remedy:
    trust = ("--role-name", name_of(arn), "--policy-document", "file://trust.json")
    return Remedy(
        "Take the user out of the trust; give the person a role by the identity provider, or demand a second factor.",
        (("aws", "iam", "update-assume-role-policy", *trust),),
    )
