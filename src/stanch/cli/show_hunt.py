"""What a hunt came to, as it is told."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stanch.cli import show
from stanch.cli.face import Face
from stanch.contracts import lines
from stanch.domain.coverage import Coverage
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident

if TYPE_CHECKING:
    from stanch.app import Hunted
    from stanch.stores.search import Search

_MOST_ACCOUNTS = 12
"""Accounts of the logs that people are shown."""


def tell(face: Face, known: Sequence[Incident], result: "Hunted", *, folded: bool, estate: Estate) -> None:
    """Findings, incidents and coverage; `folded` ones too. `estate` is what was declared."""
    for one in known:
        for finding in one.findings:
            if folded or finding.folded is None:
                face.emit(lines.finding(finding))
    for one in known:
        face.emit(lines.incident(one))
    face.emit(lines.coverage(result.coverage))
    for one in known:
        face.say(show.incident(one))
    if not known:
        _quiet(face, result.coverage)
    if result.coverage.events and not (estate.assets or estate.perimeter.accounts):
        undeclared(face, result.accounts)
    elif result.coverage.events and not estate.perimeter.networks:
        unknown = "a thief's address looks like any other"
        face.say(f"No network is declared as yours ([perimeter] in stanch.toml): {unknown}.", style="yellow")
    for line in show.coverage(result.coverage):
        face.say(line)


def besides(face: Face, search: "Search", *, quieter: int) -> None:
    """What is not told is counted, and what a person should know of the files: nothing is dropped unseen."""
    if quieter:
        face.say(f"{quieter} more below medium or explained as routine; `--all` tells them.", style="dim")
    for remark in search.remarks:
        face.say(remark, style="yellow")
    if search.fetched is not None:
        face.say(f"Listing took {show.counted(search.fetched.requests, 'request')} to S3.", style="dim")


def undeclared(face: Face, accounts: Sequence[str]) -> None:
    """What a person should know who declared no estate."""
    more = len(accounts) - _MOST_ACCOUNTS
    ours = ", ".join(accounts[:_MOST_ACCOUNTS]) + (f" and {more:,} more" if more > 0 else "") or "unknown"
    for line in (
        f"No estate declared: stores are of kind unknown and the perimeter is the logs' own accounts ({ours}).",
        "Reads inside them cannot be told from theft. `stanch init` writes stanch.toml, where you say what is yours.",
    ):
        face.say(line, style="yellow")


def _quiet(face: Face, coverage: Coverage) -> None:
    if not coverage.events or not coverage.detections_run:
        face.say("Nothing was searched: no event was read, or no detection ran.", style="bold yellow")
    elif coverage.complete:
        face.say("Nothing found that stanch would call a leak.", style="green")
    else:
        face.say("Nothing found in what could be read; see below what could not.", style="bold yellow")
