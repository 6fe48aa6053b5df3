"""A request is a caller, an action, a resource and the condition keys that AWS knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from stanch.domain.arn import role_of_session
from stanch.iam.accounts import read_arn

CallerKind = Literal["anonymous", "user", "role-session", "root", "service", "federated"]


_SERVICE_LINKED = "AWSServiceRoleFor"


@dataclass(frozen=True)
class Caller:
    """Who asks.

    account: 12 digits; None for an anonymous caller and for a service.
    arn: of the user, the root, the role session (`...:assumed-role/Role/session`) or the federated user; for one who
        signs in through a provider, the provider as a trust policy names it (an ARN, or `accounts.google.com`). A role
        whose session has no name yet is its own ARN.
    role_arn: the role behind a session with its path, which the session's ARN lacks; the user behind a federated user.
        None when the path is not known: a role session is then taken for any role of its name.
    service: the principal of a service, as in `cloudtrail.amazonaws.com`.
    """

    kind: CallerKind
    account: str | None = None
    arn: str | None = None
    role_arn: str | None = None
    service: str | None = None

    @property
    def signs_in(self) -> bool:
        """Whether the caller comes straight from an identity provider and is nobody in AWS yet."""
        return self.kind == "federated" and ":federated-user/" not in (self.arn or "")

    @cached_property
    def root_arn(self) -> str | None:
        """The account's own ARN; None when the caller's partition is not known."""
        own = read_arn(self.arn or "")
        return f"arn:{own.partition}:iam::{self.account}:root" if own else None

    @cached_property
    def role_without_path(self) -> str | None:
        """The role of a session as far as its ARN tells."""
        return role_of_session(self.arn or "")

    @property
    def has_role(self) -> bool:
        """Whether somebody stands behind the session: its role, or the user of a federated user, so far as known."""
        return self.role_arn is not None or self.role_without_path is not None

    @cached_property
    def is_service_linked(self) -> bool:
        """Whether the caller is a role that only its AWS service can use; no policy of an organisation binds it."""
        if self.role_arn is not None:
            return ":role/aws-service-role/" in self.role_arn
        return f":role/{_SERVICE_LINKED}" in (self.role_without_path or "")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    action: `service:Action`, any case.
    resource: the ARN, or `*` for an action that has no resource.
    resource_account: who owns the resource; None when it belongs to nobody or to the caller's own account.
    context: condition keys in any case, each with its values; a key the request lacks is absent here too.
    unknown: condition keys in any case of which it is not known whether the request has them and with what values;
        `*` for all that are not in the context.
    """

    caller: Caller
    action: str
    resource: str
    resource_account: str | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for key, values in self.context.items():
            # A bare string is a sequence of its letters, and would match nothing, silently.
            if not isinstance(values, tuple):
                raise TypeError(f"context[{key!r}] is {type(values).__name__}; give a tuple of strings")
