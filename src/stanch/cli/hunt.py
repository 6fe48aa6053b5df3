"""`stanch hunt`: search logs for a leak."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stanch import app
from stanch.app.answers import Answers
from stanch.cli import show, show_hunt
from stanch.cli.face import Exit, Face, Format, Stopped, WrongUse, command, stoppable
from stanch.cli.options import (
    MAX_INFLATED,
    STATE,
    Endpoint,
    EstateFile,
    MaxInflated,
    Output,
    OwnCode,
    Profile,
    Region,
    RequesterPays,
    SigmaRules,
    StateDir,
    TellAll,
    bound_of,
    rules_in,
    severity_of,
)
from stanch.cli.progress import Bar
from stanch.cli.window import Accounts, Regions, Since, Until, span_of, window_of
from stanch.contracts import lines
from stanch.contracts.source import LogFile
from stanch.contracts.store import StoreError
from stanch.domain.coverage import Coverage
from stanch.domain.event import Skipped
from stanch.domain.incident import Incident
from stanch.domain.severity import Severity
from stanch.engine.correlate import worth_telling
from stanch.engine.scan.pool import FORGETFUL
from stanch.stores.delivery import Window
from stanch.stores.lake import Lake, Unit
from stanch.stores.listing import Listing
from stanch.stores.logs import STDIN
from stanch.stores.search import Search, is_s3
from stanch.stores.text import require_writable

if TYPE_CHECKING:
    from stanch.aws.doorway import Doorway

_EXAMPLE = """
Examples:

- `stanch hunt ./AWSLogs`: search a folder of logs, of any mix: CloudTrail, S3 access, VPC flow, ALB, GuardDuty,
  Security Hub, Security Lake, model gateways and servers

- `stanch hunt ./litellm --system-prompt prompt.txt`: search the calls of models, and their answers for what leaks

- `stanch hunt s3://acme-trail/AWSLogs --since 2026-11-20 --until 2026-11-21`: search where CloudTrail delivers

- `stanch hunt lake`: search what earlier hunts with `--save`, or `stanch lake import`, kept: several times faster

- `zcat trail.json.gz | stanch hunt -`: search what is piped in

- `stanch hunt ./AWSLogs --rules ./sigma/rules/cloud/aws`: with the community's rules beside our own

- `stanch hunt ./AWSLogs --format json --fail-on high`: for machines: JSON Lines, exit code 10 when it is serious
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="hunt", epilog=_EXAMPLE)(stoppable(hunt))


def hunt(
    paths: Annotated[
        list[str], typer.Argument(help="Files and folders of logs, s3://bucket/prefix, or `-` for standard input.")
    ],
    estate: EstateFile = None,
    since: Since = None,
    until: Until = None,
    account: Accounts = None,
    log_region: Regions = None,
    rules: SigmaRules = None,
    only_rules: Annotated[bool, typer.Option("--only-rules", help="Leave stanch's own detections out.")] = False,
    all_: TellAll = False,
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", metavar="SEVERITY", help="Exit 10 on findings this severe.")
    ] = None,
    max_inflated: MaxInflated = MAX_INFLATED,
    save: Annotated[bool, typer.Option("--save", help="Keep what is read in the lake, for faster hunts.")] = False,
    system_prompt: Annotated[
        list[Path] | None,
        typer.Option("--system-prompt", help="A text that no model's answer may repeat. Repeatable."),
    ] = None,
    fingerprint: Annotated[
        list[Path] | None,
        typer.Option("--fingerprint", help="Of `stanch fingerprint`; those in --state are used anyway. Repeatable."),
    ] = None,
    own_code: OwnCode = None,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
    requester_pays: RequesterPays = False,
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Search logs for a leak: who read what, through whom, how far it got."""
    face = Face(format_)
    threshold = severity_of(fail_on)
    limit = bound_of(max_inflated)
    if only_rules and rules is None:
        raise WrongUse("--only-rules leaves nothing to search for", "give --rules DIR too")
    rules = rules_in(rules)
    span = span_of(since, until)
    ours = app.estate_at(estate)
    require_writable(state)
    window = window_of(span, account or (), log_region or ())
    paths = _with_lake(paths, state)
    search = search_of(paths, window, lambda: app.doorway(profile, region, endpoint, log_region), requester_pays)
    loaded = app.rules(rules, own=not only_rules)
    answers = None if only_rules else _answers(state, system_prompt or (), fingerprint or (), own_code or ())
    with _covered(face), ExitStack() as stack:
        bar = stack.enter_context(Bar(face, "listing"))
        files = Listing(search)
        bar.expect(len(files), "reading")
        accounts = ours.perimeter.accounts or app.accounts_of(files)
        lake = stack.enter_context(app.lake(state).kept()) if save else None
        keeper, progress = stack.enter_context(
            app.resuming(state, files, _knowledge(rules, answers, own=not only_rules), ours, span, accounts)
            if lake is None
            else nullcontext((FORGETFUL, None))  # what a resumed hunt does not read again it could not keep either
        )
        if progress and progress.resumed:
            parts = show.counted(progress.resumed, "part of the logs was", "parts of the logs were")
            face.say(f"Going on where an earlier hunt stopped: {parts} read then.")
        result = app.hunt(
            files,
            ours,
            loaded,
            limit=limit,
            watches=() if only_rules else app.behaviours(),
            profiles=not only_rules,
            routines=app.routines(),
            span=span,
            accounts=accounts,
            left_out=lambda: [*search.left_out, *_damaged(lake, files)],
            keeper=keeper,
            lake=lake,
            inspect=answers,
            salt=progress.salt if progress else b"",
            on_file=lambda tally: bar.move(len(tally.digests) + len(tally.tables), tally.events, then="weighing"),
        )
        bar.stop()
        known, kept = _kept(face, state, result.incidents)
        if progress and kept and not (result.stopped or result.failed):
            progress.forget()
    shown = [one for one in known if all_ or any(finding.folded is None for finding in one.findings)]
    told = [one for one in shown if all_ or worth_telling(one)]
    show_hunt.tell(face, shown if face.machine else told, result, folded=all_, estate=ours)
    show_hunt.besides(face, search, quieter=len(known) - len(told))
    if told and kept:
        face.say("Next, the plan of containment, which touches nothing:")
        face.say(command("contain", told[0].id, state=None if state == STATE else state, estate=estate))
    if result.stopped:
        raise Stopped(f"the same command {'goes on where this one was' if progress else 'begins anew'}")
    code = _code(known, result.coverage, threshold)
    raise typer.Exit(code if kept or code is Exit.FOUND else Exit.PARTIAL)


@contextmanager
def _covered(face: Face) -> Iterator[None]:
    """A hunt that is stopped before it can tell anything ends with its line of coverage all the same."""
    try:
        yield
    except KeyboardInterrupt:
        all_of_it = Skipped("all", "interrupted before anything could be told")
        nothing = Coverage(0, (all_of_it,), 0, None, None, 0, (), 0.0)
        face.emit(lines.coverage(nothing))
        for line in show.skips(nothing.files_skipped):
            face.say(line)
        raise Stopped("nothing was told or kept") from None


def _answers(state: Path, prompts: Sequence[Path], fingerprints: Sequence[Path], code: Sequence[Path]) -> Answers:
    """What looks into models' answers; it is loaded when there is one."""
    for path in code:
        if not path.exists():
            raise WrongUse(f"--code {path} does not exist", "give a file or a folder of source code")
    for path in (*prompts, *fingerprints):
        try:
            path.open("rb").close()
        except OSError as error:
            told = f"{path} cannot be read: {error.strerror}"
            raise WrongUse(told, "--system-prompt and --fingerprint each take a file") from None
    return Answers(state, prompts, fingerprints, code)


