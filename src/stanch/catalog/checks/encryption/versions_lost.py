"""A lifecycle rule that deletes old versions quickly erases what an intruder overwrote, on his behalf.

S3 User Guide, "Lifecycle configuration elements": NoncurrentDays are counted from when a version was superseded.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.checks._declared import undeclared
from stanch.catalog.checks._things import evidence, listed, mapped
from stanch.catalog.checks.encryption._stores import Held, blind_to_buckets, bucket_name, buckets
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="Old versions of an asset are deleted before anybody could miss them",
    row=Row.ENCRYPTION,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("AU-11", "CP-9", "SI-12"),
        ISO: ("A.5.28", "A.8.10", "A.8.13"),
        GDPR: ("Art. 32(1)(c)",),
        NIS2: ("Art. 21(2)(c)",),
    },
)
KEPT_DAYS = 30
"""For how long an old version is kept at least: an intruder is seldom found sooner."""
_TEMPLATE = """\
LifecycleConfiguration:
  Rules:
    - Id: old-versions
      Status: Enabled
      NoncurrentVersionExpiration:
        NoncurrentDays: 90
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_buckets(posture)
    if not posture.estate.assets:
        yield from undeclared(posture, "no asset is declared whose versions matter")
        return
    for held in buckets(posture):
        yield _judged(held)


def _judged(held: Held) -> Judged:
    place, assets = held
    told = place.thing.data.get("Lifecycle", {"$unseen": "its lifecycle"})
    short = [
        (index, days)
        for index, rule in enumerate(listed(told))
        if isinstance(rule, Mapping)
        if (days := _kept(rule, assets)) is not None and days < KEPT_DAYS
    ]
    ruling, why, at = Ruling.PASS, f"no rule deletes old versions before {KEPT_DAYS} days", "Lifecycle"
    if hidden := unseen(told):
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    elif short:
        index, days = short[0]
        ruling, at = Ruling.FAIL, f"Lifecycle.{index}"
        why = f"a rule deletes old versions after {days} day{'' if days == 1 else 's'}"
    failed = ruling is Ruling.FAIL
    name = bucket_name(place)
    put = ("aws", "s3api", "put-bucket-lifecycle-configuration", "--bucket", name)
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets,
        (evidence(place, at),),
        way=(
            "whoever holds s3:PutObject on it",
            "overwrites the objects, and waits",
            f"{why.removeprefix('a rule ')}: the true ones are gone, and S3 deleted them",
        )
        if failed
        else (),
        remedy=Remedy(
            f"Keep old versions for {KEPT_DAYS} days at least; 90 cost little beside a training run.",
            (
                ("aws", "s3api", "get-bucket-lifecycle-configuration", "--bucket", name),
                (*put, "--lifecycle-configuration", "file://kept-longer.json"),
            ),
            _TEMPLATE,
        )
        if failed
        else None,
    )


def _kept(rule: Mapping[str, Any], assets: tuple[Asset, ...]) -> int | None:
    """After how many days a rule deletes old versions of one of the assets, or None where it does not."""
    filter_ = mapped(rule.get("Filter"))
    both = mapped(filter_.get("And"))
    if rule.get("Status") != "Enabled" or filter_.get("Tag") or both.get("Tags"):
        return None
    prefix = str(rule.get("Prefix") or filter_.get("Prefix") or both.get("Prefix") or "")
    if not any(one.prefix.startswith(prefix) or prefix.startswith(one.prefix) for one in assets):
        return None
    expiration = mapped(rule.get("NoncurrentVersionExpiration"))
    days = expiration.get("NoncurrentDays")
    # Where some newer ones are always kept, an intruder must overwrite as often.
    return days if type(days) is int and not expiration.get("NewerNoncurrentVersions") else None
