"""A finding that happens again is told again only every six hours, unless the detector is told to do it in minutes.

GuardDuty User Guide, "Setting frequency for exporting active findings": new findings come within five minutes anyway.
"""

from collections.abc import Iterator

from stanch.catalog.checks._things import evidence, in_region
from stanch.catalog.checks.guardduty._detectors import Watch, of_each
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="GuardDuty tells of what goes on only hours later",
    row=Row.GUARDDUTY,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("AU-6", "SI-4(5)"),
        ISO: ("A.5.25", "A.8.16"),
        GDPR: ("Art. 33(1)",),
        NIS2: ("Art. 21(2)(b)", "Art. 23(4)"),
    },
)
_SOON, _AT = "FIFTEEN_MINUTES", "FindingPublishingFrequency"
_WORDS = {"ONE_HOUR": "every hour", "SIX_HOURS": "every six hours"}
_TEMPLATE = """\
FindingPublishingFrequency: FIFTEEN_MINUTES
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from of_each(posture, _judged)


def _judged(watch: Watch, detector: Place) -> Judged:
    often = detector.thing.data.get(_AT)
    proof = (evidence(detector, _AT),)
    if isinstance(often, str) and often in _WORDS:
        return _failed(watch, _WORDS[often], proof)
    ruling, why = (Ruling.PASS, "what goes on is told every 15 minutes")
    if often != _SOON:
        ruling, why = (Ruling.UNKNOWN, "not seen: how often it tells")
    return Judged(watch.arn, watch.account, watch.region, ruling, why, watch.assets, proof)


def _failed(watch: Watch, often: str, proof: tuple[Evidence, ...]) -> Judged:
    name = watch.arn.rpartition("/")[2]
    update = ("aws", "guardduty", "update-detector", "--detector-id", name, "--finding-publishing-frequency", _SOON)
    by = f" ({watch.administrator}, which decides)" if watch.administrator else ""
    return Judged(
        watch.arn,
        watch.account,
        watch.region,
        Ruling.FAIL,
        f"what happens again is told {often}{by}",
        assets=watch.assets,
        evidence=proof,
        way=(
            "whoever was found once, and whose finding was put aside",
            "does the same again, from a new address or with a new key",
            f"the finding counts up in silence; it is told {often}, long after a model has left",
        ),
        remedy=Remedy("Let it tell every 15 minutes.", ((*update, *in_region(watch.region)),), _TEMPLATE),
    )
