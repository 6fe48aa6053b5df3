"""`stanch canary`: plant what no honest work ever touches, see that it still stands, and take it away."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stanch import app
from stanch.cli import show, show_steps
from stanch.cli.canary_declaring import Rewriting, declaring, undeclaring
from stanch.cli.canary_list import LIST, NOTHING, list_
from stanch.cli.face import Exit, Face, Format, WrongUse, command, stoppable
from stanch.cli.options import STATE, Endpoint, EstateFile, Output, Profile, Region, StateDir
from stanch.contracts import lines
from stanch.domain.estate import Estate, Mode, Purpose
from stanch.domain.step import Step, StepState
from stanch.engine.canary.marks import OBJECTS, TEXTS, Canary, Kind

if TYPE_CHECKING:
    from stanch.app.canary import Planted, Planting
    from stanch.stores.open import Stores

_HELP = "Plant what no honest work ever touches, see that it still stands, and take it away."
_PLANT = """
Examples:

- `stanch canary plant shard s3://acme-weights/llama-70b-ft/`: the plan: a shard that fits its neighbours, and the
  lines for stanch.toml; nothing is touched

- `stanch canary plant shard s3://acme-weights/llama-70b-ft/ --apply --write`: plants it and declares it

- `stanch canary plant key "ci runner, .env" --apply`: a key of your own account that may do nothing, shown once

- `stanch canary plant system-prompt support-bot --tenant acme --language de --apply`: a sentence to paste, and its
  code
"""
_RETIRE = """
Examples:

- `stanch canary retire s3://acme-weights/llama-70b-ft/`: what would be taken away

- `stanch canary retire s3://acme-weights/llama-70b-ft/ --apply --write`: takes it away, and out of stanch.toml

