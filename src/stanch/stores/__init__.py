"""What outlives a crash: incidents, decisions and the write-ahead journal, in one SQLite file beside the work."""

from stanch.stores.incidents import SqlIncidents
from stanch.stores.journal import SqlJournal
from stanch.stores.open import Stores, open_stores

__all__ = ["SqlIncidents", "SqlJournal", "Stores", "open_stores"]
