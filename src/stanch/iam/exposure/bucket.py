"""A bucket is as open as the widest of its ways in: its policy, its list, and each of its access points.

Block Public Access closes some of them again, as set on account, bucket or access point: any one that is on counts.
Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", "Managing access with access points",
"Controlling ownership of objects".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stanch.iam.exposure.acl import Acl, AclError, is_public, read_acl
from stanch.iam.exposure.domains import Domain, fixed
from stanch.iam.exposure.perimeter import Exposure, Findings, Perimeter
from stanch.iam.exposure.policies import of_policy
from stanch.iam.exposure.services import service_named
from stanch.iam.policy import Policy, PolicyError, parse

_S3 = service_named("s3")
_SWITCHES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


class BucketError(ValueError):
    """The document describes no bucket; the message gives the place, the fault and the remedy."""


@dataclass(frozen=True, slots=True)
class Block:
    """The two switches of Block Public Access that change who gets in; the other two only refuse new grants."""

    ignores_acls: bool = False
    restricts: bool = False

    def __or__(self, other: "Block") -> "Block":
        return Block(self.ignores_acls or other.ignores_acls, self.restricts or other.restricts)


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """A door of its own to the bucket. vpc: the only network it can be reached from; None for the internet."""

    name: str
    arn: str | None = None
    policy: Policy | None = None
    block: Block = Block()
    vpc: str | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """All that lets anybody into a bucket. enforces_owner: its lists count no more."""

    policy: Policy | None = None
    acl: Acl = field(default_factory=Acl)
    block: Block = Block()
    account_block: Block = Block()
    access_points: tuple[AccessPoint, ...] = field(default=())
    enforces_owner: bool = False


def of_bucket(bucket: Bucket, perimeter: Perimeter) -> Exposure:
    """Say who gets into a bucket by any way."""
    block = bucket.block | bucket.account_block
    policy = of_policy(bucket.policy, perimeter, _S3) if bucket.policy else Exposure()
    restricted = block.restricts and (policy.public or policy.counted)
    findings = Findings()
    if not restricted:
        findings.absorb(policy)
        _note_acl(bucket, block, perimeter, findings)
    else:
        findings.absorb(_services_only(policy))
        findings.why["RestrictPublicBuckets shuts out every other account, for the policy is public"] = None
    for door in bucket.access_points:
        _note_door(door, bucket, block, perimeter, findings, shut=restricted)
    return findings.done()


def _note_acl(bucket: Bucket, block: Block, perimeter: Perimeter, findings: Findings) -> None:
    if bucket.enforces_owner:
        return
    for grant in bucket.acl.grants:
        where = f"ACL grant[{grant.position}] ({grant.permission})"
        if is_public(grant):
            if not block.ignores_acls:
                findings.note(where, f"lets in {grant.group}", public=True)
        elif grant.group is not None:
            findings.unplaced.add(grant.group)
        elif grant.user is not None and grant.user not in perimeter.canonical:
            findings.note_canonical(grant.user, where, known=perimeter.canonical_known)


def _note_door(
    door: AccessPoint, bucket: Bucket, block: Block, perimeter: Perimeter, findings: Findings, *, shut: bool
) -> None:
    """What the access point's policy and the bucket's both let in: neither grants through it alone."""
    if door.policy is None or bucket.policy is None or shut:
        return
    arn = door.arn or f"arn:*:s3:*:{perimeter.owner}:accesspoint/{door.name}"
    through: dict[str, Domain] = {
        "s3:accesspointnetworkorigin": fixed("VPC" if door.vpc else "Internet"),
        "s3:dataaccesspointaccount": fixed(perimeter.owner),
        "s3:dataaccesspointarn": fixed(arn) if door.arn else Domain((arn,), may_lack=False),
        **({"aws:sourcevpc": fixed(door.vpc)} if door.vpc else {}),
    }
    own = of_policy(door.policy, perimeter, _S3, through)
    behind = of_policy(bucket.policy, perimeter, _S3, through)
    # In a VPC there is no public; what S3 restricts, it restricts by the policy at the door.
    open_to_all = own.public and behind.public and door.vpc is None
    if (own.public or own.counted) and (door.block | block).restricts and door.vpc is None:
        return
    named = own.outside if behind.public else tuple(set(own.outside) & set(behind.outside))
    if own.public and not behind.public:
        named = behind.outside
    if own.public and behind.public and door.vpc is not None and not perimeter.has_place(door.vpc):
        findings.unplaced.add(door.vpc)
    if behind.public or behind.unplaced:
        findings.unplaced |= set(own.unplaced)
    if own.public:
        findings.unplaced |= set(behind.unplaced)
    if open_to_all or named:
        findings.absorb(
            Exposure(open_to_all, named, own.unplaced, own.statements, own.why), f"access point {door.name}: "
        )


def _services_only(policy: Exposure) -> Exposure:
    services = tuple(who for who in policy.outside if who.startswith("service:"))
    return Exposure(outside=services)


def read_bucket(document: Mapping[str, Any]) -> Bucket:
    """Read `{"policy", "acl", "public_access_block", "account_public_access_block", "access_points": [...]}`.

    Each part as AWS's own answer has it, or as it stands inside; any part may be absent or null. Raises BucketError
    and PolicyError.
    """
    parts = {_plain(key): value for key, value in document.items()}
    try:
        acl = read_acl(parts["acl"]) if parts.get("acl") else Acl()
    except AclError as error:
        raise BucketError(str(error)) from None
    doors = parts.get("accesspoints") or []
    if not isinstance(doors, list):
        raise BucketError("access_points: is no list; give one object for each access point")
    return Bucket(
        policy=_policy(parts.get("policy"), "policy"),
        acl=acl,
        block=_block(
            parts.get("publicaccessblock", parts.get("publicaccessblockconfiguration")), "public_access_block"
        ),
        account_block=_block(parts.get("accountpublicaccessblock"), "account_public_access_block"),
        access_points=tuple(_door(door, f"access_points[{at}]") for at, door in enumerate(doors)),
        enforces_owner="BucketOwnerEnforced" in str(parts.get("objectownership", parts.get("ownershipcontrols", ""))),
    )


def _door(document: Any, path: str) -> AccessPoint:
    if not isinstance(document, Mapping):
        raise BucketError(f'{path}: is no object; give {{"name", "policy", "public_access_block", "vpc"}}')
    parts = {_plain(key): value for key, value in document.items()}
    arn = parts.get("arn", parts.get("accesspointarn"))
    within = parts.get("vpcconfiguration")
    vpc = (
        within.get("VpcId", within.get("vpc_id"))
        if isinstance(within, Mapping)
        else parts.get("vpcid", parts.get("vpc"))
    )
    if vpc is None and str(parts.get("networkorigin", "")).upper() == "VPC":
        vpc = "vpc"
    return AccessPoint(
        name=str(parts.get("name") or str(arn or path).rpartition("/")[2]),
        arn=str(arn) if arn else None,
        policy=_policy(parts.get("policy"), f"{path}.policy"),
        block=_block(parts.get("publicaccessblock", parts.get("publicaccessblockconfiguration")), path),
        vpc=str(vpc) if vpc else None,
    )


def _block(document: Any, path: str) -> Block:
    if document is None:
        return Block()
    if isinstance(document, bool):
        return Block(document, document)
    if not isinstance(document, Mapping):
        raise BucketError(f"{path}: is no object; give its four switches, {', '.join(_SWITCHES)}")
    inner = document.get("PublicAccessBlockConfiguration")
    switches = {_plain(k): v for k, v in (inner if isinstance(inner, Mapping) else document).items()}
    known = {_plain(switch) for switch in _SWITCHES}
    if unknown := sorted(set(switches) - known):
        raise BucketError(f"{path}: {unknown[0][:40]!a} is no switch; known are {', '.join(_SWITCHES)}")
    return Block(_is_on(switches.get("ignorepublicacls")), _is_on(switches.get("restrictpublicbuckets")))


def _policy(document: Any, path: str) -> Policy | None:
    if not document:
        return None
    if isinstance(document, Mapping) and "Statement" not in document and isinstance(document.get("Policy"), str):
        document = document["Policy"]
    if not isinstance(document, str | Mapping):
        raise BucketError(f"{path}: is no policy; give its JSON")
    try:
        return parse(document)
    except PolicyError as error:
        raise BucketError(f"{path}: {error}") from None


def _is_on(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def _plain(key: Any) -> str:
    return str(key).replace("_", "").replace("-", "").lower()
