"""Finds a data leak around self-hosted LLMs on AWS, stops it, proves that it stopped, drafts the notification."""

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from stanch.cli.face import Exit, Face, Stopped, WrongUse, one_line
from stanch.cli.verbs import Verbs
from stanch.contracts.aws import AwsError
from stanch.contracts.store import StoreError
from stanch.estate import EstateError
from stanch.range.errors import RangeError

app = typer.Typer(
    name="stanch",
    cls=Verbs,
    help=__doc__,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    """Begin with `stanch hunt FOLDER`; nothing is touched unless you say `--apply` or `--auto`."""


def main() -> None:
    """Run the command; every failure is one line with its remedy and its exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite end is the same as Ctrl-C
    if sys.stdin is None:  # closed by whoever started it: as good as empty, and the next file opened must not be it
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - for all of this run
    face = Face()
    try:
        app()
    except (WrongUse, EstateError, StoreError, AwsError, RangeError) as error:
        for line in str(error).splitlines():
            _complain(face, line)
        sys.exit(Exit.WRONG_USE)
    except (Stopped, KeyboardInterrupt) as stopped:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks again has been heard
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _complain(face, f"stopped; {stopped if isinstance(stopped, Stopped) else Stopped()}")
        sys.exit(Exit.STOPPED)
    except BrokenPipeError:
        sys.exit(Exit.DONE)  # the reader of the help went away
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        _complain(
            face, f"this machine refused: {error.strerror or error}{where}; check the path, its permissions, the disk"
        )
        sys.exit(Exit.WRONG_USE)
    except Exception as error:  # whatever is left is a defect of ours: one line and exit code 1, never a traceback
        if os.environ.get("STANCH_DEBUG"):
            raise
        what = f"{type(error).__name__}: {error}"
        _complain(face, f"internal error, a defect: {what} (STANCH_DEBUG=1 shows where)")
        sys.exit(Exit.DEFECT)


def _complain(face: Face, what: str) -> None:
    face.err.print(one_line(f"stanch: {what}"), style="red", soft_wrap=True)
