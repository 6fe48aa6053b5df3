"""Nearly every CloudTrail rule names an eventSource or eventName, so an event need meet only the few that name its own.

Two steps, both exact. An index holds, for each rule, the only names (or sources) it can match, as far as its condition
demands some; a rule that demands none is tried always. What the index leaves is settled once for each pair of source
and name: the tests of these two fields are decided, rules that cannot match any more are dropped, and the rest of each
condition is compiled. Later events of the pair run only that rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from stanch.engine.fields import Fields
from stanch.engine.sigma.closures import Predicate, predicate
from stanch.engine.sigma.rule import Rule, RuleError
from stanch.engine.sigma.tree import (
    And,
    Const,
    Has,
    Node,
    Not,
    Null,
    Or,
    Present,
    conjunction,
    disjunction,
    folded_literals,
    negation,
)
from stanch.engine.sigma.values import test_of

SOURCE = "eventSource"
NAME = "eventName"

PAIRS = 4096
"""How many pairs of source and name are kept settled; AWS logs a few hundred in one account."""


def compile(rules: Sequence[Rule]) -> "Matcher":  # noqa: A001 - as re.compile
    """Make the matcher of these rules; correlations have no condition and are left out. Raises RuleError."""
    return Matcher(rules)


class Matcher:
    """Says which rules an event matches. Not picklable: each process compiles its own."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        _refuse_twins(rules)
        self._rules = [(rule, rule.condition) for rule in rules if rule.condition is not None]
        self._by_name: dict[str, list[int]] = {}
        self._by_source: dict[str, list[int]] = {}
        self._always: list[int] = []
        for at, (_, condition) in enumerate(self._rules):
            self._place(at, condition)
        self._settled = lru_cache(maxsize=PAIRS)(self._settle)

    def match(self, source: str, name: str, fields: Fields) -> list[Rule]:
        """Every rule with a condition, bases of correlations included, that the event matches, in the order given.

        `source` and `name` are what `fields` holds as its single eventSource and eventName; "" where it holds no
        string there, and then nothing is presumed of that field.
        """
        return [rule for rule, holds in self._settled(source, name) if holds(fields)]

    def _place(self, at: int, condition: Node) -> None:
        for field, index in ((NAME, self._by_name), (SOURCE, self._by_source)):
            demanded = demands(condition, field)
            if demanded is not None:
                for text in demanded:
                    index.setdefault(text, []).append(at)
                return
        self._always.append(at)

    def _settle(self, source: str, name: str) -> tuple[tuple[Rule, Predicate], ...]:
        known = {field: value for field, value in ((SOURCE, source), (NAME, name)) if value}
        kept = []
        for at in sorted({*self._always, *_under(self._by_name, name), *_under(self._by_source, source)}):
            rule, condition = self._rules[at]
            rest = settled(condition, known)
            if rest != Const(False):
                kept.append((rule, predicate(rest)))
        return tuple(kept)


def demands(node: Node, field: str) -> frozenset[str] | None:
    """The case-folded texts of which the field must be one for the condition to hold; None when it may be any.

    Both are bounds: a value outside the set cannot match, one inside may.
    """
    match node:
        case Const(False):
            return frozenset()
        case Has(name, value) if name == field:
            return folded_literals(value)
        case And(parts):
            sets = [found for part in parts if (found := demands(part, field)) is not None]
            return frozenset.intersection(*sets) if sets else None
        case Or(parts):
            sets = [found for part in parts if (found := demands(part, field)) is not None]
            return frozenset.union(*sets) if len(sets) == len(parts) else None
    return None


def settled(node: Node, known: Mapping[str, str]) -> Node:
    """The condition that remains when these fields are known to hold exactly one text each."""
    match node:
        case Has(name, value) if name in known:
            return Const(test_of(value)(known[name]))
        case Present(name) if name in known:
            return Const(True)
        case Null(name) if name in known:
            return Const(False)
        case Not(part):
            return negation(settled(part, known))
        case And(parts):
            return conjunction([settled(part, known) for part in parts])
        case Or(parts):
            return disjunction([settled(part, known) for part in parts])
    return node


def _under(index: Mapping[str, list[int]], value: str) -> Iterable[int]:
    """The rules an index holds under a value; all of them when the value is unknown."""
    if value:
        return index.get(value.casefold(), ())
    return (at for rules in index.values() for at in rules)


def _refuse_twins(rules: Iterable[Rule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise RuleError(f"{rule.id}: two rules have this id; rename the file of one")
        seen.add(rule.id)
