"""What a search puts away while it runs is of no use to anybody afterwards, and nobody else's business."""

import sqlite3


class _Closing(sqlite3.Connection):
    """Closed when nobody needs it any more."""

    def __del__(self) -> None:
        self.close()


def database(schema: str, cache: int) -> sqlite3.Connection:
    """A database in a file without a name, in the temporary folder: for this process alone, and gone with it.

    It holds `cache` kibibytes of it in memory, and sorts in files.
    """
    made = sqlite3.connect("", isolation_level=None, factory=_Closing)
    made.executescript(f"PRAGMA cache_size = -{cache}; PRAGMA temp_store = FILE; {schema}")
    return made
