"""`stanch contain`: stop the leak; shows everything first and touches nothing until told."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stanch import app
from stanch.aws.vault import VaultError
from stanch.cli import deciding, outcome, show, show_steps
from stanch.cli.deciding import By, Deciding, Why
from stanch.cli.face import Exit, Face, Format, WrongUse, command, stoppable
from stanch.cli.options import STATE, Endpoint, EstateFile, Output, Profile, Region, StateDir
from stanch.cli.outcome import Ways
from stanch.contracts import lines
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.arn import ArnError
from stanch.domain.estate import Estate, Mode
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import Step, StepState
from stanch.stores.listing import Listing
from stanch.stores.logs import found

if TYPE_CHECKING:
    from stanch.engine.contain import Choice, Containment
    from stanch.stores.open import Stores

_EXAMPLE = """
Examples:

- `stanch contain inc-20261122-3f9a1c`: the plan: each call, what it breaks, the way back; nothing is touched

- `stanch contain inc-20261122-3f9a1c --apply`: asks once, acts, and proves each step

- `stanch contain inc-20261122-3f9a1c --auto`: asks nobody: what `response` in stanch.toml allows is done at once, the
  rest waits for `stanch approve`

- `stanch contain --resource arn:aws:iam::111122223333:role/vllm-serving --logs ./AWSLogs`: in an emergency, without a
  hunt; the logs say who else uses the role
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="contain", epilog=_EXAMPLE)(stoppable(contain))


