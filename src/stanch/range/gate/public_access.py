"""A bucket is public through its policy or its ACLs, unless Block Public Access says otherwise.

ACL grants are rewritten as policy statements, so that one evaluator decides about both. Source: "Blocking public access
to your Amazon S3 storage" and "Access control list overview", S3 User Guide.
"""

from collections.abc import Iterable
from typing import Any

from moto.s3.models import FakeBucket
from moto.s3control.models import s3control_backends

from stanch.iam import Policy, PolicyError, is_public, parse
from stanch.range.gate.directory import read_policy
from stanch.range.gate.refusal import Refusal
from stanch.range.request.call import Call

BLOCKS = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")
GROUPS = "http://acs.amazonaws.com/groups/global/"
PUBLIC_GRANTEES = (GROUPS + "AllUsers", GROUPS + "AuthenticatedUsers")
PUBLIC_CANNED_ACLS = ("public-read", "public-read-write", "authenticated-read")

BUCKET_GRANTS = {
    "READ": ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
    "WRITE": ("s3:PutObject", "s3:DeleteObject"),
    "READ_ACP": ("s3:GetBucketAcl",),
    "WRITE_ACP": ("s3:PutBucketAcl",),
}
OBJECT_GRANTS = {
    "READ": ("s3:GetObject", "s3:GetObjectVersion"),
    "READ_ACP": ("s3:GetObjectAcl",),
    "WRITE_ACP": ("s3:PutObjectAcl",),
}


def blocks(bucket: FakeBucket, name: str) -> bool:
    """Whether a Block Public Access setting holds for the bucket, by itself or by its account."""
    control = s3control_backends[bucket.account_id][bucket.partition]
    return any(_is_on(setting, name) for setting in (bucket.public_access_block, control.public_access_block))


def bucket_grants(bucket: FakeBucket, key: str | None, caller_account: str | None) -> Policy | None:
    """Everything that the bucket itself grants on `key` (or on the bucket): its policy, and ACLs as statements."""
    policy = read_policy(bucket.policy)
    outsider = caller_account != bucket.account_id
    if policy is not None and outsider and blocks(bucket, "restrict_public_buckets"):
        policy = _denials(policy) if is_public(policy) else policy
    if acls_disabled(bucket) or blocks(bucket, "ignore_public_acls"):
        return policy
    granted = list(_acl_statements(bucket, key, signed=caller_account is not None))
    if not granted:
        return policy
    kept = [dict(statement.raw) for statement in policy.statements] if policy else []
    return parse({"Version": policy.version if policy else "2012-10-17", "Statement": [*kept, *granted]})


def acls_disabled(bucket: FakeBucket) -> bool:
    """Object Ownership `BucketOwnerEnforced`: ACLs no longer count."""
    rule: Any = bucket.ownership_rule
    if isinstance(rule, dict):
        rule = rule.get("Rules", rule)
        rule = rule[0] if isinstance(rule, list) and rule else rule
        rule = rule.get("ObjectOwnership") or rule.get("Rule", {}).get("ObjectOwnership") if rule else None
    return bool(rule == "BucketOwnerEnforced")


def refuse_publishing(call: Call, bucket: FakeBucket) -> None:
    """BlockPublicPolicy and BlockPublicAcls refuse what would make the bucket public. Raises Refusal."""
    if call.operation == "PutBucketPolicy":
        try:
            policy = parse(call.parameters.get("Policy", ""))
        except PolicyError as error:
            raise Refusal("MalformedPolicy", str(error), 400) from error
        if blocks(bucket, "block_public_policy") and is_public(policy):
            raise Refusal(
                "AccessDenied", "Access Denied: public policies are blocked by the BlockPublicPolicy setting."
            )
    if call.operation in ("PutBucketAcl", "PutObjectAcl") and acls_disabled(bucket):
        raise Refusal("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)
    if blocks(bucket, "block_public_acls") and _grants_to_public(call):
        raise Refusal("AccessDenied", "Access Denied: public ACLs are blocked by the BlockPublicAcls setting.")


def _is_on(setting: Any, name: str) -> bool:
    """Read one switch: moto keeps a bucket's setting as an object and an account's as an object or a dictionary."""
    if setting is None:
        return False
    if isinstance(setting, dict):
        camel = "".join(part.capitalize() for part in name.split("_"))
        return str(setting.get(camel, setting.get(name, ""))).lower() == "true"
    return str(getattr(setting, name, "")).lower() == "true"


def _denials(policy: Policy) -> Policy:
    return policy.without([index for index, one in enumerate(policy.statements) if one.effect == "Allow"])


def _acl_statements(bucket: FakeBucket, key: str | None, signed: bool) -> Iterable[dict[str, Any]]:
    arn = f"arn:{bucket.partition}:s3:::{bucket.name}"
    yield from _granted(bucket.acl, BUCKET_GRANTS, [arn, f"{arn}/*"], signed)
    held = bucket.keys.get(key) if key else None
    if held is not None:
        yield from _granted(getattr(held, "acl", None), OBJECT_GRANTS, [f"{arn}/{key}"], signed)


def _granted(
    acl: Any, meaning: dict[str, tuple[str, ...]], resources: list[str], signed: bool
) -> Iterable[dict[str, Any]]:
    groups = PUBLIC_GRANTEES if signed else PUBLIC_GRANTEES[:1]
    for grant in acl.grants if acl is not None else ():
        if any(grantee.uri in groups for grantee in grant.grantees):
            for permission in grant.permissions:
                names = meaning if permission == "FULL_CONTROL" else (permission,)
                actions = [action for name in names for action in meaning.get(name, ())]
                if actions:
                    yield {"Effect": "Allow", "Principal": "*", "Action": actions, "Resource": resources}


def _grants_to_public(call: Call) -> bool:
    sent = call.parameters
    if sent.get("ACL") in PUBLIC_CANNED_ACLS:
        return True
    if any(group in str(sent.get(name, "")) for name in sent if name.startswith("Grant") for group in PUBLIC_GRANTEES):
        return True
    grants = (sent.get("AccessControlPolicy") or {}).get("Grants") or []
    return any((grant.get("Grantee") or {}).get("URI") in PUBLIC_GRANTEES for grant in grants)
