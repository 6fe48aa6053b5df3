"""A theft is found after weeks: a log that was deleted by then, by a rule or by the thief, proves nothing.

Reads: the rules, versions and lock of each trail's bucket with who may delete there, and how long stores keep.
Blind to: log groups, copies elsewhere, and buckets of accounts that were not looked at.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.checks._things import blind, evidence, in_region, mapped, mappings
from stanch.catalog.checks.cloudtrail._recorders import STORE, home, recorded, trails
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="The record of the calls can be deleted, or deletes itself too soon",
    row=Row.CLOUDTRAIL,
    severity=Severity.HIGH,
    controls={
        NIST: ("AU-9", "AU-11"),
        ISO: ("A.5.28", "A.5.33", "A.8.15"),
        GDPR: ("Art. 32(1)(b)", "Art. 33(5)"),
        NIS2: ("Art. 21(2)(b)", "Art. 21(2)(c)"),
    },
)
KEPT_DAYS = 90
"""What CloudTrail itself remembers without a trail: to keep less is to keep nothing."""
_TEMPLATE = """\
VersioningConfiguration:
  Status: Enabled
ObjectLockEnabled: true
ObjectLockConfiguration:
  ObjectLockEnabled: Enabled
  Rule:
    DefaultRetention:
      Mode: COMPLIANCE
      Days: 365
"""
_STORE_TEMPLATE = """\
RetentionPeriod: 365
TerminationProtectionEnabled: true
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "cloudtrail", "cloudtrail", "cloudtrail:DescribeTrails", "cloudtrail:ListEventDataStores")
    buckets = {place.thing.arn.rpartition(":")[2]: place for place in posture.of("s3/bucket")}
    for trail in trails(posture):
        yield _of_trail(posture, trail, buckets.get(str(trail.thing.data.get("S3BucketName"))))
    for store in posture.of(STORE):
        yield _of_store(posture, store)


def _of_trail(posture: Posture, trail: Place, bucket: Place | None) -> Judged:
    name = trail.thing.data.get("S3BucketName")
    if bucket is None:
        why = f"not seen: its bucket {name} is in no account that was looked at"
        return _said(trail, Ruling.UNKNOWN, why, (evidence(trail, "S3BucketName"),))
    ruling, why, at = _of_bucket(posture, bucket, str(trail.thing.data.get("S3KeyPrefix") or ""))
    proof = (evidence(trail, "S3BucketName"), *(evidence(bucket, one) for one in at))
    if ruling is not Ruling.FAIL:
        return _said(trail, ruling, why, proof)
    return Judged(
        trail.thing.arn,
        *home(trail),
        Ruling.FAIL,
        why,
        recorded(posture, trail),
        proof,
        (
            f"whoever may delete in {name}, or a rule that does it for him",
            f"aws s3 rm --recursive s3://{name}/AWSLogs/",
            "what he did cannot be reconstructed, and a notice to the authority has nothing to say",
        ),
        _remedy(str(name), at),
        None if at[0] == "Lifecycle" else Severity.MEDIUM,
    )


def _said(place: Place, ruling: Ruling, why: str, proof: tuple[Evidence, ...]) -> Judged:
    return Judged(place.thing.arn, *home(place), ruling, why, evidence=proof)


def _of_bucket(posture: Posture, bucket: Place, prefix: str) -> tuple[Ruling, str, tuple[str, ...]]:
    data, name = bucket.thing.data, bucket.thing.arn.rpartition(":")[2]
    files = f"{prefix}/AWSLogs/" if prefix else "AWSLogs/"
    for rule in mappings(data.get("Lifecycle")):
        days = _kept(rule, files)
        if days is not None and days < KEPT_DAYS:
            return Ruling.FAIL, f"a rule of {name} deletes its files after {days} days", ("Lifecycle",)
    locked, versions = mapped(data.get("ObjectLock")), mapped(data.get("Versioning"))
    hidden = next(filter(None, (unseen(data.get(key)) for key in ("Lifecycle", "ObjectLock", "Versioning"))), None)
    if locked.get("ObjectLockEnabled") == "Enabled" and locked.get("Rule"):
        return _unless(hidden, f"{name} locks what is written to it", ("ObjectLock", "Lifecycle"))
    # Who can delete for good where versions are kept must name the version.
    kept = versions.get("Status") == "Enabled"
    action = "s3:DeleteObjectVersion" if kept else "s3:DeleteObject"
    who = sorted({one.principal for one in posture.who_can(action, f"{bucket.thing.arn}/{files}file.json.gz")})
    names = f"; {len(who)} may delete for good: {', '.join(who[:3])}" if who else ""
    if kept:
        return _unless(hidden, f"{name} keeps versions{names}", ("Versioning", "Lifecycle"))
    if hidden:
        return Ruling.UNKNOWN, f"not seen: {hidden}", ("Versioning",)
    return Ruling.FAIL, f"{name} has neither versions nor a lock{names}", ("Versioning", "ObjectLock")