def contain(
    incident: Annotated[str | None, typer.Argument(help="The incident's id, or the beginning of it.")] = None,
    resource: Annotated[
        list[str] | None,
        typer.Option("--resource", metavar="ARN", help="A role, user, bucket, instance, function, key ... Repeatable."),
    ] = None,
    playbook: Annotated[
        str | None,
        typer.Option("--playbook", help="For --resource: another playbook than the one for its kind."),
    ] = None,
    action: Annotated[
        list[str] | None,
        typer.Option("--action", metavar="ID", help="For --resource: this action alone. Repeatable."),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Act, after asking once.")] = False,
    auto: Annotated[bool, typer.Option("--auto", help="Act as far as stanch.toml allows; ask nobody.")] = False,
    by: By = None,
    why: Why = "",
    yes: Annotated[bool, typer.Option("--yes", help="With --apply: do not ask.")] = False,
    logs: Annotated[
        list[Path] | None, typer.Option("--logs", help="Logs in which to look who else uses the resources. Repeatable.")
    ] = None,
    state: StateDir = STATE,
    estate: EstateFile = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    format_: Output = Format.TABLE,
) -> None:
    """Show the plan that stops a leak and, with --apply or --auto, carry it out and prove it."""
    face = Face(format_)
    if (incident is None) == (not resource):
        raise WrongUse("name an incident, or resources with --resource", "`stanch incidents` lists the incidents")
    if incident and (playbook or action):
        raise WrongUse("--playbook and --action are for --resource", "an incident's findings name their playbooks")
    again = partial(
        command, state=_other(state), estate=estate, profile=profile, region=region, endpoint_url=endpoint_url
    )
    ways = Ways(again, partial(command, state=_other(state), estate=estate))
    ours = app.estate_at(estate)
    chosen = _chosen(playbook, action or [])
    _refuse(ours, again("contain", *_named(incident, resource)), apply=apply, auto=auto)
    stores = app.existing(state) if incident else app.stores(state)
    case = stores.incidents.get(incident) if incident else _by_hand(stores, resource or [])
    aws = app.door(ours, case, profile, region, endpoint_url)
    work = app.containment(stores, ours, aws)
    around = app.around(case, ours, state, _users(face, case, logs or []))
    plan = work.plan(case, chosen=chosen, around=around)
    _show(face, case, plan, aws)
    if case.by_hand and not (logs or around.in_lake):
        face.say("Who else uses these is not known; --logs FOLDER looks for it.", style="yellow")
    decision = app.go_ahead(stores, ours, case, plan)
    if not (apply or auto):
        if not any(map(_left_to_do, plan)):
            raise typer.Exit(outcome.nothing_left(face, case, plan, ways, journalled=False))
        named = _named(incident, case.by_hand)
        named += ["--playbook", playbook] if playbook else []
        named += [word for name in action or [] for word in ("--action", name)]
        named += [word for folder in logs or [] for word in ("--logs", str(folder))]
        face.emit(lines.plan(case.id, decision.plan, len(decision.now), decision.why, None))
        act, granted = again("contain", *named, "--apply"), app.granted(stores, decision)
        deciding.foretell(face, decision, ours.response, act, granted=granted)
        raise typer.Exit(Exit.PARTIAL if any(step.state is StepState.FAILED for step in plan) else Exit.DONE)
    if not any(map(_left_to_do, plan)):
        known = _put_on_record(stores, work, case, plan)
        raise typer.Exit(outcome.nothing_left(face, case, plan, ways, journalled=known))
    if apply and not yes:
        _ask(sum(map(_left_to_do, plan)))
    stores.incidents.save([case])
    desk = Deciding(face, stores, ours, case, decision, aws.caller, _other(state))
    let_go = desk.by_person(plan, by, why) if apply else desk.by_itself(plan)
    if not let_go:
        raise typer.Exit(Exit.PARTIAL)
    done = work.apply(let_go, partial(_live, face, {step.key: step.why for step in plan}))
    settled = app.settle(stores, case, [*done, *(step for step in plan if step.key not in {s.key for s in done})])
    _preserve(face, stores, ours, aws, settled, again)
    face.emit(lines.incident(settled))
    outcome.ended(face, settled, done, ways)
    if desk.next:
        face.say("What waits needs a decision first:", style="yellow")
        face.say(desk.next)
    raise typer.Exit(_code(settled))


def _other(state: Path) -> Path | None:
    return None if state == STATE else state


def _chosen(playbook: str | None, actions: Sequence[str]) -> "Choice":
    from stanch.engine.contain import Choice

    if playbook is not None and playbook not in app.playbooks():
        raise WrongUse(f"there is no playbook {playbook!r}", f"there is {', '.join(sorted(app.playbooks()))}")
    unknown = [name for name in actions if name not in app.actions()]
    if unknown:
        raise WrongUse(f"there is no action {unknown[0]!r}", f"there is {', '.join(sorted(app.actions()))}")
    return Choice(playbook, tuple(actions))


def _named(incident: str | None, resources: Sequence[str] | None) -> list[str]:
    """What this is about, as it is said on the command line."""
    return [incident] if incident else [word for arn in resources or () for word in ("--resource", arn)]


def _refuse(estate: Estate, look: str, *, apply: bool, auto: bool) -> None:
    if apply and auto:
        raise WrongUse("--apply and --auto exclude each other", "--apply is your decision, --auto is stanch.toml's")
    if (apply or auto) and estate.response.mode is Mode.OBSERVE:
        asked = "--apply" if apply else "--auto"
        told = f"stanch.toml says response.mode = observe: {asked} is refused, stanch shows plans and touches nothing"
        raise WrongUse(told, f"`{look}` shows the plan; to act, set mode to ask or act in [response]")


def _preserve(
    face: Face, stores: "Stores", estate: Estate, aws: Aws, case: Incident, again: Callable[..., str]
) -> None:
    """Keep the log files and the journal's head beyond an intruder's reach, where stanch.toml names a bucket."""
    if not estate.response.evidence.bucket:
        face.say("No evidence leaves this machine: [response.evidence] in stanch.toml names no bucket.", style="yellow")
        return
    try:
        kept = app.preserve(stores, estate, aws, case)
    except (VaultError, AwsError) as error:  # what is contained is contained, whatever becomes of the copies
        face.say(f"The evidence was NOT kept in s3://{estate.response.evidence.bucket}: {error}", style="bold red")
        return
    for copied in kept.missing:
        face.say(f"not kept: {copied.path}: {copied.why}", style="yellow")
    face.say(f"Evidence: s3://{estate.response.evidence.bucket}/{kept.ledger.key}. To check it, at any time:")
    face.say(again("verify", case.id, "--s3"))


def _left_to_do(step: Step) -> bool:
    from stanch.engine.contain import proven_once

    return step.state in {StepState.PLANNED, StepState.APPLIED} or proven_once(step)


def _put_on_record(stores: "Stores", work: "Containment", case: Incident, plan: Sequence[Step]) -> bool:
    """Journal why nothing can be begun, where the incident is a stored one; whether it is."""
    if case.id not in {known.id for known in stores.incidents.all()}:
        return False
    work.apply([step for step in plan if step.state is StepState.SKIPPED or step.before is None])
    # Killed between the last proof and its verdict, an earlier run may have left the incident without its state.
    app.settle(stores, case, plan)
    return True


def _users(face: Face, case: Incident, logs: Sequence[Path]) -> Mapping[str, Sequence[str]] | None:
    """Who else uses what the incident names, in the logs given now; None where there are none."""
    if not logs:
        return None
    missing = [path for path in logs if not path.exists()]
    if missing:
        raise WrongUse(f"{missing[0]} does not exist", "give --logs a file or a folder of CloudTrail logs")
    users, tally = app.used_by(Listing(found(logs)), {*app.named_by(case), *case.used_by})
    for line in show.skips([skip for skip in tally.skipped if skip.fault or not users]):
        face.say(line)
    if not users:
        face.say("No call in these logs: who else uses these is not known.", style="yellow")
    return users or None


def _by_hand(stores: "Stores", resources: Sequence[str]) -> Incident:
    try:
        return app.by_hand(stores, resources)
    except ArnError as error:
        raise WrongUse(f"--resource: {error}") from None


def _show(face: Face, case: Incident, plan: Sequence[Step], aws: Aws) -> None:
    if not plan:
        raise WrongUse(f"{case.id} names nothing that stanch can contain", "name resources with --resource ARN")
    for step in plan:
        face.emit(lines.step(step))
    where = f"in account {aws.account}, {aws.region}" if aws.account else f"at the gateway {aws.region}"
    face.say(f"{case.id} {where}", style="bold")
    face.say(f"acting as {aws.caller}", style="dim")
    face.say(show_steps.steps(plan))


def _ask(count: int) -> None:
    if not sys.stdin.isatty():
        raise WrongUse("there is no terminal to ask on", "give --yes to act without asking")
    if not typer.confirm(f"Carry out {show.counted(count, 'step')} now?", err=True):
        raise typer.Exit(Exit.DONE)


def _live(face: Face, read: Mapping[tuple[str, str, str], str], step: Step) -> None:
    """Tell what became of a step; people have just `read` the plan, so that of a planned one only a new why is news."""
    face.emit(lines.step(step))
    if step.state is StepState.PLANNED:
        if step.why != read.get(step.key, step.why):
            face.say(show_steps.waiting(step))
    elif not show_steps.idle(step):
        face.say(show_steps.progress(step))


def _code(settled: Incident) -> Exit:
    return Exit.DONE if settled.state is IncidentState.CONTAINED else Exit.PARTIAL
