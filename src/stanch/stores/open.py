"""A commit in SQLite's WAL mode with synchronous=FULL is on the disk when it returns; NORMAL may lose the last ones."""

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Connection, Engine, create_engine, event

from stanch.contracts.store import StoreError
from stanch.stores.connection import BUSY_SECONDS, reading, writing
from stanch.stores.durable import settle
from stanch.stores.locks import waited_for
from stanch.stores.schema import REVISION

if TYPE_CHECKING:
    from stanch.stores.decisions import SqlDecisions
    from stanch.stores.incidents import SqlIncidents
    from stanch.stores.journal import SqlJournal

FILE = "stanch.db"


@dataclass(frozen=True, slots=True)
class Stores:
    """The open stores of one state folder; close them, or use them in a `with`."""

    incidents: "SqlIncidents"
    journal: "SqlJournal"
    decisions: "SqlDecisions"
    path: Path
    engine: Engine

    def close(self) -> None:
        """Give the file back."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_stores(state: Path) -> Stores:
    """Open `<state>/stanch.db`, made or brought up to date if need be; raises StoreError with the remedy."""
    from stanch.stores.decisions import SqlDecisions
    from stanch.stores.incidents import SqlIncidents
    from stanch.stores.journal import SqlJournal

    path = state / FILE
    engine = _engine(path)
    try:
        _ready(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return Stores(SqlIncidents(engine), SqlJournal(engine, state / "locks"), SqlDecisions(engine), path, engine)


def open_existing(state: Path, nothing: str = "no incident is stored yet; run `stanch hunt` first") -> Stores:
    """The stores of a folder that has some; raises StoreError, in the words of `nothing`, where none is."""
    if not (state / FILE).exists():
        raise StoreError(f"{state}: {nothing}, or give --state")
    return open_stores(state)


def _engine(path: Path) -> Engine:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # evidence is for its owner only
            settle(path.parent)
    except OSError as error:
        raise StoreError(f"{path}: cannot be made ({error.strerror}); choose another --state folder") from error
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begun)
    return engine


def _connected(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begun(connection: Connection) -> None:
    # A writer takes its lock at once: two that read first and write later would refuse each other half-way.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _ready(engine: Engine, path: Path) -> None:
    if _revision(engine, path) == REVISION:
        return
    with waited_for(path.parent / "locks" / "migration.lock"):
        if _revision(engine, path) != REVISION:
            _migrate(engine, path)
            settle(path.parent)


def _revision(engine: Engine, path: Path) -> str | None:
    """The migration the database is at, None for an empty one; raises StoreError for one that is not stanch's."""
    with reading(engine) as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        if not tables:
            return None
        if "alembic_version" not in tables or "journal" not in tables:
            raise StoreError(f"{path}: a database, but not one of stanch; choose another --state folder")
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())


def _migrate(engine: Engine, path: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "stanch:stores/migrations")
    config.set_main_option("path_separator", "os")
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreError(f"{path}: written by a newer stanch ({error}); upgrade stanch to read it") from error
