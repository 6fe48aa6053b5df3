"""A table of DynamoDB in this process, and the stores that a responder keeps in it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from moto import mock_aws
from tests.stores.stories import NOON

from stanch.aws import Credentials, Door
from stanch.stores.dynamo import Table
from stanch.stores.dynamo_chain import Chain
from stanch.stores.dynamo_decisions import DynamoDecisions, DynamoPlans
from stanch.stores.dynamo_incidents import DynamoIncidents
from stanch.stores.dynamo_journal import DynamoJournal
from stanch.stores.dynamo_locks import Leases

NAME = "stanch"


@dataclass
class Clock:
    """A clock that goes on when somebody waits."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class OneAtATime(Door):
    """DynamoDB carries out one write after the other; the emulator in this process would mix those of two threads."""

    _turn = threading.Lock()

    def opened(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        with self._turn:
            return super().opened(service, operation, region=region, **params)

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        with self._turn:
            return super().pages(service, operation, key, region=region, **params)


@dataclass
class Responder:
    """One responder's stores; several share the table and the clock."""

    door: Door
    clock: Clock
    patience: float = 0
    table: Table = field(init=False)

    def __post_init__(self) -> None:
        self.table = Table(self.door, NAME)
        self.chain = Chain(self.table, lambda _: None)
        self.journal = DynamoJournal(
            self.table, self.chain, Leases(self.table, self.clock, self.clock.wait, self.patience), self.clock
        )
        self.incidents = DynamoIncidents(self.table, self.chain, lambda _: None)
        self.decisions = DynamoDecisions(self.table, self.chain)
        self.plans = DynamoPlans(self.table)


def tabled(call: Callable[..., Any]) -> None:
    """Make the table as the template does."""
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    call(
        "dynamodb",
        "CreateTable",
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
    )


@contextmanager
def responders() -> Iterator[Callable[..., Responder]]:
    """Make responders of one table, each as if it were a process of its own."""
    with mock_aws():
        clock = Clock()

        def made(**options: Any) -> Responder:
            door = OneAtATime.using(Credentials("AKIAEXAMPLE", "none"), region="eu-central-1", endpoint=None)
            return Responder(door, clock, **options)

        tabled(made().door.call)
        yield made
