"""Replication copies every new object to wherever its rule says, by itself, for as long as the rule stands.

S3 User Guide, "Configuring replication for buckets in different accounts"; ECR User Guide, "Private image replication".
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.checks._strangers import ours
from stanch.catalog.checks._things import blind, evidence, mapped, mappings, unlisted
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="What is stored here is copied to a stranger's account",
    row=Row.PUBLIC,
    severity=Severity.CRITICAL,
    controls={
        NIST: ("AC-4", "AC-20", "SC-7"),
        ISO: ("A.5.14", "A.5.23", "A.8.12"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(d)",),
    },
)

_RULES = ("--replication-configuration", "file://replication.json")


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a rule copies to; `account` is None where the rule does not say whose it is."""

    name: str
    account: str | None


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    owners = {place.thing.arn: place.account for place in posture.of("s3/bucket")}
    for place in posture.of("s3/bucket"):
        yield _judged(posture, place, "Replication", _of_bucket(place, owners))
    for place in posture.of("ecr/registry"):
        yield _judged(posture, place, "replicationConfiguration", _of_registry(place))
    yield from unlisted(posture, "s3", "s3:ListBuckets")
    yield from blind(posture, "ecr", "ecr")


def _of_bucket(place: Place, owners: dict[str, str]) -> list[_Target]:
    found = []
    for rule in mappings(mapped(place.thing.data.get("Replication")).get("Rules")):
        to = mapped(rule.get("Destination"))
        if rule.get("Status", "Enabled") == "Enabled" and to:
            bucket = str(to.get("Bucket"))
            account = owners.get(bucket) or to.get("Account")
            found.append(_Target(bucket, str(account) if account else None))
    return found


def _of_registry(place: Place) -> list[_Target]:
    rules = mappings(mapped(place.thing.data.get("replicationConfiguration")).get("rules"))
    to = [one for rule in rules for one in mappings(rule.get("destinations"))]
    return [
        _Target(f"registry {one.get('registryId')} in {one.get('region')}", str(one.get("registryId"))) for one in to
    ]


def _judged(posture: Posture, place: Place, at: str, targets: list[_Target]) -> Judged:
    inside = ours(posture)
    strange = [one for one in targets if one.account and one.account not in inside]
    lost = [one for one in targets if one.account is None]
    ruling, why, severity = Ruling.PASS, "it is copied to no account but ours", None
    if strange:
        ruling, why = Ruling.FAIL, "; ".join(f"{one.name} of account {one.account} gets a copy" for one in strange)
    elif lost and _have_looked_everywhere(posture):
        ruling, why, severity = Ruling.FAIL, f"{lost[0].name} gets a copy, and is none of ours", Severity.HIGH
    elif lost:
        ruling, why = (
            Ruling.UNKNOWN,
            f"not seen: whose {lost[0].name} is; not every account of the estate was looked at",
        )
    elif hidden := unseen(place.thing.data.get(at, {"$unseen": at})):
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    failed = ruling is Ruling.FAIL
    target = next(iter((*strange, *lost)), None)
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets=_assets(posture, place),
        evidence=(evidence(place, at),),
        way=(
            "whoever owns the target",
            f"reads {target.name}",
            "every object from the day of the rule, and each new one",
        )
        if failed and target is not None
        else (),
        remedy=_remedy(place) if failed else None,
        severity=severity,
    )


def _have_looked_everywhere(posture: Posture) -> bool:
    """Whether every account of the estate had its buckets listed: then a bucket that was not found is none of ours."""
    listed = all(posture.looked("s3", account, None) for account in ours(posture))
    return listed and not posture.gaps("s3:ListBuckets")


def _assets(posture: Posture, place: Place) -> tuple[Asset, ...]:
    if place.thing.kind == "s3/bucket":
        return tuple(posture.assets_of(place.thing.arn))
    images = (one for one in posture.of("ecr/repository") if (one.account, one.region) == (place.account, place.region))
    found = (asset for image in images for asset in posture.assets_of(image.thing.arn))
    return tuple({asset.name: asset for asset in found}.values())


def _remedy(place: Place) -> Remedy:
    if place.thing.kind == "ecr/registry":
        region = ("--region", place.region or "")
        return Remedy(
            "Take the destination out of the registry's rules.",
            (
                ("aws", "ecr", "describe-registry", *region),
                ("aws", "ecr", "put-replication-configuration", *_RULES, *region),
            ),
            "Type: AWS::ECR::ReplicationConfiguration\nProperties:\n  ReplicationConfiguration:\n    Rules: []\n",
        )
    bucket = place.thing.arn.rpartition(":")[2]
    return Remedy(
        "Take the rule out, or let it copy to a bucket of the estate; ask for what was copied to be deleted.",
        (
            ("aws", "s3api", "get-bucket-replication", "--bucket", bucket),
            ("aws", "s3api", "put-bucket-replication", "--bucket", bucket, *_RULES),
        ),
    )
