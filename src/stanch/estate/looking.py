"""An account is looked at by many collectors at once; what AWS refuses becomes an unknown, never an empty answer."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from stanch.aws.paging import following
from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied, AwsError
from stanch.contracts.collector import UNSEEN, Collector, Scope, Thing, Unknown
from stanch.estate.asking import Asking, NotHere, Over
from stanch.estate.snapshot import Seen

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE = 16
"""Calls under way at a time: IAM and S3 answer so many, and AWS's throttling is rare below."""
OnSeen = Callable[[Seen], None]
_ALIASES = {
    "accessanalyzer:ListFindingsV2": "access-analyzer:ListFindings",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:ListBucketInventoryConfigurations": "s3:GetInventoryConfiguration",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
}
_PREFIXES = {
    "accessanalyzer": "access-analyzer",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "s3control": "s3",
    "sso-admin": "sso",
    "stepfunctions": "states",
}
"""Services that IAM knows by another name than the SDK does."""
_WHO_MAY = {"organizations:List": "only the management account or a delegated administrator may"}
"""What a policy alone cannot permit, by the start of the operation."""

_NOT_FOR_LACK_OF_A_PERMISSION = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "OptInRequired",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
"""Refusals that no policy mends: the credentials are not valid (here), or the account has not opened the region."""


_NOTHING_HERE = {"SubscriptionRequiredException", "UnknownOperationException"}
"""Where nobody subscribed, or the region's service does not know the call, there is nothing of what it asks for."""


