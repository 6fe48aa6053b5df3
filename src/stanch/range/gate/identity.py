"""An access key says who is calling: a user, a session of a role, or nobody at all.

Long-term keys start with `AKIA`, temporary ones with `ASIA` and need their session token beside them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stanch.iam import Caller, Policy, parse
from stanch.range.gate import directory
from stanch.range.gate.refusal import Refusal
from stanch.range.gate.sessions import Session, Sessions
from stanch.range.request.call import Http
from stanch.range.request.signature import SignatureError, is_signed, session_token, verify

INVALID_KEY = Refusal("InvalidClientTokenId", "The security token included in the request is invalid.")
SIGNATURES = {
    "mismatch": Refusal(
        "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."
    ),
    "expired": Refusal("AccessDenied", "Request has expired"),
    "body": Refusal(
        "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.", 400
    ),
    "unsupported": Refusal(
        "InvalidRequest",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        400,
    ),
}


@dataclass(frozen=True)
class Identity:
    """Who signed a request, and every policy that speaks for or against them."""

    caller: Caller
    partition: str = "aws"
    access_key_id: str = ""
    principal_id: str = ""
    user_name: str | None = None
    session: Session | None = None
    principal: Any = None
    """The user or role in the account's IAM."""

    @property
    def account(self) -> str | None:
        """12 digits; None for an anonymous caller."""
        return self.caller.account

    @property
    def policies(self) -> list[Policy]:
        """The identity policies, read now: a change bites at the next request."""
        if self.account is None or self.principal is None:
            return []
        return directory.identity_policies(self.account, self.partition, self.principal)

    @property
    def boundary(self) -> Policy | None:
        """The permissions boundary, if there is one."""
        if self.account is None or self.principal is None:
            return None
        return directory.boundary(self.account, self.partition, self.principal)

    @property
    def session_policy(self) -> Policy | None:
        """All session policies as one: a request needs one of them to allow it, and none to deny it."""
        if self.session is None or self.session.policies is None:
            return None
        documents = [policy for text in self.session.policies if (policy := directory.read_policy(text))]
        return parse({"Version": "2012-10-17", "Statement": [dict(s.raw) for p in documents for s in p.statements]})


ANONYMOUS = Identity(Caller(kind="anonymous"))


def identify(http: Http, sessions: Sessions, now: datetime) -> Identity:
    """Who signed this request? Raises Refusal when the key, the token or the signature does not hold."""
    if not is_signed(http):
        return ANONYMOUS
    if not http.scope:
        raise SIGNATURES["unsupported"]
    identity, secret = _owner(http.scope[0], http, sessions, now)
    try:
        verify(http, secret, now)
    except SignatureError as error:
        raise SIGNATURES[error.reason] from error
    return identity


def holder(key: str, sessions: Sessions) -> Identity:
    """Whose key this is, whether or not it may still be used; nobody for an unknown key."""
    session = sessions.get(key)
    if session is not None:
        return of_session(session) or ANONYMOUS
    owner = directory.key_owner(key)
    return _of_user(*owner[:3], key) if owner else ANONYMOUS


def _owner(key: str, http: Http, sessions: Sessions, now: datetime) -> tuple[Identity, str]:
    session = sessions.get(key)
    if session is not None:
        if session_token(http) != session.token:
            raise INVALID_KEY
        if now >= session.expires:
            raise Refusal("ExpiredToken", "The provided token has expired.")
        identity = of_session(session)
        if identity is None:
            raise INVALID_KEY
        return identity, session.secret
    owner = directory.key_owner(key)
    if owner is None or owner[3].status != "Active":
        raise INVALID_KEY
    return _of_user(*owner[:3], key), owner[3].secret_access_key


def _of_user(account: str, partition: str, user: Any, key: str) -> Identity:
    caller = Caller(kind="user", account=account, arn=user.arn)
    return Identity(caller, partition, key, user.id, user.name, None, user)


def of_session(session: Session) -> Identity | None:
    """The identity behind temporary credentials; None when their role or user has been deleted."""
    key = session.access_key_id
    if session.kind == "role":
        role = directory.find_role(session.account, session.partition, session.principal)
        if role is None:
            return None
        arn = f"arn:{session.partition}:sts::{session.account}:assumed-role/{role.name}/{session.name}"
        caller = Caller(kind="role-session", account=session.account, arn=arn, role_arn=role.arn)
        return Identity(caller, session.partition, key, f"{role.id}:{session.name}", None, session, role)
    user = directory.find_user(session.account, session.partition, session.principal)
    if user is None:
        return None
    if session.kind == "user":
        caller = Caller(kind="user", account=session.account, arn=user.arn)
        return Identity(caller, session.partition, key, user.id, user.name, session, user)
    arn = f"arn:{session.partition}:sts::{session.account}:federated-user/{session.name}"
    caller = Caller(kind="federated", account=session.account, arn=arn, role_arn=user.arn)
    return Identity(caller, session.partition, key, f"{session.account}:{session.name}", None, session, user)
