"""Replication carries every new object abroad by itself; nobody needs to do anything, and nobody notices.

Reads: replication of buckets, tables, registries and secrets. Blind to: whose account a target is, which another check
asks about.
"""

from collections.abc import Callable, Iterator

from stanch.catalog.checks._things import blind, evidence, in_region, mapped, mappings, unlisted
from stanch.catalog.checks.perimeter._beyond import Target, judged
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row

ABOUT = About(
    title="What is stored here is copied out of the perimeter",
    row=Row.PERIMETER,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-4", "SA-9(5)"),
        ISO: ("A.5.14", "A.5.23", "A.5.34"),
        GDPR: ("Art. 44",),
        NIS2: ("Art. 21(2)(d)",),
    },
)


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from unlisted(posture, "s3", "s3:ListBuckets")
    yield from blind(posture, "dynamodb", "dynamodb", "dynamodb:ListTables")
    yield from blind(posture, "ecr", "ecr")
    yield from blind(posture, "secretsmanager", "secretsmanager", "secretsmanager:ListSecrets")
    regions = {place.thing.arn: place.thing.data.get("BucketRegion") for place in posture.of("s3/bucket")}
    for place in posture.of("s3/bucket"):
        yield _judged(posture, place, "Replication", lambda one: _buckets(one, regions))
    for kind, (at, targets) in _COPYING.items():
        for place in posture.of(kind):
            yield _judged(posture, place, at, targets)


def _judged(posture: Posture, place: Place, at: str, targets: Callable[[Place], list[Target]]) -> Judged:
    here = place.thing.data.get("BucketRegion") if place.thing.kind == "s3/bucket" else place.region
    home = Place(place.account, here if isinstance(here, str) else None, place.thing, place.collector)
    found = targets(place)
    verdict = judged(
        posture,
        home,
        found,
        (evidence(place, at),),
        does="is copied to",
        way=(
            "whoever may write the rule, or nobody at all: it stands",
            f"each new object goes to {found[0].what if found else ''}",
            "who may read it there, and which law asks for it, is decided there",
        ),
        remedy=_remedy(place),
        hidden=unseen(place.thing.data.get(at.partition(".")[0])),
        assets=tuple(posture.assets_of(place.thing.arn)),
        accounts=False,
    )
    return Judged(
        verdict.resource,
        place.account,
        place.region,
        verdict.ruling,
        verdict.why,
        verdict.assets,
        verdict.evidence,
        verdict.way,
        verdict.remedy,
    )


def _buckets(place: Place, regions: dict[str, object]) -> list[Target]:
    found = []
    for rule in mappings(mapped(place.thing.data.get("Replication")).get("Rules")):
        to = mapped(rule.get("Destination")).get("Bucket")
        if rule.get("Status", "Enabled") == "Enabled" and to:
            region = regions.get(str(to))
            partition = str(to).split(":")[1] if str(to).startswith("arn:") else None
            found.append(Target(str(to), None, region if isinstance(region, str) else None, partition))
    return found


def _images(place: Place) -> list[Target]:
    rules = mappings(mapped(place.thing.data.get("replicationConfiguration")).get("rules"))
    ends = [end for rule in rules for end in mappings(rule.get("destinations"))]
    return [Target(f"the registry in {end.get('region')}", None, _text(end.get("region"))) for end in ends]


def _rows(place: Place) -> list[Target]:
    replicas = mappings(mapped(place.thing.data.get("Table")).get("Replicas"))
    return [Target(f"a table in {one.get('RegionName')}", None, _text(one.get("RegionName"))) for one in replicas]


def _secrets(place: Place) -> list[Target]:
    replicas = mappings(place.thing.data.get("ReplicationStatus"))
    return [Target(f"a secret in {one.get('Region')}", None, _text(one.get("Region"))) for one in replicas]


_COPYING: dict[str, tuple[str, Callable[[Place], list[Target]]]] = {
    "ecr/registry": ("replicationConfiguration", _images),
    "dynamodb/table": ("Table.Replicas", _rows),
    "secretsmanager/secret": ("ReplicationStatus", _secrets),
}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _remedy(place: Place) -> Remedy:
    name, where = place.thing.arn.rpartition("/")[2], in_region(place.region)
    bucket = place.thing.arn.rpartition(":")[2]
    commands: dict[str, tuple[tuple[str, ...], ...]] = {
        "s3/bucket": (
            ("aws", "s3api", "get-bucket-replication", "--bucket", bucket),
            ("aws", "s3api", "delete-bucket-replication", "--bucket", bucket),
        ),
        "ecr/registry": (
            ("aws", "ecr", "put-replication-configuration", "--replication-configuration", '{"rules":[]}', *where),
        ),
        "dynamodb/table": (
            (
                *("aws", "dynamodb", "update-table", "--table-name", name, "--replica-updates"),
                '[{"Delete":{"RegionName":"the-region-outside"}}]',
                *where,
            ),
        ),
        "secretsmanager/secret": (
            (
                *("aws", "secretsmanager", "remove-regions-from-replication", "--secret-id", place.thing.arn),
                *("--remove-replica-regions", "the-region-outside", *where),
            ),
        ),
    }
    return Remedy(
        "Take the destination out of the rule, then delete what was copied; or name its region in the perimeter.",
        commands.get(place.thing.kind, ()),
    )
