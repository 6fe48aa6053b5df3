"""GuardDuty watches a region only where it is switched on; an intruder works where it is not.

Reads: the detector of every account in every region of the perimeter and of the snapshot.
"""

from collections.abc import Iterator
from dataclasses import replace

from stanch.catalog.checks._things import evidence, in_region, region_arn
from stanch.catalog.checks.guardduty._detectors import Watch, unknown, watches
from stanch.contracts.check import FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="GuardDuty watches no one in a region",
    row=Row.GUARDDUTY,
    severity=Severity.HIGH,
    controls={
        FSBP: ("GuardDuty.1",),
        NIST: ("RA-5", "SI-4"),
        ISO: ("A.5.7", "A.8.16"),
        GDPR: ("Art. 32(1)(d)",),
        NIS2: ("Art. 21(2)(b)",),
    },
)
_TEMPLATE = """\
Type: AWS::GuardDuty::Detector
Properties:
  Enable: true
  FindingPublishingFrequency: FIFTEEN_MINUTES
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    for watch in watches(posture):
        # The region is asked about, detector or none: a hole that is closed must come again under the same name.
        yield replace(_judged(watch), resource=region_arn(posture, "guardduty", watch.account, watch.region))


def _judged(watch: Watch) -> Judged:
    if watch.hidden:
        return unknown(watch)
    if watch.on:
        why = "a detector is on" + (f"; {watch.administrator}" if watch.administrator else "")
        return _said(watch, Ruling.PASS, why)
    if watch.detector is not None or watch.listed is not None:
        return _failed(watch)
    return _said(watch, Ruling.UNKNOWN, "not seen: whether there is a detector")


def _proof(watch: Watch) -> tuple[Evidence, ...]:
    if watch.detector:
        return (evidence(watch.detector, "Status"),)
    return (evidence(watch.listed, "DetectorIds"),) if watch.listed else ()


def _said(watch: Watch, ruling: Ruling, why: str) -> Judged:
    return Judged(watch.arn, watch.account, watch.region, ruling, why, watch.assets, _proof(watch))


def _failed(watch: Watch) -> Judged:
    region, lies = in_region(watch.region), ", ".join(f"{one.name} ({one.kind.value})" for one in watch.assets)
    name = watch.arn.rpartition("/")[2]
    often = ("--finding-publishing-frequency", "FIFTEEN_MINUTES")
    if watch.detector:
        command = ("aws", "guardduty", "update-detector", "--detector-id", name, "--enable", *often, *region)
    else:
        command = ("aws", "guardduty", "create-detector", "--enable", *often, *region)
    return Judged(
        watch.arn,
        watch.account,
        watch.region,
        Ruling.FAIL,
        ("its detector is switched off" if watch.detector else "it has no detector")
        + (f", and holds {lies}" if lies else ""),
        watch.assets,
        _proof(watch),
        way=(
            "whoever holds stolen credentials of a host or a person",
            f"uses them in {watch.region}, from outside AWS and for what they never did before",
            *((f"reads {lies}",) if lies else ()),
            "no finding says so: the exfiltration of instance credentials is GuardDuty's to tell",
        ),
        remedy=Remedy(
            "Switch it on in every region, best from the organisation's administrator account for all members.",
            (command,),
            _TEMPLATE,
        ),
    )
