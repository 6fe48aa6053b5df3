"""The file of facts, and what to do about what it lacks: described once, for the verbs that ask it."""

from typing import Annotated

import typer

from stanch.iam.reading import Missing

FactsFile = Annotated[
    str, typer.Argument(metavar="FILE.json", help="What AWS answers about the accounts, or `-` for standard input.")
]
MissingUnknown = Annotated[
    bool, typer.Option("--missing-unknown", help="A policy whose text is not in the file may say anything.")
]


def missing(*, unknown: bool) -> Missing:
    """What an attached policy is whose text the file lacks."""
    return "unknown" if unknown else "error"
