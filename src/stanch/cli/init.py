"""`stanch init`: say what is yours, once, in stanch.toml."""

from pathlib import Path
from typing import Annotated

import typer

from stanch import app
from stanch.cli import show
from stanch.cli.face import Face, WrongUse, stoppable

_EXAMPLE = """
Examples:

- `stanch init` writes a commented stanch.toml to fill in

- `stanch init --check` says whether the stanch.toml here is right, with line and remedy where it is not
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="init", epilog=_EXAMPLE)(stoppable(init))


def init(
    path: Annotated[Path, typer.Argument(help="The estate file.")] = Path("stanch.toml"),
    check: Annotated[bool, typer.Option("--check", help="Validate the file instead of writing it.")] = False,
) -> None:
    """Write a starting stanch.toml, or check the one there is."""
    face = Face()
    if check:
        if not path.exists():
            raise WrongUse(f"{path} does not exist", "`stanch init` writes one")
        ours = app.estate_at(path)
        declared = {
            "asset": ours.assets,
            "principal": ours.principals,
            "export": ours.exports,
            "account": ours.perimeter.accounts,
        }
        counts = ", ".join(show.counted(len(each), name) for name, each in declared.items())
        face.say(f"{path} is right: {counts}, mode {ours.response.mode.value}.")
        return
    try:
        app.write_starting_estate(path)
    except FileExistsError:
        raise WrongUse(f"{path} exists and is yours", "`stanch init --check` validates it") from None
    except OSError as error:
        raise WrongUse(f"{path} cannot be written: {error.strerror}", "choose another path") from None
    face.say(f"Wrote {path}. Fill in your accounts, networks, weights and training data; then `stanch init --check`.")
