"""Sigma rules: read by pySigma, said as a tree, evaluated exactly, dispatched by event source and name, correlated.

What reads rules is imported only when it is asked for: a hunt whose rules were read before needs no pySigma.
"""

import importlib
from typing import TYPE_CHECKING, Any

from stanch.engine.fields import Fields
from stanch.engine.sigma.correlate import Correlator, Hit
from stanch.engine.sigma.dispatch import Matcher, compile  # noqa: A004 - sigma.compile, as re.compile
from stanch.engine.sigma.narrow import Narrowed
from stanch.engine.sigma.rule import Rule, RuleError

if TYPE_CHECKING:
    from stanch.engine.sigma.folder import open_folder
    from stanch.engine.sigma.library import Refused, read_folder, read_rules
    from stanch.engine.sigma.placeholders import Placeholders, placeholders_of
    from stanch.engine.sigma.read import RuleFile

_READING = {
    "Placeholders": "placeholders",
    "Refused": "library",
    "RuleFile": "read",
    "open_folder": "folder",
    "placeholders_of": "placeholders",
    "read_folder": "library",
    "read_rules": "library",
}

__all__ = [
    "Correlator",
    "Fields",
    "Hit",
    "Matcher",
    "Narrowed",
    "Placeholders",
    "Refused",
    "Rule",
    "RuleError",
    "RuleFile",
    "compile",
    "open_folder",
    "placeholders_of",
    "read_folder",
    "read_rules",
]


def __getattr__(name: str) -> Any:
    if name not in _READING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_READING[name]}"), name)
