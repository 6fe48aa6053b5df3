"""An account is looked at by many collectors at once; what AWS refuses becomes an unknown, never an empty answer."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied, AwsError
from stanch.contracts.collector import UNSEEN, Collector, Scope, Unknown
from stanch.estate.snapshot import Seen

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE = 16
"""Calls under way at a time: IAM and S3 answer so many, and AWS's throttling is rare below."""
OnSeen = Callable[[Seen], None]
_ALIASES = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
}


class Looking:
    """Implements `contracts.collector.Look` for one collector in one place."""

    def __init__(self, aws: Aws, pool: ThreadPoolExecutor) -> None:
        self._aws = aws
        self._pool = pool
        self._noting = threading.Lock()
        self.unknowns: list[Unknown] = []
        self.partition, self.region, self.account = aws.partition, aws.region, aws.account

    def ask(self, service: str, operation: str, /, *, of: str, none: Sequence[str] = (), **params: Any) -> Any:
        """See `Look.ask`."""
        try:
            return self._aws.call(service, operation, **params)
        except AwsError as error:
            return None if error.code in none else self._unseen(error, of)

    def list(self, service: str, operation: str, key: str, /, *, of: str, **params: Any) -> Any:
        """See `Look.list`."""
        try:
            return self._aws.pages(service, operation, key, **params)
        except AwsError as error:
            return self._unseen(error, of)

    def each(self, make: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """See `Look.each`."""
        return self._pool.map(make, items)

    def _unseen(self, error: AwsError, of: str) -> Mapping[str, str]:
        missing = _ALIASES.get(error.operation, error.operation) if isinstance(error, AwsDenied) else None
        gone = "it is gone since it was listed; " if isinstance(error, AwsAbsent) else ""
        with self._noting:
            self.unknowns.append(Unknown(error.operation, error.code, missing, of, f"{gone}{error.message}"))
        return {UNSEEN: f"{error.operation}: {error.code}"}


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
        for name, module in collectors.items():
            if module.SCOPE is Scope.ACCOUNT:
                yield Errand(name, module, home, None)
            else:
                for region in regions:
                    yield Errand(name, module, home.at(region), region)


def look(todo: Sequence[Errand], on_seen: OnSeen = lambda _: None) -> list[Seen]:
    """Run every errand; a collector that fails is an unknown of its own, and costs no other its answer."""
    telling = threading.Lock()
    with ExitStack() as open_pools:
        # Two pools: an errand that waits for its own calls must not keep their places.
        calls = open_pools.enter_context(ThreadPoolExecutor(AT_ONCE, thread_name_prefix="call"))
        runs = open_pools.enter_context(ThreadPoolExecutor(AT_ONCE, thread_name_prefix="look"))

        def run(errand: Errand) -> Seen:
            seen = _seen(errand, calls)
            with telling:
                on_seen(seen)
            return seen

        return list(runs.map(run, todo))


def _seen(errand: Errand, calls: ThreadPoolExecutor) -> Seen:
    account = "unknown"
    try:
        looking = Looking(errand.aws, calls)
        account = looking.account
        things = tuple(errand.module.collect(looking))
    except AwsError as error:  # the account itself could not be reached
        told = Unknown(error.operation, error.code, None, errand.collector, error.message)
        return Seen(account, errand.region, errand.collector, (), (told,))
    except Exception as error:  # noqa: BLE001  # a defect of one collector must not hide what the others saw
        why = f"a defect of stanch: {type(error).__name__}: {error}"
        unknowns = (*looking.unknowns, Unknown(errand.collector, "Defect", None, errand.collector, why))
        return Seen(account, errand.region, errand.collector, (), unknowns)
    return Seen(account, errand.region, errand.collector, things, tuple(looking.unknowns))
