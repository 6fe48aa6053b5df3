"""A bucket is open by any of five ways: its policy, its ACL, an access point, a grant, or a copy that leaves it.

Blind to: multi-region access points, access points of Outposts, table and directory buckets, the ACLs of objects, and
    access logs that are configured where no bucket may receive them.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import document, items, paged, part
from stanch.catalog.collectors._log_delivery import may_receive
from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.ACCOUNT
PERMISSIONS = (
    "s3:GetAccessGrantsInstanceResourcePolicy",
    "s3:GetAccessPoint",
    "s3:GetAccessPointPolicy",
    "s3:GetAccountPublicAccessBlock",
    "s3:GetBucketAcl",
    "s3:GetBucketLocation",
    "s3:GetBucketLogging",
    "s3:GetBucketNotification",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetInventoryConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListAccessGrants",
    "s3:ListAccessGrantsInstances",
    "s3:ListAccessPoints",
    "s3:ListAllMyBuckets",
)

_PAGE = 1000
_TOKEN = ("NextToken", "NextToken")
_ENFORCED = "BucketOwnerEnforced"
_OLD_NAMES = {"": "us-east-1", "EU": "eu-west-1"}
"""S3 does not name the oldest region of its first partition, and has an older name for its second."""


def collect(look: Look) -> Iterator[Thing]:
    """The account's block, every bucket, and the access points and grants of every region that has a bucket."""
    yield _account(look)
    # Asked with any parameter at all, S3 tells each bucket's region; that saves a call for each.
    listed = look.list("s3", "ListBuckets", "Buckets", of="s3", MaxBuckets=_PAGE)
    buckets = list(look.each(partial(_bucket, look), items(listed)))
    receiving = {_region_of(bucket) for bucket in buckets if may_receive(bucket.data)}
    yield from look.each(partial(_with_logging, look, receiving), buckets)
    regions = {region for bucket in buckets if (region := _region_of(bucket))}
    yield from _beside(look, sorted(regions | {look.region}))


def _account(look: Look) -> Thing:
    arn = f"arn:{look.partition}:iam::{look.account}:root"
    none = ("NoSuchPublicAccessBlockConfiguration",)
    block = look.ask("s3control", "GetPublicAccessBlock", of=arn, none=none, AccountId=look.account)
    return Thing("s3/account", arn, {"PublicAccessBlock": part(block, "PublicAccessBlockConfiguration")})


def _bucket(look: Look, listed: Mapping[str, Any]) -> Thing:
    name = str(listed["Name"])
    arn = f"arn:{look.partition}:s3:::{name}"
    ours: dict[str, Any] = {"Bucket": name, "ExpectedBucketOwner": look.account}
    region = listed.get("BucketRegion") or _region(look.ask("s3", "GetBucketLocation", of=arn, **ours))
    if not unseen(region):
        ours["region"] = region
    ask = partial(look.ask, "s3", of=arn, **ours)
    policy = ask("GetBucketPolicy", none=("NoSuchBucketPolicy",))
    block = ask("GetPublicAccessBlock", none=("NoSuchPublicAccessBlockConfiguration",))
    encryption = ask("GetBucketEncryption", none=("ServerSideEncryptionConfigurationNotFoundError",))
    lifecycle = ask("GetBucketLifecycleConfiguration", none=("NoSuchLifecycleConfiguration",))
    operation, key = "ListBucketInventoryConfigurations", "InventoryConfigurationList"
    pages = ("ContinuationToken", "NextContinuationToken")
    data = {
        **listed,
        "BucketRegion": region,
        "Policy": document(policy),
        "PublicAccessBlock": part(block, "PublicAccessBlockConfiguration"),
        **_ownership(ask),
        "Encryption": part(encryption, "ServerSideEncryptionConfiguration"),
        **_versioning(ask),
        "Notification": ask("GetBucketNotificationConfiguration"),
        "Inventory": paged(look, "s3", operation, key, of=arn, token=pages, **ours),
        "Lifecycle": part(lifecycle, "Rules"),
    }
    return Thing("s3/bucket", arn, data)


def _with_logging(look: Look, receiving: AbstractSet[str | None], bucket: Thing) -> Thing:
    """Access logs are asked for where any bucket may receive them; a bucket in an unknown region may send anywhere."""
    region = _region_of(bucket)
    logging = None
    if receiving and (region is None or not receiving.isdisjoint((region, None))):
        asked = {"Bucket": bucket.data["Name"], "ExpectedBucketOwner": look.account, "region": region}
        logging = part(look.ask("s3", "GetBucketLogging", of=bucket.arn, **asked), "LoggingEnabled")
    return Thing(bucket.kind, bucket.arn, {**bucket.data, "Logging": logging})


