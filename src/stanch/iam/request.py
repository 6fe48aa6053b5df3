"""A request is a caller, an action, a resource and the condition keys that AWS knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CallerKind = Literal["anonymous", "user", "role-session", "root", "service", "federated"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    account: 12 digits; None for an anonymous caller and for a service.
    arn: of the user, the root, the role session (`...:assumed-role/Role/session`) or the federated user; for one who
        signs in through a provider, the provider as a trust policy names it (an ARN, or `accounts.google.com`).
    role_arn: the role behind a session with its path, which the session's ARN lacks; the user behind a federated user.
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


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    action: `service:Action`, any case.
    resource: the ARN, or `*` for an action that has no resource.
    resource_account: who owns the resource; None when it belongs to nobody or to the caller's own account.
    context: condition keys in any case, each with its values; a key the request lacks is absent here too.
    """

    caller: Caller
    action: str
    resource: str
    resource_account: str | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key, values in self.context.items():
            # A bare string is a sequence of its letters, and would match nothing, silently.
            if not isinstance(values, tuple):
                raise TypeError(f"context[{key!r}] is {type(values).__name__}; give a tuple of strings")
