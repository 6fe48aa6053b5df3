"""An ARN says what kind of caller it is: a user, a role, a session, the account itself, or an identity provider."""

from collections.abc import Mapping

from stanch.iam.accounts import is_account, read_arn
from stanch.iam.request import Caller

_SIGN_IN = ("sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
_PROVIDERS = ("oidc-provider/", "saml-provider/")
_SERVICE_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".aws.internal")


class CallerError(ValueError):
    """The text names no caller; the message says what would."""


def caller_of(principal: str, action: str = "", context: Mapping[str, tuple[str, ...]] | None = None) -> Caller:
    """Read a caller from an ARN, an account's id (its root user), or the name of a service or an identity provider.

    action: in any case; only to sign in does a name such as `cognito-identity.amazonaws.com` mean a provider.
    context: the request's, in which aws:PrincipalArn tells the path of a session's role.
    Raises CallerError.
    """
    if is_account(principal):
        return Caller("root", principal)
    if principal.startswith("arn:"):
        return _of_arn(principal, context or {})
    signs_in = action.lower() in _SIGN_IN and "." in principal
    if principal.endswith(_SERVICE_DOMAINS) and not (signs_in and principal.startswith("cognito-identity.")):
        return Caller("service", service=principal)
    if signs_in:
        return Caller("federated", arn=principal)
    raise CallerError(
        f"{principal[:80]!a} is no principal; give the ARN of a user, role, session or root, or service.amazonaws.com"
    )


def _of_arn(text: str, context: Mapping[str, tuple[str, ...]]) -> Caller:
    arn = read_arn(text)
    if arn is not None and is_account(arn.account):
        kind, slash, rest = arn.resource.partition("/")
        match arn.service, kind:
            case "iam", "root" if not slash:
                return Caller("root", arn.account, text)
            case "iam", "user" if rest:
                return Caller("user", arn.account, text)
            case "iam", "role" if rest:
                return Caller("role-session", arn.account, text, role_arn=text)
            case "sts", "assumed-role" if rest.count("/") == 1:
                return _session(Caller("role-session", arn.account, text), context)
            case "sts", "federated-user" if rest:
                return Caller("federated", arn.account, text)
            case "iam", _ if arn.resource.startswith(_PROVIDERS):
                return Caller("federated", arn.account, text)
    raise CallerError(
        f"{text[:120]!a} is the ARN of no caller; give that of a user, role, role session, federated user or root"
    )


def _session(session: Caller, context: Mapping[str, tuple[str, ...]]) -> Caller:
    """The session with its role, if the request's own aws:PrincipalArn names one that may be it."""
    told = next((values for key, values in context.items() if key.lower() == "aws:principalarn"), ())
    arn = read_arn(told[0]) if len(told) == 1 else None
    if arn is not None and arn.service == "iam" and arn.resource.startswith("role/"):
        name = arn.resource.rpartition("/")[2]
        if session.role_without_path == f"arn:{arn.partition}:iam::{arn.account}:role/{name}":
            return Caller("role-session", session.account, session.arn, role_arn=told[0])
    return session
