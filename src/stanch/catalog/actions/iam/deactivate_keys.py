"""A user's sessions live up to 36 hours after its keys are switched off; only a Deny on the user ends them."""

from typing import Any

from stanch.catalog.actions._document import deny_all, same
from stanch.catalog.actions._names import name_of
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.iam import _deny, _principal
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("user",)
PHASE = Phase.IDENTITY
AFFECTS = Affects.USERS
PERMISSIONS = (
    "iam:GetUser",
    "iam:ListAccessKeys",
    "iam:UpdateAccessKey",
    "iam:GetUserPolicy",
    "iam:PutUserPolicy",
    "iam:DeleteUserPolicy",
    "iam:SimulatePrincipalPolicy",
)

_TEXT = deny_all("StanchDeniedUser")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses the responder's own user."""
    arn = _principal.editable_user(aws, resource, case.responder)
    policy = _deny.of_user(case.incident)
    keys = _keys(aws, resource.name)
    active = [key for key, status in keys.items() if status == "Active"]
    return Plan(
        resource=arn,
        before={"policy": _deny.inline_policy(aws, "User", resource.name, policy), "keys": keys},
        calls=(
            f"iam:PutUserPolicy on {resource.name}: inline policy {policy}, Deny * on *",
            *(
                f"iam:UpdateAccessKey {key} of {resource.name}: Inactive (not deleted: it is evidence)"
                for key in active
            ),
        ),
        undo=f"iam:UpdateAccessKey to Active for {', '.join(active) or 'no key'}; iam:DeleteUserPolicy {policy}",
        breaks=(
            f"whatever runs with a key, a password or a session of {resource.name} is refused everything",
            "sessions it opened in other roles live on: they are steps of their own",
        ),
        settings={"policy": policy},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"policy": text | None, "keys": {id: Active | Inactive}}`."""
    user = name_of(step)
    return {"policy": _deny.inline_policy(aws, "User", user, step.settings["policy"]), "keys": _keys(aws, user)}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Deny first, for that stops every credential at once; then each key that is active."""
    user = name_of(step)
    try:
        _deny.put_inline(aws, "User", user, step.settings["policy"], _TEXT, wait)
    finally:
        # A full policy quota, which the thief can fill, must not keep the keys alive.
        _set_keys(aws, user, _active(aws, user), "Inactive", wait)
    return None  # the user's credentials are the thief's to try, not ours


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """AWS's simulator refuses the user; no key is active, none made since included."""
    user = name_of(step)
    active = _active(aws, user)
    if active:
        return Proof(False, Method.STATE, (f"active keys of {user}: {', '.join(active)}",))
    keys = f"every access key of {user} is Inactive: {', '.join(_keys(aws, user)) or 'it has none'}"
    if not settled(lambda: _denied(aws, step), wait):
        return Proof(False, Method.STATE, (f"the policy {step.settings['policy']} is not there as it was written",))
    decided = _deny.decision(aws, step.resource)
    if decided is None:
        return Proof(True, Method.STATE, (keys, "the Deny is in place; the policy simulator could not be asked"))
    holds = settled(lambda: _deny.decision(aws, step.resource) == "explicitDeny", wait)
    told = f"simulated s3:GetObject as {user}: {'explicitDeny' if holds else decided}"
    return Proof(holds, Method.SIMULATION, (told, keys))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Reactivate the keys that were active, and only those; then take the Deny away."""
    user, before = name_of(step), step.before or {}
    was: dict[str, Any] = dict(before.get("keys") or {})
    keys = _keys(aws, user)
    back = [key for key, status in was.items() if status == "Active" and keys.get(key) == "Inactive"]
    _set_keys(aws, user, back, "Active", wait)
    _deny.restore_inline(aws, "User", user, step.settings["policy"], before.get("policy"), wait)


def _keys(aws: Aws, user: str) -> dict[str, str]:
    listed = aws.pages("iam", "ListAccessKeys", "AccessKeyMetadata", UserName=user)
    return {str(key["AccessKeyId"]): str(key["Status"]) for key in sorted(listed, key=lambda k: str(k["AccessKeyId"]))}


def _active(aws: Aws, user: str) -> list[str]:
    return [key for key, status in _keys(aws, user).items() if status == "Active"]


def _set_keys(aws: Aws, user: str, keys: list[str], status: str, wait: Wait) -> None:
    for key in keys:
        aws.call("iam", "UpdateAccessKey", UserName=user, AccessKeyId=key, Status=status)
    if keys:
        settled(lambda: all(_keys(aws, user).get(key) == status for key in keys), wait)


def _denied(aws: Aws, step: Step) -> bool:
    return same(_deny.inline_policy(aws, "User", name_of(step), step.settings["policy"]), _TEXT)
