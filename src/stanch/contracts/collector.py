"""A collector reads the configuration of one service: a module with these names, one file each.

What AWS refuses to show is not left out: it stands in the thing as a marker, and in the snapshot's list of unknowns.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")

Answer = Mapping[str, Any]

UNSEEN = "$unseen"
"""The one key of a marker: `{"$unseen": "s3:GetBucketPolicy: AccessDenied"}` stands where a fact could not be seen."""


def unseen(value: Any) -> str | None:
    """Why a fact could not be seen, or None when it could."""
    if isinstance(value, Mapping) and len(value) == 1 and UNSEEN in value:
        return str(value[UNSEEN])
    return None


class Scope(StrEnum):
    """Where a service keeps its things: once for an account, or in each region."""

    ACCOUNT = "account"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing as AWS describes it: `kind` is `service/type` in small letters, `arn` names it in all the estate.

    `data` holds AWS's own field names and values; times become ISO 8601 and bytes text when it is written.
    """

    kind: str
    arn: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A thing with where it was seen; `region` is None for what belongs to the whole account."""

    account: str
    region: str | None
    thing: Thing
    collector: str = ""

    @property
    def file(self) -> str:
        """The file of the snapshot that holds it."""
        return file_of(self.account, self.region, self.collector)


def file_of(account: str, region: str | None, collector: str) -> str:
    """Where a snapshot keeps what a collector saw in a place, `111122223333/account/iam.jsonl`."""
    return f"{account}/{region or 'account'}/{collector.replace('/', '.')}.jsonl"


@dataclass(frozen=True, slots=True)
class Unknown:
    """One look that failed: the operation, AWS's code, the permission that is missing (or None), of what, and where.

    `account` and `collector` are empty in what was written before they were kept; `region` is None as in `Place`.
    """

    operation: str
    code: str
    permission: str | None
    of: str
    why: str
    account: str = ""
    region: str | None = None
    collector: str = ""


class Look(Protocol):
    """One account in one region, looked at by one collector; every failing call becomes an Unknown."""

    @property
    def partition(self) -> str:
        """The partition of the region."""

    @property
    def region(self) -> str:
        """The region that is looked at; for what belongs to the account, the responder's own."""

    @property
    def account(self) -> str:
        """The 12-digit account."""

    def ask(self, service: str, operation: str, /, *, of: str, none: Sequence[str] = (), **params: Any) -> Any:
        """The answer to one call, None where AWS says there is none (the codes in `none`), or a marker.

        A code that means several things is told with the start of its message, `AccessDeniedException: Macie is not`.
        `of` is the ARN (or the service, for a list) that is asked about: it stands in the unknown.
        """

    def list(self, service: str, operation: str, key: str, /, *, of: str, **params: Any) -> Any:
        """All items under `key`, to the last page, or a marker."""

    def failed(self, operation: str, code: str, /, *, of: str, why: str) -> Any:
        """The marker for a failure that AWS tells inside an answer, as ECS does; `operation` as it was called."""

    def each(self, make: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """`make` of every item, several at a time, in the items' order; for things that need calls of their own."""


class Collector(Protocol):
    """The names a module in `catalog/collectors/` must hold. Its id is its path."""

    SCOPE: Scope
    PERMISSIONS: tuple[str, ...]
    """Every IAM permission its calls need; all of them read."""

    def collect(self, look: Look) -> Iterator[Thing]:
        """Every thing of its service that there is; raises nothing for what AWS refuses."""
