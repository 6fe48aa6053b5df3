"""How a hunt is put together: files, sources, rules, behaviours, routines, and as many processes as are worth it."""

import os
import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
    from stanch.engine.routines import Routine
    from stanch.engine.sigma import Rule
    from stanch.engine.watches import Watch

PEEKED = 20
"""At most so many files whose path names no account are opened beforehand, to guess it by their first records."""
_SALT = 32


@dataclass(frozen=True, slots=True)
class Hunted:
    """What a hunt brought home; `accounts` are the perimeter it assumed where the estate declares none.

    `stopped` says that somebody interrupted it: what was read until then is told.
    """

    incidents: list[Incident]
    coverage: Coverage
    accounts: tuple[str, ...]
    stopped: bool = False


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

    `left_out` says in the end what was never listed because nobody asked for it, `keeper` keeps what was read for
    when the hunt is begun again, and raw logs that `lake` does not hold yet are kept there. Without `profiles` only
    what rules match is kept: behaviours see nothing, and nobody's other calls are told. `inspect` looks into models'
    answers, where logs hold them. What prompts have in common is known by hashes keyed with `salt`, or with a new one.
    """
    from stanch.engine.hunt import Hunt
    from stanch.engine.scan.lake.scanner import LakeScanner
    from stanch.engine.scan.pool import processes_for

    began = perf_counter()
    salt = salt or token_bytes(_SALT)
    accounts = estate.perimeter.accounts or accounts_of(files)

    def build() -> LakeScanner:
        return LakeScanner(
            loaded[0],
            estate,
            every_source(),
            accounts,
            limit,
            routines,
            span,
            lake,
            profiles=profiles,
            inspect=inspect,
            salt=salt,
            ahead=ahead,
        )

    stopped = False
    search = Hunt(loaded[0], watches, estate, accounts)
    try:
        count = processes or processes_for(cores(), files)
        search.read(files, build, count, lambda part: on_file(part.tally), keeper)
        owners = search.part.tally.owners
        if not estate.perimeter.accounts and not owners.issubset(accounts):
            # The guess was too narrow, and called our own accounts strangers: what was judged so is worth nothing.
            accounts = tuple(sorted(owners.union(accounts)))
            search.give_up()
            search = Hunt(loaded[0], watches, estate, accounts)
            search.read(files, build, count, lambda part: on_file(part.tally))
        search.hear()
        search.weigh(limit=limit, span=span, on_part=lambda part: on_file(part.tally))
    except KeyboardInterrupt:
        stopped = True
        unread = len(files) - len(search.part.tally.digests)
        search.part.tally.skipped.append(Skipped("the rest", f"{unread} of {len(files)} files: interrupted"))
    search.part.tally.skipped += left_out()
    incidents = search.incidents(build().judge)
    coverage = search.coverage(loaded[1], perf_counter() - began)
    found_at = now()
    told = [replace(one, found_at=found_at, coverage=coverage) for one in incidents]
    return Hunted(told, coverage, accounts, stopped)


def cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
