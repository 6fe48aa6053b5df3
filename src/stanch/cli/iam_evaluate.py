"""`stanch iam evaluate`: decide requests as AWS would."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.table import Table

from stanch.app import iam_evaluate as cases
from stanch.app.iam_actions import unknown_action
from stanch.cli.face import Exit, Face, Format, WrongUse, plain
from stanch.cli.options import Output
from stanch.iam import Decision

EVALUATE = """
Examples:

- `stanch iam evaluate cases.jsonl`: decide each request, and say which statement decided

- `stanch iam evaluate cases.jsonl --format json`: for machines: one decision a line

One case a line: `{"id": "1", "request": {"principal": "arn:...", "action": "s3:GetObject", "resource": "arn:...",
"resource_account": "111122223333", "context": {}}, "identity": [{"name": "Read", "policy": {...}}]}`, and beside
`identity`, where there are such: `session`, `boundary`, `resource_policy`, `scps`, `rcps`, `vpce`. A context key
that is absent is absent; one that is listed under `unknown` is not known, and neither is a layer that is `"unknown"`.
"""
STDIN = "-"


def evaluate(
    path: Annotated[str, typer.Argument(metavar="CASES.jsonl", help="A file of cases, or `-` for standard input.")],
    format_: Output = Format.TABLE,
) -> None:
    """Decide requests as AWS would, each with all the policies that it meets."""
    face = Face(format_)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("case", "result", "blocked by", "because"):
        table.add_column(name, overflow="fold")
    unreadable = 0
    warned: set[str] = set()
    with _opened(path) as file:
        for case in cases.read_cases(file):
            if isinstance(case, cases.Unreadable):
                unreadable += 1
                face.say(f"{path}, line {case.number}: {case.why}", style="bold yellow")
                continue
            for why in _warnings(case):
                if why not in warned:
                    warned.add(why)
                    face.err.print(plain(f"{why}; it is taken literally"), style="yellow", soft_wrap=True)
            decision = case.decide()
            face.emit(_line(case.id, decision))
            if not face.machine:
                table.add_row(*map(plain, _row(case.id, decision)))
    if table.row_count:
        face.say(table)
    raise typer.Exit(Exit.PARTIAL if unreadable else Exit.DONE)


def _line(id_: Any, decision: Decision) -> dict[str, Any]:
    line = {
        "kind": "decision",
        "id": id_,
        "result": decision.result,
        "blocked_by": list(decision.blocked_by),
        "because": list(decision.because),
    }
    return {**line, "hangs_on": list(decision.hangs_on)} if decision.hangs_on else line


def _row(id_: Any, decision: Decision) -> tuple[Any, ...]:
    hangs = [f"hangs on {key}" for key in decision.hangs_on]
    return id_, decision.result, ", ".join(decision.blocked_by), "\n".join((*decision.because, *hangs))


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == STDIN:
        yield sys.stdin.buffer
        return
    if not Path(path).is_file():
        raise WrongUse(f"{path} is no file", "give a file of cases, one JSON object a line, or -")
    with Path(path).open("rb") as file:
        yield file


def _warnings(case: cases.Case) -> Iterator[str]:
    if why := unknown_action(case.request.action):
        yield f"{case.request.action}: {why}"
    for note in case.notes:
        yield f"{note} (AWS would refuse the policy)"
