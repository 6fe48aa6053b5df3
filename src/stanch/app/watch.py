"""A watch is the same hunt again and again, of all that a window of time holds, without reading anything twice."""

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any

from stanch.app.hunting import Searching, accounts_of, cores, read_until_owners_agree
from stanch.app.knowledge import inference_sources, sources
from stanch.app.watch_kept import Fresh, Kept, collapsed
from stanch.app.watch_received import Letters
from stanch.domain.coverage import Coverage, Failure
from stanch.domain.estate import Estate
from stanch.domain.event import Skipped
from stanch.domain.incident import Incident, IncidentState
from stanch.engine.inference.summed import Inspect
from stanch.engine.inflate import GIB
from stanch.engine.read import AnySource
from stanch.engine.scan.part import Part
from stanch.engine.scan.pool import Errand, processes_for, scanned
from stanch.engine.scan.span import Span
from stanch.stores.ahead import ahead
from stanch.stores.listing import Listing
from stanch.stores.search import Search
from stanch.stores.spool import Letter, Spool
from stanch.stores.watched import Watched

if TYPE_CHECKING:
    from stanch.engine.hunt import Hunt
    from stanch.engine.routines import Routine
    from stanch.engine.sigma import Rule
    from stanch.engine.watches import Watch


@dataclass(frozen=True, slots=True)
class Knowing:
    """What a watch searches with: `name` tells it from any other, so that parts are kept of one kind only.

    `inspect` looks into models' answers; `salt` keys what is kept of prompts, the same in every cycle.
    """

    name: str
    estate: Estate
    rules: Sequence["Rule"]
    failed: Sequence[Failure] = ()
    behaviours: Sequence["Watch"] = ()
    routines: Sequence["Routine"] = ()
    inspect: Inspect | None = None
    salt: bytes = b""
    limit: int = 64 * GIB


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cycle came to. `incidents` are those that are new or have grown, as they are stored now.

    `coverage` is of the whole window. `files` and `events` were new, `received` of those files were posted. `stopped`
    says that somebody interrupted it: what was read until then is told.
    """

    incidents: tuple[Incident, ...]
    coverage: Coverage
    accounts: tuple[str, ...] = ()
    files: int = 0
    received: int = 0
    events: int = 0
    stopped: bool = False


@dataclass(slots=True)
class _News:
    """What was new in a cycle."""

    files: int = 0
    received: int = 0
    events: int = 0


@dataclass(frozen=True, slots=True)
class _Round:
    """What is to be read in one go, and where to note what of it was new."""

    fresh: Fresh
    letters: Sequence[Letter] = ()
    news: _News = field(default_factory=_News)


class Watching:
    """One watch; `cycle` as often as one likes, and `told` after each incident that was told."""

    def __init__(
        self,
        store: Watched,
        incidents: Callable[[Sequence[Incident]], Sequence[Incident]],
        knowing: Knowing,
        search: Callable[[datetime], Search],
        *,
        window: timedelta,
        spool: Spool | None = None,
        processes: int | None = None,
        on_part: Callable[[Part], None] = lambda _: None,
    ) -> None:
        """`search` finds the logs since a moment; `incidents` keeps what was found and returns it as it is kept."""
        self._store = store
        self._kept = Kept(store)
        self._save = incidents
        self._knowing = knowing
        self._search = search
        self._window = window
        self._spool = spool
        self._processes = processes
        self.on_part = on_part
        self._before: Cycle | None = None
        self._weighed = False

    def cycle(self, now: datetime) -> Cycle:
        """Read what is new and judge all of the window. Raises StoreError, AwsError, OSError; all may pass."""
        began, at = perf_counter(), int(now.timestamp())
        search = self._search(now - self._window)
        listing = Listing(search)
        fresh, accounts = self._begin(listing)
        letters, besides = self._letters(at)
        besides += self._kept.tidy(at, int(self._window.total_seconds()))
        if self._before and not fresh and not letters and not besides and not self._kept.lost:
            seconds = perf_counter() - began
            return replace(
                self._before, incidents=(), files=0, received=0, events=0,
                coverage=replace(self._before.coverage, seconds=seconds),
            )  # fmt: skip
        self._before = None
        news = _News()
        searching, stopped = self._searched(listing, accounts, _Round(fresh, letters, news), now)
        hunt = searching.hunt
        if stopped:
            hunt.part.tally.skipped.append(Skipped("the rest", "interrupted; the next watch goes on with it"))
        tally = hunt.part.tally
        tally.skipped = collapsed([*tally.skipped, *search.left_out, *besides, *self._kept.lost])
        self._kept.lost = []
        if tally.left_out:
            older = f"{tally.left_out:,} {'event' if tally.left_out == 1 else 'events'} from before the window"
            tally.skipped.append(Skipped("the window", older, fault=False))
        found = hunt.incidents(searching.build().judge)
        coverage = hunt.coverage(self._knowing.failed, perf_counter() - began)
        told = [replace(one, found_at=now, coverage=coverage) for one in found]
        stored = self._save(told) if told else ()
        grown = tuple({one.id: one for one in stored if self._is_news(one)}.values())
        done = Cycle(grown, coverage, searching.accounts, news.files, news.received, news.events, stopped)
        self._weighed = not (stopped or hunt.failed)
        self._before = done if self._weighed else None
        return done

    def told(self, incident: Incident) -> None:
        """It was told as it is: it is told again when it has grown."""
        self._store.tell(incident.id, json.dumps(_extent(incident)))

    def _is_news(self, incident: Incident) -> bool:
        if incident.state is IncidentState.CLOSED:
            return False
        mark = self._store.told(incident.id)
        return mark is None or _grew(json.loads(mark), _extent(incident))

    def _begin(self, listing: Listing) -> tuple[Fresh, tuple[str, ...]]:
        """What must be read, and the accounts of the perimeter, declared or those that logs came from."""
        fresh, accounts = self._kept.sort(listing), self._knowing.estate.perimeter.accounts
        if not accounts:
            accounts = self._kept.accounts(accounts_of(Listing([*fresh.alone, *fresh.others])))
        if not self._kept.begin(self._knowing.name, accounts):
            fresh = self._kept.sort(listing)
        return fresh, accounts

    def _searched(
        self, listing: Listing, accounts: tuple[str, ...], todo: _Round, now: datetime
    ) -> tuple[Searching, bool]:
        """Read what is new, or all of the window where the guess of the perimeter was too narrow, and sum it."""
        span, at = Span(now - self._window), int(now.timestamp())

        def begin(owners: tuple[str, ...]) -> Searching:
            nonlocal todo
            self._kept.accounts(owners)
            fresh, wider = self._begin(listing)
            todo = _Round(fresh)  # what was received is kept by now, and none of it is news a second time
            return self._hunt(wider, span)

        def weigh(searching: Searching) -> None:
            searching.hunt.hear()
            self._weigh(searching.hunt, todo.fresh, span)

        return read_until_owners_agree(
            self._hunt(accounts, span),
            lambda searching: self._read(searching, todo, at),
            begin,
            weigh,
            guessed=not self._knowing.estate.perimeter.accounts,
        )

    def _letters(self, at: int) -> tuple[list[Letter], list[Skipped]]:
        """What was received and not read yet, and what came to be too old for that."""
        if self._spool is None:
            return [], []
        besides = []
        if unread := self._spool.sweep(at):
            late = f"{unread:,} {'request' if unread == 1 else 'requests'} waited for more than a day"
            besides.append(Skipped("the spool", f"{late}, and {'is' if unread == 1 else 'are'} deleted"))
        waiting = self._spool.letters()
        fresh = {letter.path for letter in self._kept.unread(waiting)}
        for letter in waiting:
            if letter.path not in fresh:  # read by a watch that died before it deleted it
                self._spool.remove(letter)
        return [letter for letter in waiting if letter.path in fresh], besides

    def _hunt(self, accounts: tuple[str, ...], span: Span) -> Searching:
        from stanch.engine.hunt import Hunt
        from stanch.engine.scan.lake.scanner import LakeScanner

        knowing = self._knowing

        def build() -> LakeScanner:
            known: list[AnySource] = [Letters(), *sources(), *inference_sources()]
            return LakeScanner(
                knowing.rules, knowing.estate, known, accounts, knowing.limit, knowing.routines, span,
                inspect=knowing.inspect, salt=knowing.salt, ahead=ahead,
            )  # fmt: skip

        return Searching(Hunt(knowing.rules, knowing.behaviours, knowing.estate, accounts), accounts, build)

    def _read(self, searching: Searching, todo: _Round, at: int) -> None:
        scanner, news = searching.build(), todo.news

        def keep(errand: Errand, part: Part) -> None:
            news.files += part.tally.files_read
            news.events += part.tally.events
            self._kept.keep(errand, part, at)
            posted = [file for file in errand if isinstance(file, Letter)]
            news.received += len(posted)
            self._forget(posted)

        def parts() -> Generator[tuple[Errand, Part], None, None]:
            for part in self._kept.parts():
                yield (), part
            for file in self._kept.noting(todo.fresh.alone):
                yield (file,), scanner.scan((file,))
            for files in (todo.fresh.others, todo.letters):
                count = self._processes or processes_for(cores(), files)
                yield from scanned(self._kept.noting(files), searching.build, count)

        self._kept.tables = []
        with closing(parts()) as found:
            searching.hunt.add(found, scanner.scan, on_new=keep, on_part=self.on_part)

    def _weigh(self, hunt: "Hunt", fresh: Fresh, span: Span) -> None:
        """Sum what is summed as a whole, where any of it is new; and once when begun, in case that one died over it."""
        tables = self._kept.tables
        if tables or (fresh.summed and not self._weighed):
            self._weighed = False
            hunt.part.tally.tables = [*fresh.summed, *tables]
            hunt.weigh(limit=self._knowing.limit, span=span, on_part=self.on_part)
        elif count := len(fresh.summed):
            whole = f"{count:,} flow {'log' if count == 1 else 'logs'} not summed again: no other came since"
            hunt.part.tally.skipped.append(Skipped("the window", whole, fault=False))

    def _forget(self, letters: Sequence[Letter]) -> None:
        """Delete what was received, now that what it came to is kept."""
        if self._spool is not None and letters:
            for letter in letters:
                self._spool.remove(letter)
            self._kept.gone(letters)


def _extent(incident: Incident) -> dict[str, Any]:
    """What of an incident can grow."""
    left = incident.left
    return {
        "open": incident.state is IncidentState.OPEN,
        "severity": int(incident.severity),
        "findings": sorted(finding.id for finding in incident.findings),
        "events": sum(finding.count for finding in incident.findings),
        "left": [left.objects, left.bytes, left.records or 0, left.persons or 0],
    }


def _grew(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    amounts = zip((*now["left"], now["events"], now["severity"], now["open"]),
                  (*before["left"], before["events"], before["severity"], before["open"]), strict=True)  # fmt: skip
    return not set(now["findings"]) <= set(before["findings"]) or any(more > less for more, less in amounts)
