"""An ARN names one AWS resource: arn:partition:service:region:account:resource.

The partition is read, never assumed: `aws`, `aws-eusc`, `aws-us-gov` and `aws-cn` are equal here.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self


class ArnError(ValueError):
    """The text is not an ARN; the message says what is missing."""


# Words that another service uses for something else.
_TOLD_APART = {
    ("codeartifact", "repository"): "package-repository",
    ("datasync", "task"): "transfer-task",
    ("ecr", "registry"): "image-registry",
    ("rds", "cluster"): "db-cluster",
    ("rds", "snapshot"): "db-snapshot",
    ("litellm", "key"): "gateway-key",
}


@dataclass(frozen=True, slots=True)
class Arn:
    """One ARN, split at its first five colons; `resource` keeps any later colon and slash."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `text`; raises ArnError unless it has all six parts and a partition, a service and a resource."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            raise ArnError(f"{text!r} is not an ARN (arn:partition:service:region:account:resource)")
        if not (parts[1] and parts[2] and parts[5]):
            raise ArnError(f"{text!r} lacks its partition, service or resource")
        return cls(*parts[1:])

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    @property
    def kind(self) -> str:
        """`role`, `user`, `bucket`, `object`, `instance` ... ; the service's own word where there is no better one."""
        if self.service == "s3":
            if self.account and self.resource.startswith("accesspoint/"):
                return "accesspoint"
            return "object" if "/" in self.resource else "bucket"
        if self.service == "sts" and self.resource.startswith("assumed-role/"):
            return "session"
        word = re.split(r"[/:]", self.resource, maxsplit=1)[0]
        if self.service == "sqs":
            return "queue"
        if self.service == "sns" and "/" not in self.resource:
            return "subscription" if ":" in self.resource else "topic"
        return _TOLD_APART.get((self.service, word), word)

    @property
    def name(self) -> str:
        """The last part of the resource: a role's name without its path, an instance's id."""
        if self.service == "s3":
            return self.resource
        if self.kind == "session":
            return self.resource.split("/")[1]
        return re.split(r"[/:]", self.resource)[-1]


def role_of_session(arn: str) -> str | None:
    """The IAM role behind an STS session ARN, or None.

    STS drops the role's path, so for a role with one this is its name under `/`; compare it with `pathless`.
    """
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "sts" or not parts[5].startswith("assumed-role/"):
        return None
    role = parts[5].split("/")[1]
    return f"arn:{parts[1]}:iam::{parts[4]}:role/{role}"


def pathless(role: str) -> str:
    """A role's ARN, or the pattern of one, without its path: as the ARN of its session tells it.

    An account has one role of a name, whatever its path. A pattern that leaves the name open stays as it is.
    """
    head, found, rest = role.partition(":role/")
    name = rest.rpartition("/")[2]
    return role if "*" in name or "?" in name else f"{head}{found}{name}"


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern), re.DOTALL)


def like(pattern: str, text: str) -> bool:
    """Match an estate's ARN pattern, `*` for any run of characters and `?` for one; case counts.

    The pattern is the operator's own (stanch.toml), never an attacker's: a policy's patterns go through `stanch.iam`.
    """
    return _compiled(pattern).fullmatch(text) is not None
