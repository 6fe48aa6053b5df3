"""`stanch verify`: is what stanch wrote, and what it read, still what is there?"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from stanch import app
from stanch.cli import show
from stanch.cli.face import Exit, Face, Format, WrongUse, one_line, stoppable
from stanch.cli.options import STATE, Endpoint, EstateFile, Output, Profile, Region, StateDir
from stanch.contracts.aws import Aws
from stanch.domain.estate import Estate

if TYPE_CHECKING:
    from stanch.app.verify import Check, Looked
    from stanch.stores.chain import Head

_COLOUR = {"yes": "green", "no": "bold red", "unknown": "yellow"}
_ORDER = ("no", "unknown", "yes")
_EXAMPLE = """
Examples:

- `stanch verify`: the journal's chain, and the log files that hold the evidence of all incidents; asks nobody

- `stanch verify inc-20261122-3f9a1c --s3`: also the files in S3, each ledger and object in the evidence bucket

- `stanch verify --table stanch-responder-Journal-1AB2`: what a deployed responder wrote

One line when all is as it was; else what is not, first. Exit code 3 when something is not as it was, or with --s3 could
not be looked at.
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
    table: Annotated[
        str | None, typer.Option("--table", metavar="NAME", help="A deployed responder's table, instead of --state.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List also what is as it was.")] = False,
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
    ours = app.estate_at(estate) if s3 or table else Estate()
    aws: Aws | None = None
    if table:
        aws = app.door_to(ours, profile, region, endpoint_url)
        looked = work.table(table, aws, incident)
    else:
        looked = work.journal(app.existing(state), incident)
    if s3 and looked.cases:
        aws = aws or app.door(ours, looked.cases[0], profile, region, endpoint_url)
    checks = [*looked.checks, *(_ledgers(aws, ours, looked) if s3 and aws else ())]
    checks += work.files(looked.cases, aws if s3 else None)
    _tell(face, checks, looked, s3=s3, every=every)
    wanted = {"no", "unknown"} if s3 else {"no"}  # without --s3 nobody asked to look there
    if any(check.holds in wanted for check in checks):
        raise typer.Exit(Exit.PARTIAL)


def _ledgers(aws: Aws, estate: Estate, looked: "Looked") -> Iterator["Check"]:
    from stanch.app.verify import ledgers
    from stanch.aws.vault import Vault, VaultError

    try:
        vault = Vault.open(aws, estate.response.evidence)
    except VaultError as error:
        raise WrongUse(str(error)) from error
    for case in looked.cases:
        yield from ledgers(case, vault, looked.audits[case.id])


def _tell(face: Face, checks: Sequence["Check"], looked: "Looked", *, s3: bool, every: bool) -> None:
    for check in checks:
        told = {"about": check.about, "where": check.where, "holds": check.holds.value, "why": check.why}
        face.emit({"kind": "evidence", **told})
    unasked = [] if s3 else [check for check in checks if check.holds == "unknown" and check.where.startswith("s3://")]
    listed = [check for check in checks if every or (check.holds != "yes" and check not in unasked)]
    if listed and not face.machine:
        face.say(_table(sorted(listed, key=lambda check: _ORDER.index(check.holds))))
    differing = sum(check.holds == "no" for check in checks)
    unknown = sum(check.holds == "unknown" for check in checks)
    counts = {"checks": len(checks), "differing": differing, "unknown": unknown}
    heads = {} if looked.heads is None else {"heads": {id_: _head(head) for id_, head in looked.heads.items()}}
    face.emit({"kind": "verified", **counts, "head": _head(looked.head) if looked.head else None, **heads})
    blind = unknown - len(unasked)
    tail = (f" {blind} could not be looked at." if blind else "") + (f" {len(unasked)} in S3: --s3." if unasked else "")
    end = _ends(looked)
    if differing:
        face.say(f"Not as it was: {differing} of {len(checks)}.{tail}{end}", style="bold red")
    else:
        face.say(f"As it was: {len(checks) - unknown} of {len(checks)}.{tail}{end}", style="bold green")
    if every:
        face.say(
            "Whoever may write all of it may forge a chain: compare where it ends with a ledger (--s3), or with a note "
            "that was kept elsewhere.",
            style="dim",
        )


def _ends(looked: "Looked") -> str:
    """Where the chain ends, to be noted elsewhere; those of a table are told one by one, with --all."""
    if looked.heads is not None:
        return f" {show.counted(len(looked.heads), 'chain')}; --all says where each ends."
    return f" The chain ends at {looked.head.seq}, {looked.head.link}." if looked.head else ""


def _head(head: "Head") -> dict[str, int | str]:
    return {"seq": head.seq, "link": head.link}


def _table(checks: Sequence["Check"]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("holds", "what"):
        table.add_column(name, no_wrap=True)
    table.add_column("where", overflow="fold")
    table.add_column("why", overflow="fold")
    for check in checks:
        holds = Text(check.holds.value, style=_COLOUR[check.holds])
        table.add_row(holds, check.about, one_line(check.where), one_line(check.why))
    return table