def _region_of(bucket: Thing) -> str | None:
    """Where it lies; None where that could not be seen."""
    region = bucket.data["BucketRegion"]
    return None if unseen(region) else str(region)


def _region(location: Any) -> Any:
    if unseen(location):
        return location
    named = str(location.get("LocationConstraint") or "")
    return _OLD_NAMES.get(named, named)


def _ownership(ask: Any) -> dict[str, Any]:
    """An ACL counts for nothing where the bucket's owner owns every object: it is not asked for, and None."""
    answer = ask("GetBucketOwnershipControls", none=("OwnershipControlsNotFoundError",))
    controls = part(answer, "OwnershipControls")
    rules = () if controls is None or unseen(controls) else controls.get("Rules") or ()
    enforced = any(rule.get("ObjectOwnership") == _ENFORCED for rule in rules)
    return {"OwnershipControls": controls, "Acl": None if enforced else ask("GetBucketAcl")}


def _versioning(ask: Any) -> dict[str, Any]:
    """Replication and Object Lock need versions, and forbid to suspend them: where they are off, neither is there."""
    versioning = ask("GetBucketVersioning")
    replication = lock = None
    if unseen(versioning) or versioning.get("Status") == "Enabled":
        answer = ask("GetBucketReplication", none=("ReplicationConfigurationNotFoundError",))
        replication = part(answer, "ReplicationConfiguration")
        answer = ask("GetObjectLockConfiguration", none=("ObjectLockConfigurationNotFoundError",))
        lock = part(answer, "ObjectLockConfiguration")
    return {"Versioning": versioning, "Replication": replication, "ObjectLock": lock}


def _beside(look: Look, regions: Iterable[str]) -> Iterator[Thing]:
    """The second doors to buckets: access points, and instances of access grants."""
    where = list(regions)
    points = list(look.each(partial(_points, look), where))
    places = [(region, point) for region, found in zip(where, points, strict=True) for point in items(found)]
    yield from look.each(partial(_point, look), places)
    instances = list(look.each(partial(_instances, look), where))
    held = [(region, instance) for region, found in zip(where, instances, strict=True) for instance in items(found)]
    yield from look.each(partial(_instance, look), held)


def _points(look: Look, region: str) -> Any:
    of = f"arn:{look.partition}:s3:{region}:{look.account}:accesspoint/*"
    asked = {"region": region, "AccountId": look.account, "MaxResults": _PAGE}
    return paged(look, "s3control", "ListAccessPoints", "AccessPointList", of=of, token=_TOKEN, **asked)


def _point(look: Look, place: tuple[str, Mapping[str, Any]]) -> Thing:
    region, listed = place
    arn = str(listed["AccessPointArn"])
    ask = partial(look.ask, "s3control", of=arn, region=region, AccountId=look.account, Name=listed["Name"])
    policy = ask("GetAccessPointPolicy", none=("NoSuchAccessPointPolicy",))
    block = part(ask("GetAccessPoint"), "PublicAccessBlockConfiguration")
    return Thing("s3/access-point", arn, {**listed, "Policy": document(policy), "PublicAccessBlock": block})


def _instances(look: Look, region: str) -> Any:
    of = f"arn:{look.partition}:s3:{region}:{look.account}:access-grants/*"
    asked = {"region": region, "AccountId": look.account}
    operation, key = "ListAccessGrantsInstances", "AccessGrantsInstancesList"
    return paged(look, "s3control", operation, key, of=of, token=_TOKEN, **asked)


def _instance(look: Look, place: tuple[str, Mapping[str, Any]]) -> Thing:
    region, listed = place
    arn = str(listed["AccessGrantsInstanceArn"])
    asked = {"of": arn, "region": region, "AccountId": look.account}
    none = ("AccessGrantsInstanceResourcePolicyNotExists",)
    policy = look.ask("s3control", "GetAccessGrantsInstanceResourcePolicy", none=none, **asked)
    grants = paged(look, "s3control", "ListAccessGrants", "AccessGrantsList", token=_TOKEN, **asked)
    return Thing("s3/access-grants-instance", arn, {**listed, "Policy": document(policy), "Grants": grants})
