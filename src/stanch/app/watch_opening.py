"""How a watch is put together: what it knows, where it keeps it and, where that is asked for, its receiver."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from stanch.app.answers import Answers
from stanch.app.knowledge import behaviours, fingerprint, routines
from stanch.app.knowledge import rules as read_rules
from stanch.app.own_key import own_key
from stanch.app.watch import Knowing, Watching
from stanch.app.watch_received import SpoolIntake
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident
from stanch.stores import spool, watched
from stanch.stores.checkpoint import scope
from stanch.stores.search import Search
from stanch.web.otlp import Listening, receiving

SALT = "watch.salt"


@contextmanager
def watching(
    state: Path,
    estate: Estate,
    rules: Path | None,
    logs: Callable[[datetime], Search],
    *,
    window: timedelta,
    listening: Listening | None = None,
    processes: int | None = None,
) -> Iterator[tuple[Watching, Listening | None]]:
    """The watch of a state folder, and where it receives; `rules` is a folder of Sigma rules besides our own.

    Raises StoreError, Busy where another watches for this folder, and OSError where nothing can listen.
    """
    with ExitStack() as stack:
        store = stack.enter_context(watched.watched(state))
        answers = Answers(state)
        found, failed = read_rules(rules)
        name = scope(fingerprint(rules), answers.identity(), repr(estate), str(window))
        knowing = Knowing(
            name, estate, found, failed, behaviours(), routines(), inspect=answers, salt=own_key(state, SALT)
        )
        letters = spool.Spool(state / watched.FOLDER / spool.FOLDER)
        letters.clear_half_written()

        def saved(incidents: Sequence[Incident]) -> Sequence[Incident]:
            from stanch.stores.open import open_stores

            with open_stores(state) as stores:
                return stores.incidents.save(incidents)

        where = stack.enter_context(receiving(listening, SpoolIntake(letters))) if listening else None
        yield Watching(store, saved, knowing, logs, window=window, spool=letters, processes=processes), where
