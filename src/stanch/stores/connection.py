"""One moment of the database to read from, or the database alone to write to; every failure with its remedy."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from stanch.contracts.store import StoreError

BUSY_SECONDS = 30
"""How long one process waits for another's write before it gives up."""


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
