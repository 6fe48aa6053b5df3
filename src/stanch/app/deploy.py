"""What is deployed to AWS: rendered from the estate and the catalog, compared with what is there, checked before."""

import difflib
import importlib.util
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stanch.app.evidence import PERMISSIONS as KEEPING
from stanch.app.knowledge import actions, playbooks
from stanch.contracts.aws import Aws, AwsError
from stanch.deploy import limits
from stanch.deploy.limits import Fault
from stanch.deploy.package import RUNTIME, digest, layer_command, pins, zipped
from stanch.deploy.reading import parsed
from stanch.deploy.render import FREEZE_FILE, TEMPLATES, Lacking, Rendered, render, responders
from stanch.deploy.scopes import scopes
from stanch.deploy.spared import wrong
from stanch.deploy.stages import STAGES, difference_table
from stanch.domain.estate import Estate
from stanch.stores.text import written

__all__ = [
    "RUNTIME",
    "Fault",
    "Lacking",
    "Rendered",
    "difference_table",
    "digest",
    "layer_command",
    "limits",
    "pins",
    "stages",
    "zipped",
]

STACKS = {f"{name}.yaml": f"stanch-{name}" for name in TEMPLATES}
"""The stack of each template, as the documentation names them."""

_PARTITION_OF_THE_LINTER = "aws"


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs: unified diffs by file; and what could not be looked at, each with the reason."""

    differences: Mapping[str, str]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """What AWS would refuse, what a linter warns of, and what was not looked at."""

    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    unread: tuple[str, ...]


def stages() -> tuple[str, ...]:
    """The stages that there are parameters for."""
    return STAGES


def rendered(estate: Estate, stage: str, chosen: Collection[str] = ()) -> Rendered:
    """The files of one stage, for the actions of the chosen playbooks, or of all. Raises Lacking."""
    known = actions()
    books = playbooks()
    unknown = sorted(set(chosen) - set(books))
    if unknown:
        raise Lacking([f"there is no playbook {', '.join(unknown)}; there are {', '.join(sorted(books))}"])
    used = {action for book in chosen for action in books[book].ACTIONS} if chosen else set(known)
    asked_for = {permission for action in used for permission in known[action].PERMISSIONS}
    return render(estate, asked_for | {*KEEPING}, stage)


def forget() -> None:
    """Read the facts anew: they have just been written."""
    scopes.cache_clear()


def write(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Write the files below the folder, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    return [written(folder / name, text) for name, text in files.items()]


def asked(files: Mapping[str, str], stage: str) -> dict[str, list[str]]:
    """For each template the parameters that nobody but the operator knows."""
    given = {name: _keys(files[f"{name}.{stage}.json"]) for name in TEMPLATES}
    return {name: limits.asked(parsed(files[f"{name}.yaml"]), given[name]) for name in TEMPLATES}


def compared_with_folder(files: Mapping[str, str], folder: Path) -> Compared:
    """What differs between a folder (before) and what would be rendered (after)."""
    differences: dict[str, str] = {}
    unread: list[str] = []
    for name, text in files.items():
        path = folder / name
        try:
            there = path.read_text(encoding="utf-8") if path.exists() else ""
        except (OSError, UnicodeDecodeError) as error:
            unread.append(f"{path}: {error}")
            continue
        if there != text:
            differences[name] = _diff(there, text, str(path), f"{name} of this estate")
    return Compared(differences, tuple(unread))


def compared_with_stacks(files: Mapping[str, str], aws: Aws) -> Compared:
    """What differs between the deployed stacks' templates (before) and what would be rendered (after)."""
    differences: dict[str, str] = {}
    unread: list[str] = []
    for name, stack in STACKS.items():
        try:
            answer = aws.call("cloudformation", "GetTemplate", StackName=stack, TemplateStage="Original")
        except AwsError as error:
            if error.code != "ValidationError":  # CloudFormation's word for a stack that is not there
                unread.append(f"stack {stack}: {error}")
                continue
            answer = {"TemplateBody": ""}
        there = str(answer["TemplateBody"])
        if there != files[name]:
            differences[name] = _diff(there, files[name], f"stack {stack}", f"{name} of this estate")
    return Compared(differences, tuple(unread))


def in_folder(folder: Path) -> dict[str, str]:
    """The rendered files of a folder by name; empty where there are none."""
    names = [*STACKS, FREEZE_FILE, *(f"{name}.{stage}.json" for name in TEMPLATES for stage in STAGES)]
    paths = {name: folder / name for name in names}
    return {name: path.read_text(encoding="utf-8") for name, path in paths.items() if path.is_file()}


def checked(files: Mapping[str, str], regions: Sequence[str]) -> Checked:
    """The built-in checks and, where it is installed, cfn-lint for these regions."""
    own = limits.faults(files)
    if not _has_linter():
        return Checked(tuple(own), (), ("the templates were not linted: cfn-lint is not installed",))
    errors: list[Fault] = []
    warnings: list[Fault] = []
    for name in STACKS:
        if name in files:
            for fault, grave in _linted(name, files[name], regions):
                (errors if grave else warnings).append(fault)
    return Checked((*own, *errors), tuple(warnings), ())


def freeze_checked(files: Mapping[str, str], estate: Estate) -> Checked:
    """The freeze judged, as a file for the management account and as part of its template."""
    if not (estate.declared and estate.response.member_role and estate.perimeter.accounts):
        return Checked((), (), ("the freeze policy was not judged: stanch.toml names no account or no member_role",))
    permissions = {permission for action in actions().values() for permission in action.PERMISSIONS}
    faults = [] if FREEZE_FILE in files else [Fault(FREEZE_FILE, "", "not there: `stanch deploy render` writes it")]
    for name, where, text in _freezes(files):
        faults += [Fault(name, where, what) for what in wrong(text, estate, responders(estate), permissions)]
    return Checked(tuple(faults), (), ())


def _freezes(files: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
    if FREEZE_FILE in files:
        yield FREEZE_FILE, "", files[FREEZE_FILE]
    if "foundation.yaml" in files:
        resources = parsed(files["foundation.yaml"])["Resources"]
        yield "foundation.yaml", "Freeze", json.dumps(resources.get("Freeze", {}).get("Properties", {}).get("Content"))


def _has_linter() -> bool:
    try:
        return importlib.util.find_spec("cfnlint") is not None
    except ValueError:  # hidden, as in an environment that is only looked like
        return False


def _linted(name: str, text: str, regions: Sequence[str]) -> Iterable[tuple[Fault, bool]]:
    from cfnlint.api import lint  # type: ignore[import-untyped]
    from cfnlint.config import ManualArgs  # type: ignore[import-untyped]

    # Its schema of workflows knows one partition; in the template the partition is a substitution.
    for match in lint(text.replace("${Partition}", _PARTITION_OF_THE_LINTER), config=ManualArgs(regions=list(regions))):
        where = "/".join(str(part) for part in match.path or [])
        yield Fault(name, where, f"{match.rule.id}: {match.message}"), match.rule.severity == "error"


def _keys(parameters: str) -> list[str]:
    return [one["ParameterKey"] for one in json.loads(parameters)]


def _diff(before: str, after: str, there: str, here: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), there, here, lineterm="")
    return "\n".join(lines) + "\n"
