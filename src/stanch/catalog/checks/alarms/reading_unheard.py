"""Weights leave by reading them, object by object, with credentials that may; only somebody who counts notices.

Reads: filters on data events with their alarms, alarms on the bucket's own request metrics, rules, GuardDuty's S3
protection, and who is handed the trail as a whole.
"""

from collections.abc import Iterator

from stanch.catalog.checks._declared import holding, undeclared
from stanch.catalog.checks._things import evidence, gap, in_region, mapped, mappings, unlisted
from stanch.catalog.checks.alarms._calls import reading
from stanch.catalog.checks.alarms._ears import Ears
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.estate import Asset, AssetKind
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="Nobody hears when an asset is read in bulk",
    row=Row.ALARMS,
    severity=Severity.HIGH,
    controls={
        NIST: ("AU-6", "SI-4", "SI-4(4)"),
        ISO: ("A.8.12", "A.8.16"),
        GDPR: ("Art. 32(1)(d)", "Art. 33(1)"),
        NIS2: ("Art. 21(2)(b)", "Art. 23(4)"),
    },
)
_KINDS = (AssetKind.WEIGHTS, AssetKind.ADAPTER, AssetKind.TRAINING_DATA, AssetKind.VECTOR_STORE)
_REQUESTS = ("GetRequests", "AllRequests", "BytesDownloaded")
_TEMPLATE = """\
Type: AWS::CloudWatch::Alarm
Properties:
  Namespace: AWS/S3
  MetricName: BytesDownloaded
  Dimensions:
    - {{Name: BucketName, Value: {bucket}}}
    - {{Name: FilterId, Value: all}}
  Statistic: Sum
  Period: 300
  EvaluationPeriods: 1
  Threshold: 100000000000
  ComparisonOperator: GreaterThanThreshold
  AlarmActions: [!Ref Topic]
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from unlisted(posture, "s3", "s3:ListBuckets")
    if not posture.estate.assets:
        yield from undeclared(posture, "no asset is declared whose reading matters")
        return
    ears = Ears(posture)
    counted, watched = _request_alarms(posture), _watched_by_guardduty(posture)
    for place, assets in holding(posture, _KINDS, "s3/bucket"):
        yield _judged(posture, ears, place, assets, counted, watched)


def _judged(
    posture: Posture,
    ears: Ears,
    place: Place,
    assets: tuple[Asset, ...],
    counted: dict[str, Place],
    watched: dict[tuple[str, str | None], Place],
) -> Judged:
    name = place.thing.arn.rpartition(":")[2]
    key = f"{assets[0].prefix}model-00001-of-00002.safetensors"
    region = place.thing.data.get("BucketRegion")
    heard = ears.hear(place.account, reading(name, key))
    alarm, detector = counted.get(name), watched.get((place.account, region if isinstance(region, str) else None))
    reader = ears.reader(place.account)
    by, proof = _by(heard, alarm, detector, reader)
    proof = proof or tuple(evidence(group, "MetricFilters") for group in ears.groups(place.account))
    proof = proof or (evidence(place),)
    arn, account = place.thing.arn, place.account
    if by:
        return Judged(arn, account, place.region, Ruling.PASS, by, assets, proof)
    hidden = _hidden(posture, ears, place)
    if hidden:
        return Judged(arn, account, place.region, Ruling.UNKNOWN, hidden, assets, proof)
    return Judged(
        arn,
        account,
        place.region,
        Ruling.FAIL,
        "no alarm counts what is read of it, no rule, no GuardDuty and no reader of the trail hears of it",
        assets,
        proof,
        way=(
            "whoever holds credentials that may read it: a host's, a function's, a notebook's",
            f"s3:GetObject of every object of {', '.join(asset.where for asset in assets)}",
            "nothing rings, however much it is",
        ),
        remedy=_remedy(name, region if isinstance(region, str) else None),
    )


def _by(
    heard: str | None, alarm: Place | None, detector: Place | None, reader: str | None
) -> tuple[str, tuple[Evidence, ...]]:
    if heard:
        return f"{heard} counts what is read of it", ()
    if alarm:
        name = alarm.thing.data.get("AlarmName")
        return f"the alarm {name} counts the requests to it", (evidence(alarm, "MetricName"),)
    if detector:
        return "GuardDuty watches how it is read, by a model of its own", (evidence(detector, "Features"),)
    return (f"the trail is handed to {reader}, into which nobody looked" if reader else ""), ()


def _request_alarms(posture: Posture) -> dict[str, Place]:
    """The alarms on what is asked of a bucket, by the bucket's name."""
    found = {}
    for place in posture.of("cloudwatch/alarm"):
        data = place.thing.data
        if data.get("Namespace") == "AWS/S3" and data.get("MetricName") in _REQUESTS:
            for one in mappings(data.get("Dimensions")):
                if one.get("Name") == "BucketName":
                    found[str(one.get("Value"))] = place
    return found


def _watched_by_guardduty(posture: Posture) -> dict[tuple[str, str | None], Place]:
    """The detectors that watch data events of S3, by account and region."""
    found = {}
    for place in posture.of("guardduty/detector"):
        data = place.thing.data
        features = {str(one.get("Name")): one.get("Status") for one in mappings(data.get("Features"))}
        older = mapped(mapped(data.get("DataSources")).get("S3Logs")).get("Status")
        if data.get("Status") == "ENABLED" and "ENABLED" in (features.get("S3_DATA_EVENTS"), older):
            found[(place.account, place.region)] = place
    return found


def _hidden(posture: Posture, ears: Ears, place: Place) -> str | None:
    for region in posture.regions:
        for collector in ("cloudtrail", "cloudwatch", "events", "guardduty"):
            why = gap(posture, collector, place.account, region, *_LISTINGS[collector])
            if why:
                return why
    if elsewhere := [*ears.unseen_groups(place.account), *ears.unseen_buckets(place.account)]:
        return f"not seen: who reads {elsewhere[0]}, to which the trail writes"
    return None


_LISTINGS = {
    "cloudtrail": ("cloudtrail:DescribeTrails",),
    "cloudwatch": ("logs:DescribeLogGroups", "logs:DescribeMetricFilters", "cloudwatch:DescribeAlarms"),
    "events": ("events:ListEventBuses", "events:ListRules"),
    "guardduty": ("guardduty:ListDetectors", "guardduty:GetDetector"),
}


def _remedy(name: str, region: str | None) -> Remedy:
    where = in_region(region)
    metrics = ("aws", "s3api", "put-bucket-metrics-configuration", "--bucket", name, "--id", "all")
    alarm = ("aws", "cloudwatch", "put-metric-alarm", "--alarm-name", f"read-in-bulk-{name}", "--namespace", "AWS/S3")
    on = (
        "--metric-name",
        "BytesDownloaded",
        "--dimensions",
        f"Name=BucketName,Value={name}",
        "Name=FilterId,Value=all",
    )
    rings = ("--statistic", "Sum", "--period", "300", "--evaluation-periods", "1", "--threshold", "100000000000")
    above = ("--comparison-operator", "GreaterThanThreshold", "--alarm-actions", "the-arn-of-a-topic")
    return Remedy(
        "Let GuardDuty watch S3, or count the bytes that leave and alarm below the size of the model; stanch itself "
        "watches the data events where they are handed to it.",
        ((*metrics, "--metrics-configuration", "Id=all"), (*alarm, *on, *rings, *above, *where)),
        _TEMPLATE.format(bucket=name),
    )
