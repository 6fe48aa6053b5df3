"""A Sigma file holds a rule, or several, or correlations with or without the base rules they count.

The first correlation that no other of its file counts, else the first rule, has the id of the file; each further one
has it with `#` and its name. A broken rule is an error that names its file, never a rule that is silently absent: a
detector that did not load looks like a quiet night.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sigma.correlations import SigmaCorrelationRule
from sigma.filters import SigmaFilter
from sigma.rule import SigmaRule

from stanch.engine.sigma.documents import Parsed, documents, refusal
from stanch.engine.sigma.metadata import detection_of
from stanch.engine.sigma.placeholders import NONE, Placeholders
from stanch.engine.sigma.read_correlation import references
from stanch.engine.sigma.rule import LogSource, Rule, RuleError
from stanch.engine.sigma.translate import condition_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file of a shelf: the id that its rule gets, the path for messages, and what stands in it."""

    id: str
    path: str
    text: str


@dataclass(slots=True)
class Draft:
    """What one file holds before its correlations have found the rules they count, by id and in the file's order."""

    file: RuleFile
    parsed: dict[str, Parsed]
    filters: list[SigmaFilter] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)

    @property
    def correlations(self) -> dict[str, SigmaCorrelationRule]:
        """Those of its documents that are correlations."""
        return {id: rule for id, rule in self.parsed.items() if isinstance(rule, SigmaCorrelationRule)}  # noqa: A001

    def in_order(self) -> list[str]:
        """The ids of its rules, the one that the file is named for first."""
        return sorted(self.parsed, key=lambda id: id != self.file.id)  # noqa: A006

    def translate(self, filters: Iterable[SigmaFilter], placeholders: Placeholders = NONE) -> None:
        """Make its `rules` of all that are no correlations. Raises whatever a malformed rule makes pySigma raise."""
        for id, rule in self.parsed.items():  # noqa: A001
            if isinstance(rule, SigmaRule):
                self.rules[id] = _single(_filtered(rule, filters), id, placeholders)


def drafted(file: RuleFile) -> Draft:
    """Parse one file. Raises RuleError."""

    def said() -> Draft:
        parsed, filters = documents(file.text)
        if not parsed and not filters:
            raise RuleError("holds no rule; write one or remove the file")
        return Draft(file, dict(zip(_ids(parsed, file.id), parsed, strict=True)), filters)

    return told(file.path, said)


def told(path: str, reading: Callable[[], T]) -> T:
    """Do it, and whatever is raised becomes a RuleError that names the file."""
    try:
        return reading()
    # pySigma answers a malformed rule with any exception; each becomes one that names the file.
    except Exception as error:
        raise refusal(path, error) from error


def _single(rule: SigmaRule, id: str, placeholders: Placeholders) -> Rule:  # noqa: A002 - the domain's word
    source = rule.logsource
    return Rule(
        detection_of(rule, id),
        LogSource(source.category, source.product, source.service),
        condition=condition_of(rule, placeholders),
    )


def _filtered(rule: SigmaRule, filters: Iterable[SigmaFilter]) -> SigmaRule:
    for one in filters:
        one.apply_on_rule(rule)
    return rule


def _ids(parsed: Sequence[Parsed], id: str) -> list[str]:  # noqa: A002
    if not parsed:
        return []
    main = _main(parsed)
    ids = [id if at == main else f"{id}#{_slug(rule.name or rule.title) or at}" for at, rule in enumerate(parsed)]
    twins = {each for each in ids if ids.count(each) > 1}
    if twins:
        raise RuleError(f"two rules are called {min(twins)}; give each its own `name`")
    return ids


def _main(parsed: Sequence[Parsed]) -> int:
    correlations = [(at, rule) for at, rule in enumerate(parsed) if isinstance(rule, SigmaCorrelationRule)]
    counted = {reference for _, rule in correlations for reference in references(rule)}
    outer = [at for at, rule in correlations if not counted & {rule.name, str(rule.id), rule.title}]
    return (outer or [at for at, _ in correlations] or [0])[0]


def _slug(name: str) -> str:
    """A name as it is when it is one plain word, else in plain words: an id stands in paths, pages and terminals."""
    if re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        return name
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
