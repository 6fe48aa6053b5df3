"""Whoever works in a region that no trail records leaves nothing behind; a trail of one region is blind in thirty.

Reads: trails and event data stores with their selectors. Blind to: the account's event history of 90 days.
"""

from collections.abc import Iterator, Sequence

from stanch.catalog.checks._reach import assets_in
from stanch.catalog.checks._things import account_arn, evidence, gap, in_region
from stanch.catalog.checks.cloudtrail._recorders import Recorder, best, hidden, home, recorders
from stanch.catalog.checks.cloudtrail._selectors import Cover, Probe
from stanch.contracts.check import CIS, FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="Calls in an account go unrecorded",
    row=Row.CLOUDTRAIL,
    severity=Severity.CRITICAL,
    controls={
        CIS: ("3.1",),
        FSBP: ("CloudTrail.1",),
        NIST: ("AU-2", "AU-12", "SI-4(20)"),
        ISO: ("A.8.15", "A.8.16"),
        GDPR: ("Art. 32(1)(d)", "Art. 33(5)"),
        NIS2: ("Art. 21(2)(b)",),
    },
)
_PROBES = (
    Probe("CreateAccessKey", "iam.amazonaws.com", read=False),
    Probe("PutBucketPolicy", "s3.amazonaws.com", read=False),
    Probe("AssumeRole", "sts.amazonaws.com", read=True),
    Probe("ListBuckets", "s3.amazonaws.com", read=True),
)
"""A call of each sort: what an intruder does first, and what he looks at before."""
_LISTINGS = ("cloudtrail:DescribeTrails", "cloudtrail:ListEventDataStores")
_TEMPLATE = """\
Type: AWS::CloudTrail::Trail
Properties:
  IsLogging: true
  IsMultiRegionTrail: true
  IncludeGlobalServiceEvents: true
  EnableLogFileValidation: true
  S3BucketName: a-bucket-of-the-log-account
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    for account in posture.accounts:
        yield _judged(posture, account, recorders(posture, account))


def _judged(posture: Posture, account: str, found: Sequence[Recorder]) -> Judged:
    arn = account_arn(posture, account)
    wide = [one for one in found if one.everywhere]
    lost = [probe for probe in _PROBES if best(wide, probe)[0] < Cover.ALL]
    proof = tuple(_proofs(posture, account, found))
    assets = assets_in(posture, account)
    if not lost:
        names = sorted({one.name for probe in _PROBES for one in best(wide, probe)[1]})
        out = sorted({name for one in wide for name in one.leaves_out()})
        but = f", but for {', '.join(out)}" if out else ""
        why = f"every region is recorded by {', '.join(names)}{but}"
        return Judged(arn, account, None, Ruling.PASS, why, evidence=proof)
    why_blind = _unseen(posture, account, found)
    if why_blind:
        return Judged(arn, account, None, Ruling.UNKNOWN, why_blind, assets, proof)
    return Judged(
        arn,
        account,
        None,
        Ruling.FAIL,
        _why(found, lost),
        assets,
        proof,
        (
            "whoever holds a key of the account",
            f"{lost[0].source.partition('.')[0]}:{lost[0].name} in a region that no trail records",
            "no log file holds the call; the event history shows it for 90 days to whoever looks in that region",
        ),
        _remedy(found),
        None if len(lost) == len(_PROBES) and not any(one.on for one in found) else Severity.HIGH,
    )


def _why(found: Sequence[Recorder], lost: Sequence[Probe]) -> str:
    on = [one for one in found if one.on]
    if not on:
        return "no trail or event data store is on" if found else "there is no trail and no event data store"
    whole = [one for one in on if all(one.covers(probe) is Cover.ALL for probe in lost)]
    if whole:
        regions = sorted({region for one in whole for region in one.regions})
        return f"only {', '.join(regions)} is recorded ({', '.join(one.name for one in whole)} is not of all regions)"
    kinds = {"reading" if probe.read else "writing" for probe in lost}
    return f"{' and '.join(sorted(kinds))} calls are not all recorded by {', '.join(one.name for one in on)}"


def _unseen(posture: Posture, account: str, found: Sequence[Recorder]) -> str | None:
    """What was not seen that could record it: a trail of all regions is told in each, a store in its own alone."""
    why = hidden(found)
    if why:
        return f"not seen: {why}"
    gaps = [gap(posture, "cloudtrail", account, region, *_LISTINGS) for region in posture.regions]
    return next(filter(None, gaps), None)


def _proofs(posture: Posture, account: str, found: Sequence[Recorder]) -> Iterator[Evidence]:
    for one in found:
        key = "MultiRegionEnabled" if one.place.thing.kind.endswith("store") else "IsMultiRegionTrail"
        yield evidence(one.place, key)
    if not found:
        places: Sequence[Place] = posture.of("cloudtrail/account")
        yield from (evidence(place, "Trails") for place in places if place.account == account)


def _remedy(found: Sequence[Recorder]) -> Remedy:
    words = "Make one trail of all regions (of the organisation where there is one) that records reading and writing."
    trail = next((one for one in found if one.place.thing.kind == "cloudtrail/trail"), None)
    if trail is None:
        create = ("aws", "cloudtrail", "create-trail", "--name", "all", "--is-multi-region-trail")
        where = ("--enable-log-file-validation", "--s3-bucket-name", "a-bucket-of-the-log-account")
        return Remedy(words, ((*create, *where), ("aws", "cloudtrail", "start-logging", "--name", "all")), _TEMPLATE)
    arn, region = trail.place.thing.arn, in_region(home(trail.place)[1])
    update = ("aws", "cloudtrail", "update-trail", "--name", arn, "--is-multi-region-trail")
    choose = ("aws", "cloudtrail", "put-event-selectors", "--trail-name", arn, "--advanced-event-selectors")
    every = '[{"Name":"management","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}]'
    start = ("aws", "cloudtrail", "start-logging", "--name", arn)
    selecting = () if all(trail.covers(probe) is Cover.ALL for probe in _PROBES) else ((*choose, every, *region),)
    return Remedy(words, ((*update, *region), *selecting, (*start, *region)), _TEMPLATE)
