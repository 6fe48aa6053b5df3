"""A user's key is valid until somebody thinks of it: in a repository, a notebook, a laptop that was sold.

IAM User Guide, "Security best practices in IAM"; the credential report tells when a key was made and last used.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from stanch.catalog.checks._reach import Way, administrators, assets_in, at_stake, reaching, shown, steps, unclear
from stanch.catalog.checks._strangers import name_of
from stanch.catalog.checks._things import evidence, mapped, unlisted
from stanch.catalog.checks._trust import FORGOTTEN, instant
from stanch.contracts.check import CIS, FSBP, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling
from stanch.iam.escalation import Reached

ABOUT = About(
    title="A user's permanent key reaches what is dear, or was forgotten",
    row=Row.TRUST,
    severity=Severity.HIGH,
    controls={
        CIS: ("1.12", "1.13", "1.14"),
        FSBP: ("IAM.3", "IAM.8", "IAM.22"),
        NIST: ("AC-2(3)", "AC-6", "IA-5"),
        ISO: ("A.5.16", "A.5.17", "A.5.18"),
        NIS2: ("Art. 21(2)(i)",),
    },
)


@dataclass(frozen=True, slots=True)
class _Key:
    """One active key, by its number in the report."""

    number: int
    made: datetime | None
    used: datetime | None


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    users = {place.thing.arn: (place, _keys(place)) for place in posture.of("iam/user")}
    holders = {arn for arn, (_, keys) in users.items() if keys}
    admins = administrators(posture) if holders else {}
    dear, doubts = reaching(posture, holders), unclear(posture, holders)
    for arn, (place, keys) in users.items():
        report = place.thing.data.get("CredentialReport", {"$unseen": "CredentialReport"})
        if not isinstance(report, Mapping) or unseen(report):
            why = f"not seen: {unseen(report) or 'the credential report has no row of this user yet'}"
            yield Judged(arn, place.account, None, Ruling.UNKNOWN, why)
        elif not keys:
            seen = (evidence(place, "CredentialReport"),)
            yield Judged(arn, place.account, None, Ruling.PASS, "it has no active key", evidence=seen)
        else:
            one = _judged(posture, place, keys, admins.get(arn), dear.get(arn, ()))
            doubt = doubts.get(arn) if one.ruling is Ruling.PASS else None
            yield replace(one, ruling=Ruling.UNKNOWN, why=doubt) if doubt else one
    yield from unlisted(posture, "iam", "iam:GetAccountAuthorizationDetails")


def _keys(place: Place) -> list[_Key]:
    report: Mapping[str, Any] = mapped(place.thing.data.get("CredentialReport"))
    return [
        _Key(
            number,
            instant(report.get(f"access_key_{number}_last_rotated")),
            instant(report.get(f"access_key_{number}_last_used_date")),
        )
        for number in (1, 2)
        if str(report.get(f"access_key_{number}_active")).lower() == "true"
    ]


def _judged(posture: Posture, place: Place, keys: list[_Key], admin: Reached | None, found: Sequence[Way]) -> Judged:
    arn = place.thing.arn
    decoy = any(asset.decoy for asset in posture.assets_of(arn))
    faults = [] if decoy else list(_faults(keys, posture.made_at))
    gain = "is administrator" if admin and not admin.path else "makes itself administrator" if admin else ""
    gain = gain or (f"reads {shown(found)}" if found else "")
    failed = bool(gain or faults)
    told = [f"whoever has its key {gain}"] if gain else []
    fine = (
        "it is a decoy, whose key reaches nothing dear"
        if decoy
        else "its key is young, in use, and reaches nothing dear"
    )
    why = "; ".join([*told, *faults]) if failed else fine
    way: tuple[str, ...] = ()
    if failed:
        end = gain or "does whatever the user may do"
        reached = admin or (found[0].reached if found else None)
        way = ("whoever finds the key", *(steps(reached, end) if reached else (arn, end)))
    return Judged(
        arn,
        place.account,
        None,
        Ruling.FAIL if failed else Ruling.PASS,
        why,
        assets=assets_in(posture, place.account) if admin else at_stake(found),
        evidence=(evidence(place, "CredentialReport"),),
        way=way,
        remedy=_remedy(arn) if failed else None,
        severity=None if gain else Severity.MEDIUM,
    )


def _faults(keys: list[_Key], now: datetime) -> Iterator[str]:
    for key in keys:
        age = now - key.made if key.made else None
        idle = now - key.used if key.used else age
        if age and age > FORGOTTEN:
            yield f"key {key.number} is {age.days} days old"
        if idle and idle > FORGOTTEN:
            yield f"key {key.number} was not used for {idle.days} days"
    if len(keys) > 1:
        yield "two keys are active"


def _remedy(arn: str) -> Remedy:
    user = ("--user-name", name_of(arn))
    off = ("--access-key-id", "ACCESS_KEY_ID", "--status", "Inactive")
    return Remedy(
        "Give the workload a role, or the person an identity provider; set the key inactive, delete it when unmissed.",
        (("aws", "iam", "list-access-keys", *user), ("aws", "iam", "update-access-key", *user, *off)),
    )
