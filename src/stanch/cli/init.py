"""`stanch init`: what is yours is found, and said once, in stanch.toml."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from stanch import app, estate
from stanch.app import discovering
from stanch.app import snapshot as app_snapshot
from stanch.app.discovering import Discovered
from stanch.cli import proposals, show
from stanch.cli.deciding import act_when_goes_first
from stanch.cli.face import Exit, Face, Format, WrongUse, command, stoppable
from stanch.cli.options import STATE, Endpoint, LookIn, Output, Permissions, Profile, Region, StateDir
from stanch.cli.progress import Bar
from stanch.cli.snapshot import look_with_bar, print_policy, refuse_other_content
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.estate import Estate
from stanch.estate.asking import refused
from stanch.estate.comparing import Difference, How, compared, updated
from stanch.estate.snapshot import SnapshotError
from stanch.stores.listing import Listing

_EXAMPLE = """
Examples:

- `stanch init`: look at the account of your credentials and write what was found; without credentials, a file to fill
  in

- `stanch init --in eu-central-1 --in us-east-1 --account 444455556666 --role stanch-reader`: regions, another account

- `stanch init --logs ./AWSLogs`: weigh also who reads what; `--logs lake` what was kept

- `stanch init --update`: show what the account has and stanch.toml does not; `--write` adds it at the file's end

- `stanch init --snapshot DIR`: from what was kept earlier, without any call

- `stanch init --permissions`: the policy that looking needs: lists and reads, no object's bytes

- `stanch init --check`: whether the stanch.toml here is right, with line and remedy where it is not

Nothing is changed in any account. Exit code 3 when something could not be looked at; it is listed. Exit code 10 when
`--update` finds a difference and does not write it.
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="init", epilog=_EXAMPLE)(stoppable(init))


def init(
    path: Annotated[Path, typer.Argument(help="The estate file.")] = Path(estate.FILE_NAME),
    check: Annotated[bool, typer.Option("--check", help="Validate the file instead of writing it.")] = False,
    update: Annotated[bool, typer.Option("--update", help="Compare the file with what is found.")] = False,
    write: Annotated[bool, typer.Option("--write", help="With --update: add what is new at the file's end.")] = False,
    permissions: Permissions = False,
    blank: Annotated[bool, typer.Option("--blank", help="Write a file to fill in, without looking.")] = False,
    snapshot: Annotated[
        Path | None, typer.Option("--snapshot", help="What was kept earlier, instead of looking anew.")
    ] = None,
    logs: Annotated[
        list[Path] | None,
        typer.Option("--logs", metavar="PATH", help="CloudTrail's logs, or `lake`: who reads what. Repeatable."),
    ] = None,
    account: Annotated[
        list[str] | None, typer.Option("--account", metavar="ID", help="This account too, through --role. Repeatable.")
    ] = None,
    role: Annotated[
        str | None, typer.Option("--role", help="A role to assume in those and the perimeter's other accounts.")
    ] = None,
    regions: LookIn = None,
    state: StateDir = STATE,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    format_: Output = Format.TABLE,
) -> None:
    """Find what is yours and write it down, or check what is written."""
    face = Face(format_)
    if permissions:
        print_policy(discovering.permissions())
        return
    if check:
        _check(face, path)
        return
    logs = [_lake_or(log, state) for log in logs or ()]
    _refuse(path, update=update, write=write, blank=blank, logs=logs)
    _refuse_accounts(account or (), role)
    if blank:
        _blank(face, path)
        return
    ours = estate.load(path) if update else Estate()
    folder = snapshot
    if folder is None:
        asked = bool(update or profile or role or regions)
        aws = _door(ours, profile, region, endpoint_url, asked=asked)
        if aws is None:
            face.say("No credentials were found, so nothing was looked at.")
            _blank(face, path)
            return
        folder = state / app_snapshot.FOLDER
        refuse_other_content(folder, "--state")
        todo, closed = discovering.errands(aws, ours, accounts=account or [], role=role, regions=regions or [])
        look_with_bar(face, todo, closed, folder)
    found = _discovered(face, folder, logs, ours)
    if update:
        again = command("init", str(path), "--update", "--write", *_words(logs), snapshot=folder)
        raise typer.Exit(_update(face, path, ours, found, None if write else again))
    raise typer.Exit(_fresh(face, path, found))


def _check(face: Face, path: Path) -> None:
    if not path.exists():
        raise WrongUse(f"{path} does not exist", "`stanch init` writes one")
    ours = app.estate_at(path)
    declared = {
        "asset": ours.assets,
        "principal": ours.principals,
        "export": ours.exports,
        "account": ours.perimeter.accounts,
    }
    counts = ", ".join(show.counted(len(each), name) for name, each in declared.items())
    face.say(f"{path} is right: {counts}, mode {ours.response.mode.value}.")
    goes_first = act_when_goes_first(ours.response)
    if goes_first:
        face.say(goes_first, style="yellow")


def _refuse(path: Path, *, update: bool, write: bool, blank: bool, logs: Sequence[Path]) -> None:
    """Whatever would not work is said before anything is looked at."""
    if write and not update:
        raise WrongUse("--write goes with --update", "a new file is written anyway")
    if blank and update:
        raise WrongUse("--blank and --update are two things", "give one of them")
    if update and not path.exists():
        raise WrongUse(f"{path} does not exist", "`stanch init` writes one")
    if not update and path.exists():
        remedy = "`stanch init --check` validates it, `stanch init --update` compares it with the account"
        raise WrongUse(f"{path} exists and is yours", remedy)
    for log in logs:
        if not log.exists():
            raise WrongUse(f"--logs {log} does not exist", "give a file or a folder of logs, or a lake")


