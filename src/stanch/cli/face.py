"""What people see goes to the terminal, what machines read goes to stdout: never mixed, never with hostile bytes."""

import os
import shlex
import shutil
import sys
import unicodedata
from collections.abc import Callable, Mapping
from enum import IntEnum, StrEnum
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TextIO

from rich.console import Console
from rich.text import Text
from typer import Abort

from stanch.cli.folding import Folding, shortened
from stanch.contracts import lines

P = ParamSpec("P")

# C0, C1, the invisible format characters that reorder or hide text on a terminal, and Unicode's own line ends.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


class Format(StrEnum):
    """How results are told."""

    TABLE = "table"
    JSON = "json"


class Exit(IntEnum):
    """The exit codes, which are a promise."""

    DONE = 0
    DEFECT = 1
    WRONG_USE = 2
    PARTIAL = 3
    FOUND = 10
    STOPPED = 130


class Stopped(Exception):
    """The user stopped the command: by Ctrl-C, by a signal, or at the question; `after` says what that leaves."""

    def __init__(self, after: str = "whatever was begun is in the journal, and the same command goes on with it"):
        super().__init__(after)


def stoppable(verb: Callable[P, None]) -> Callable[P, None]:
    """Let an interrupt out of a verb as Stopped: the command-line library would end without a word."""

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            verb(*args, **kwargs)
        except (KeyboardInterrupt, Abort):
            raise Stopped from None

    return run


class WrongUse(Exception):
    """Something the user can mend; `remedy` says how."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what}; {remedy}" if remedy else what)


class Terminal(Console):
    """A console that says when nobody listens any more, instead of ending the program."""

    def on_broken_pipe(self) -> None:
        """Leave it to the face."""
        raise BrokenPipeError


class Face:
    """One command's voice: `say` for people, `emit` for machines.

    A listener who goes away (`stanch ... | head`) stops nothing: the command ends as it would have, with its own code.
    """

    def __init__(self, format_: Format = Format.TABLE) -> None:
        self.machine = format_ is Format.JSON
        self.err = Terminal(stderr=True, highlight=False)
        self.out = self.err if self.machine else Terminal(highlight=False)

    def say(self, *what: Any, style: str | None = None) -> None:
        """Tell people; strings are taken literally, never as markup, and each stays one line."""
        # Sentences, paths and commands are not broken into lines: they are there to be copied.
        whole = all(isinstance(part, str | Text) for part in what)
        texts = [one_line(part) if isinstance(part, str) else part for part in what]
        try:
            self.out.print(*texts, style=style, soft_wrap=whole)
        except BrokenPipeError:
            _deafen(sys.stderr if self.machine else sys.stdout)

    def emit(self, line: Mapping[str, Any]) -> None:
        """Give machines one line; nothing when people are listening."""
        if self.machine:
            try:
                print(lines.printed(line), flush=True)  # noqa: T201 - the machine's line itself
            except BrokenPipeError:
                _deafen(sys.stdout)


def _deafen(stream: TextIO) -> None:
    """What is still said to a listener who is gone goes nowhere, without an error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def command(*words: str, **options: str | Path | None) -> str:
    """A stanch command as it can be copied into this very shell, with the options that led here (`region=...`)."""
    program = ["stanch"] if shutil.which("stanch") else [sys.executable, "-m", "stanch"]
    if not shutil.which("stanch") and Path(sys.argv[0]).name == "stanch":
        program = [sys.argv[0]]
    given = ((f"--{name.replace('_', '-')}", str(value)) for name, value in options.items() if value)
    return shlex.join([*program, *words, *(word for pair in given for word in pair)])


def plain(text: object, limit: int = 2000) -> Folding:
    """Hostile text made safe for a terminal: control and invisible characters shown as `?`, its middle cut at `limit`.

    Its lines stay lines, so they must be ours: see `one_line`.
    """
    shown = shortened(str(text), limit)
    return Folding("".join("?" if unicodedata.category(c) in _HIDDEN and c != "\n" else c for c in shown))


def one_line(text: object, limit: int = 2000) -> Folding:
    """As `plain`, with newlines made visible too: the name of a file or of a user must not forge a line of ours."""
    return plain(str(text).replace("\n", "\\n"), limit)
