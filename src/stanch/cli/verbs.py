"""The verbs of `stanch` in the order in which help lists them; each is loaded when somebody asks for it."""

from collections import UserDict
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click.core import Command

VERBS = (
    "init",
    "snapshot",
    "scan",
    "hunt",
    "watch",
    "incidents",
    "contain",
    "approve",
    "accept",
    "undo",
    "verify",
    "report",
    "drill",
    "inspect",
    "fingerprint",
    "lake",
    "canary",
    "iam",
    "deploy",
)
"""Each is a module of this name, which registers it."""


class Verbs(TyperGroup):
    """All verbs, of which none waits for the modules of another: to load them all takes longer than a small hunt."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = _Loaded()


class _Loaded(UserDict[str, Any]):
    """The command of each verb by its name; raises KeyError for what is no verb."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(VERBS))

    def __getitem__(self, verb: str) -> "Command":
        command: Command = self.data[verb] or _load(verb)
        self.data[verb] = command
        return command


def _load(verb: str) -> "Command":
    alone = typer.Typer(rich_markup_mode="markdown")
    import_module(f"stanch.cli.{verb}").register(alone)
    return typer.main.get_group(alone).commands[verb]
