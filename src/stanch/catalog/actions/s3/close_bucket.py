"""Block Public Access ignores grants to named accounts; a Deny for every principal outside closes those too.

Blind to: access points, replication rules and batch jobs that already copy from the bucket.
"""

from typing import Any

from stanch.catalog.actions._document import same, written
from stanch.catalog.actions._names import short
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours
from stanch.catalog.actions.s3 import _marker, _policy, _probe
from stanch.catalog.actions.s3._bucket import BLOCKED, Bucket
from stanch.contracts.action import Affects, Case, Overtaken, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step
from stanch.iam import PolicyError

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

_PUBLIC_GROUPS = ("AllUsers", "AuthenticatedUsers")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses a bucket of another account, and a policy that cannot be read and so not be edited."""
    bucket = Bucket(aws, resource.resource, aws.account)
    ours = Ours.of(case.perimeter, bucket.owner)
    sid = f"StanchClosed{short(case.incident)}"
    before, others = _look(bucket, sid)
    arns = (str(resource), f"{resource}/*")
    taken = sum(_marker.size(written([other], None)) for other in others)
    try:
        closed = _policy.closed(before["policy"], arns, sid, ours, taken)
    except PolicyError as error:
        raise Refused(f"the policy of {bucket.name} cannot be read ({error}): close the bucket by hand") from error
    return Plan(
        before=before,
        calls=(
            *(f"s3:PutBucketPolicy on {bucket.name}: {change}" for change in closed.changes),
            f"s3:PutBucketPublicAccessBlock on {bucket.name}: {', '.join(BLOCKED)}",
            *(f"(IgnorePublicAcls neutralises its ACL grant to {group})" for group in _public_grants(bucket)),
        ),
        undo=f"s3:PutBucketPublicAccessBlock and s3:PutBucketPolicy on {bucket.name}, both as they were",
        breaks=(
            f"everyone outside {', '.join(ours.accounts)} loses {bucket.name}: public links, websites, partners",
            "requests without credentials are refused from our own networks too",
            *(f"cut as well, for nobody said who it is: {name}" for name in closed.unplaced),
        ),
        settings={"owner": bucket.owner, "sid": sid, "closed": closed.text, "whole": closed.whole},
        policies={str(resource): closed.text} if closed.text is not None else {},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"policy": text | None, "block": {four flags} | None}`; the policy without what other steps of ours added."""
    return _look(Bucket.of(aws, step), step.settings["sid"])[0]


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """The policy first: its Deny closes everything at once, and BlockPublicPolicy could refuse it afterwards."""
    bucket, closed = Bucket.of(aws, step), step.settings["closed"]
    now, others = _look(bucket, step.settings["sid"])
    _refuse_overtaken(bucket, step, now)
    try:
        if not same(now["policy"], closed):
            bucket.put_policy(_marker.together(closed, others))
    finally:
        # A policy at its size limit must not keep the block off.
        if now["block"] != BLOCKED:
            bucket.put_block(BLOCKED)
    settled(lambda: _is_closed(bucket, step), wait)
    return None  # anybody is a witness at any time: an anonymous read needs nothing from before


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """A stranger lists, reads and asks for an object: 403 each time."""
    bucket = Bucket.of(aws, step)
    if not settled(lambda: _is_closed(bucket, step), wait):
        return Proof(False, Method.STATE, ("the policy or the public access block is not as it was written",))
    key = bucket.some_key()
    said: dict[str, str] = {}

    def refused() -> bool:
        said.update(_probe.answers(aws.anonymous(), bucket.name, key))
        return _probe.refused(said) or _probe.unreachable(said)

    settled(refused, wait)
    told = (*(f"anonymous {what}: {answer}" for what, answer in said.items()), *_public_status(bucket))
    if not step.settings["whole"]:
        no_room = (
            f"the policy of {bucket.name} has no room for the Deny of strangers, it holds {_marker.LARGEST} bytes; "
            "the public access block is on and what let strangers in is out, but an account may be let in again: "
            "shorten the policy by hand, then contain the bucket again"
        )
        return Proof(False, Method.STATE, (no_room, *told))
    if _probe.unreachable(said):
        return Proof(True, Method.STATE, told)
    return Proof(_probe.refused(said), Method.EFFECT, told)


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """The block first: BlockPublicPolicy would refuse the policy that was there."""
    bucket, before = Bucket.of(aws, step), step.before or {}
    now, others = _look(bucket, step.settings["sid"])
    if now["block"] != before.get("block"):
        bucket.put_block(before.get("block"))
    if not same(now["policy"], before.get("policy")):
        text = _marker.together(before.get("policy"), others)
        settled(lambda: bucket.accepts_policy(text), wait)
    settled(lambda: _is(bucket, step, before.get("policy"), before.get("block")), wait)


def _look(bucket: Bucket, sid: str) -> tuple[dict[str, Any], list[_marker.Raw]]:
    """This step's part of the bucket, and the statements that other steps added to its policy."""
    text, others = _marker.apart(bucket.policy(), (sid,))
    return {"policy": text, "block": bucket.block()}, others


def _refuse_overtaken(bucket: Bucket, step: Step, now: State) -> None:
    before = step.before or {}
    if same(now["policy"], step.settings["closed"]) or same(now["policy"], before.get("policy")):
        return
    changed = f"somebody changed the policy of {bucket.name} since the plan was made"
    if now["block"] == before.get("block"):
        raise Overtaken(changed)
    # The block may be ours, from a first try: what was there before must stay known, or undo would forget it.
    raise AwsError("s3:PutBucketPolicy", "Conflict", f"{changed}; its public access block stays on")


def _is_closed(bucket: Bucket, step: Step) -> bool:
    return _is(bucket, step, step.settings["closed"], BLOCKED)


def _is(bucket: Bucket, step: Step, policy: str | None, block: dict[str, bool] | None) -> bool:
    now, _ = _look(bucket, step.settings["sid"])
    return same(now["policy"], policy) and bool(now["block"] == block)


def _public_status(bucket: Bucket) -> tuple[str, ...]:
    try:
        answer = bucket.call("GetBucketPolicyStatus")
    except AwsError:
        return ()
    public = answer.get("PolicyStatus", {}).get("IsPublic")
    return () if public is None else (f"s3:GetBucketPolicyStatus: public = {str(public).lower()}",)


def _public_grants(bucket: Bucket) -> tuple[str, ...]:
    try:
        grants = bucket.call("GetBucketAcl").get("Grants") or ()
    except AwsError:
        return ()
    groups = (str(grant.get("Grantee", {}).get("URI") or "").rsplit("/", 1)[-1] for grant in grants)
    return tuple(dict.fromkeys(group for group in groups if group in _PUBLIC_GROUPS))
