"""A Sigma file holds one rule, or one correlation and, as further YAML documents, the base rules it counts.

A broken rule is an error that names its file, never a rule that is silently absent: a detector that did not load looks
like a quiet night.
"""

import re
from collections.abc import Iterable
from typing import Any

import yaml
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.rule import SigmaRule
from sigma.rule.base import SigmaYAMLLoader

from stanch.engine.sigma.metadata import detection_of
from stanch.engine.sigma.read_correlation import correlation_of
from stanch.engine.sigma.regex import POLICY
from stanch.engine.sigma.rule import LogSource, Rule, RuleError
from stanch.engine.sigma.translate import condition_of

LARGEST_FILE = 1 << 18
"""Characters; the largest public rule has some twenty thousand."""
DEEPEST = 64
"""Levels of YAML; its C parser would overrun the stack, and with it the process, some ten thousand levels down."""
LONGEST_MESSAGE = 400

Parsed = SigmaRule | SigmaCorrelationRule


def read_rules(text: str, path: str, id: str) -> list[Rule]:  # noqa: A002 - the domain's word
    """The rules of one file: the one that `id` names first, then its bases as `id#name`.

    `path` serves only to name the file in a RuleError, which is raised for whatever cannot be evaluated exactly.
    """
    try:
        return _rules(_parsed(text), id)
    except RecursionError as error:
        raise RuleError(_one_line(f"{path}: nested too deeply; write the condition with fewer parentheses")) from error
    # pySigma answers a malformed rule with any exception; each becomes one that names the file.
    except Exception as error:
        raise RuleError(_one_line(f"{path}: {_reason(error)}")) from error


def _parsed(text: str) -> list[Parsed]:
    if len(text) > LARGEST_FILE:
        raise RuleError(f"longer than {LARGEST_FILE} characters; split it")
    _refuse_depth(text)
    documents = [each for each in yaml.load_all(text, Loader=_Loader) if each is not None]
    if not documents:
        raise RuleError("holds no rule; write one or remove the file")
    if not all(isinstance(each, dict) for each in documents):
        raise RuleError("a rule must be a YAML mapping with title, logsource and detection")
    # References are resolved here and not by pySigma, which knows names and ids but no titles.
    return SigmaCollection.from_dicts(documents, resolve_references=False, policy=POLICY).rules


def _rules(parsed: list[Parsed], id: str) -> list[Rule]:  # noqa: A002
    correlations = [rule for rule in parsed if isinstance(rule, SigmaCorrelationRule)]
    bases = [rule for rule in parsed if isinstance(rule, SigmaRule)]
    if len(correlations) > 1:
        raise RuleError("holds several correlations; give each its own file")
    if not correlations:
        if len(bases) != 1:
            raise RuleError(f"holds {len(bases)} rules and no correlation; give each rule its own file")
        return [_single(bases[0], id, generates=True)]
    return _correlated(correlations[0], bases, id)


def _correlated(rule: SigmaCorrelationRule, bases: list[SigmaRule], id: str) -> list[Rule]:  # noqa: A002
    if not bases:
        raise RuleError("the correlation's base rules are missing; write them into the same file, after `---`")
    ids = _base_ids(bases, id)
    correlation = correlation_of(rule, bases, ids)
    counted = [
        _single(base, base_id, generates=rule.generate or base_id not in correlation.bases)
        for base, base_id in zip(bases, ids, strict=True)
    ]
    first = counted[ids.index(correlation.bases[0])]
    return [Rule(detection_of(rule, id), first.logsource, correlation=correlation), *counted]


def _single(rule: SigmaRule, id: str, *, generates: bool) -> Rule:  # noqa: A002
    source = rule.logsource
    return Rule(
        detection_of(rule, id),
        LogSource(source.category, source.product, source.service),
        condition=condition_of(rule),
        generates=generates,
    )


def _base_ids(bases: Iterable[SigmaRule], id: str) -> list[str]:  # noqa: A002
    ids = [f"{id}#{_slug(base.name or base.title) or at}" for at, base in enumerate(bases)]
    twins = {each for each in ids if ids.count(each) > 1}
    if twins:
        raise RuleError(f"two base rules are called {min(twins)}; give each its own `name`")
    return ids


def _slug(name: str) -> str:
    """A name as it is when it is one plain word, else in plain words: an id stands in paths, pages and terminals."""
    if re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        return name
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _refuse_depth(text: str) -> None:
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
    if isinstance(error, ValueError | yaml.YAMLError):
        return str(error) or type(error).__name__
    return f"not a Sigma rule ({type(error).__name__}: {error})"


def _one_line(message: str) -> str:
    """A message that fits one terminal line and cannot steer the terminal: the rule's text may be anyone's."""
    printable = "".join(char if char.isprintable() else " " for char in message)
    return " ".join(printable.split())[:LONGEST_MESSAGE]
