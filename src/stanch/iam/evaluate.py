"""AWS decides a request in one order: an explicit deny anywhere, then every fence, then the grants.

IAM User Guide, "Policy evaluation logic". Exact for one request whose context is known.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from stanch.iam.matching import applies
from stanch.iam.policy import Policy, Statement
from stanch.iam.principals import Grant, denies, grant
from stanch.iam.request import Caller, Request
from stanch.iam.variables import Context

Result = Literal["Allowed", "ImplicitlyDenied", "ExplicitlyDenied"]
Layer = Literal["scp", "pb", "identity", "resource", "session"]

_TITLES: dict[Layer, str] = {
    "scp": "service control policy",
    "pb": "permissions boundary",
    "identity": "identity policy",
    "resource": "resource policy",
    "session": "session policy",
}
_ROLE_ACTIONS = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity")
_BUCKET_POLICY_ACTIONS = ("s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy")


@dataclass(frozen=True, slots=True)
class Decision:
    """What AWS would answer.

    blocked_by: every layer in the way, by a deny or for want of an allow; () when allowed.
    because: the statements that decided, in words; a Sid in them comes from the document as it is.
    """

    result: Result
    blocked_by: tuple[Layer, ...] = ()
    because: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the request goes through."""
        return self.result == "Allowed"


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one layer says of the request. grant: the strength of a resource policy's best allow."""

    allows: tuple[str, ...] = ()
    denies: tuple[str, ...] = ()
    grant: Grant = Grant.NONE


@dataclass(frozen=True, slots=True)
class _Question:
    """A request with its keys in lower case, and the layers that exist for it."""

    request: Request
    context: Context
    boundary: Policy | None
    session: Policy | None

    @property
    def own_account(self) -> bool:
        return self.request.resource_account in (None, self.request.caller.account)


def evaluate(
    request: Request,
    *,
    identity: Sequence[Policy] = (),
    boundary: Policy | None = None,
    session: Policy | None = None,
    resource_policy: Policy | None = None,
    scps: Sequence[Sequence[Policy]] = (),
) -> Decision:
    """Decide one request.

    identity: all policies of the user or role, inline ones and its groups' among them.
    resource_policy: the resource's own; for `sts:AssumeRole` the role's trust policy; for a KMS key its key policy.
    scps: one sequence a level, from the root of the organisation down to the account; () for the management account
        and outside an organisation. Each level must allow.
    A layer that is not given does not exist. The context must hold the keys that AWS would set: none is added.
    """
    if request.action.lower() == "sts:getcalleridentity" and request.caller.kind != "anonymous":
        return Decision("Allowed", because=("sts:GetCallerIdentity needs no permission and cannot be denied",))
    question = _Question(request, _lower_keys(request), boundary, session)
    levels = [_read(level, "scp", question) for level in scps] if _bound_by_scps(request.caller) else []
    readings: dict[Layer, _Reading] = {
        "scp": _Reading(denies=tuple(reason for level in levels for reason in level.denies)),
        "pb": _read([boundary] if boundary else (), "pb", question),
        "identity": _read(identity, "identity", question),
        "resource": _read_resource(resource_policy, question),
        "session": _read([session] if session else (), "session", question),
    }
    missing = set(_missing(question, readings))
    if not all(level.allows for level in levels):
        missing.add("scp")
    denying = tuple(reason for reading in readings.values() for reason in reading.denies)
    blocked_by = tuple(layer for layer, reading in readings.items() if reading.denies or layer in missing)
    if blocked_by:
        asked = f"{request.action} on {request.resource}"
        wanting = tuple(f"no {_TITLES[layer]} allows {asked}" for layer in blocked_by if layer in missing)
        return Decision("ExplicitlyDenied" if denying else "ImplicitlyDenied", blocked_by, denying + wanting)
    return Decision("Allowed", because=readings["resource"].allows + readings["identity"].allows)


def _missing(question: _Question, readings: dict[Layer, _Reading]) -> tuple[Layer, ...]:
    """The layers that would have to allow and do not."""
    caller, strength = question.request.caller, readings["resource"].grant
    if caller.kind in ("anonymous", "service") or caller.signs_in:
        return () if strength else ("resource",)
    if caller.kind == "root" and question.request.action.lower() == "sts:assumerole":
        return ("identity",)  # AWS lets no root user assume a role, whatever the policies say
    if question.own_account and strength is Grant.DIRECT:
        return ()
    allowing: dict[Layer, bool] = {
        "pb": question.boundary is None or bool(readings["pb"].allows),
        "session": question.session is None or bool(readings["session"].allows),
    }
    if not (question.own_account and strength is Grant.ROLE):
        allowing["identity"] = caller.kind == "root" or bool(readings["identity"].allows)
        if not question.own_account or _rests_on_resource_policy(question.request):
            allowing["resource"] = strength is not Grant.NONE
    return tuple(layer for layer in _TITLES if not allowing.get(layer, True))


def _rests_on_resource_policy(request: Request) -> bool:
    """Roles and KMS keys trust nobody, not even their own account, unless their own policy says so."""
    action = request.action.lower()
    if action.startswith(_ROLE_ACTIONS):
        return ":role/" in request.resource
    return action.startswith("kms:") and ":key/" in request.resource


def _bound_by_scps(caller: Caller) -> bool:
    if caller.account is None or caller.kind in ("anonymous", "service") or caller.signs_in:
        return False
    return ":role/aws-service-role/" not in (caller.role_arn or "")


def _read(policies: Iterable[Policy], layer: Layer, question: _Question) -> _Reading:
    found: dict[str, list[str]] = {"Allow": [], "Deny": []}
    for number, policy in enumerate(policies, 1):
        for place, statement in _applying(policy, question):
            found[statement.effect].append(f"{_TITLES[layer]} {number}, {place}")
    return _Reading(tuple(found["Allow"]), tuple(found["Deny"]))


def _read_resource(policy: Policy | None, question: _Question) -> _Reading:
    caller, title = question.request.caller, _TITLES["resource"]
    allowing: list[str] = []
    denying: list[str] = []
    best = Grant.NONE
    for place, statement in _applying(policy, question) if policy else ():
        if statement.effect == "Allow" and (strength := grant(statement, caller)):
            allowing.append(f"{title}, {place}")
            best = max(best, strength)
        elif statement.effect == "Deny" and denies(statement, caller, bounded=question.boundary is not None):
            denying.append(f"{title}, {place}")
    return _Reading(tuple(allowing), () if _root_rescues_bucket(question) else tuple(denying), best)


def _root_rescues_bucket(question: _Question) -> bool:
    """S3 lets the owner's root user read, replace and delete a bucket policy that denies it; else nobody could."""
    request = question.request
    return request.caller.kind == "root" and question.own_account and request.action.lower() in _BUCKET_POLICY_ACTIONS


def _applying(policy: Policy, question: _Question) -> Iterator[tuple[str, Statement]]:
    request = question.request
    for index, statement in enumerate(policy.statements):
        if applies(statement, request.action, request.resource, question.context):
            named = f" ({statement.sid})" if statement.sid else ""
            effect = "allows" if statement.effect == "Allow" else "denies"
            yield f"Statement[{index}]{named} {effect} {request.action}", statement


def _lower_keys(request: Request) -> Context:
    lowered: dict[str, tuple[str, ...]] = {}
    for key, values in request.context.items():
        lowered[key.lower()] = lowered.get(key.lower(), ()) + tuple(values)
    return lowered
