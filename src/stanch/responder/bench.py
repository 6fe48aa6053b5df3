"""What one invocation works with: the estate, the table, the door to AWS; made from the function's environment."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, cast

from stanch import app
from stanch import estate as estates
from stanch.aws import open_door
from stanch.contracts.action import Wait
from stanch.contracts.aws import Aws
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident
from stanch.engine.shelf import ShelfError
from stanch.engine.triggers import Trigger, TriggerError, read_trigger
from stanch.stores.dynamo import Table
from stanch.stores.dynamo_chain import Chain
from stanch.stores.dynamo_decisions import DynamoDecisions, DynamoPlans
from stanch.stores.dynamo_incidents import DynamoIncidents
from stanch.stores.dynamo_journal import DynamoJournal
from stanch.stores.dynamo_locks import Leases

if TYPE_CHECKING:
    from stanch.engine.contain import Containment
    from stanch.stores.open import Stores

PATIENCE = 120
"""Seconds that a step waits for a resource on which another execution is at work."""


@dataclass
class Bench:
    """One responder: `table` and `topic` are DynamoDB's and SNS's own names for its table and its topic."""

    aws: Aws
    estate: Estate
    table: str
    topic: str
    clock: Callable[[], datetime] = app.now
    wait: Wait = sleep

    @classmethod
    def from_environment(cls) -> "Bench":
        """By STANCH_ESTATE, STANCH_TABLE, STANCH_TOPIC and, if set, STANCH_MEMBER_ROLE.

        Raises KeyError for one that is missing, EstateError and AwsError.
        """
        aws = open_door()
        estate = estate_at(os.environ["STANCH_ESTATE"], aws)
        member = os.environ.get("STANCH_MEMBER_ROLE")
        if member:
            estate = replace(estate, response=replace(estate.response, member_role=member))
        return cls(aws, estate, os.environ["STANCH_TABLE"], os.environ["STANCH_TOPIC"])

    @cached_property
    def _table(self) -> Table:
        return Table(self.aws, self.table)

    @cached_property
    def _chain(self) -> Chain:
        return Chain(self._table, self.wait)

    @cached_property
    def journal(self) -> DynamoJournal:
        """The journal, whose locks wait for another execution."""
        leases = Leases(self._table, self.clock, self.wait, PATIENCE)
        return DynamoJournal(self._table, self._chain, leases, self.clock)

    @cached_property
    def incidents(self) -> DynamoIncidents:
        """The incidents."""
        return DynamoIncidents(self._table, self._chain, self.wait)

    @cached_property
    def decisions(self) -> DynamoDecisions:
        """Questions and answers."""
        return DynamoDecisions(self._table, self._chain)

    @cached_property
    def plans(self) -> DynamoPlans:
        """Plans on their way."""
        return DynamoPlans(self._table)

    @property
    def kept(self) -> "Stores":
        """The stores under the names by which `app` asks for them."""
        return cast("Stores", self)

    def desk(self, incident: Incident) -> "Containment":
        """The same desk as on a laptop, told which incident it works on."""
        desk = app.containment(self.kept, self.estate, self.aws)
        desk.about(incident)
        return desk


def estate_at(where: str, aws: Aws) -> Estate:
    """The estate in a file, or in an object given as `s3://bucket/key`."""
    if not where.startswith("s3://"):
        return estates.load(Path(where))
    bucket, _, key = where.removeprefix("s3://").partition("/")
    body = aws.call("s3", "GetObject", Bucket=bucket, Key=key)["Body"]
    return estates.read(body.decode("utf-8-sig"), where)


def triggers() -> tuple[Trigger, ...]:
    """What answers the findings of other products; one that cannot be read is a defect and raises ShelfError."""
    found = []
    for unit in app.shelf("triggers", ".toml"):
        try:
            found.append(read_trigger(unit.text(), str(unit.path), unit.id))
        except TriggerError as error:
            raise ShelfError(str(error)) from error
    return tuple(found)
