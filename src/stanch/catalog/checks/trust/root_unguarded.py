"""The root user of an account is bound by no policy of it; its key, or its password without a second factor, is all.

IAM User Guide, "Root user best practices"; a member account's root may have no credentials at all, which is best.
"""

from collections.abc import Iterator, Mapping

from stanch.catalog.checks._reach import assets_in
from stanch.catalog.checks._things import evidence, mapped, unlisted
from stanch.contracts.check import CIS, FSBP, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="The root user of an account has a key, or no second factor",
    row=Row.TRUST,
    severity=Severity.CRITICAL,
    controls={
        CIS: ("1.4", "1.5"),
        FSBP: ("IAM.4", "IAM.9"),
        NIST: ("AC-6", "IA-2(1)", "IA-5"),
        ISO: ("A.5.17", "A.8.2", "A.8.5"),
        NIS2: ("Art. 21(2)(j)",),
    },
)


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    for place in posture.of("iam/account"):
        yield _judged(posture, place)
    yield from unlisted(posture, "iam")


def _judged(posture: Posture, place: Place) -> Judged:
    told = place.thing.data.get("SummaryMap", {"$unseen": "SummaryMap"})
    summary = mapped(told)
    keys = summary.get("AccountAccessKeysPresent")
    ruling, why, severity = Ruling.PASS, "it has no key, and a second factor or no password at all", None
    if keys is None:
        ruling, why = Ruling.UNKNOWN, f"not seen: {unseen(told) or 'AccountAccessKeysPresent'}"
    elif keys:
        ruling, why = Ruling.FAIL, "the root user has an access key"
    elif not summary.get("AccountMFAEnabled") and _has_password(place, summary):
        ruling, why, severity = Ruling.FAIL, "the root user signs in with a password alone", Severity.HIGH
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        None,
        ruling,
        why,
        assets=assets_in(posture, place.account),
        evidence=(evidence(place, "SummaryMap"),),
        way=_way(keyed=bool(keys)) if failed else (),
        remedy=_remedy(keyed=bool(keys)) if failed else None,
        severity=severity,
    )


def _has_password(place: Place, summary: Mapping[str, object]) -> bool:
    """Whether the root user can have a password; True where nobody says."""
    row = mapped(place.thing.data.get("CredentialReport"))
    return summary.get("AccountPasswordPresent") != 0 and str(row.get("password_enabled")).lower() != "false"


def _way(*, keyed: bool) -> tuple[str, ...]:
    first = "whoever finds the key" if keyed else "whoever has the password, or the mailbox that resets it"
    return (first, "signs in as the root user", "everything in the account; no policy of it can refuse")


def _remedy(*, keyed: bool) -> Remedy:
    if keyed:
        off = ("aws", "iam", "delete-access-key", "--access-key-id", "ACCESS_KEY_ID")
        return Remedy(
            "Sign in as root, look for the key's last use, and delete it.", (("aws", "iam", "list-access-keys"), off)
        )
    return Remedy(
        "Take the root credentials of member accounts away; give the root user that stays two hardware keys.",
        (
            ("aws", "iam", "enable-organizations-root-credentials-management"),
            ("aws", "iam", "list-virtual-mfa-devices"),
        ),
    )
