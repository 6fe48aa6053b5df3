"""How a hunt is put together: files, sources, rules, behaviours, routines, and as many processes as are worth it."""

import os
import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from secrets import token_bytes
from time import perf_counter
from typing import TYPE_CHECKING

from stanch.app.clock import now
from stanch.app.knowledge import every_source
from stanch.contracts.lake import Keep
from stanch.contracts.source import LogFile
from stanch.domain.coverage import Coverage, Failure
from stanch.domain.estate import Estate
from stanch.domain.event import Skipped
from stanch.domain.incident import Incident
from stanch.engine.inference.summed import Inspect
from stanch.engine.inflate import GIB
from stanch.engine.read import Tally, head
from stanch.engine.scan.calm import uncollected
from stanch.engine.scan.pool import FORGETFUL, Keeper
from stanch.engine.scan.span import ALWAYS, Span
from stanch.stores.ahead import ahead
from stanch.stores.lake import Unit
from stanch.stores.logs import account_in_path, accounts_in_head

if TYPE_CHECKING:
    from stanch.engine.hunt import Hunt
    from stanch.engine.routines import Routine
    from stanch.engine.scan.lake.scanner import LakeScanner
    from stanch.engine.sigma import Rule
    from stanch.engine.watches import Watch

PEEKED = 20
"""At most so many files whose path names no account are opened beforehand, to guess it by their first records."""
_SALT = 32
_TOO_NARROW = (
    "nothing is told of what was read: it is of accounts that the first look at the logs did not find, and would have "
    "called them strangers; an estate that declares its accounts spares reading twice"
)


@dataclass(frozen=True, slots=True)
class Hunted:
    """What a hunt brought home; `accounts` are the perimeter it assumed where the estate declares none.

    `stopped` says that somebody interrupted it: what was read until then is told. `failed` says that this machine had
    no room for some of it, which `coverage` tells.
    """

    incidents: list[Incident]
    coverage: Coverage
    accounts: tuple[str, ...]
    stopped: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Searching:
    """A search, the accounts that it takes for ours, and what makes each of its scanners."""

    hunt: "Hunt"
    accounts: tuple[str, ...]
    build: "Callable[[], LakeScanner]"

    @property
    def too_narrow(self) -> bool:
        """Whether records are of accounts that it took for strangers."""
        return not self.hunt.part.tally.owners.issubset(self.accounts)


def accounts_of(files: Sequence[LogFile]) -> tuple[str, ...]:
    """The accounts that the logs come from, by where they lie; where that tells nothing, by their first records."""
    accounts: set[str] = set()
    nameless = array("q")  # their places: a Listing packs files, millions of them would not fit otherwise
    for at, file in enumerate(files):
        if isinstance(file, Unit):
            accounts |= _accounts_in(file)
        elif account := account_in_path(file.path):
            accounts.add(account)
        else:
            nameless.append(at)
    for at in nameless[:: max(1, -(-len(nameless) // PEEKED))]:  # from among all of them: names may sort by account
        accounts |= accounts_in_head(head(files[at]))
    return tuple(sorted(accounts))


def _accounts_in(unit: Unit) -> set[str]:
    """By where its originals lay, or else by their records; none for a unit that is damaged, which the hunt tells."""
    try:
        receipt = unit.receipt()
    except (OSError, ValueError):
        return set()
    named = {account_in_path(original.path) for original in receipt.originals}
    recorded = {piece.account for piece in receipt.pieces if re.fullmatch(r"\d{12}", piece.account)}
    return {account for account in named if account} if all(named) else recorded


@uncollected()
def hunt(
    files: Sequence[LogFile],
    estate: Estate,
    loaded: tuple[Sequence["Rule"], Sequence[Failure]],
    *,
    limit: int = 2 * GIB,
    watches: Sequence["Watch"] = (),
    routines: Sequence["Routine"] = (),
    span: Span = ALWAYS,
    accounts: tuple[str, ...] = (),
    profiles: bool = True,
    left_out: Callable[[], Sequence[Skipped]] = tuple,
    processes: int | None = None,
    keeper: Keeper = FORGETFUL,
    lake: Keep | None = None,
    inspect: Inspect | None = None,
    salt: bytes = b"",
    on_file: Callable[[Tally], None] = lambda _: None,
) -> Hunted:
    """Search the files with these rules and behaviours; `processes` side by side, by default as many as are worth it.

    `accounts` are what `accounts_of` made of the files, if that was asked before. `left_out` says in the end what was
    never listed because nobody asked for it, `keeper` keeps what was read for when the hunt is begun again, and raw
    logs that `lake` does not hold yet are kept there. Without `profiles` only what rules match is kept: behaviours see
    nothing, and nobody's other calls are told. `inspect` looks into models' answers, where logs hold them. What prompts
    have in common is known by hashes keyed with `salt`, or with a new one.
    """
    from stanch.engine.hunt import Hunt
    from stanch.engine.scan.lake.scanner import LakeScanner
    from stanch.engine.scan.pool import processes_for

    began = perf_counter()
    keepers = iter([keeper])  # what a second reading comes to holds for another perimeter
    made = partial(LakeScanner, profiles=profiles, inspect=inspect, salt=salt or token_bytes(_SALT), ahead=ahead)

    def begin(ours: tuple[str, ...]) -> Searching:
        build = partial(made, loaded[0], estate, every_source(), ours, limit, routines, span, lake)
        return Searching(Hunt(loaded[0], watches, estate, ours), ours, build)

    def read(searching: Searching) -> None:
        count = processes or processes_for(cores(), files)
        kept = next(keepers, FORGETFUL)
        searching.hunt.read(files, searching.build, count, lambda part: on_file(part.tally), kept)

    def weigh(searching: Searching) -> None:
        searching.hunt.hear()
        searching.hunt.weigh(limit=limit, span=span, on_part=lambda part: on_file(part.tally))

    declared = estate.perimeter.accounts
    first = declared or accounts or accounts_of(files)
    searching, stopped = read_until_owners_agree(begin(first), read, begin, weigh, guessed=not declared)
    if stopped:
        searching.hunt.cut_short(len(files))
    searching.hunt.part.tally.skipped += left_out()
    incidents = searching.hunt.incidents(searching.build().judge)
    coverage = searching.hunt.coverage(loaded[1], perf_counter() - began)
    found_at = now()
    told = [replace(one, found_at=found_at, coverage=coverage) for one in incidents]
    return Hunted(told, coverage, searching.accounts, stopped, searching.hunt.failed)


def read_until_owners_agree(
    searching: Searching,
    read: Callable[[Searching], None],
    begin: Callable[[tuple[str, ...]], Searching],
    weigh: Callable[[Searching], None],
    *,
    guessed: bool,
) -> tuple[Searching, bool]:
    """Read, all anew where records are of accounts that nobody guessed, then weigh; and whether somebody interrupted.

    What was judged with too narrow a guess is worth nothing: it called our own accounts strangers. An interrupt before
    all is read anew leaves nothing to tell but that. `begin` makes a search with these accounts, and any others that
    its maker knows of.
    """

    def anew() -> Searching:
        searching.hunt.give_up()
        return begin(tuple(sorted(searching.hunt.part.tally.owners.union(searching.accounts))))

    try:
        read(searching)
        while guessed and searching.too_narrow:
            searching = anew()
            read(searching)
        weigh(searching)
    except KeyboardInterrupt:
        searching.hunt.give_up()
        if guessed and searching.too_narrow:
            searching = anew()
            searching.hunt.part.tally.skipped.append(Skipped("the perimeter", _TOO_NARROW))
        return searching, True
    return searching, False


def cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
