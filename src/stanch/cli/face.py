"""What people see goes to the terminal, what machines read goes to stdout: never mixed, never with hostile bytes."""

import os
import sys
import unicodedata
from collections.abc import Callable, Mapping
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
        self._acting = False
        self.err = Console(stderr=True, highlight=False)
        self.out = self.err if self.machine else Console(highlight=False)

    def act(self) -> None:
        """From here on changes are made: a listener who goes away must not stop them half-way."""
        self._acting = True

    def say(self, *what: Any, style: str | None = None) -> None:
        """Tell people; strings are taken literally, never as markup."""
        # Sentences, paths and commands are not broken into lines: they are there to be copied.
        whole = all(isinstance(part, str) for part in what)
        texts = [plain(part) if isinstance(part, str) else part for part in what]
        self._told(lambda: self.out.print(*texts, style=style, soft_wrap=whole))

    def emit(self, line: Mapping[str, Any]) -> None:
        """Give machines one line; nothing when people are listening."""
        if self.machine:
            self._told(lambda: print(lines.printed(line), flush=True))  # noqa: T201 - the machine's line itself

    def _told(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except BrokenPipeError:
            deafen()
            if not self._acting:
                raise


def deafen() -> None:
    """Nobody listens to stdout any more (`stanch ... | head`): what is still said goes nowhere, without an error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def plain(text: object, limit: int = 2000) -> Text:
    """Hostile text made safe for a terminal: control and invisible characters shown as `?`, cut at `limit`."""
    shown = str(text)
    if len(shown) > limit:
        shown = shown[:limit] + "..."
    return Text("".join("?" if unicodedata.category(c) in _HIDDEN and c != "\n" else c for c in shown))
