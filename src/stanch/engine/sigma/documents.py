"""A rule file is YAML from anywhere: it is parsed within bounds, or refused in one line that names it."""

import re
from typing import Any

import yaml
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaConditionError
from sigma.filters import SigmaFilter
from sigma.rule import SigmaRule
from sigma.rule.base import SigmaYAMLLoader

from stanch.engine.sigma.policy import POLICY
from stanch.engine.sigma.read_correlation import set_aside_bounds
from stanch.engine.sigma.rule import RuleError

LARGEST_FILE = 1 << 18
"""Characters; the largest public rule has some twenty thousand."""
DEEPEST = 64
"""Levels of YAML; its C parser would overrun the stack, and with it the process, some ten thousand levels down."""
LONGEST_MESSAGE = 400

_GRAMMAR = re.compile(r"^Expected .*, col:(\d+)\)$", re.DOTALL)
"""What pySigma says of a condition it cannot parse: the grammar of conditions, and at its end the place."""

Parsed = SigmaRule | SigmaCorrelationRule


def documents(text: str) -> tuple[list[Parsed], list[SigmaFilter]]:
    """The rules and correlations of one file, in their order, and its filters, not yet applied.

    Raises RuleError, or whatever pySigma and YAML raise: `refusal` makes one line of each.
    """
    if len(text) > LARGEST_FILE:
        raise RuleError(f"longer than {LARGEST_FILE} characters; split it")
    refuse_depth(text)
    read = [each for each in yaml.load_all(text, Loader=_Loader) if each is not None]
    if not read:
        raise RuleError("holds no rule; write one or remove the file")
    if not all(isinstance(each, dict) for each in read):
        raise RuleError("a rule must be a YAML mapping with title, logsource and detection")
    # References are resolved by `library` and not by pySigma, which knows names and ids but no titles.
    collection = SigmaCollection.from_dicts(
        [set_aside_bounds(each) for each in read], collect_filters=True, resolve_references=False, policy=POLICY
    )
    return collection.rules, collection.filters


def refusal(path: str, error: Exception) -> RuleError:
    """The one line for whatever was raised while a file was read."""
    if isinstance(error, RecursionError):
        return RuleError(_one_line(f"{path}: nested too deeply; write the condition with fewer parentheses"))
    return RuleError(_one_line(f"{path}: {_reason(error)}"))


def refuse_depth(text: str) -> None:
    """Raise RuleError for YAML that is nested deeper than DEEPEST."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise RuleError(f"nested deeper than {DEEPEST} levels; flatten it")


class _Loader(SigmaYAMLLoader):
    """pySigma's safe loader, which refuses a key written twice; YAML itself would drop the first in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse what is no mapping from scalars before pySigma's check trips over it."""
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key.start_mark)
        return super().construct_mapping(node, deep)


def _reason(error: Exception) -> str:
    unread = _GRAMMAR.search(str(error)) if isinstance(error, SigmaConditionError) else None
    if unread:
        return f"its condition is not understood from character {unread[1]} on"
    if isinstance(error, ValueError | yaml.YAMLError):
        return str(error).replace('in "<unicode string>", ', "at ") or type(error).__name__
    return f"not a Sigma rule ({type(error).__name__}: {error})"


def _one_line(message: str) -> str:
    """A message that fits one terminal line and cannot steer the terminal: the rule's text may be anyone's."""
    printable = "".join(char if char.isprintable() else " " for char in message)
    return " ".join(printable.split())[:LONGEST_MESSAGE]
