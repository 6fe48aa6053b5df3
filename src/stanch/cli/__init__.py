"""The command line: a thin face over app; verbs in files of their own."""

from stanch.cli.main import main

__all__ = ["main"]
