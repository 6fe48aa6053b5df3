"""What people see goes to the terminal, what machines read goes to stdout: never mixed, never with hostile bytes."""

import sys
import unicodedata
from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Any

from rich.console import Console
from rich.text import Text

from stanch.contracts import lines

# C0, C1, and the invisible format characters that reorder or hide text on a terminal.
_HIDDEN = {"Cc", "Cf", "Cs", "Co"}


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


class WrongUse(Exception):
    """Something the user can mend; `remedy` says how."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what}; {remedy}" if remedy else what)


class Face:
    """One command's voice: `say` for people, `emit` for machines."""

    def __init__(self, format_: Format = Format.TABLE) -> None:
        self.machine = format_ is Format.JSON
        self.err = Console(stderr=True, highlight=False)
        self.out = self.err if self.machine else Console(highlight=False)

    def say(self, *what: Any, style: str | None = None) -> None:
        """Tell people; strings are taken literally, never as markup."""
        # Sentences, paths and commands are not broken into lines: they are there to be copied.
        whole = all(isinstance(part, str) for part in what)
        self.out.print(*(plain(part) if isinstance(part, str) else part for part in what), style=style, soft_wrap=whole)

    def emit(self, line: Mapping[str, Any]) -> None:
        """Give machines one line; nothing when people are listening."""
        if self.machine:
            sys.stdout.write(lines.printed(line) + "\n")
            sys.stdout.flush()


def plain(text: object, limit: int = 2000) -> Text:
    """Hostile text made safe for a terminal: control and invisible characters shown as `?`, cut at `limit`."""
    shown = str(text)
    if len(shown) > limit:
        shown = shown[:limit] + "..."
    return Text("".join("?" if unicodedata.category(c) in _HIDDEN and c != "\n" else c for c in shown))
