"""`stanch iam`: who may do what, who gets where, and who is let in; answered from files, offline."""

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click.core import Command, Context

_HELP = "Who may do what, who gets where, and who is let in: answered from files, offline."


class _Verbs(TyperGroup):
    """The verbs are loaded when one is asked for: no other verb of stanch waits for them."""

    def list_commands(self, ctx: "Context") -> list[str]:
        self._load()
        return [*self.commands]

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command | None":
        self._load()
        return self.commands.get(cmd_name)

    def _load(self) -> None:
        if not self.commands:
            from stanch.cli.iam_verbs import VERBS

            whole: Any = typer.main.get_command(VERBS)
            self.commands = whole.commands


def register(cli: typer.Typer) -> None:
    """Add the verbs."""
    iam = typer.Typer(help=_HELP, cls=_Verbs, no_args_is_help=True)
    iam.callback()(_together)
    cli.add_typer(iam, name="iam")


def _together() -> None: ...
