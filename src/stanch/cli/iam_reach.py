"""`stanch iam reach`: who gets to everything, to that role, to those weights, and by which steps."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.tree import Tree

from stanch import app
from stanch.app.iam_reach import who_reaches
from stanch.cli.face import Face, Format, WrongUse, plain
from stanch.cli.folding import Folding
from stanch.cli.iam_facts import FactsFile, MissingUnknown, SnapshotDir, ended, facts
from stanch.cli.layout import Copied
from stanch.cli.options import STATE, Output, StateDir
from stanch.iam.escalation import ADMIN, Reached, UnknownTarget

REACH = """
Examples:

- `stanch iam reach --to admin`: who is, or can make himself, an administrator, by the snapshot of `stanch snapshot`

- `stanch iam reach accounts.json --to admin`: the same by a file

- `stanch iam reach accounts.json --to arn:aws:s3:::acme-weights`: who can read the weights, and through whom

- `stanch iam reach accounts.json --to admin --from arn:aws:iam::111122223333:role/vllm-serving --paths 5`: how this
  host's role gets there, in five ways

The file is what `aws iam get-account-authorization-details` answers, by account id: `{"111122223333": {...}}`; or
`{"accounts": {...}, "resource_policies": {arn: policy}, "resources": [...], "scps": ...}`.
"""
MOST_DRAWN = 25
"""Ways that are drawn for people; the table has all."""


def reach(
    path: FactsFile = None,
    *,
    to: Annotated[str, typer.Option("--to", metavar="admin|ARN", help="What is to be reached.")] = ADMIN,
    start: Annotated[str | None, typer.Option("--from", metavar="ARN", help="Only this user or role.")] = None,
    most: Annotated[
        int, typer.Option("--paths", "--all-paths", metavar="K", min=1, help="So many ways each, shortest first.")
    ] = 1,
    assume_resources: Annotated[
        bool,
        typer.Option(
            "--assume-resources/--no-assume-resources",
            help="Where the facts name nothing that runs with a role, tell ways through what may exist, as `assumed`.",
        ),
    ] = True,
    missing_unknown: MissingUnknown = False,
    snapshot: SnapshotDir = None,
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Find who gets to a target, by which steps, and what would stop each."""
    face = Face(format_)
    read = facts(path, snapshot, state, unknown=missing_unknown, about=(to,))
    try:
        found = who_reaches(to, read, start=start, most=most, moment=app.now())
    except UnknownTarget as error:
        raise WrongUse(str(error)) from None
    told = [one for one in found if assume_resources or one.certainty != "assumed"]
    for one in told:
        face.emit(_line(one))
    if not face.machine:
        _draw(face, told, to)
    unsaid = len({one.principal for one in found} - {one.principal for one in told})
    if unsaid:
        face.say(
            f"{unsaid} more would, if something that they control ran with a role; the facts name nothing that does: "
            "list it under `resources`, or leave out --no-assume-resources.",
            style="dim",
        )
    raise ended(face, read)


def _line(one: Reached) -> dict[str, Any]:
    return {
        "kind": "reach",
        "principal": one.principal,
        "target": one.target,
        "hops": one.hops,
        "certainty": one.certainty,
        "path": [
            {
                "from": step.source,
                "to": step.target,
                "by": step.by,
                "statement": step.statement,
                "conditions": list(step.conditions),
            }
            for step in one.path
        ],
        "statement": one.statement,
        "conditions": list(one.conditions),
    }


def _draw(face: Face, told: list[Reached], to: str) -> None:
    if not told:
        face.say(f"Nobody in the facts gets to {to}.")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("principal", "hops", "certainty", "first step"):
        table.add_column(name, overflow="fold")
    for one in told:
        first = one.path[0].by if one.path else "is there already"
        table.add_row(plain(one.principal), str(one.hops), one.certainty, plain(first))
    face.say(Copied(table, frozenset({"principal"})))
    ways = [one for one in told if one.path]
    for one in ways[:MOST_DRAWN]:
        face.say("")
        face.say(_tree(one))
    if len(ways) > MOST_DRAWN:
        face.say(f"{len(ways) - MOST_DRAWN} more ways are not drawn; --from draws one principal's.", style="dim")


def _tree(one: Reached) -> Tree:
    tree = branch = Tree(plain(one.principal))
    for step in one.path:
        branch = branch.add(Folding.assemble(plain(step.by), " -> ", plain(step.target)))
        _explain(branch, step.statement, step.conditions)
    _explain(branch.add(Folding.assemble("= ", plain(one.target))), one.statement, one.conditions)
    return tree


def _explain(branch: Tree, statement: str, conditions: Iterable[str]) -> None:
    if statement:
        branch.add(Folding.assemble(("because ", "dim"), plain(statement)))
    for condition in conditions:
        branch.add(Folding.assemble(("only if ", "dim"), plain(condition)))