`stanch canary plant` with the same words plants the very same again.
"""
_MOST_SENTENCES = 1000
_SIZE = 8
_DEAF = "No touch of it is told until stanch.toml says the lines above: --write."
_KEEPERS = {Purpose.ADMIN, Purpose.SERVICE, Purpose.RESPONDER}
_FOLDER = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/([!-~]*/)?")

Apply = Annotated[bool, typer.Option("--apply", help="Act, after asking once.")]
Write = Annotated[bool, typer.Option("--write", help="Write what is proposed to stanch.toml.")]
Yes = Annotated[bool, typer.Option("--yes", help="With --apply: do not ask.")]


def register(cli: typer.Typer) -> None:
    """Add the verbs."""
    canary = typer.Typer(help=_HELP)
    canary.command(name="plant", epilog=_PLANT)(stoppable(plant))
    canary.command(name="list", epilog=LIST)(stoppable(list_))
    canary.command(name="retire", epilog=_RETIRE)(stoppable(retire))
    cli.add_typer(canary, name="canary", no_args_is_help=True)


def plant(
    kind: Annotated[Kind, typer.Argument(help="What to plant.")],
    place: Annotated[str, typer.Argument(help="s3://bucket/folder/, or for a key or a text where you will put it.")],
    tenant: Annotated[str, typer.Option("--tenant", help="Whose it is; each tenant's is another.")] = "",
    generation: Annotated[int, typer.Option("--generation", min=1, help="Another one for the same place.")] = 1,
    language: Annotated[str, typer.Option("--language", help="Of sentences: en or de.")] = "en",
    sentences: Annotated[
        int | None,
        typer.Option("--sentences", min=1, max=_MOST_SENTENCES, help="How many; a dataset has 40, a text 1."),
    ] = None,
    size: Annotated[int, typer.Option("--size", min=1, max=64, help="Of a shard, in MiB.")] = _SIZE,
    apply: Apply = False,
    write: Write = False,
    yes: Yes = False,
    state: StateDir = STATE,
    estate: EstateFile = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    format_: Output = Format.TABLE,
) -> None:
    """Show what would be planted and, with --apply, plant it and prove it."""
    from stanch.app.canary import Planting, decoys

    face = Face(format_)
    canary = _canary(kind, place, tenant, generation, language, sentences)
    ours = app.estate_at(estate)
    _refuse(ours, apply=apply)
    with app.stores(state) as stores:
        if kind in TEXTS:
            _give_out(face, stores, state, canary, apply=apply)
            return
        aws = app.door_to(ours, profile, region, endpoint_url)
        planting = Planting(stores, state, ours, aws, canary, size << 20, endpoint_url)
        (step,) = planting.plan()
        face.emit(lines.step(step))
        if planting.stands:
            _stands(face, declaring(estate, decoys(planting.canary, step)), write=write)
            return
        face.say(f"{kind} in account {aws.account}, as {aws.caller}", style="bold")
        face.say(show_steps.steps([step]))
        if step.state is not StepState.PLANNED:
            raise typer.Exit(Exit.PARTIAL)
        lines_for = declaring(estate, decoys(planting.canary, step))
        lines_for.tell(face)
        if kind in OBJECTS and ours.purpose_of((aws.caller,)) not in _KEEPERS:
            face.say(
                f"{aws.caller} is no [[principal]] of purpose admin: its own planting will be told.", style="yellow"
            )
        if not apply:
            face.say("Nothing was touched. --apply plants it, --write writes what is shown to stanch.toml:")
            face.say(_again(canary, sentences, size, state, estate, profile, region, endpoint_url))
            return
        _ask("Plant it now?", yes=yes)
        declared = lines_for.write(face) if write else not lines_for.is_needed
        _told(face, planting, planting.apply(step, lambda now: _live(face, now)))
        if not declared:
            face.say(_DEAF, style="bold yellow")


def retire(
    places: Annotated[list[str], typer.Argument(help="Places as `stanch canary list` shows them.")],
    tenant: Annotated[str | None, typer.Option("--tenant", help="Only this tenant's.")] = None,
    apply: Apply = False,
    write: Write = False,
    yes: Yes = False,
    state: StateDir = STATE,
    estate: EstateFile = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    format_: Output = Format.TABLE,
) -> None:
    """Show what would be taken away and, with --apply, take away what nobody has changed."""
    from stanch.app.canary import decoys, retire_text
    from stanch.app.canary import retire as taken_away

    face = Face(format_)
    ours = app.estate_at(estate)
    _refuse(ours, apply=apply)
    with app.existing(state, NOTHING) as stores:
        ones = _chosen(stores, state, places, tenant)
        for one in ones:
            face.say(f"{one.canary.kind} at {one.canary.where}: {one.step.undo or 'noted as taken away by hand'}")
        undeclaring(estate, [decoy for one in ones for decoy in decoys(one.canary, one.step)]).tell(face)
        if not apply:
            face.say("Nothing was touched. --apply takes it away, --write takes it out of stanch.toml.")
            return
        _ask(f"Take away {show.counted(len(ones), 'canary', 'canaries')} now?", yes=yes)
        in_aws = [one for one in ones if one.canary.kind not in TEXTS]
        done = [retire_text(stores, one) for one in ones if one.canary.kind in TEXTS]
        if in_aws:
            aws = app.door_to(ours, profile, region, endpoint_url)
            done += taken_away(stores, ours, aws, in_aws, lambda step: _undone(face, step))
    gone = {step.key for step in done if step.state is StepState.UNDONE}
    if write:
        undeclaring(
            estate, [decoy for one in ones if one.step.key in gone for decoy in decoys(one.canary, one.step)]
        ).write(face)
    if len(gone) < len(ones):
        face.say("What somebody changed is evidence and was kept: see above, and `stanch hunt`.", style="bold red")
        raise typer.Exit(Exit.PARTIAL)
    face.say("Retired. Its sentences and codes are known all the same wherever they turn up.", style="bold green")


def _canary(kind: Kind, place: str, tenant: str, generation: int, language: str, sentences: int | None) -> Canary:
    from stanch.engine.canary.words import LANGUAGES

    if language not in LANGUAGES:
        raise WrongUse(f"--language {language!r} is not known", f"give {' or '.join(LANGUAGES)}")
    for name, word in (("place", place), ("--tenant", tenant)):
        if not word.isprintable() or len(word) > 200 or word != word.strip():
            raise WrongUse(f"{name} {word[:50]!r} is not one line of at most 200 characters", "give it a plain name")
    if kind in OBJECTS:
        place = place if place.endswith("/") else f"{place}/"
        if not _FOLDER.fullmatch(place):
            raise WrongUse(
                f"{place!r} is no folder of a bucket", "give s3://bucket/folder/, letters of ASCII, no spaces"
            )
    elif not place:
        raise WrongUse("the place has no name", "say where you will put it, in your own words")
    return Canary(kind, place, tenant, generation, language, sentences or (40 if kind is Kind.DATASET else 1))


def _refuse(estate: Estate, *, apply: bool) -> None:
    if apply and estate.response.mode is Mode.OBSERVE:
        told = "stanch.toml says response.mode = observe: --apply is refused, stanch shows plans and touches nothing"
        raise WrongUse(told, "to plant or retire, set mode to ask or act in [response]")


def _give_out(face: Face, stores: "Stores", state: Path, canary: Canary, *, apply: bool) -> None:
    """Sentences to paste; only with `apply` they are noted, and so known when they come back."""
    from stanch.app.canary import plant_text, secret_of, told

    if apply:
        plant_text(stores, state, canary)
    for sentence in told(secret_of(state), canary):
        face.emit({"kind": "sentence", "of": canary.kind.value, "place": canary.place, "tenant": canary.tenant,
                   "generation": canary.generation, "text": sentence.text, "code": sentence.code,
                   "planted": apply})  # fmt: skip
        face.say(sentence.text)
    if apply:
        face.say(f"Noted: a text that holds it is known to be from {canary.where}. Paste it there.", style="green")
    else:
        face.say("Not noted: with --apply it is known when it comes back.", style="yellow")


def _stands(face: Face, lines_for: Rewriting, *, write: bool) -> None:
    """A canary that is planted already: what can be missing is its declaration."""
    face.say("It is planted already: `stanch canary list --check` looks whether it is as it was.", style="green")
    face.say("--generation 2 plants another in the same place.")
    lines_for.tell(face)
    declared = lines_for.write(face) if write else not lines_for.is_needed
    if not declared:
        face.say(_DEAF, style="bold yellow")


def _told(face: Face, planting: "Planting", done: Step) -> None:
    """How it ended; a key is shown now and never again."""
    if planting.key and planting.key.minted and done.state is StepState.VERIFIED:
        key = planting.key.minted
        face.emit({"kind": "decoy-key", "user": done.resource, "access_key_id": key["AccessKeyId"],
                   "secret_access_key": key["SecretAccessKey"]})  # fmt: skip
        face.say("Shown once, and kept nowhere; leave it where a thief would look:", style="bold")
        face.say(f"aws_access_key_id = {key['AccessKeyId']}")
        face.say(f"aws_secret_access_key = {key['SecretAccessKey']}")
    if done.state is not StepState.VERIFIED:
        face.say("NOT planted: see above; the same command goes on.", style="bold red")
        raise typer.Exit(Exit.PARTIAL)
    face.say("Planted.", style="bold green")


def _again(canary: Canary, sentences: int | None, size: int, state: Path, estate: Path | None, profile: str | None,
           region: str | None, endpoint: str | None) -> str:  # fmt: skip
    return command(
        "canary", "plant", canary.kind.value, canary.place, "--apply", "--write",
        tenant=canary.tenant or None, generation=str(canary.generation) if canary.generation > 1 else None,
        language=canary.language if canary.language != "en" else None,
        sentences=str(sentences) if sentences else None, size=str(size) if size != _SIZE else None,
        state=None if state == STATE else state, estate=estate, profile=profile, region=region, endpoint_url=endpoint,
    )  # fmt: skip


def _chosen(stores: "Stores", state: Path, places: Sequence[str], tenant: str | None) -> list["Planted"]:
    from stanch.app.canary import planted

    standing = [one for one in planted(stores, state) if one.begun and tenant in (None, one.canary.tenant)]
    chosen = [one for one in standing if {one.canary.place, one.canary.place.removesuffix("/")} & {*places}]
    told = {name for one in chosen for name in (one.canary.place, one.canary.place.removesuffix("/"))}
    missing = [place for place in places if place not in told]
    if missing:
        raise WrongUse(f"no canary stands at {missing[0]!r}", "`stanch canary list` shows where one does")
    return chosen


def _ask(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise WrongUse("there is no terminal to ask on", "give --yes to act without asking")
    if not typer.confirm(question, err=True):
        raise typer.Exit(Exit.DONE)


def _live(face: Face, step: Step) -> None:
    face.emit(lines.step(step))
    if step.state is not StepState.PLANNED:
        face.say(show_steps.progress(step))


def _undone(face: Face, step: Step) -> None:
    face.emit(lines.step(step))
    face.say(show_steps.progress(step) if step.state is StepState.UNDONE else show_steps.not_undone(step))
