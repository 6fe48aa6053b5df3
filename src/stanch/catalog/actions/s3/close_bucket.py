"""Block Public Access ignores grants to named accounts; a Deny for every principal outside closes those too.

Blind to: access points, replication rules and batch jobs that already copy from the bucket.
"""

from typing import Any

from stanch.catalog.actions._document import same
from stanch.catalog.actions._names import short
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.s3 import _policy, _probe
from stanch.contracts.action import Affects, Case, Overtaken, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("bucket",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = (
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketPublicAccessBlock",
    "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketAcl",
    "s3:ListBucket",
)

BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses a bucket of another account, and a policy that cannot be read and so not be edited."""
    bucket, owner = resource.resource, aws.account
    before = _state(aws, bucket, owner)
    ours = _policy.Ours.of(case.perimeter, owner)
    sid = f"StanchClosed{short(case.incident)}"
    try:
        closed = _policy.closed(before["policy"], str(resource), sid, ours)
    except _policy.PolicyError as error:
        raise Refused(f"the policy of {bucket} cannot be read ({error}): close the bucket by hand") from error
    return Plan(
        before=before,
        calls=(
            *(f"s3:PutBucketPolicy on {bucket}: {change}" for change in closed.changes),
            f"s3:PutBucketPublicAccessBlock on {bucket}: {', '.join(BLOCKED)}",
            *(
                f"(IgnorePublicAcls neutralises its ACL grant to {group})"
                for group in _public_grants(aws, bucket, owner)
            ),
        ),
        undo=f"s3:PutBucketPublicAccessBlock and s3:PutBucketPolicy on {bucket}, both as they were",
        breaks=(
            f"everyone outside {', '.join(ours.accounts)} loses {bucket}: public links, websites, partners",
            "requests without credentials are refused from our own networks too",
            *(f"cut as well, for nobody said who it is: {name}" for name in closed.unplaced),
        ),
        settings={"owner": owner, "closed": closed.text},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"policy": text | None, "block": {four flags} | None}`."""
    return _state(aws, _bucket(step), step.settings["owner"])


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """The policy first: its Deny closes everything at once, and BlockPublicPolicy could refuse it afterwards."""
    bucket, owner, closed = _bucket(step), step.settings["owner"], step.settings["closed"]
    now = _state(aws, bucket, owner)
    if not same(now["policy"], closed) and not same(now["policy"], (step.before or {}).get("policy")):
        raise Overtaken(f"somebody changed the policy of {bucket} since the plan was made")
    try:
        if not same(now["policy"], closed):
            aws.call("s3", "PutBucketPolicy", Bucket=bucket, Policy=closed, ExpectedBucketOwner=owner)
    finally:
        # A policy at its size limit must not keep the block off.
        if now["block"] != BLOCKED:
            _put_block(aws, bucket, owner, BLOCKED)
    settled(lambda: _is_closed(aws, step), wait)
    return None  # anybody is a witness at any time: an anonymous read needs nothing from before


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """A stranger lists, reads and asks for an object: 403 each time."""
    bucket, owner = _bucket(step), step.settings["owner"]
    if not settled(lambda: _is_closed(aws, step), wait):
        return Proof(False, Method.STATE, ("the policy or the public access block is not as it was written",))
    key = _some_key(aws, bucket, owner)
    said: dict[str, str] = {}

    def refused() -> bool:
        said.update(_probe.answers(aws.anonymous(), bucket, key))
        return _probe.refused(said) or _probe.unreachable(said)

    settled(refused, wait)
    status = _public_status(aws, bucket, owner)
    told = (*(f"anonymous {what}: {answer}" for what, answer in said.items()), *status)
    if _probe.unreachable(said):
        return Proof(True, Method.STATE, told)
    return Proof(_probe.refused(said), Method.EFFECT, told)


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """The block first: BlockPublicPolicy would refuse the policy that was there."""
    bucket, owner, before = _bucket(step), step.settings["owner"], step.before or {}
    now = _state(aws, bucket, owner)
    if now["block"] != before.get("block"):
        _put_block(aws, bucket, owner, before.get("block"))
    if not same(now["policy"], before.get("policy")):
        settled(lambda: _put_policy(aws, bucket, owner, before.get("policy")), wait)
    settled(lambda: _state(aws, bucket, owner) == before, wait)


def _state(aws: Aws, bucket: str, owner: str) -> dict[str, Any]:
    return {"policy": _policy_text(aws, bucket, owner), "block": _block(aws, bucket, owner)}


def _policy_text(aws: Aws, bucket: str, owner: str) -> str | None:
    try:
        return str(aws.call("s3", "GetBucketPolicy", Bucket=bucket, ExpectedBucketOwner=owner)["Policy"])
    except AwsAbsent as error:
        if error.code != "NoSuchBucketPolicy":
            raise
        return None


def _block(aws: Aws, bucket: str, owner: str) -> dict[str, bool] | None:
    try:
        answer = aws.call("s3", "GetPublicAccessBlock", Bucket=bucket, ExpectedBucketOwner=owner)
    except AwsAbsent as error:
        if error.code != "NoSuchPublicAccessBlockConfiguration":
            raise
        return None
    found = answer["PublicAccessBlockConfiguration"]
    return {flag: bool(found.get(flag)) for flag in BLOCKED}


def _put_block(aws: Aws, bucket: str, owner: str, block: dict[str, bool] | None) -> None:
    if block is None:
        aws.call("s3", "DeletePublicAccessBlock", Bucket=bucket, ExpectedBucketOwner=owner)
        return
    aws.call(
        "s3",
        "PutPublicAccessBlock",
        Bucket=bucket,
        PublicAccessBlockConfiguration=block,
        ExpectedBucketOwner=owner,
    )


def _put_policy(aws: Aws, bucket: str, owner: str, text: str | None) -> bool:
    """Put a policy back; False while S3 still enforces the block that was just lifted."""
    try:
        if text is None:
            aws.call("s3", "DeleteBucketPolicy", Bucket=bucket, ExpectedBucketOwner=owner)
        else:
            aws.call("s3", "PutBucketPolicy", Bucket=bucket, Policy=text, ExpectedBucketOwner=owner)
    except AwsDenied:
        return False
    return True


def _is_closed(aws: Aws, step: Step) -> bool:
    now = _state(aws, _bucket(step), step.settings["owner"])
    return same(now["policy"], step.settings["closed"]) and now["block"] == BLOCKED


def _some_key(aws: Aws, bucket: str, owner: str) -> str | None:
    try:
        listed = aws.call("s3", "ListObjectsV2", Bucket=bucket, MaxKeys=1, ExpectedBucketOwner=owner)
    except AwsError:
        return None
    return next((str(entry["Key"]) for entry in listed.get("Contents") or ()), None)


def _public_status(aws: Aws, bucket: str, owner: str) -> tuple[str, ...]:
    try:
        answer = aws.call("s3", "GetBucketPolicyStatus", Bucket=bucket, ExpectedBucketOwner=owner)
    except AwsError:
        return ()
    public = answer.get("PolicyStatus", {}).get("IsPublic")
    return () if public is None else (f"s3:GetBucketPolicyStatus: public = {str(public).lower()}",)


def _public_grants(aws: Aws, bucket: str, owner: str) -> tuple[str, ...]:
    try:
        grants = aws.call("s3", "GetBucketAcl", Bucket=bucket, ExpectedBucketOwner=owner).get("Grants") or ()
    except AwsError:
        return ()
    uris = (str(grant.get("Grantee", {}).get("URI") or "") for grant in grants)
    return tuple(
        dict.fromkeys(uri.rsplit("/", 1)[-1] for uri in uris if uri.endswith(("AllUsers", "AuthenticatedUsers")))
    )


def _bucket(step: Step) -> str:
    return Arn.parse(step.resource).resource