class Looking:
    """Implements `contracts.collector.Look` for one collector in one place."""

    def __init__(
        self, aws: Aws, pool: ThreadPoolExecutor, asking: Asking | None = None, *, regional: bool = False
    ) -> None:
        self._aws = aws
        self._pool = pool
        self._asking = asking or Asking()
        self._ends = (Over, NotHere) if regional else (Over,)
        self._noting = threading.Lock()
        self.unknowns: list[Unknown] = []
        self.partition, self.region, self.account = aws.partition, aws.region, aws.account

    def ask(self, service: str, operation: str, /, *, of: str, none: Sequence[str] = (), **params: Any) -> Any:
        """See `Look.ask`."""
        try:
            return self._answer(service, operation, params)
        except AwsError as error:
            if isinstance(error, self._ends):
                raise
            return None if _says_none(error, none) else self._unseen(error, of)

    def list(self, service: str, operation: str, key: str, /, *, of: str, **params: Any) -> Any:
        """See `Look.list`."""
        try:
            return [item for page in self._pages(service, operation, params) for item in page.get(key) or ()]
        except AwsError as error:
            if isinstance(error, self._ends):
                raise
            return [] if _says_none(error, ()) else self._unseen(error, of)

    def failed(self, operation: str, code: str, /, *, of: str, why: str) -> Any:
        """See `Look.failed`."""
        kind = AwsDenied if code.startswith("AccessDenied") else AwsError
        return self._unseen(kind(operation, code, why), of)

    def each(self, make: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """See `Look.each`."""
        return self._pool.map(make, items)

    def _pages(self, service: str, operation: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Each page is a question of its own: one that is throttled costs no other."""
        place = dict(params)
        while True:
            page = self._answer(service, operation, place)
            yield page
            then = following(service, operation, page)
            if not then:
                return
            if then.items() <= place.items():
                raise AwsError(f"{service}:{operation}", "PaginationError", "its pages lead in a circle")
            place |= then

    def _answer(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        key = self._key(service, params)
        return self._asking.answer(key, lambda: self._aws.call(service, operation, **params))

    def _key(self, service: str, params: Mapping[str, Any]) -> tuple[str, str, str]:
        return self.account, params.get("region") or self.region, service

    def _unseen(self, error: AwsError, of: str) -> Mapping[str, str]:
        lacks = isinstance(error, AwsDenied) and error.code not in _NOT_FOR_LACK_OF_A_PERMISSION
        missing = permission_of(error.operation) if lacks else None
        gone = "it is gone since it was listed; " if isinstance(error, AwsAbsent) else ""
        who = next(
            (f" ({who})" for start, who in _WHO_MAY.items() if missing and error.operation.startswith(start)), ""
        )
        with self._noting:
            self.unknowns.append(Unknown(error.operation, error.code, missing, of, f"{gone}{error.message}{who}"))
        return {UNSEEN: f"{error.operation}: {error.code}"}


def _says_none(error: AwsError, none: Sequence[str]) -> bool:
    """Whether the refusal is AWS's way to say that there is none: by its code, or by code and start of message."""
    told = f"{error.code}: {error.message}"
    return error.code in _NOTHING_HERE or any(
        told.startswith(one) if ": " in one else error.code == one for one in none
    )


def permission_of(operation: str) -> str:
    """The IAM action that an operation needs, `s3:ListAllMyBuckets` for `s3:ListBuckets`."""
    service, _, name = operation.partition(":")
    return _ALIASES.get(operation, f"{_PREFIXES.get(service, service)}:{name}")


@dataclass(frozen=True, slots=True)
class Errand:
    """One collector in one place."""

    collector: str
    module: Collector
    aws: Aws
    region: str | None


def errands(collectors: Mapping[str, Collector], homes: Iterable[Aws], regions: Sequence[str]) -> Iterator[Errand]:
    """Every collector in every account, and each regional one in every region; `homes` are doors, one an account."""
    for home in homes:
        # One door a region for all its collectors: each keeps its clients, and a client is dear.
        there = {region: home if region == home.region else home.at(region) for region in regions}
        for name, module in collectors.items():
            if module.SCOPE is Scope.ACCOUNT:
                yield Errand(name, module, home, None)
            else:
                for region in regions:
                    yield Errand(name, module, there[region], region)


def look(todo: Sequence[Errand], on_seen: OnSeen = lambda _: None, asking: Asking | None = None) -> list[Seen]:
    """Run every errand; a collector that fails is an unknown of its own, and costs no other its answer.

    Raises `asking.Over` when AWS answers nobody any more: then what was seen until then is half a picture.
    """
    telling, how = threading.Lock(), asking or Asking()
    with ExitStack() as open_pools:
        # Two pools: an errand that waits for its own calls must not keep their places.
        calls = open_pools.enter_context(ThreadPoolExecutor(AT_ONCE, thread_name_prefix="call"))
        runs = open_pools.enter_context(ThreadPoolExecutor(AT_ONCE, thread_name_prefix="look"))

        def run(errand: Errand) -> Seen:
            seen = _seen(errand, calls, how)
            with telling:
                on_seen(seen)
            return seen

        return list(runs.map(run, todo))


def _seen(errand: Errand, calls: ThreadPoolExecutor, asking: Asking) -> Seen:
    try:
        looking = Looking(errand.aws, calls, asking, regional=errand.region is not None)
    except AwsError as error:  # the account itself could not be reached
        told = Unknown(error.operation, error.code, None, errand.collector, error.message)
        return Seen("unknown", errand.region, errand.collector, (), (told,))
    things: tuple[Thing, ...] = ()
    try:
        things = tuple(errand.module.collect(looking))
    except Over:
        raise
    except NotHere:
        looking.unknowns.clear()  # what the region does not have cannot be hidden in it
    except Exception as error:  # noqa: BLE001  # a defect of one collector must not hide what the others saw
        why = f"a defect of stanch: {type(error).__name__}: {error}"
        looking.unknowns.append(Unknown(errand.collector, "Defect", None, errand.collector, why))
    unknowns = tuple(
        replace(unknown, account=looking.account, region=errand.region, collector=errand.collector)
        for unknown in looking.unknowns
    )
    return Seen(looking.account, errand.region, errand.collector, things, unknowns)
