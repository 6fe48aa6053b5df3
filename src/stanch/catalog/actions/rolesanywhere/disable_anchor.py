"""Whoever holds the key of a trusted certificate authority issues itself certificates that open sessions of roles.

Blind to: sessions opened already, for those are the role's. The proof is the state read back: a certificate of that
authority is the intruder's to try.
"""

from typing import Any

from stanch.catalog.actions._responder import is_own, own_role
from stanch.catalog.actions._settle import settled
from stanch.contracts.action import Affects, Case, Needless, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step
from stanch.iam import Caller, PolicyError, Request, evaluate, parse

APPLIES_TO = ("trust-anchor", "profile")
PHASE = Phase.IDENTITY
AFFECTS = Affects.USERS
PERMISSIONS = (
    "rolesanywhere:GetTrustAnchor",
    "rolesanywhere:DisableTrustAnchor",
    "rolesanywhere:EnableTrustAnchor",
    "rolesanywhere:GetProfile",
    "rolesanywhere:DisableProfile",
    "rolesanywhere:EnableProfile",
    "iam:GetRole",
)

_STEM = {"trust-anchor": "TrustAnchor", "profile": "Profile"}
_SERVICE = "rolesanywhere.amazonaws.com"


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses the responder's own way in; needless where it is disabled already."""
    if resource.service != "rolesanywhere":
        raise Refused(f"{resource} is no {resource.kind} of IAM Roles Anywhere: there is nothing to disable on it")
    found = _described(aws, resource)
    if not found["enabled"]:
        raise Needless(f"{resource.kind} {found['name']} is disabled already")
    roles = [str(role) for role in found.get("roleArns") or ()]
    if _opens_the_responder(aws, resource, roles, case):
        raise Refused(f"stanch's own role is opened through {resource}: disable it from another one")
    stem = _STEM[resource.kind]
    through = ", ".join(roles) or "the roles that trust it"
    return Plan(
        before={"enabled": True},
        calls=(f"rolesanywhere:Disable{stem} {found['name']} ({resource.name})",),
        undo=f"rolesanywhere:Enable{stem} {found['name']}",
        breaks=(
            f"every workload outside AWS that signs in through {found['name']} gets no new session of {through}",
            "NOT cut: sessions that were opened through it (iam/revoke_sessions on each role)",
        ),
    )


def read(aws: Aws, step: Step) -> State:
    """`{"enabled": bool}`."""
    return {"enabled": bool(_described(aws, Arn.parse(step.resource))["enabled"])}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Disable it."""
    _switch(aws, step, wait, on=False)
    return None  # a certificate of that authority is the intruder's to make


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: it is disabled, and Roles Anywhere opens no session through what is disabled."""
    if settled(lambda: not read(aws, step)["enabled"], wait):
        return Proof(True, Method.STATE, (f"{step.resource} is disabled",))
    return Proof(False, Method.STATE, (f"{step.resource} is enabled: somebody switched it on again",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Enable it, if it was."""
    _switch(aws, step, wait, on=bool((step.before or {}).get("enabled")))


def _switch(aws: Aws, step: Step, wait: Wait, *, on: bool) -> None:
    arn = Arn.parse(step.resource)
    if read(aws, step)["enabled"] != on:
        _call(aws, "Enable" if on else "Disable", arn)
        settled(lambda: read(aws, step)["enabled"] == on, wait)


def _described(aws: Aws, arn: Arn) -> dict[str, Any]:
    return _call(aws, "Get", arn)


def _call(aws: Aws, verb: str, arn: Arn) -> dict[str, Any]:
    stem = _STEM[arn.kind]
    member = f"{stem[0].lower()}{stem[1:]}"
    answer: dict[str, Any] = aws.call("rolesanywhere", f"{verb}{stem}", **{f"{member}Id": arn.name})[member]
    return answer


def _opens_the_responder(aws: Aws, resource: Arn, roles: list[str], case: Case) -> bool:
    """Whether the responder's own role may be opened this way; where its trust cannot be read, a profile tells."""
    if resource.kind == "profile":
        return any(is_own(role, case.responder, aws.caller) for role in roles)
    own = own_role(aws.caller)
    if own is None:
        return False
    try:
        role = aws.call("iam", "GetRole", RoleName=own)["Role"]
        trust = parse(role["AssumeRolePolicyDocument"])
    except (AwsDenied, AwsAbsent, PolicyError):
        return False
    asked = Request(
        Caller("service", service=_SERVICE),
        "sts:AssumeRole",
        str(role["Arn"]),
        context={"aws:SourceArn": (str(resource),), "aws:SourceAccount": (resource.account,)},
        unknown=frozenset({"*"}),
    )
    return evaluate(asked, resource_policy=trust).result in {"Allowed", "Unknown"}
