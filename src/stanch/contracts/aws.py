"""AWS as an action sees it: named operations in, plain data out, four kinds of failure."""

from collections.abc import Mapping
from typing import Any, Protocol


class AwsError(Exception):
    """A call that AWS did not carry out; `code` is AWS's own word, `operation` is `iam:PutRolePolicy`."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.operation = operation
        self.code = code
        self.message = message


class AwsDenied(AwsError):
    """Refused for lack of a permission, or because the credentials are not valid."""


class AwsAbsent(AwsError):
    """The resource does not exist (any more)."""


class AwsUnreachable(AwsError):
    """No answer: no network, wrong endpoint, no credentials to sign with."""


class Aws(Protocol):
    """One caller in one account. Every call goes through here: counted, retried when throttled, errors translated."""

    @property
    def partition(self) -> str:
        """The partition of the caller's region: `aws`, `aws-eusc`, ..."""

    @property
    def region(self) -> str:
        """The caller's region."""

    @property
    def account(self) -> str:
        """The caller's 12-digit account."""

    @property
    def caller(self) -> str:
        """The caller's own ARN."""

    def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        """Call one operation by its API name, as in `call("iam", "PutRolePolicy", RoleName=...)`.

        The first two are told by position alone, for there are APIs with a parameter `service`.

        Returns the answer without ResponseMetadata; raises AwsError or one of its kinds.
        """

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        """Call an operation to its last page and return all items under `key`."""

    def anonymous(self) -> "Aws":
        """The same door without credentials: what a stranger can do."""

    def assuming(self, role: str, session: str) -> "Aws":
        """The same door with a fresh session of a role; raises AwsDenied when its trust does not admit the caller."""

    def at(self, region: str) -> "Aws":
        """The same caller in another region."""


Answer = Mapping[str, Any]
