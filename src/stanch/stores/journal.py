"""Write-ahead: what was there before is on disk before the call that changes it goes out."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert, select

from stanch.domain.step import Step
from stanch.stores.chain import Head
from stanch.stores.chained import Written, chain, head_of
from stanch.stores.codec import decode, encode
from stanch.stores.connection import reading, writing
from stanch.stores.locks import held
from stanch.stores.schema import JOURNAL

_LATE = timedelta(days=1)
"""So much older than its neighbours a row may be: a plan that was long looked at, a clock that went wrong."""


class SqlJournal:
    """Implements `contracts.store.Journal`: one chained row a change of state, locks as files beside the database."""

    def __init__(self, engine: Engine, locks: Path) -> None:
        self._engine = engine
        self._locks = locks

    def write(self, step: Step) -> None:
        """Append one row; it is on disk when this returns."""
        row = {
            "incident": step.incident,
            "action": step.action,
            "resource": step.resource,
            "state": step.state.value,
            "body": encode(step),
        }
        with writing(self._engine) as connection:
            seq = connection.execute(insert(JOURNAL).values(row).returning(JOURNAL.c.seq)).scalar_one()
            chain(connection, Written(JOURNAL, str(seq), (seq, *row.values())))

    def head(self) -> Head:
        """Where the chain of the whole database ends now: what to write down elsewhere, for `stanch verify`."""
        with reading(self._engine) as connection:
            return head_of(connection) or Head()

    def steps(self, incident: str) -> list[Step]:
        """The latest state of each step, in the order they were first written."""
        latest: dict[tuple[str, str, str], Step] = {}
        for step in self.history(incident):
            latest[step.key] = step  # a dict keeps the place of a key's first insertion
        return list(latest.values())

    def history(self, incident: str) -> list[Step]:
        """Every row of the incident, oldest first."""
        rows = select(JOURNAL.c.body).where(JOURNAL.c.incident == incident).order_by(JOURNAL.c.seq)
        with reading(self._engine) as connection:
            bodies = connection.execute(rows).scalars().all()
        return [decode(body, Step, "the journal") for body in bodies]

    def since(self, moment: datetime) -> list[Step]:
        """Every row of every incident from this moment on, oldest first."""
        # Time is inside the body: what is recent is at the end, so the rows are read backwards until it is passed. What
        # was left out is written with the time of its plan, which a person may have looked at for long.
        recent: list[Step] = []
        with reading(self._engine) as connection:
            for body in connection.execute(select(JOURNAL.c.body).order_by(JOURNAL.c.seq.desc())).scalars():
                step = decode(body, Step, "the journal")
                if step.at is not None and step.at < moment - _LATE:
                    break
                if step.at is None or step.at >= moment:
                    recent.append(step)
        return recent[::-1]

    def lock(self, resource: str) -> AbstractContextManager[None]:
        """Hold one resource alone across the processes of this machine; raises Busy."""
        return held(self._locks, resource)
