"""Finds a data leak around self-hosted LLMs on AWS, stops it, proves that it stopped, drafts the notification."""

import os
import sys
from typing import Annotated

import typer

from stanch.cli import contain, drill, hunt, incidents, init, report, undo
from stanch.cli.face import Exit, Face, WrongUse, deafen, plain
from stanch.contracts.aws import AwsError
from stanch.contracts.store import StoreError
from stanch.estate import EstateError
from stanch.range.errors import RangeError

app = typer.Typer(
    name="stanch",
    help=__doc__,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (init, hunt, incidents, contain, undo, report, drill):
    verb.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"stanch {version('stanch')}")  # noqa: T201 - the answer itself
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Begin with `stanch hunt FOLDER`; nothing is touched unless you say `--apply`."""


def main() -> None:
    """Run the command; every failure is one line with its remedy and its exit code."""
    face = Face()
    try:
        app()
    except (WrongUse, EstateError, StoreError, AwsError, RangeError) as error:
        for line in str(error).splitlines():
            face.err.print(plain(f"stanch: {line}"), style="red", soft_wrap=True)
        sys.exit(Exit.WRONG_USE)
    except KeyboardInterrupt:
        face.err.print("stanch: stopped; what was done is in the journal, run the same command again to go on")
        sys.exit(130)
    except BrokenPipeError:
        deafen()
        sys.exit(Exit.DONE)
    except Exception as error:  # whatever is left is a defect of ours: one line and exit code 1, never a traceback
        if os.environ.get("STANCH_DEBUG"):
            raise
        face.err.print(
            plain(f"stanch: internal error, a defect: {type(error).__name__}: {error} (STANCH_DEBUG=1 shows where)"),
            style="red",
            soft_wrap=True,
        )
        sys.exit(Exit.DEFECT)
