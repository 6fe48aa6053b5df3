"""A log that its reader cannot check may have been edited: digests signed each hour tell whether a line is missing.

Reads: whether trails write digests, and whether they arrive. Blind to: whether anybody ever validates them.
"""

from collections.abc import Iterator

from stanch.catalog.checks._things import blind, evidence, in_region, mapped
from stanch.catalog.checks.cloudtrail._recorders import home, recorded, trails
from stanch.contracts.check import CIS, FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A trail's files can be changed without anyone noticing",
    row=Row.CLOUDTRAIL,
    severity=Severity.MEDIUM,
    controls={
        CIS: ("3.2",),
        FSBP: ("CloudTrail.4",),
        NIST: ("AU-9", "SI-7"),
        ISO: ("A.5.28", "A.8.15"),
        GDPR: ("Art. 32(1)(b)", "Art. 33(5)"),
        NIS2: ("Art. 21(2)(b)",),
    },
)
_TEMPLATE = """\
EnableLogFileValidation: true
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "cloudtrail", "cloudtrail", "cloudtrail:DescribeTrails")
    for place in trails(posture):
        data = place.thing.data
        error = mapped(data.get("Status")).get("LatestDigestDeliveryError")
        at = "LogFileValidationEnabled"
        if data.get(at) is not True and at in data:
            ruling, why = Ruling.FAIL, "it writes no digests"
        elif at not in data:
            ruling, why = Ruling.UNKNOWN, "not seen: whether it writes digests"
        elif error:
            ruling, why, at = Ruling.FAIL, f"its digests do not arrive: {error}", "Status.LatestDigestDeliveryError"
        else:
            ruling, why = Ruling.PASS, "it writes digests, by which a missing or changed file shows"
        yield _judged(posture, place, ruling, why, at)


def _judged(posture: Posture, place: Place, ruling: Ruling, why: str, at: str) -> Judged:
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        *home(place),
        ruling,
        why,
        assets=recorded(posture, place),
        evidence=(evidence(place, at),),
        way=(
            f"whoever may write to {place.thing.data.get('S3BucketName')}",
            "s3:GetObject, removes his own lines, s3:PutObject under the same name",
            "the log reads as if he had never been there, and proves nothing before a court",
        )
        if failed
        else (),
        remedy=_remedy(place) if failed else None,
    )


def _remedy(place: Place) -> Remedy:
    update = ("aws", "cloudtrail", "update-trail", "--name", place.thing.arn, "--enable-log-file-validation")
    return Remedy(
        "Let the trail write digests, and validate them on a schedule (aws cloudtrail validate-logs).",
        ((*update, *in_region(home(place)[1])),),
        _TEMPLATE,
    )
