"""`stanch contain`: stop the leak; shows everything first and touches nothing until told."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stanch import app
from stanch.aws.vault import VaultError
from stanch.cli import show
from stanch.cli.deciding import By, Deciding, Why
from stanch.cli.face import Exit, Face, Format, WrongUse, command, stoppable
from stanch.cli.options import STATE, Endpoint, EstateFile, Output, Profile, Region, StateDir
from stanch.contracts import lines
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.arn import ArnError
from stanch.domain.estate import Estate, Mode
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import Step, StepState
from stanch.stores.listing import Listing
from stanch.stores.logs import found

if TYPE_CHECKING:
    from stanch.engine.contain import Choice
    from stanch.engine.decide import Decision
    from stanch.stores.open import Stores

_EXAMPLE = """
Examples:

- `stanch contain inc-20261122-3f9a1c` the plan: each call, what it breaks, the way back; nothing is touched

- `stanch contain inc-20261122-3f9a1c --apply` asks once, acts, and proves each step

- `stanch contain inc-20261122-3f9a1c --auto` asks nobody: what `response` in stanch.toml allows is done at once, the
  rest waits for `stanch approve`

- `stanch contain --resource arn:aws:iam::111122223333:role/vllm-serving --logs ./AWSLogs` in an emergency, without a
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
    ours = app.estate_at(estate)
    chosen = _chosen(playbook, action or [])
    _refuse(ours, apply=apply, auto=auto)
    stores = app.existing(state) if incident else app.stores(state)
    case = stores.incidents.get(incident) if incident else _by_hand(stores, resource or [])
    aws = app.door(ours, case, profile, region, endpoint_url)
    work = app.containment(stores, ours, aws)
    plan = work.plan(case, chosen=chosen, users=_users(face, case, logs or []))
    _show(face, case, plan, aws)
    if case.by_hand and not logs:
        face.say("Who else uses these is not known; --logs FOLDER looks for it.", style="yellow")
    decision = app.go_ahead(stores, ours, case, plan)
    if not (apply or auto):
        named = [incident] if incident else [word for arn in case.by_hand for word in ("--resource", arn)]
        named += ["--playbook", playbook] if playbook else []
        named += [word for name in action or [] for word in ("--action", name)]
        named += [word for folder in logs or [] for word in ("--logs", str(folder))]
        raise typer.Exit(_only_shown(face, case, plan, decision, again("contain", *named, "--apply")))
    if not any(map(_left_to_do, plan)):
        raise typer.Exit(_nothing_left(face, stores, case, plan))
    if apply and not yes:
        _ask(sum(map(_left_to_do, plan)))
    stores.incidents.save([case])
    desk = Deciding(face, stores, ours, case, decision, aws.caller, _other(state))
    let_go = desk.by_person(plan, by, why) if apply else desk.by_itself(plan)
    if not let_go:
        raise typer.Exit(Exit.PARTIAL)
    done = work.apply(let_go, lambda step: _live(face, step))
    settled = app.settle(stores, case, [*done, *(step for step in plan if step.key not in {s.key for s in done})])
    _preserve(face, stores, ours, aws, settled, again)
    _end(
        face,
        settled,
        done,
        again,
        command("report", settled.id, "--regime", "gdpr", state=_other(state), estate=estate),
    )
    if desk.next:
        face.say("What waits needs a yes first:", style="yellow")
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


def _refuse(estate: Estate, *, apply: bool, auto: bool) -> None:
    if apply and auto:
        raise WrongUse("--apply and --auto exclude each other", "--apply is your decision, --auto is stanch.toml's")
    if (apply or auto) and estate.response.mode is Mode.OBSERVE:
        raise WrongUse("stanch.toml says response.mode = observe", "set it to ask or act, or leave --apply out")


def _only_shown(face: Face, case: Incident, plan: Sequence[Step], decision: "Decision", act: str) -> Exit:
    if not any(map(_left_to_do, plan)):
        return _told_nothing_left(face, plan)
    face.emit(lines.plan(case.id, decision.plan, len(decision.now), decision.why, None))
    face.say(f"Plan {decision.plan[:12]}. Nothing was touched. To act:")
    face.say(act)
    return Exit.PARTIAL if any(step.state is StepState.FAILED for step in plan) else Exit.DONE


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


