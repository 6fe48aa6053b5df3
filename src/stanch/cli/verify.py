"""`stanch verify`: is what stanch wrote, and what it read, still what is there?"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from stanch import app
from stanch.cli.face import Exit, Face, Format, WrongUse, one_line, stoppable
from stanch.cli.options import STATE, Endpoint, EstateFile, Output, Profile, Region, StateDir
from stanch.contracts.aws import Aws
from stanch.domain.estate import EvidencePlace
from stanch.domain.incident import Incident

if TYPE_CHECKING:
    from stanch.app.verify import Check
    from stanch.stores.audit import Audit

_COLOUR = {"yes": "green", "no": "bold red", "unknown": "yellow"}
_EXAMPLE = """
Examples:

- `stanch verify` the journal's chain, and the log files that hold the evidence of all incidents; asks nobody

- `stanch verify inc-20261122-3f9a1c --s3` also the files in S3, each ledger and object in the evidence bucket

Exit code 3 when something is not as it was, or with --s3 could not be looked at; the table says what and where.
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="verify", epilog=_EXAMPLE)(stoppable(verify))


def verify(
    incident: Annotated[
        str | None, typer.Argument(help="One incident's id, or the beginning of it; default: all of them.")
    ] = None,
    s3: Annotated[
        bool, typer.Option("--s3", help="Also look at evidence in S3 and in the estate's evidence bucket.")
    ] = False,
    state: StateDir = STATE,
    estate: EstateFile = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    format_: Output = Format.TABLE,
) -> None:
    """Check that the journal, the evidence and the ledger are as stanch left them."""
    from stanch.app import verify as work

    face = Face(format_)
    kept = app.existing(state)
    found, checks = work.journal(kept)
    cases = kept.incidents.all() if incident is None else [kept.incidents.get(incident)]
    aws: Aws | None = None
    if s3 and cases:
        ours = app.estate_at(estate)
        aws = app.door(ours, cases[0], profile, region, endpoint_url)
        checks += _ledgers(aws, ours.response.evidence, cases, found)
    checks += work.files(cases, aws)
    _tell(face, checks, found)
    wanted = {"no", "unknown"} if s3 else {"no"}  # without --s3 nobody asked to look there
    if any(check.holds in wanted for check in checks):
        raise typer.Exit(Exit.PARTIAL)


def _ledgers(aws: Aws, place: EvidencePlace, cases: Sequence[Incident], found: "Audit") -> Iterator["Check"]:
    from stanch.app.verify import ledgers
    from stanch.aws.vault import Vault, VaultError

    try:
        vault = Vault.open(aws, place)
    except VaultError as error:
        raise WrongUse(str(error)) from error
    for case in cases:
        yield from ledgers(case, vault, found)


def _tell(face: Face, checks: Sequence["Check"], found: "Audit") -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim")
    for name in ("holds", "what"):
        table.add_column(name, no_wrap=True)
    table.add_column("where", overflow="fold")
    table.add_column("why", overflow="fold")
    for check in checks:
        told = {"about": check.about, "where": check.where, "holds": check.holds.value, "why": check.why}
        face.emit({"kind": "evidence", **told})
        holds = Text(check.holds.value, style=_COLOUR[check.holds])
        table.add_row(holds, check.about, one_line(check.where), one_line(check.why))
    face.say(table)
    differing = sum(check.holds == "no" for check in checks)
    unknown = sum(check.holds == "unknown" for check in checks)
    head = {"seq": found.head.seq, "link": found.head.link}
    face.emit({"kind": "verified", "checks": len(checks), "differing": differing, "unknown": unknown, "head": head})
    tail = f" {unknown} could not be looked at." if unknown else ""
    if differing:
        face.say(f"Not as it was: {differing} of {len(checks)}.{tail}", style="bold red")
    else:
        face.say(f"As it was: {len(checks) - unknown} of {len(checks)}.{tail}", style="bold green")
    face.say(
        f"The chain ends at {found.head.seq}, {found.head.link}. Whoever may write the file may forge a chain: compare "
        "this with a ledger (--s3) or a note that was kept elsewhere.",
        style="dim",
    )
