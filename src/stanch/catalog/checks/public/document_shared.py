"""A shared document of Systems Manager is a script of ours that strangers read, with the names and habits in it.

Systems Manager User Guide, "Modify permissions for a shared SSM document", "Block public sharing for SSM documents".
"""

from collections.abc import Iterator

from stanch.catalog.checks._strangers import is_stranger
from stanch.catalog.checks._things import blind, evidence, texts
from stanch.contracts.check import FSBP, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A document of Systems Manager is shared with anybody, or with a stranger",
    row=Row.PUBLIC,
    severity=Severity.MEDIUM,
    controls={
        FSBP: ("SSM.4",),
        NIST: ("AC-3", "AC-6", "SC-7"),
        ISO: ("A.5.15", "A.8.3"),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_ALL = "all"
_SETTING = "/ssm/documents/console/public-sharing-permission"


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    for place in posture.of("ssm/document"):
        yield _judged(posture, place)
    yield from blind(posture, "ssm", "ssm", "ssm:ListDocuments")


def _judged(posture: Posture, place: Place) -> Judged:
    told = place.thing.data.get("AccountIds", {"$unseen": "AccountIds"})
    shares = [who.lower() for who in texts(told)]
    named = [who for who in shares if who != _ALL and is_stranger(posture, who)]
    ruling, why, severity = Ruling.PASS, "shared with no stranger", None
    if _ALL in shares:
        ruling, why = Ruling.FAIL, "anybody with an account of AWS may read and run it"
    elif named:
        ruling, why, severity = Ruling.FAIL, f"{', '.join(named)} may read and run it", Severity.LOW
    elif hidden := unseen(told):
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    failed = ruling is Ruling.FAIL
    outside = [_ALL] if _ALL in shares else named
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets=tuple(posture.assets_of(place.thing.arn)),
        evidence=(evidence(place, "AccountIds"),),
        way=(", ".join(outside), "ssm:GetDocument", "roles, buckets and commands that our hosts are run with")
        if failed
        else (),
        remedy=_remedy(place, outside) if failed else None,
        severity=severity,
    )


def _remedy(place: Place, outside: list[str]) -> Remedy:
    name, region = str(place.thing.data.get("Name") or place.thing.arn.partition("/")[2]), place.region or ""
    share = ("--name", name, "--permission-type", "Share", "--account-ids-to-remove", *outside)
    setting = ("--setting-id", _SETTING, "--setting-value", "Disable")
    return Remedy(
        "Take the share back, and let the region refuse public ones.",
        (
            ("aws", "ssm", "modify-document-permission", *share, "--region", region),
            ("aws", "ssm", "update-service-setting", *setting, "--region", region),
        ),
    )
