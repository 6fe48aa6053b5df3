"""Sigma rules: read by pySigma, said as a tree, evaluated exactly, dispatched by event source and name, correlated."""

from stanch.engine.fields import Fields
from stanch.engine.sigma.correlate import Correlator, Hit
from stanch.engine.sigma.dispatch import Matcher, compile  # noqa: A004 - sigma.compile, as re.compile
from stanch.engine.sigma.folder import open_folder
from stanch.engine.sigma.library import Refused, read_folder, read_rules
from stanch.engine.sigma.narrow import Narrowed
from stanch.engine.sigma.placeholders import Placeholders, placeholders_of
from stanch.engine.sigma.read import RuleFile
from stanch.engine.sigma.rule import Rule, RuleError

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