def _unless(hidden: str | None, why: str, at: tuple[str, ...]) -> tuple[Ruling, str, tuple[str, ...]]:
    return (Ruling.UNKNOWN, f"not seen: {hidden}", at) if hidden else (Ruling.PASS, why, at)


def _kept(rule: Mapping[str, Any], files: str) -> int | None:
    """After how many days a lifecycle rule deletes the trail's files, or None where it does not."""
    if rule.get("Status") != "Enabled":
        return None
    filter_ = mapped(rule.get("Filter"))
    both = mapped(filter_.get("And"))
    prefix = next((one for one in (rule.get("Prefix"), filter_.get("Prefix"), both.get("Prefix")) if one), "")
    narrowed = (
        filter_.get("Tag") or both.get("Tags") or filter_.get("ObjectSizeLessThan") or both.get("ObjectSizeLessThan")
    )
    if narrowed or not (files.startswith(str(prefix)) or str(prefix).startswith(files)):
        return None
    days = mapped(rule.get("Expiration")).get("Days")
    return days if isinstance(days, int) else None


def _of_store(posture: Posture, store: Place) -> Judged:
    data = store.thing.data
    days, guarded = data.get("RetentionPeriod"), data.get("TerminationProtectionEnabled")
    proof = (evidence(store, "RetentionPeriod"), evidence(store, "TerminationProtectionEnabled"))
    if unseen(data) or not isinstance(days, int):
        return _said(store, Ruling.UNKNOWN, f"not seen: {unseen(data) or 'how long it keeps'}", proof)
    if days >= KEPT_DAYS and guarded is not False:
        return _said(store, Ruling.PASS, f"it keeps {days} days and refuses to be deleted", proof)
    why = f"it keeps only {days} days" if days < KEPT_DAYS else "it can be deleted with all that it holds"
    arn = store.thing.arn
    update = ("aws", "cloudtrail", "update-event-data-store", "--event-data-store", arn, "--retention-period", "365")
    return Judged(
        arn,
        store.account,
        store.region,
        Ruling.FAIL,
        why,
        assets=recorded(posture, store),
        evidence=proof,
        way=("whoever may call cloudtrail:DeleteEventDataStore", f"deletes {arn}", "the record is gone in a week"),
        remedy=Remedy(
            "Keep it for a year and protect it.",
            ((*update, "--termination-protection-enabled", *in_region(store.region)),),
            _STORE_TEMPLATE,
        ),
        severity=None if days < KEPT_DAYS else Severity.MEDIUM,
    )


def _remedy(bucket: str, at: tuple[str, ...]) -> Remedy:
    if at[0] == "Lifecycle":
        show = ("aws", "s3api", "get-bucket-lifecycle-configuration", "--bucket", bucket)
        put = ("aws", "s3api", "put-bucket-lifecycle-configuration", "--bucket", bucket)
        how = ("--lifecycle-configuration", "file://kept-for-a-year.json")
        return Remedy(
            f"Keep the files for at least {KEPT_DAYS} days; a year where a law binds you.", (show, (*put, *how))
        )
    versions = ("aws", "s3api", "put-bucket-versioning", "--bucket", bucket)
    lock = ("aws", "s3api", "put-object-lock-configuration", "--bucket", bucket, "--object-lock-configuration")
    rule = '{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"COMPLIANCE","Days":365}}}'
    return Remedy(
        "Keep versions, and lock them: a locked version is deleted by nobody, the account's root included.",
        ((*versions, "--versioning-configuration", "Status=Enabled"), (*lock, rule)),
        _TEMPLATE,
    )
