"""The reads of a bucket are not in CloudTrail unless somebody asked: a store without data events can be copied unseen.

Reads: the selectors of all that is on, against every declared store. Blind to: server access logs, which tell later.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from stanch.catalog.checks._things import account_arn, evidence, gap, in_region, partition_of
from stanch.catalog.checks.cloudtrail._recorders import Recorder, best, hidden, home, recorders
from stanch.catalog.checks.cloudtrail._selectors import Cover, Probe
from stanch.contracts.check import CIS, FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.arn import Arn
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="What is done to an asset leaves no trace in CloudTrail",
    row=Row.CLOUDTRAIL,
    severity=Severity.HIGH,
    controls={
        CIS: ("3.8", "3.9"),
        FSBP: ("S3.22", "S3.23"),
        NIST: ("AU-2", "AU-12", "SI-4"),
        ISO: ("A.8.15", "A.8.16"),
        GDPR: ("Art. 32(1)(d)", "Art. 33(3)"),
        NIS2: ("Art. 21(2)(b)",),
    },
)
_S3 = "AWS::S3::Object"
_KINDS: dict[str, tuple[Probe, ...]] = {
    "s3/bucket": (
        Probe("GetObject", "s3.amazonaws.com", read=True, kind=_S3),
        Probe("PutObject", "s3.amazonaws.com", read=False, kind=_S3),
    ),
    "lambda/function": (
        Probe("Invoke", "lambda.amazonaws.com", read=False, kind="AWS::Lambda::Function", whole=False),
    ),
    "dynamodb/table": (
        Probe("GetItem", "dynamodb.amazonaws.com", read=True, kind="AWS::DynamoDB::Table", whole=False),
        Probe("PutItem", "dynamodb.amazonaws.com", read=False, kind="AWS::DynamoDB::Table", whole=False),
    ),
    "ec2/snapshot": (
        Probe("GetSnapshotBlock", "ebs.amazonaws.com", read=True, kind="AWS::EC2::Snapshot", whole=False),
    ),
    "sagemaker/endpoint": (
        Probe(
            "InvokeEndpointWithResponseStream",
            "sagemaker.amazonaws.com",
            read=True,
            kind="AWS::SageMaker::Endpoint",
            whole=False,
        ),
    ),
    "sns/topic": (Probe("Publish", "sns.amazonaws.com", read=False, kind="AWS::SNS::Topic", whole=False),),
    "sqs/queue": (Probe("ReceiveMessage", "sqs.amazonaws.com", read=False, kind="AWS::SQS::Queue", whole=False),),
}
"""Kinds of things whose use is a data event. Calls of the others (registries, models, keys) are management events."""
_LISTINGS = ("cloudtrail:DescribeTrails", "cloudtrail:ListEventDataStores")


@dataclass(frozen=True, slots=True)
class _Store:
    """One asset in one thing: `arn` is what its data begins with."""

    place: Place
    arn: str
    asset: Asset

    @property
    def probes(self) -> list[Probe]:
        return [replace(probe, arn=self.arn) for probe in _KINDS[self.place.thing.kind]]


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    of = {account: recorders(posture, account) for account in posture.accounts}
    if not posture.estate.assets:
        yield from (_undeclared(posture, account, found) for account, found in of.items())
        return
    stores = list(_stores(posture))
    for store in stores:
        yield _judged(posture, store, _here(store.place, of.get(store.place.account, [])))
    yield from _absent(posture, {store.asset.name for store in stores})


def _stores(posture: Posture) -> Iterator[_Store]:
    """Every declared asset that is, or lies in, something whose use is a data event; each place once."""
    told: set[str] = set()
    for place in posture.of(*_KINDS):
        for asset in posture.assets_of(place.thing.arn):
            arn = f"{place.thing.arn}/{asset.prefix}" if place.thing.kind == "s3/bucket" else place.thing.arn
            if arn.rstrip("/") not in told and not asset.decoy:
                told.add(arn.rstrip("/"))
                yield _Store(place, arn, asset)


def _here(place: Place, found: Sequence[Recorder]) -> list[Recorder]:
    """Those that are in force where the thing is; a bucket's events are told in its own region."""
    region = place.thing.data.get("BucketRegion") or place.region
    return [one for one in found if one.everywhere or region is None or region in one.regions]