def _nothing_left(face: Face, stores: "Stores", case: Incident, plan: Sequence[Step]) -> Exit:
    """Nothing can be begun: all is proven already, or all is left out or could not be looked at."""
    # Killed between the last proof and its verdict, an earlier run may have left the incident without its state.
    if case.id in {known.id for known in stores.incidents.all()}:
        app.settle(stores, case, plan)
    return _told_nothing_left(face, plan)


def _told_nothing_left(face: Face, plan: Sequence[Step]) -> Exit:
    proven = [step for step in plan if step.state is StepState.VERIFIED]
    open_ends = [step for step in plan if step.state is not StepState.VERIFIED and not step.settings.get("aside")]
    if open_ends or not proven:
        left = show.counted(len(open_ends) or len(plan), "step is", "steps are")
        face.say(f"There is nothing here that stanch can do: {left} left out, for the reasons above.", style="yellow")
        return Exit.PARTIAL
    face.say(f"Nothing is left to do: {_proven(plan)}, and still stands.", style="bold green")
    return Exit.DONE


def _proven(steps: Sequence[Step]) -> str:
    """`11 steps are verified, 9 had nothing to do`."""
    verified = sum(step.state is StepState.VERIFIED for step in steps)
    rest = len(steps) - verified
    return (
        show.counted(verified, "step is", "steps are") + " verified" + (f", {rest} had nothing to do" if rest else "")
    )


def _users(face: Face, case: Incident, logs: Sequence[Path]) -> Mapping[str, Sequence[str]] | None:
    """Who else uses what the incident names: as the hunt saw it, or in the logs given now; None where nobody looked."""
    if not logs:
        return app.users_known(case)
    missing = [path for path in logs if not path.exists()]
    if missing:
        raise WrongUse(f"{missing[0]} does not exist", "give --logs a file or a folder of CloudTrail logs")
    users, tally = app.used_by(Listing(found(logs)), {*app.named_by(case), *case.used_by})
    for skip in tally.skipped:
        if skip.fault:
            face.say(f"not read: {skip.path}: {skip.why}", style="yellow")
    if not users:
        face.say("No call in these logs: who else uses these is not known.", style="yellow")
    return {**(app.users_known(case) or {}), **users} or None


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
    face.say(f"{case.id}, acting as {aws.caller} in {aws.account}, {aws.region}", style="bold")
    face.say(show.steps(plan))


def _ask(count: int) -> None:
    if not sys.stdin.isatty():
        raise WrongUse("there is no terminal to ask on", "give --yes to act without asking")
    if not typer.confirm(f"Carry out {show.counted(count, 'step')} now?", err=True):
        raise typer.Exit(Exit.DONE)


def _live(face: Face, step: Step) -> None:
    face.emit(lines.step(step))
    if step.state is not StepState.PLANNED and not show.idle(step):  # people have just read the plan
        face.say(show.progress(step))


def _end(face: Face, case: Incident, done: Sequence[Step], again: Callable[..., str], report: str) -> None:
    face.emit(lines.incident(case))
    if case.state is IncidentState.CONTAINED:
        face.say(f"{case.id} is contained: {_proven(done)}.", style="bold green")
    else:
        face.say(f"{case.id} is NOT contained: see the steps above; the same command goes on.", style="bold red")
        _say_way_on(face, case, done)
    if any(step.state is not StepState.SKIPPED for step in done):
        face.say("Next, the draft notification; and the way back:")
        face.say(report)
        face.say(again("undo", case.id))


def _say_way_on(face: Face, case: Incident, done: Sequence[Step]) -> None:
    """What a person can do about steps that no second run will mend."""
    for step in done:
        if step.state is StepState.FAILED and step.action == "iam/look_again":
            face.say(
                "If what was found new is your own people's work, say so; else name it with contain --resource ARN:"
            )
            face.say(command("accept", case.id, "--action", step.action, "--resource", step.resource, "--why", "..."))
            return


def _code(settled: Incident) -> Exit:
    return Exit.DONE if settled.state is IncidentState.CONTAINED else Exit.PARTIAL
