"""A bucket can refuse by name whom nobody here can disarm: another account's role, or one that a service owns.

Blind to: what the same person does under another name; that is why sessions and keys of our own are revoked instead.
"""

from collections.abc import Set
from functools import partial
from typing import Any

from stanch.catalog.actions._names import short
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.s3 import _marker
from stanch.catalog.actions.s3._bucket import Bucket
from stanch.catalog.actions.s3._callers import Callers, callers
from stanch.contracts.action import Affects, Case, Needless, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Collateral, Method, Phase, Proof, State, Step
from stanch.iam import PolicyError

APPLIES_TO = ("bucket",)
PHASE = Phase.DATA
AFFECTS = Affects.USERS
PERMISSIONS = (
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "sts:AssumeRole",
)


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses a policy that cannot be read, or that has no room left for the Deny."""
    bucket = Bucket(aws, resource.resource, aws.account)
    found = bucket.policy()
    who = callers(case.actors, case.perimeter, bucket.owner, case.responder, case.cut)
    if not who.principals and not who.accounts:
        raise Needless(f"the incident names nobody whom a statement could deny {bucket.name}{_because(who)}")
    sids = _sids(case.incident)
    statements = _statements(str(resource), sids, who)
    try:
        text = _marker.replaced(found, sids, statements)
    except PolicyError as error:
        raise Refused(f"the policy of {bucket.name} cannot be read ({error}): deny them by hand") from error
    if _marker.size(text) > _marker.LARGEST:
        raise Refused(
            f"the policy of {bucket.name} has no room for {len(statements)} more statements: shorten it by hand, or "
            "take their permission from the principals themselves"
        )
    names = [f"every principal of account {account}" for account in who.accounts]
    names += [name for name in who.principals if "/*/" not in name]
    return Plan(
        before={"statements": _marker.own(found, sids)},
        calls=tuple(f"s3:PutBucketPolicy on {bucket.name}: add a Deny of s3:* for {name}" for name in names),
        undo=f"s3:PutBucketPolicy on {bucket.name}: take the Deny out again",
        breaks=(
            *(f"{name} is refused everything in {bucket.name}, its honest work too" for name in names),
            *(f"NOT denied: {line}" for line in who.spared),
        ),
        settings={
            "owner": bucket.owner,
            "sids": sids,
            "statements": statements,
            "found": found,
            "roles": [name for name in who.principals if ":role/" in name and "/*/" not in name],
        },
        policies={str(resource): text} if text is not None else {},
        collateral=None if _some_of_ours(who, {bucket.owner, *case.perimeter.accounts}) else Collateral.LOW,
    )


def read(aws: Aws, step: Step) -> State:
    """`{"statements": [...]}`: the statements of this incident, and nothing else of the policy."""
    return {"statements": _marker.own(Bucket.of(aws, step).policy(), step.settings["sids"])}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Edit the policy as it is now: what somebody else has changed in it since the plan stays."""
    bucket = Bucket.of(aws, step)
    if _in_force(bucket, step):
        return None
    witness = _witness(aws, bucket, step)
    bucket.put_policy(_marker.replaced(bucket.policy(), step.settings["sids"], step.settings["statements"]))
    settled(lambda: _in_force(bucket, step), wait)
    return witness


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """A session of the denied role is refused where one could be had, else the statement is read back."""
    bucket = Bucket.of(aws, step)
    if not settled(lambda: _in_force(bucket, step), wait):
        return Proof(False, Method.STATE, (f"the Deny is not in the policy of {bucket.name} as it was written",))
    if witness is None:
        told = f"the Deny is in the policy of {bucket.name}; it could not be tried, for nobody denied trusts stanch"
        return Proof(True, Method.STATE, (told,))
    if settled(lambda: _refused(witness), wait):
        return Proof(True, Method.EFFECT, (f"{witness.what}: allowed before, refused now",))
    return Proof(False, Method.EFFECT, (f"{witness.what}: it is still allowed",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Take the statements out; where the rest is as it was found, the text comes back byte for byte."""
    bucket = Bucket.of(aws, step)
    before = (step.before or {}).get("statements") or []
    found, sids = step.settings["found"], step.settings["sids"]
    if _marker.own(bucket.policy(), sids) != before:
        text = _marker.replaced(bucket.policy(), sids, before, first=found)
        settled(lambda: bucket.accepts_policy(text), wait)
    settled(lambda: _marker.own(bucket.policy(), sids) == before, wait)


def _statements(bucket: str, sids: list[str], who: Callers) -> list[dict[str, Any]]:
    # aws:PrincipalArn of a session is its role. A service of AWS has neither key, so it is never denied here.
    tests = (
        {"ArnLike": {"aws:PrincipalArn": list(who.principals)}} if who.principals else None,
        {"StringEquals": {"aws:PrincipalAccount": list(who.accounts)}} if who.accounts else None,
    )
    return [
        {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket, f"{bucket}/*"],
            "Condition": test,
        }
        for sid, test in zip(sids, tests, strict=True)
        if test
    ]


def _sids(incident: str) -> list[str]:
    return [f"StanchDenied{what}{short(incident)}" for what in ("Principals", "Accounts")]


def _some_of_ours(who: Callers, accounts: Set[str]) -> bool:
    return any(Arn.parse(name).account in accounts for name in who.principals)


def _because(who: Callers) -> str:
    return f" ({'; '.join(who.spared)})" if who.spared else ""


def _in_force(bucket: Bucket, step: Step) -> bool:
    return bool(_marker.own(bucket.policy(), step.settings["sids"]) == step.settings["statements"])


def _witness(aws: Aws, bucket: Bucket, step: Step) -> Witness | None:
    """A session of a denied role of ours that lists the bucket, where the role's trust names the responder."""
    for role in step.settings["roles"]:
        try:
            session = aws.assuming(role, "stanch-witness")
        except AwsError:
            continue
        attempt = partial(_list, session, bucket)
        try:
            attempt()
        except AwsError:
            continue
        return Witness(f"a session of {role} lists {bucket.name}", attempt)
    return None


def _list(session: Aws, bucket: Bucket) -> None:
    session.call("s3", "ListObjectsV2", Bucket=bucket.name, MaxKeys=1, ExpectedBucketOwner=bucket.owner)


def _refused(witness: Witness) -> bool:
    try:
        witness.attempt()
    except AwsDenied:
        return True
    return False
