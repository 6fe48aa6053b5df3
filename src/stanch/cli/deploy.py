"""`stanch deploy`: the responder, its roles and what must be recorded, as CloudFormation made from stanch.toml."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stanch import app as wiring
from stanch.cli import show
from stanch.cli.face import Exit, Face, Format, WrongUse, command, one_line, stoppable
from stanch.cli.options import Endpoint, EstateFile, Output, Profile, Region
from stanch.domain.estate import Estate

if TYPE_CHECKING:
    from stanch.app.deploy import Fault, Rendered

_HELP = "Render, compare, check and package what runs in AWS: CloudFormation made from stanch.toml."
_RENDER = """
Examples:

- `stanch deploy render --out deploy`: the templates and the parameters of prod

- `stanch deploy render --stage dev --playbook stolen_instance_credentials`: permissions for one playbook only
"""
_DIFF = """
Examples:

- `stanch deploy diff deploy`: what has changed since the files there were rendered

- `stanch deploy diff --deployed`: what differs from the stacks of this account and region

Exit code 10 when something differs, 3 when something could not be looked at.
"""
_CHECK = """
Examples:

- `stanch deploy check deploy`: whether AWS would take the files there

- `stanch deploy check`: the same of what would be rendered now
"""
_PACKAGE = """
Example:

- `stanch deploy package --out responder.zip`: the functions' code, and beside it what belongs into their layer
"""

PROD = "prod"

Stage = Annotated[str, typer.Option("--stage", help="dev, staging or prod.")]
Playbooks = Annotated[
    list[str] | None, typer.Option("--playbook", help="Permissions for this playbook's actions only. Repeatable.")
]


def register(cli: typer.Typer) -> None:
    """Add the verbs."""
    verbs = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode="markdown")
    verbs.command(name="render", epilog=_RENDER)(stoppable(render))
    verbs.command(name="diff", epilog=_DIFF)(stoppable(diff))
    verbs.command(name="check", epilog=_CHECK)(stoppable(check))
    verbs.command(name="package", epilog=_PACKAGE)(stoppable(package))
    cli.add_typer(verbs, name="deploy")


def render(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files go.")] = Path("deploy"),
    stage: Stage = PROD,
    playbook: Playbooks = None,
    estate: EstateFile = None,
    format_: Output = Format.TABLE,
) -> None:
    """Write the templates, the freeze policy and one stage's parameters."""
    from stanch.app import deploy

    face = Face(format_)
    made = _rendered(wiring.estate_at(estate), stage, playbook)
    for path in deploy.write(made.files, out):
        face.emit({"kind": "rendered", "path": str(path), "stage": stage})
        if not face.machine:
            face.say(f"wrote {path}")
    for template, names in deploy.asked(made.files, stage).items():
        if names:
            face.say(f"{template} asks you for: {', '.join(names)}", style="cyan")
    other = None if stage == PROD else stage
    face.say("Next:")
    face.say(command("deploy", "check", str(out), stage=other, estate=estate))
    face.say(command("deploy", "package"))
    raise typer.Exit(_told(face, made.left_out, "not covered"))


def diff(
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="Files rendered before.")] = None,
    deployed: Annotated[bool, typer.Option("--deployed", help="Compare with the stacks instead.")] = False,
    stage: Stage = PROD,
    playbook: Playbooks = None,
    estate: EstateFile = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    format_: Output = Format.TABLE,
) -> None:
    """Show what the estate would change in rendered files or in deployed stacks."""
    from stanch.app import deploy

    if (folder is None) is not deployed:
        raise WrongUse("name the folder to compare with, or the stacks", "`stanch deploy diff DIR` or --deployed")
    face = Face(format_)
    ours = wiring.estate_at(estate)
    files = _rendered(ours, stage, playbook).files
    if folder is not None:
        if not folder.is_dir():
            raise WrongUse(f"{folder} is no folder", "`stanch deploy render --out DIR` makes one")
        compared = deploy.compared_with_folder(files, folder)
    else:
        from stanch.aws import open_door

        home = next(iter(ours.perimeter.regions), None)
        door = open_door(profile=profile, region=region, endpoint=endpoint_url, home=home)
        compared = deploy.compared_with_stacks(files, door)
    for name, text in compared.differences.items():
        face.emit({"kind": "difference", "file": name, "diff": text})
        if not face.machine:
            for line in text.splitlines():
                face.say(line, style={"+": "green", "-": "red"}.get(line[:1]))
    if not compared.differences and not compared.unread:
        face.say("Nothing differs.")
    partial = _told(face, compared.unread, "not looked at")
    raise typer.Exit(partial or (Exit.FOUND if compared.differences else Exit.DONE))


