"""Every resource of a snapshot that has a policy lets somebody in, or nobody, or could not be looked at."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stanch.app.iam_snapshot import POLICIES, policy_of
from stanch.contracts.collector import unseen
from stanch.iam import PolicyError, parse
from stanch.iam.accounts import read_arn
from stanch.iam.exposure import Exposure, Perimeter, of_bucket, of_policy, read_bucket, service_named
from stanch.iam.exposure.bucket import BucketError

if TYPE_CHECKING:
    from stanch.contracts.collector import Place
    from stanch.estate.snapshot import Snapshot

_BUCKET, _ROLE, _POINT = "s3/bucket", "iam/role", "s3/access-point"
_NOT_ITS_OWN = ("iam/policy", "organizations/policy", _POINT)
"""Kinds whose policy is nobody's door, or only one together with a bucket's."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """One resource. unseen: what could not be seen of it; then a way in may be there that is not told."""

    arn: str
    account: str
    exposure: Exposure
    unseen: tuple[str, ...] = ()


def exposed_in(
    snapshot: "Snapshot", service: str | None, owner: str | None, perimeter: Callable[[str], Perimeter]
) -> Iterator[Exposed]:
    """Whom each resource with a policy lets in, by account and ARN. perimeter: what is ours, for each owner."""
    wanted = service_named(service).name if service else None
    blocks = {place.account: place.thing.data.get("PublicAccessBlock") for place in snapshot.of("s3/account")}
    points: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for place in snapshot.of(_POINT):
        points[str(place.thing.data.get("Bucket"))].append(place.thing.data)
    for place in sorted(snapshot.places, key=lambda place: (place.account, place.thing.arn)):
        arn = read_arn(place.thing.arn)
        if arn is None or not _has_policy(place) or (owner and place.account != owner):
            continue
        if wanted and service_named(arn.service).name != wanted:
            continue
        if place.thing.kind == _BUCKET:
            yield _bucket(place, blocks.get(place.account), points[arn.resource], perimeter(place.account))
        else:
            yield _other(place, arn.service, perimeter(place.account))


def read_snapshot(folder: Path) -> "Snapshot":
    """The snapshot in a folder; raises ValueError with the remedy for what is none."""
    from stanch.estate.snapshot import SnapshotError, read

    try:
        return read(folder)
    except SnapshotError as error:
        raise ValueError(str(error)) from None
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{folder} is not as it was written ({error!r}); make the snapshot anew") from None


def _has_policy(place: "Place") -> bool:
    kind, data = place.thing.kind, place.thing.data
    return kind not in _NOT_ITS_OWN and (kind in (_BUCKET, _ROLE) or any(key in data for key in POLICIES))


def _other(place: "Place", service: str, perimeter: Perimeter) -> Exposed:
    trust = place.thing.kind == _ROLE
    policy = place.thing.data.get("AssumeRolePolicyDocument") if trust else policy_of(place)
    found, why = Exposure(), unseen(policy)
    if policy is not None and not isinstance(policy, Mapping | str):
        why = "it is no policy"
    if policy is not None and why is None:
        try:
            found = of_policy(parse(policy), perimeter, service_named(service))
        except PolicyError as error:
            why = str(error)
    return Exposed(place.thing.arn, place.account, found, (why,) if why else ())


def _bucket(place: "Place", block: Any, points: list[Mapping[str, Any]], perimeter: Perimeter) -> Exposed:
    data = place.thing.data
    gaps: list[str] = []

    def seen(value: Any) -> Any:
        why = unseen(value)
        if why:
            gaps.append(why)
        return None if why else value

    document = {
        "policy": seen(policy_of(place)),
        "acl": seen(data.get("Acl")),
        "public_access_block": seen(data.get("PublicAccessBlock")),
        "account_public_access_block": seen(block),
        "object_ownership": seen(data.get("OwnershipControls")),
        "access_points": [
            {
                "name": point.get("Name"),
                "arn": point.get("AccessPointArn"),
                "policy": seen(point.get("Policy")),
                "public_access_block": seen(point.get("PublicAccessBlock")),
                "vpc_configuration": point.get("VpcConfiguration"),
            }
            for point in points
        ],
    }
    try:
        found = of_bucket(read_bucket(document), perimeter)
    except (BucketError, PolicyError) as error:
        found = Exposure()
        gaps.append(str(error))
    return Exposed(place.thing.arn, place.account, found, tuple(dict.fromkeys(gaps)))