def _lake_or(log: Path, state: Path) -> Path:
    """The word `lake` means that of the state folder, unless something here bears the name."""
    lake = app.lake(state).folder
    return lake if str(log) == "lake" and not log.exists() and lake.exists() else log


def _refuse_accounts(accounts: Sequence[str], role: str | None) -> None:
    for one in accounts:
        if not re.fullmatch(r"\d{12}", one, re.ASCII):
            raise WrongUse(f"--account {one!r} is no account", "give its 12 digits")
    if accounts and not role:
        raise WrongUse("--account needs --role", "name the role to assume there; your own account needs neither")


def _blank(face: Face, path: Path) -> None:
    _written(path, estate.starting_file())
    face.say(f"Wrote {path}. Fill in your accounts, networks, weights and training data; then `stanch init --check`.")


def _written(path: Path, text: str) -> None:
    """A new file; one that appeared meanwhile is somebody's."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise WrongUse(f"{path} exists and is yours", "`stanch init --check` validates it") from None
    except OSError as error:
        raise WrongUse(f"{path} cannot be written: {error.strerror}", "choose another path") from None


def _door(ours: Estate, profile: str | None, region: str | None, endpoint: str | None, *, asked: bool) -> Aws | None:
    """The door to the account; None where nothing says that there is one, and nobody asked for it."""
    try:
        aws = app.door_to(ours, profile, region, endpoint)
        aws.account  # noqa: B018 - whoever has no credentials is told now, and not by each collector
    except AwsError as error:
        if asked or error.code not in ("NoCredentials", "NoRegion"):
            raise refused(error) from error
        return None
    return aws


def _discovered(face: Face, folder: Path, logs: Sequence[Path], ours: Estate) -> Discovered:
    try:
        if not logs:
            return discovering.discovered(folder, ours=ours)
        with Bar(face, "listing") as bar:
            files = Listing(discovering.logs_at(logs))
            bar.expect(len(files), "reading")
            return discovering.discovered(
                folder, files, on_file=lambda tally: bar.move(len(tally.digests), tally.events), ours=ours
            )
    except SnapshotError as error:
        raise WrongUse(str(error)) from None


def _fresh(face: Face, path: Path, found: Discovered) -> Exit:
    """Write the first file."""
    text = estate.starting_file(proposals=found.proposals, where=proposals.looked_at(found))
    estate.read(text, str(path))  # what we write must be right, whatever names were found
    _written(path, text)
    proposals.tell(face, [Difference(How.NEW, one) for one in found.proposals])
    proposals.tell_coverage(face, found)
    active = sum(one.active for one in found.proposals)
    doubted = proposals.doubted(found.proposals)
    face.say(
        f"Wrote {path}: {show.counted(active, 'line')} that {'counts' if active == 1 else 'count'} at once, "
        f"{doubted} behind a # for you to confirm. Read it, then:", style="bold"
    )  # fmt: skip
    face.say(command("init", *([] if path.name == estate.FILE_NAME else [str(path)]), "--check"))
    proposals.tell_end(face, path, found, written=True)
    return Exit.DONE if found.is_whole else Exit.PARTIAL


def _update(face: Face, path: Path, ours: Estate, found: Discovered, again: str | None) -> Exit:
    """Show what differs, and add what is new; or only say with which command, `again`, that would be done."""
    text = path.read_text(encoding="utf-8-sig")
    differences = compared(text, ours, found.proposals, found.buckets)
    proposals.tell(face, [one for one in differences if one.how is not How.KNOWN])
    try:
        after = updated(text, differences, f"{proposals.looked_at(found)}.")
    except estate.EstateError:
        remedy = "write its assets and principals as [[asset]] and [[principal]], or add by hand what is shown above"
        raise WrongUse(f"{path} cannot take new entries at its end", remedy) from None
    proposals.tell_diff(face, str(path), text, after)
    proposals.tell_coverage(face, found)
    partial = Exit.DONE if found.is_whole else Exit.PARTIAL
    proposals.tell_end(face, path, found, written=after != text and again is None)
    gone = any(one.how is How.GONE for one in differences)
    if after == text:
        face.say(f"{path} says all that was found.", style="green")
    elif again:
        face.say("Nothing was written. To add what is new at the end of the file:")
        face.say(again)
    else:
        _appended(path, after.removeprefix(text))
        face.say(f"Added to {path}; no line that was there has changed.", style="bold")
    return partial or (Exit.FOUND if gone or (again and after != text) else Exit.DONE)


def _words(logs: Sequence[Path]) -> list[str]:
    return [word for log in logs for word in ("--logs", str(log))]


def _appended(path: Path, added: str) -> None:
    """Add to the end, in the file's own line ends: whatever stands there is a person's."""
    try:
        with path.open("rb") as file:
            ends = "\r\n" if file.readline().endswith(b"\r\n") else "\n"
        with path.open("a", encoding="utf-8", newline=ends) as file:
            file.write(added)
    except OSError as error:
        raise WrongUse(f"{path} cannot be written: {error.strerror}", "nothing of it has changed") from None