def _judged(posture: Posture, store: _Store, found: Sequence[Recorder]) -> Judged:
    place = store.place
    told = [(probe, *best(found, probe)) for probe in store.probes]
    lost = [(probe, cover) for probe, cover, _ in told if cover < Cover.ALL]
    by = sorted({one.name for _, _, some in told for one in some})
    proof = tuple(_proof(place, found))
    resource = store.arn.rstrip("/")
    region = place.region
    if not lost:
        why = f"recorded by {', '.join(by)}: {', '.join(probe.name for probe in store.probes)}"
        return Judged(resource, place.account, region, Ruling.PASS, why, (store.asset,), proof)
    blind = _blind(posture, place.account, found)
    if blind:
        return Judged(resource, place.account, region, Ruling.UNKNOWN, blind, (store.asset,), proof)
    words = [f"{probe.name} is recorded {'of some of it only' if cover else 'nowhere'}" for probe, cover in lost]
    reads_lost = any(probe.read and not cover for probe, cover in lost) or len(lost) == len(told)
    return Judged(
        resource,
        place.account,
        region,
        Ruling.FAIL,
        f"{store.asset.name}: {', '.join(words)}",
        (store.asset,),
        proof,
        (
            "whoever may call it: a stolen key, a host taken over",
            f"{lost[0][0].source.partition('.')[0]}:{lost[0][0].name} on {resource.rpartition(':')[2]}",
            "no record of it exists: neither detection nor report can say what was taken, or that anything was",
        ),
        _remedy(store, found),
        None if reads_lost else Severity.MEDIUM,
    )


def _blind(posture: Posture, account: str, found: Sequence[Recorder]) -> str | None:
    why = hidden(found)
    if why:
        return f"not seen: {why}"
    gaps = [gap(posture, "cloudtrail", account, region, *_LISTINGS) for region in posture.regions]
    return next(filter(None, gaps), None)


def _proof(place: Place, found: Sequence[Recorder]) -> Iterator[Evidence]:
    for one in found:
        key = "AdvancedEventSelectors" if one.place.thing.data.get("AdvancedEventSelectors") else "EventSelectors"
        yield evidence(one.place, key)
    if not found:
        yield evidence(place)


def _absent(posture: Posture, told: set[str]) -> Iterator[Judged]:
    """Declared stores that the snapshot does not have: elsewhere, or gone."""
    for asset in posture.estate.assets:
        if asset.bucket and asset.name not in told and not asset.decoy:
            account = next(iter(posture.accounts), "")
            bucket = Arn(partition_of(posture, account), "s3", "", "", f"{asset.bucket}/{asset.prefix}".rstrip("/"))
            why = f"not seen: the bucket {asset.bucket} is in no account that was looked at"
            yield Judged(str(bucket), account, None, Ruling.UNKNOWN, why, (asset,))


def _undeclared(posture: Posture, account: str, found: Sequence[Recorder]) -> Judged:
    """Where nobody declared what is dear: whether the reads of any bucket at all are recorded."""
    arn = account_arn(posture, account)
    probe = _KINDS["s3/bucket"][0]
    buckets = [place for place in posture.of("s3/bucket") if place.account == account]
    proof = tuple(_proof(buckets[0], found)) if buckets else ()
    seen = [one for one in buckets if best(found, replace(probe, arn=f"{one.thing.arn}/"))[0]]
    hole = _blind(posture, account, found) or gap(posture, "s3", account, None, "s3:ListBuckets")
    if len(seen) < len(buckets) and not seen and not hole:
        return Judged(
            arn,
            account,
            None,
            Ruling.FAIL,
            f"no asset is declared, and the reads of none of {len(buckets)} buckets are recorded",
            (),
            proof,
            ("whoever may read a bucket", "s3:GetObject of every object", "no record of it exists"),
            Remedy(
                "Declare what is dear (stanch init), and record the data events of the buckets that hold it.",
                (("stanch", "init"),),
                _template("the-arn-of-the-bucket/"),
            ),
        )
    if hole and len(seen) < max(len(buckets), 1):
        return Judged(arn, account, None, Ruling.UNKNOWN, hole, (), proof)
    why = f"no asset is declared; the reads of {len(seen)} of {len(buckets)} buckets are recorded"
    return Judged(arn, account, None, Ruling.PASS, why, (), proof)


def _template(arn: str, kind: str = _S3) -> str:
    return (
        "AdvancedEventSelectors:\n  - Name: assets\n    FieldSelectors:\n"
        "      - Field: eventCategory\n        Equals: [Data]\n"
        f"      - Field: resources.type\n        Equals: ['{kind}']\n"
        f"      - Field: resources.ARN\n        StartsWith: ['{arn}']\n"
    )


def _remedy(store: _Store, found: Sequence[Recorder]) -> Remedy:
    kind = _KINDS[store.place.thing.kind][0].kind
    words = "Add a selector for its data events, reading and writing; the selectors that are there must be given again."
    trail = next((one for one in found if one.place.thing.kind == "cloudtrail/trail"), None)
    if trail is None:
        return Remedy(words, (), _template(store.arn, kind))
    arn, region = trail.place.thing.arn, in_region(home(trail.place)[1])
    show = ("aws", "cloudtrail", "get-event-selectors", "--trail-name", arn, *region)
    put = ("aws", "cloudtrail", "put-event-selectors", "--trail-name", arn)
    how = ("--advanced-event-selectors", "file://selectors-with-this-one.json", *region)
    return Remedy(words, (show, (*put, *how)), _template(store.arn, kind))
