"""A permission in IAM is an action on a resource, asked for under conditions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Need:
    """One permission that a call needs.

    `resource` is an ARN, or `*` where the action has none; `account` owns the resource (None: the caller's own);
    `resource_policy` names the kind of policy that sits on the resource; `context` holds the condition keys that only
    this call has.
    """

    action: str
    resource: str = "*"
    account: str | None = None
    resource_policy: Literal["bucket", "trust", "function", "access-point"] | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def resource_bucket(self) -> str | None:
        """The bucket in an S3 ARN."""
        place, _, path = self.resource.partition(":s3:::")
        return path.partition("/")[0] if place != self.resource else None
