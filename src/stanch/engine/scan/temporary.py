"""What a search puts away while it runs is of no use to anybody afterwards, and nobody else's business."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


class _Closing(sqlite3.Connection):
    """Closed when nobody needs it any more."""

    def __del__(self) -> None:
        self.close()


def database(schema: str, cache: int) -> sqlite3.Connection:
    """A database in a file without a name, in the temporary folder: for this process alone, and gone with it.

    It holds `cache` kibibytes of it in memory, and sorts in files.
    """
    # One thread uses it, but any may be the one in which it is collected, and closed.
    made = sqlite3.connect("", isolation_level=None, factory=_Closing, check_same_thread=False)
    made.executescript(f"PRAGMA cache_size = -{cache}; PRAGMA temp_store = FILE; {schema}")
    return made


@contextmanager
def whole(made: sqlite3.Connection) -> Iterator[None]:
    """Write all of it, or nothing: what a full disk refuses (sqlite3.Error) is still where it was."""
    made.execute("BEGIN")
    try:
        yield
        made.execute("COMMIT")
    except sqlite3.Error:
        if made.in_transaction:
            made.execute("ROLLBACK")
        raise