def check(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Rendered files; default: those of the estate, now.")
    ] = None,
    stage: Stage = PROD,
    playbook: Playbooks = None,
    estate: EstateFile = None,
    format_: Output = Format.TABLE,
) -> None:
    """Say what AWS would refuse, whom the freeze binds wrongly, and all that cfn-lint knows where it is installed."""
    from stanch.app import deploy

    face = Face(format_)
    ours = wiring.estate_at(estate)
    files = deploy.in_folder(folder) if folder else _rendered(ours, stage, playbook).files
    if not files:
        raise WrongUse(f"{folder} holds no rendered files", "`stanch deploy render --out DIR` writes them")
    checked = deploy.checked(files, ours.perimeter.regions or ("us-east-1",))
    frozen = deploy.freeze_checked(files, ours)
    faults = (*frozen.faults, *checked.faults)
    _show(face, faults, checked.warnings)
    for name in deploy.limits.too_large_to_send(files):
        face.say(f"{name} is larger than a call takes: deploy it with --s3-bucket", style="cyan")
    partial = _told(face, (*frozen.unread, *checked.unread), "not looked at")
    if not faults:
        spares = "" if frozen.unread else "; the freeze binds and spares whom it must"
        face.say(f"{show.counted(len(files), 'file')}: nothing that AWS would refuse{spares}.")
    raise typer.Exit(Exit.FOUND if faults else partial)


def package(
    out: Annotated[Path, typer.Option("--out", metavar="ZIP", help="Where the zip goes.")] = Path("responder.zip"),
) -> None:
    """Write the functions' code as a zip, the same bytes wherever it is made, and the pins of their layer."""
    from stanch.app import deploy

    face = Face()
    listed = out.with_suffix(".requirements.txt")
    code = deploy.zipped()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(code)
    listed.write_text(deploy.pins(), encoding="utf-8")
    face.say(f"wrote {out} ({show.size(len(code))}, SHA-256 {deploy.digest(code)}) and {listed}")
    face.say("The layer, on any machine that reaches your package index:")
    face.say(deploy.layer_command(str(listed)))


def _rendered(estate: Estate, stage: str, playbook: list[str] | None) -> "Rendered":
    from stanch.app import deploy

    if stage not in deploy.stages():
        raise WrongUse(f"there is no stage {stage!r}", f"there are {', '.join(deploy.stages())}")
    try:
        return deploy.rendered(estate, stage, playbook or ())
    except deploy.Lacking as lacking:
        raise WrongUse(str(lacking)) from None


def _show(face: Face, faults: Sequence["Fault"], warnings: Sequence["Fault"]) -> None:
    for fault, grave in [(one, True) for one in faults] + [(one, False) for one in warnings]:
        line = {"kind": "fault", "file": fault.file, "where": fault.where, "what": fault.what, "grave": grave}
        face.emit(line)
        if not face.machine:
            face.say(one_line(f"{'wrong' if grave else 'warning'}: {fault}"), style="red" if grave else "yellow")


def _told(face: Face, missing: tuple[str, ...], word: str) -> Exit:
    """Say what is missing; PARTIAL when something is."""
    for what in missing:
        face.emit({"kind": "missing", "what": what})
        face.say(f"{word}: {what}", style="yellow")
    return Exit.PARTIAL if missing else Exit.DONE
