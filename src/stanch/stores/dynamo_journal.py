"""The journal of a responder in AWS: the before-state is in the table before the call that changes it goes out."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from stanch.contracts.store import StoreError
from stanch.domain.step import Step
from stanch.stores.chain import Head
from stanch.stores.codec import decode, encode
from stanch.stores.dynamo import Clash, Put, Table, packed, unpacked
from stanch.stores.dynamo_chain import Chain
from stanch.stores.dynamo_locks import Leases

_STEP = "step"


class DynamoJournal:
    """Implements `contracts.store.Journal`: one row a change of state, in the incident's chain and under its hour."""

    def __init__(self, table: Table, chain: Chain, leases: Leases, clock: Callable[[], datetime]) -> None:
        self._table = table
        self._chain = chain
        self._leases = leases
        self._clock = clock

    def write(self, step: Step) -> None:
        """Append durably; refused where this process has lost the resource that it held."""
        step = step if step.at is not None else replace(step, at=self._clock())
        text = encode(step)
        pk, sk = kept_step(step)
        recent = {"pk": pk, "sk": sk, "body": packed(text, "a step")}
        try:
            self._chain.append(step.incident, _STEP, text, Put(recent), *self._leases.fence(step.resource))
        except Clash:
            raise StoreError(f"{step.resource}: another responder has taken it over; this one stops here") from None

    def steps(self, incident: str) -> list[Step]:
        """The latest state of each step, in the order they were first written."""
        latest: dict[tuple[str, str, str], Step] = {}
        for step in self.history(incident):
            latest[step.key] = step
        return list(latest.values())

    def history(self, incident: str) -> list[Step]:
        """Every row of the incident, oldest first."""
        return [decode(text, Step, "the journal") for text in self._chain.rows(incident, _STEP)]

    def since(self, moment: datetime) -> list[Step]:
        """Every row of every incident from this moment on, oldest first."""
        start = moment.astimezone(UTC)
        found: list[Step] = []
        hour = start.replace(minute=0, second=0, microsecond=0)
        while hour <= self._clock().astimezone(UTC):
            rows = self._table.under(f"hour#{hour:%Y-%m-%dT%H}", since=f"{start:%Y-%m-%dT%H:%M:%S.%f}")
            found += [decode(unpacked(row, "the journal"), Step, "the journal") for row in rows]
            hour += timedelta(hours=1)
        return found

    def lock(self, resource: str) -> AbstractContextManager[None]:
        """Hold one resource alone, whoever else runs and wherever; raises Busy. It ends with its holder."""
        return self._leases.held(resource)

    def head(self, incident: str) -> Head:
        """The end of the incident's chain, to be kept where nobody who writes the table can reach it."""
        return self._chain.head(incident)


def kept_step(step: Step) -> tuple[str, str]:
    """Where a row lies a second time, to be found by its hour."""
    at = (step.at or datetime.fromtimestamp(0, UTC)).astimezone(UTC)
    name = f"{at:%Y-%m-%dT%H:%M:%S.%f}#{step.incident}#{step.action}#{step.resource}"
    return f"hour#{at:%Y-%m-%dT%H}", name[:1000]
