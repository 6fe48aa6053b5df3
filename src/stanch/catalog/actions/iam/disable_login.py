"""A console password opens a session of twelve hours; it can be taken away, and nobody can ever read it to restore it.

Blind to: a console session that is open already. Only a Deny on the user binds that (iam/deactivate_keys).
"""

import secrets
import string
from contextlib import suppress
from typing import Any

from stanch.catalog.actions._names import name_of
from stanch.catalog.actions._settle import patiently, settled
from stanch.catalog.actions.iam import _principal
from stanch.contracts.action import Affects, Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("user",)
PHASE = Phase.IDENTITY
AFFECTS = Affects.USERS
PERMISSIONS = (
    "iam:GetUser",
    "iam:GetLoginProfile",
    "iam:DeleteLoginProfile",
    "iam:CreateLoginProfile",
    "iam:ListMFADevices",
)

# IAM's answer while it still works on what was changed a moment ago.
_BUSY = ("EntityTemporarilyUnmodifiable",)
_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@#$%^&*()_+-=[]{}|'")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses the responder's own user; needless where there is no password."""
    name = resource.name
    arn = _principal.editable_user(aws, resource, case.responder)
    profile = _profile(aws, name)
    if profile is None:
        raise Needless(f"{name} has no console password")
    return Plan(
        resource=arn,
        before=_picture(profile),
        calls=(f"iam:DeleteLoginProfile of {name}{_since(profile['CreateDate'], case)}",),
        undo=(
            f"iam:CreateLoginProfile for {name} with a random password that is not kept: "
            "a person must then give the user a new one"
        ),
        breaks=(
            f"{name} can no longer sign in to the console; the password is lost for good",
            "NOT cut: a console session that is open already (iam/deactivate_keys denies the user everything)",
            *_devices(aws, name, case),
        ),
    )


def read(aws: Aws, step: Step) -> State:
    """`{"password": None | {"reset_required": bool}}`; AWS shows neither the password nor that it was changed."""
    return _picture(_profile(aws, name_of(step)))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Take the password away."""
    if _profile(aws, name_of(step)) is not None:
        patiently(lambda: _delete(aws, name_of(step)), _BUSY, wait)
    settled(lambda: _profile(aws, name_of(step)) is None, wait)
    return None  # the password is the user's, or the thief's: not ours to try


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: there is no password to sign in with."""
    name = name_of(step)
    if settled(lambda: _profile(aws, name) is None, wait):
        return Proof(True, Method.STATE, (f"iam:GetLoginProfile: {name} has no console password",))
    return Proof(False, Method.STATE, (f"{name} has a console password: somebody made another",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """A password again where there was one; nobody knows it until a person sets another."""
    name, was = name_of(step), (step.before or {}).get("password")
    if was is None or _profile(aws, name) is not None:
        return
    given: dict[str, Any] = {"Password": _unknown(), "PasswordResetRequired": bool(was["reset_required"])}
    patiently(lambda: aws.call("iam", "CreateLoginProfile", UserName=name, **given), _BUSY, wait)
    settled(lambda: _profile(aws, name) is not None, wait)


def _profile(aws: Aws, user: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = aws.call("iam", "GetLoginProfile", UserName=user)["LoginProfile"]
    except AwsAbsent:
        return None
    return found


def _picture(profile: dict[str, Any] | None) -> State:
    return {"password": None if profile is None else {"reset_required": bool(profile.get("PasswordResetRequired"))}}


def _delete(aws: Aws, user: str) -> None:
    with suppress(AwsAbsent):
        aws.call("iam", "DeleteLoginProfile", UserName=user)


def _devices(aws: Aws, user: str, case: Case) -> tuple[str, ...]:
    """The MFA devices of the user that are younger than the incident: with one, an intruder keeps the owner out."""
    if case.since is None:
        return ()
    young = [
        d for d in aws.pages("iam", "ListMFADevices", "MFADevices", UserName=user) if d["EnableDate"] >= case.since
    ]
    return tuple(
        f"NOT taken away: MFA device {device['SerialNumber']}, added {device['EnableDate']:%Y-%m-%d %H:%M:%S}Z, since "
        "the incident began: deactivate it by hand before the user gets a new password"
        for device in young
    )


def _since(made: Any, case: Case) -> str:
    young = case.since is not None and made >= case.since
    return f", made {made:%Y-%m-%d %H:%M:%S}Z since the incident began" if young else ""


def _unknown() -> str:
    """A password of the longest kind, with every class of character that an account may ask for; it is never kept."""
    letters = [secrets.choice(each) for each in _CLASSES] + [secrets.choice("".join(_CLASSES)) for _ in range(60)]
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)
