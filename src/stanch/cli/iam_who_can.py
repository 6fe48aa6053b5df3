"""`stanch iam who-can`: everybody who can do an action on a resource."""

from typing import Annotated

import typer
from rich.table import Table

from stanch.app.iam_actions import unknown_action
from stanch.app.iam_who_can import who_can as asked
from stanch.cli.face import Exit, Face, Format, WrongUse, plain
from stanch.cli.iam_facts import FactsFile, MissingUnknown, missing
from stanch.cli.options import Output
from stanch.iam.ask import Access
from stanch.iam.reading import FactsError, MissingPolicy

WHO_CAN = """
Examples:

- `stanch iam who-can s3:GetObject 'arn:aws:s3:::acme-weights/*' facts.json` who can read all of the weights

- `stanch iam who-can sts:AssumeRole arn:aws:iam::111122223333:role/export facts.json --format json` for machines

`must` can whatever the moment; `may` can if the conditions told hold of the request: an address, MFA, a tag.
FILE is `{account: what get-account-authorization-details answers}`, or `{"accounts": {...}, "resource_policies": {arn:
policy}, "resources": [...], "scps": ...}`. A bucket's owner is told by `{"arn": ..., "account": ...}` in resources.
"""


def who_can(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="As in policies: service:Action.")],
    resource: Annotated[str, typer.Argument(metavar="RESOURCE", help="Its ARN, or `*` for none in particular.")],
    path: FactsFile,
    missing_unknown: MissingUnknown = False,
    format_: Output = Format.TABLE,
) -> None:
    """Name everybody who can do an action on a resource, surely or under conditions, and why."""
    face = Face(format_)
    if why := unknown_action(action):
        face.err.print(plain(f"{action}: {why}; it is taken literally"), style="yellow", soft_wrap=True)
    try:
        found = asked(action, resource, path, missing(unknown=missing_unknown))
    except MissingPolicy as error:
        raise WrongUse(str(error), "with --missing-unknown it does") from None
    except FactsError as error:
        raise WrongUse(str(error)) from None
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim")
    for name in ("principal", "answer", "because", "conditions"):
        table.add_column(name, overflow="fold")
    for access in found:
        face.emit(line(access))
        if not face.machine:
            told = ("\n".join(access.because), "\n".join(access.conditions))
            table.add_row(*map(plain, (access.principal, access.answer, *told)))
    if table.row_count:
        face.say(table)
    elif not face.machine:
        face.say(f"No user or role of {path} can do {action} on {resource}.")
    raise typer.Exit(Exit.DONE)


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
