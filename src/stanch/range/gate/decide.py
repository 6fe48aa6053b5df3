"""A request passes when every permission it needs is allowed, and nothing denies it.

The decision itself is `stanch.iam`'s; here the request is put into its terms, and its answer into AWS's words.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from stanch.iam import Decision, Policy, Request, evaluate
from stanch.range.gate.access_points import point_grants
from stanch.range.gate.context import request_context
from stanch.range.gate.directory import find_role_by_arn, trust_policy
from stanch.range.gate.documents import refuse_malformed
from stanch.range.gate.function_policies import policy_of
from stanch.range.gate.identity import Identity
from stanch.range.gate.needs_s3 import find_bucket
from stanch.range.gate.organization import fences
from stanch.range.gate.permission import Need
from stanch.range.gate.public_access import bucket_grants, refuse_publishing
from stanch.range.gate.refusal import Refusal
from stanch.range.request.call import Call
from stanch.range.request.position import Position

UNSIGNED = ("s3",)
"""Services that answer requests without a signature."""


def decide(call: Call, identity: Identity, place: Position, needed: Sequence[Need], now: datetime) -> None:
    """Let the call pass, or raise Refusal."""
    if identity.account is None and call.prefix not in UNSIGNED:
        if call.operation.startswith("AssumeRoleWith"):
            raise Refusal("AccessDenied", f"Not authorized to perform sts:{call.operation}")
        raise Refusal("MissingAuthenticationToken", "Request is missing Authentication Token")
    context = request_context(call, identity, place, now)
    for need in needed:
        decision = _decide_one(call, identity, need, {**context, **need.context})
        if not decision.allowed:
            raise _refusal(call, identity, need, decision)
    bucket = find_bucket(call.text("Bucket")) if call.service == "s3" else None
    if bucket is not None:
        refuse_publishing(call, bucket)
    refuse_malformed(call)


def _decide_one(call: Call, identity: Identity, need: Need, context: Mapping[str, tuple[str, ...]]) -> Decision:
    account = need.account or identity.account
    resource_policy: Policy | None = None
    if need.resource_policy == "bucket":
        bucket, key = find_bucket(need.resource_bucket), need.resource.partition("/")[2]
        resource_policy = bucket_grants(bucket, key or None, identity.account) if bucket else None
    elif need.resource_policy == "trust":
        role = find_role_by_arn(need.resource)
        resource_policy = trust_policy(role) if role else None
        if resource_policy is None:
            return Decision("ImplicitlyDenied", ("resource",), ("no such role, or nobody is trusted by it",))
    elif need.resource_policy == "function":
        resource_policy = policy_of(need.resource)
    elif need.resource_policy == "access-point":
        resource_policy = point_grants(need.resource, identity.account)
    request = Request(
        identity.caller, need.action, need.resource, account, {**context, "aws:ResourceAccount": (account or "",)}
    )
    return evaluate(
        request,
        identity=identity.policies,
        boundary=identity.boundary,
        session=identity.session_policy,
        resource_policy=resource_policy,
        scps=fences(identity.account),
    )


WHY = {
    "scp": "no service control policy allows",
    "pb": "no permissions boundary allows",
    "session": "no session policy allows",
    "resource": "no resource-based policy allows",
    "identity": "no identity-based policy allows",
}
EXPLICIT = {
    "scp": "a service control policy",
    "pb": "a permissions boundary",
    "session": "a session policy",
    "resource": "a resource-based policy",
    "identity": "an identity-based policy",
}


def _refusal(call: Call, identity: Identity, need: Need, decision: Decision) -> Refusal:
    writes = not call.operation.startswith(("Describe", "List", "Get"))
    if identity.account is None or (call.prefix == "s3" and need.account not in (None, identity.account)):
        return Refusal("AccessDenied", "Access Denied")
    blocked = next((kind for kind in EXPLICIT if kind in decision.blocked_by), "identity")
    if decision.result == "ExplicitlyDenied":
        reason = f"with an explicit deny in {EXPLICIT[blocked]}"
    else:
        reason = f"because {WHY[blocked]} the {need.action} action"
    where = f" on resource: {need.resource}" if need.resource != "*" else ""
    message = f"User: {identity.caller.arn} is not authorized to perform: {need.action}{where} {reason}"
    if call.prefix == "sts":
        # STS does not say which side refused: the trust policy of another account is not the caller's to read.
        message = f"User: {identity.caller.arn} is not authorized to perform: {need.action}{where}"
    return Refusal("AccessDenied", message, encoded=writes)