def _knowledge(rules: Path | None, answers: Answers | None, *, own: bool) -> str:
    """What tells this search from any other."""
    return app.fingerprint(rules, own=own) + (answers.identity() if answers else "")


def _with_lake(paths: list[str], state: Path) -> list[str]:
    """The word `lake` means that of the state folder, unless something here bears the name."""
    lake = app.lake(state).folder
    return [str(lake) if path == "lake" and not Path(path).exists() and lake.exists() else path for path in paths]


def search_of(paths: list[str], window: Window, way: Callable[[], "Doorway"], requester_pays: bool) -> Search:
    """The logs of these paths; raises WrongUse for one that is none."""
    for path in paths:
        if path != STDIN and not is_s3(path) and not Path(path).exists() and not Path(path).is_symlink():
            if path == "lake":
                raise WrongUse("there is no lake yet", "`stanch lake import FOLDER` makes one, or give --state")
            raise WrongUse(
                f"{path} does not exist", "give a file or a folder of logs, s3://bucket/prefix, or - for standard input"
            )
    try:
        doorway = way() if any(map(is_s3, paths)) else None  # boto3 is slow to load
        return Search(paths, window, doorway=doorway, requester_pays=requester_pays, stdin=sys.stdin.buffer)
    except ValueError as error:
        raise WrongUse(str(error)) from None


def _kept(face: Face, state: Path, incidents: list[Incident]) -> tuple[list[Incident], bool]:
    """What was found, durable before it is told, and whether it could be kept; a quiet hunt leaves nothing behind."""
    if not incidents:
        return [], True
    try:
        with app.stores(state) as stores:
            return stores.incidents.save(incidents), True
    except StoreError as error:
        face.say(f"NOT KEPT: {error}; what was found is told here only", style="bold red")
        return incidents, False


def _damaged(lake: Lake | None, files: Iterable[LogFile]) -> list[Skipped]:
    """What the lake that logs are kept in does not tell of itself, unless it is hunted and tells that."""
    if lake is None or not lake.damaged:
        return []
    hunted = {file.path for file in files if isinstance(file, Unit)}
    return [unit for unit in lake.damaged if unit.path not in hunted]


def _code(known: list[Incident], coverage: Coverage, threshold: Severity | None) -> Exit:
    if threshold is not None and any(f.severity >= threshold for one in known for f in one.findings):
        return Exit.FOUND
    something = coverage.events > 0 or not coverage.files_skipped
    searched = coverage.complete and coverage.files_read > 0 and coverage.detections_run > 0 and something
    return Exit.DONE if searched else Exit.PARTIAL
