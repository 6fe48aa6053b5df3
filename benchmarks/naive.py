"""A Sigma engine as one would write it in an afternoon: each event meets each rule's tree, as pySigma parses it.

No dispatch and no compiling but of patterns; this is the shape of the engines that stand on pySigma.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionNOT, ConditionOR
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)

_WILD = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}


def trees(texts: Iterable[str]) -> list[list[Any]]:
    """The parsed conditions of each rule."""
    return [[parsed.parse() for parsed in rule.detection.parsed_condition] for rule in map(SigmaRule.from_yaml, texts)]


def holds(node: Any, event: dict[str, Any]) -> bool:
    """Whether the condition holds for the event; raises TypeError for a value that no AWS rule of SigmaHQ has."""
    if isinstance(node, ConditionAND):
        return all(holds(part, event) for part in node.args)
    if isinstance(node, ConditionOR):
        return any(holds(part, event) for part in node.args)
    if isinstance(node, ConditionNOT):
        return not any(holds(part, event) for part in node.args)
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return _field(node.value, _values(event, node.field.split(".")), event)
    return any(_equal(node.value, value) for value in _leaves(event))


def _field(wanted: Any, logged: list[Any], event: dict[str, Any]) -> bool:
    if isinstance(wanted, SigmaExpansion):
        return any(_field(value, logged, event) for value in wanted.values)
    if isinstance(wanted, SigmaNull):
        return not logged or None in logged
    if isinstance(wanted, SigmaExists):
        return bool(logged) == bool(wanted.exists)
    if isinstance(wanted, SigmaFieldReference):
        return any(value in logged for value in _values(event, wanted.field.split(".")))
    return any(_equal(wanted, value) for value in logged)


def _equal(wanted: Any, logged: Any) -> bool:
    if isinstance(logged, dict):
        return any(_equal(wanted, value) for value in _leaves(logged))
    if logged is None:
        return False
    if isinstance(wanted, SigmaString):
        cased = isinstance(wanted, SigmaCasedString)
        return _pattern(tuple(wanted.s), cased).fullmatch(str(logged)) is not None
    if isinstance(wanted, SigmaRegularExpression):
        return _regex(str(wanted.to_plain())).search(str(logged)) is not None
    if isinstance(wanted, SigmaBool):
        return str(logged).lower() == str(wanted).lower()
    if isinstance(wanted, SigmaNumber):
        return str(logged) == str(wanted.number)
    raise TypeError(f"a rule's value of type {type(wanted).__name__}")


@cache
def _pattern(parts: tuple[Any, ...], cased: bool) -> re.Pattern[str]:
    text = "".join(_WILD[part] if isinstance(part, SpecialChars) else re.escape(str(part)) for part in parts)
    return re.compile(text, re.DOTALL if cased else re.DOTALL | re.IGNORECASE)


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _values(here: Any, path: list[str]) -> list[Any]:
    if isinstance(here, list):
        return [value for item in here for value in _values(item, path)]
    if not path:
        return [here]
    return _values(here[path[0]], path[1:]) if isinstance(here, dict) and path[0] in here else []


def _leaves(here: Any) -> list[Any]:
    if isinstance(here, dict):
        return [leaf for value in here.values() for leaf in _leaves(value)]
    if isinstance(here, list):
        return [leaf for value in here for leaf in _leaves(value)]
    return [here]
