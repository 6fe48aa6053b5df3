"""A commit in SQLite's WAL mode with synchronous=FULL is on the disk when it returns; NORMAL may lose the last ones."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from stanch.contracts.store import StoreError
from stanch.stores.locks import waited_for
from stanch.stores.schema import REVISION

if TYPE_CHECKING:
    from stanch.stores.incidents import SqlIncidents
    from stanch.stores.journal import SqlJournal

FILE = "stanch.db"
BUSY_SECONDS = 30
"""How long one process waits for another's write before it gives up."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The open stores of one state folder; close them, or use them in a `with`."""

    incidents: "SqlIncidents"
    journal: "SqlJournal"
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
    from stanch.stores.incidents import SqlIncidents
    from stanch.stores.journal import SqlJournal

    path = state / FILE
    engine = _engine(path)
    try:
        _ready(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return Stores(SqlIncidents(engine), SqlJournal(engine, state / "locks"), path, engine)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the database."""
    with _translated(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection that alone may write until the block ends; all of it is kept, or none."""
    with _translated(engine), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(_remedy(str(engine.url.database), error)) from error


def _remedy(path: str, error: SQLAlchemyError) -> str:
    said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    if "not a database" in said or "malformed" in said:
        return f"{path}: not a readable database ({said}); move it away, or restore it from a backup"
    if "locked" in said:
        return f"{path}: another process has been writing for {BUSY_SECONDS} s; end it and run again"
    if "unable to open" in said or "readonly" in said:
        return f"{path}: cannot be written ({said}); check the folder's permissions or choose another --state folder"
    if "full" in said or "disk I/O" in said:
        return f"{path}: the disk is full or failing; free some space and run again"
    return f"{path}: {said}"


def _engine(path: Path) -> Engine:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # evidence is for its owner only
            _sync_folder(path.parent)
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


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _ready(engine: Engine, path: Path) -> None:
    if _revision(engine, path) == REVISION:
        return
    with waited_for(path.parent / "locks" / "migration.lock"):
        if _revision(engine, path) != REVISION:
            _migrate(engine, path)
            _sync_folder(path.parent)


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
