"""An object that a stranger uploaded is the stranger's until ACLs are disabled: then all are the bucket owner's.

Blind to: bucket policies, which ACLs never overrule; copies made while the objects were somebody else's.
"""

import json
from collections.abc import Mapping
from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.s3._bucket import Bucket
from stanch.contracts.action import Affects, Case, Needless, Overtaken, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("bucket",)
PHASE = Phase.DATA
AFFECTS = Affects.USERS
PERMISSIONS = (
    "s3:GetBucketOwnershipControls",
    "s3:PutBucketOwnershipControls",
    "s3:GetBucketAcl",
    "s3:PutBucketAcl",
)

ENFORCED = "BucketOwnerEnforced"
_NO_ACLS = "AccessControlListNotSupported"
_GRANTEE = ("Type", "ID", "URI", "EmailAddress")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Needless where ACLs are disabled already, as on every bucket made since April 2023 unless told otherwise."""
    bucket = Bucket(aws, resource.resource, aws.account)
    before = _look(bucket)
    if before["ownership"] == ENFORCED:
        raise Needless(f"ACLs are disabled on {bucket.name} already: every object in it is its owner's")
    granted = [f"{grant['Permission']} of {_whom(grant)}" for grant in _foreign(before["acl"])]
    to_private = (f"s3:PutBucketAcl on {bucket.name}: private (it grants {', '.join(granted)})",) if granted else ()
    return Plan(
        before=before,
        calls=(*to_private, f"s3:PutBucketOwnershipControls on {bucket.name}: {ENFORCED}"),
        undo=f"s3:PutBucketOwnershipControls and s3:PutBucketAcl on {bucket.name}, both as they were",
        breaks=(
            *(f"{line} ends" for line in granted),
            "grants in the ACLs of single objects end",
            f"uploads to {bucket.name} that set an ACL other than bucket-owner-full-control fail",
        ),
        settings={"owner": bucket.owner},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"ownership": rule | None, "acl": {"owner": canonical id, "grants": [{"Grantee", "Permission"}, ...]}}`."""
    return _look(Bucket.of(aws, step))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """The ACL first: S3 refuses to disable the ACLs of a bucket whose ACL grants anything to somebody else."""
    bucket, before, now = Bucket.of(aws, step), step.before or {}, _look(Bucket.of(aws, step))
    if now["ownership"] not in (ENFORCED, before.get("ownership")) or (
        now["acl"] != before.get("acl") and _foreign(now["acl"])
    ):
        raise Overtaken(f"somebody changed the ACL or the Object Ownership of {bucket.name} since the plan was made")
    if now["ownership"] != ENFORCED:
        if _foreign(now["acl"]):
            bucket.call("PutBucketAcl", ACL="private")
        _put_ownership(bucket, ENFORCED)
    settled(lambda: _look(bucket)["ownership"] == ENFORCED, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Set the ACL to what it is already: where ACLs are disabled, S3 refuses even that."""
    bucket = Bucket.of(aws, step)
    now = _look(bucket)
    if now["ownership"] != ENFORCED or _foreign(now["acl"]):
        return Proof(False, Method.STATE, (f"Object Ownership of {bucket.name} is {now['ownership']}",))
    told = f"s3:PutBucketAcl on {bucket.name}"
    if settled(lambda: _acls_are_refused(bucket), wait):
        return Proof(True, Method.EFFECT, (f"{told}: {_NO_ACLS}",))
    return Proof(False, Method.EFFECT, (f"{told}: still accepted",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """The ownership first: an ACL can be set only where there are any."""
    bucket, before = Bucket.of(aws, step), step.before or {}
    if _look(bucket)["ownership"] != before.get("ownership"):
        _put_ownership(bucket, before.get("ownership"))
    settled(lambda: _look(bucket)["ownership"] == before.get("ownership"), wait)
    if _look(bucket)["acl"] != before.get("acl"):
        settled(lambda: _accepts_acl(bucket, before["acl"]), wait)
    settled(lambda: _look(bucket) == before, wait)


def _look(bucket: Bucket) -> dict[str, Any]:
    found = bucket.found("GetBucketOwnershipControls", "OwnershipControlsNotFoundError")
    rules = found["OwnershipControls"]["Rules"] if found else ()
    acl = bucket.call("GetBucketAcl")
    grants = [{"Grantee": _named(grant["Grantee"]), "Permission": grant["Permission"]} for grant in acl["Grants"]]
    return {
        "ownership": next((str(rule["ObjectOwnership"]) for rule in rules), None),
        "acl": {"owner": acl["Owner"]["ID"], "grants": sorted(grants, key=json.dumps)},
    }


def _named(grantee: Mapping[str, Any]) -> dict[str, str]:
    # A display name is not part of who it is, and AWS has stopped giving it.
    return {part: str(grantee[part]) for part in _GRANTEE if grantee.get(part)}


def _foreign(acl: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [grant for grant in acl["grants"] if grant["Grantee"].get("ID") != acl["owner"]]


def _whom(grant: Mapping[str, Any]) -> str:
    grantee = grant["Grantee"]
    return str(grantee.get("URI") or grantee.get("ID") or grantee.get("EmailAddress")).rsplit("/", 1)[-1]


def _put_ownership(bucket: Bucket, rule: str | None) -> None:
    if rule is None:
        bucket.call("DeleteBucketOwnershipControls")
    else:
        bucket.call("PutBucketOwnershipControls", OwnershipControls={"Rules": [{"ObjectOwnership": rule}]})


def _acls_are_refused(bucket: Bucket) -> bool:
    try:
        bucket.call("PutBucketAcl", ACL="private")
    except AwsError as error:
        if error.code != _NO_ACLS:
            raise
        return True
    return False


def _accepts_acl(bucket: Bucket, acl: Mapping[str, Any]) -> bool:
    """Put an ACL back; False while S3 still has ACLs disabled."""
    policy = {"Owner": {"ID": acl["owner"]}, "Grants": list(acl["grants"])}
    try:
        bucket.call("PutBucketAcl", AccessControlPolicy=policy)
    except AwsDenied as error:
        why = (
            f"{error.message} (is public access to {bucket.name} still blocked? undo s3/close_bucket, then this again)"
        )
        raise AwsDenied(error.operation, error.code, why) from error
    except AwsError as error:
        if error.code != _NO_ACLS:
            raise
        return False
    return True
