"""Sigma rules: read by pySigma, said as a tree, evaluated exactly, dispatched by event source and name, correlated."""

from stanch.engine.fields import Fields
from stanch.engine.sigma.correlate import Correlator, Hit
from stanch.engine.sigma.dispatch import Matcher, compile  # noqa: A004 - sigma.compile, as re.compile
from stanch.engine.sigma.read import read_rules
from stanch.engine.sigma.rule import Rule, RuleError

__all__ = ["Correlator", "Fields", "Hit", "Matcher", "Rule", "RuleError", "compile", "read_rules"]
