"""STS issues credentials that expire; moto issues constant ones, or forgets when it issued them."""

# ruff: noqa: SLF001 - the names are moto's, and it has no public ones for this

from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.exceptions import AccessDeniedError
from moto.core.responses import ActionResult
from moto.sts.exceptions import STSValidationError
from moto.sts.responses import TokenResponse

from stanch.range.gate.directory import document_text, find_role_by_arn, managed_policy
from stanch.range.gate.identity import Identity, holder
from stanch.range.gate.sessions import Session, Sessions
from stanch.range.patches.replacing import replaces

HOUR = 3600
"""Seconds; the longest that a role opened by another role's session lives."""

DAY_AND_A_HALF = 129_600
"""Seconds; the longest that a user's own session lives."""


def install(sessions: Sessions) -> None:
    """Let STS issue its credentials from this register."""

    @replaces(TokenResponse, "assume_role")
    def assume_role(self: Any) -> ActionResult:
        role = find_role_by_arn(self._get_param("RoleArn") or "")
        if role is None:
            raise AccessDeniedError("", "sts:AssumeRole")
        chained = holder(self.get_access_key(), sessions).caller.kind == "role-session"
        lifetime = _lifetime(self, HOUR, HOUR if chained else int(role.max_session_duration or HOUR))
        place = (str(role.account_id), str(role.partition))
        name = self._get_param("RoleSessionName")
        session = sessions.issue("role", place, str(role.name), name, _now(), lifetime, _session_policies(self, place))
        arn = f"arn:{place[1]}:sts::{place[0]}:assumed-role/{role.name}/{name}"
        return ActionResult(
            {
                "Credentials": _credentials(session),
                "AssumedRoleUser": {"AssumedRoleId": f"{role.id}:{name}", "Arn": arn},
            }
        )

    @replaces(TokenResponse, "get_session_token")
    def get_session_token(self: Any) -> ActionResult:
        caller = _user(self, sessions)
        place = (str(caller.account), caller.partition)
        name = str(caller.user_name)
        session = sessions.issue("user", place, name, name, _now(), _lifetime(self, 43_200, DAY_AND_A_HALF))
        return ActionResult({"Credentials": _credentials(session)})

    @replaces(TokenResponse, "get_federation_token")
    def get_federation_token(self: Any) -> ActionResult:
        caller = _user(self, sessions)
        place = (str(caller.account), caller.partition)
        name = self._get_param("Name")
        lifetime = _lifetime(self, 43_200, DAY_AND_A_HALF)
        # Without a session policy a federated user has no permission at all.
        policies = _session_policies(self, place) or []
        session = sessions.issue("federated", place, str(caller.user_name), name, _now(), lifetime, policies)
        arn = f"arn:{caller.partition}:sts::{caller.account}:federated-user/{name}"
        user = {"FederatedUserId": f"{caller.account}:{name}", "Arn": arn}
        return ActionResult({"Credentials": _credentials(session), "FederatedUser": user})

    @replaces(TokenResponse, "get_caller_identity")
    def get_caller_identity(self: Any) -> ActionResult:
        identity = holder(self.get_access_key(), sessions)
        account = identity.account or self.current_account
        arn = identity.caller.arn or f"arn:{self.partition}:iam::{account}:root"
        return ActionResult({"UserId": identity.principal_id or account, "Account": account, "Arn": arn})


def _now() -> datetime:
    return datetime.now(UTC)


def _user(response: Any, sessions: Sessions) -> Identity:
    identity = holder(response.get_access_key(), sessions)
    if identity.caller.kind != "user" or identity.session is not None:
        raise AccessDeniedError(identity.caller.arn or "", "sts:GetSessionToken")
    return identity


def _lifetime(response: Any, usual: int, longest: int) -> timedelta:
    seconds = response._get_int_param("DurationSeconds", usual)
    if not 900 <= seconds <= longest:
        raise STSValidationError(
            f"The requested DurationSeconds exceeds the limits 900 to {longest} set for this session."
        )
    return timedelta(seconds=seconds)


def _session_policies(response: Any, place: tuple[str, str]) -> list[str] | None:
    arns = [entry["arn"] for entry in response._get_param("PolicyArns", []) or []]
    managed = [policy for arn in arns if (policy := managed_policy(*place, arn)) is not None]
    inline = response._get_param("Policy")
    if inline is None and not arns:
        return None
    return ([inline] if inline else []) + [document_text(policy.to_json()) for policy in managed]


def _credentials(session: Session) -> dict[str, Any]:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": session.expires.replace(tzinfo=None),
    }
