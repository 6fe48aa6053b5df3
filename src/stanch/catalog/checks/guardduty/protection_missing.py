"""A detector reads calls, flows and names by itself; what happens in buckets and on hosts it sees only when told to.

Reads: a detector's features against what its region holds: buckets, hosts, clusters, functions.
Blind to: hosts that a tag keeps out, and agents installed by hand.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from stanch.catalog.checks._hosts import Hosts
from stanch.catalog.checks._things import evidence, gap, in_region, mapped, mappings
from stanch.catalog.checks.guardduty._detectors import Watch, of_each
from stanch.contracts.check import FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="GuardDuty does not see what happens in buckets or on hosts",
    row=Row.GUARDDUTY,
    severity=Severity.HIGH,
    controls={
        FSBP: ("GuardDuty.5", "GuardDuty.8", "GuardDuty.10", "GuardDuty.11"),
        NIST: ("SI-3", "SI-4"),
        ISO: ("A.8.7", "A.8.16"),
        GDPR: ("Art. 32(1)(d)",),
        NIS2: ("Art. 21(2)(b)",),
    },
)
_S3, _RUNTIME, _MALWARE = "S3_DATA_EVENTS", "RUNTIME_MONITORING", "EBS_MALWARE_PROTECTION"
_EKS, _OLD_RUNTIME = "EKS_AUDIT_LOGS", "EKS_RUNTIME_MONITORING"
_SEES = {
    _S3: "reads of buckets by credentials that act unlike themselves",
    _RUNTIME: "processes on hosts and in containers",
    _MALWARE: "malware on the disks of hosts",
    _EKS: "the calls of the clusters' own interface",
}
_OLD_NAMES = {
    _S3: "S3Logs",
    _EKS: "Kubernetes.AuditLogs",
    _MALWARE: "MalwareProtection.ScanEc2InstanceWithFindings.EbsVolumes",
}
"""Where GetDetector told the same before there were features."""
_TEMPLATE = """\
Features:
  - Name: {name}
    Status: ENABLED
"""


@dataclass(frozen=True, slots=True)
class _Region:
    """What a region holds: for each feature one of the things that it would watch, and the assets among them."""

    needs: dict[str, str]
    assets: tuple[Asset, ...]


_EMPTY = _Region({}, ())


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    held = _held(posture)

    def say(watch: Watch, detector: Place) -> Judged:
        judged = _judged(watch, detector, held.get((watch.account, watch.region), _EMPTY))
        hidden = _hidden(posture, watch, _features(detector.thing.data)) if judged.ruling is Ruling.PASS else None
        return replace(judged, ruling=Ruling.UNKNOWN, why=hidden) if hidden else judged

    yield from of_each(posture, say)


def _hidden(posture: Posture, watch: Watch, on: set[str]) -> str | None:
    """What was not seen of the region that would need a feature which is off."""
    for collector, region, operation, features in (
        ("s3", None, "s3:ListBuckets", {_S3}),
        ("ec2/hosts", watch.region, "ec2:DescribeInstances", {_MALWARE, _RUNTIME}),
        ("eks", watch.region, "eks:ListClusters", {_EKS, _RUNTIME}),
    ):
        why = gap(posture, collector, watch.account, region, operation)
        if why and features - on:
            return why
    return None


def _held(posture: Posture) -> Mapping[tuple[str, str], _Region]:
    found: dict[tuple[str, str], _Region] = defaultdict(lambda: _EMPTY)

    def note(account: str, region: object, name: str, features: tuple[str, ...], assets: tuple[Asset, ...]) -> None:
        spot = (account, str(region))
        known = found[spot]
        needs = {feature: known.needs.get(feature, name) for feature in (*known.needs, *features)}
        found[spot] = _Region(needs, tuple(dict.fromkeys((*known.assets, *assets))))

    for place in posture.of("s3/bucket"):
        region = place.thing.data.get("BucketRegion") or place.region
        if isinstance(region, str):
            note(place.account, region, place.thing.arn, (_S3,), tuple(posture.assets_of(place.thing.arn)))
    for host in Hosts(posture).every:
        features = (_MALWARE, _RUNTIME) if host.why else (_MALWARE,)
        note(host.place.account, host.place.region, host.arn, features, host.assets)
    for place in posture.of("eks/cluster"):
        note(place.account, place.region, place.thing.arn, (_EKS, _RUNTIME), ())
    return found


def _judged(watch: Watch, detector: Place, region: _Region) -> Judged:
    data = detector.thing.data
    at = "Features" if "Features" in data else "DataSources"
    hidden = unseen(data.get(at))
    proof = (evidence(detector, at),)
    on = _features(data)
    missing = [name for name in region.needs if name not in on]
    if _RUNTIME in missing and _OLD_RUNTIME in on:
        missing.remove(_RUNTIME)
    if hidden:
        return Judged(
            watch.arn, watch.account, watch.region, Ruling.UNKNOWN, f"not seen: {hidden}", region.assets, proof
        )
    if not missing:
        told = ", ".join(sorted(on & set(_SEES))) or "nothing here needs more than the calls"
        return Judged(watch.arn, watch.account, watch.region, Ruling.PASS, f"it watches: {told}", region.assets, proof)
    first = missing[0]
    return Judged(
        watch.arn,
        watch.account,
        watch.region,
        Ruling.FAIL,
        "it does not see " + "; ".join(f"{_SEES[name]} ({name})" for name in missing),
        region.assets,
        proof,
        (
            f"whoever got into {region.needs[first].rpartition(':')[2]}",
            f"goes unseen there: {_SEES[first]}",
            "GuardDuty is on, and finds nothing",
        ),
        _remedy(watch, missing),
        None if _S3 in missing else Severity.MEDIUM,
    )


def _features(data: Mapping[str, object]) -> set[str]:
    """The features that are on; from the older form where the detector tells only that."""
    if "Features" in data:
        return {str(one.get("Name")) for one in mappings(data.get("Features")) if one.get("Status") == "ENABLED"}
    found = set()
    for name, path in _OLD_NAMES.items():
        told = mapped(data.get("DataSources"))
        for part in path.split("."):
            told = mapped(told.get(part))
        if told.get("Status") == "ENABLED":
            found.add(name)
    return found


def _remedy(watch: Watch, missing: list[str]) -> Remedy:
    name = watch.arn.rpartition("/")[2]
    update = ("aws", "guardduty", "update-detector", "--detector-id", name, "--features")
    features = tuple(f"Name={feature},Status=ENABLED" for feature in missing)
    words = "Switch these on" + (
        f", from the account that decides: {watch.administrator}." if watch.administrator else "."
    )
    return Remedy(words, ((*update, *features, *in_region(watch.region)),), _TEMPLATE.format(name=missing[0]))
