"""`stanch iam who-can`: everybody who can do an action on a resource."""

from typing import Annotated

import typer
from rich.table import Table

from stanch.app.iam_actions import unknown_action
from stanch.app.iam_who_can import who_can as asked
from stanch.cli.face import Face, Format, plain
from stanch.cli.iam_facts import FactsFile, MissingUnknown, SnapshotDir, ended, facts
from stanch.cli.layout import Copied
from stanch.cli.options import STATE, Output, StateDir
from stanch.iam.ask import Access

WHO_CAN = """
Examples:

- `stanch iam who-can s3:GetObject 'arn:aws:s3:::acme-weights/*'`: who can read all of the weights, by the snapshot

- `stanch iam who-can s3:GetObject 'arn:aws:s3:::acme-weights/*' facts.json`: the same by a file

- `stanch iam who-can sts:AssumeRole arn:aws:iam::111122223333:role/export facts.json --format json`: for machines

`must` can whatever the moment; `may` can if the conditions told hold of the request: an address, MFA, a tag.
FILE is `{account: what get-account-authorization-details answers}`, or `{"accounts": {...}, "resource_policies": {arn:
policy}, "resources": [...], "scps": ...}`. A bucket's owner is told by `{"arn": ..., "account": ...}` in resources.
"""


def who_can(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="As in policies: service:Action.")],
    resource: Annotated[str, typer.Argument(metavar="RESOURCE", help="Its ARN, or `*` for none in particular.")],
    path: FactsFile = None,
    missing_unknown: MissingUnknown = False,
    snapshot: SnapshotDir = None,
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Name everybody who can do an action on a resource, surely or under conditions, and why."""
    face = Face(format_)
    if why := unknown_action(action):
        face.err.print(plain(f"{action}: {why}; it is taken literally"), style="yellow", soft_wrap=True)
    read = facts(path, snapshot, state, unknown=missing_unknown, about=(resource,))
    found = asked(action, resource, read)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("principal", "answer", "because", "conditions"):
        table.add_column(name, overflow="fold")
    for access in found:
        face.emit(line(access))
        if not face.machine:
            told = ("\n".join(access.because), "\n".join(access.conditions))
            table.add_row(*map(plain, (access.principal, access.answer, *told)))
    if table.row_count:
        face.say(Copied(table, frozenset({"principal"})))
    elif not face.machine:
        face.say(f"No user or role of {read.where} can do {action} on {resource}.")
    raise ended(face, read)


def line(access: Access) -> dict[str, object]:
    """One caller's access, for machines."""
    return {
        "kind": "access",
        "principal": access.principal,
        "action": access.action,
        "resource": access.resource,
        "answer": access.answer,
        "because": list(access.because),
        "conditions": list(access.conditions),
    }
