"""Nearly every CloudTrail rule names an eventSource or eventName, so an event need meet only the few that name its own.

Two steps, both exact. An index holds, for each rule, the only names (or sources) it can match, as far as its condition
demands some; a rule that demands none is tried always. What the index leaves is settled once for each pair of source
and name: the tests of these two fields are decided, rules that cannot match any more are dropped, and the rest of each
condition is compiled. Later events of the pair run only that rest, or what `narrow` leaves of it for a class of events.
"""

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from stanch.engine.fields import Fields
from stanch.engine.sigma.closures import Predicate, predicate
from stanch.engine.sigma.narrow import Knows, Narrowed, Narrowing, narrowing
from stanch.engine.sigma.rule import Rule, RuleError
from stanch.engine.sigma.tree import (
    And,
    Const,
    Has,
    Keyword,
    Node,
    Not,
    Null,
    Or,
    Present,
    Same,
    conjunction,
    disjunction,
    folded_literals,
    negation,
)
from stanch.engine.sigma.values import test_of

SOURCE = "eventSource"
NAME = "eventName"

_NEVER, _ALWAYS = Const(False), Const(True)

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
        self._alike = {at for at in self._always if names_in(self._rules[at][1]).isdisjoint((SOURCE, NAME))}
        self._kinds: dict[tuple[tuple[Rule, Node], ...], int] = {}
        self._kind_of = lru_cache(maxsize=PAIRS)(self._numbered)
        self._rests = lru_cache(maxsize=PAIRS)(lambda source, name: tuple(self._settle(source, name)))
        self._predicates = lru_cache(maxsize=PAIRS)(self._compile)
        self._narrowings = lru_cache(maxsize=PAIRS)(self._prepare)
        self._asks_of = lru_cache(maxsize=PAIRS)(self._names)

    @property
    def asks(self) -> frozenset[str]:
        """The fields that conditions ask, by the names rules give them; keywords, which ask all there are, ask none."""
        return frozenset().union(*(names_in(condition) for _, condition in self._rules))

    def match(self, source: str, name: str, fields: Fields) -> list[Rule]:
        """Every rule with a condition, bases of correlations included, that the event matches, in the order given.

        `source` and `name` are what `fields` holds as its single eventSource and eventName; "" where it holds no
        string there, and then nothing is presumed of that field.
        """
        return [rule for rule, holds in self._predicates(source, name) if holds(fields)]

    def narrowed(self, event_source: str, event_name: str, known: Fields, knows: Knows) -> Narrowed:
        """The rules that events of one class may match: those of this source and name that agree in what is known.

        Source and name are as in `match`. Where `knows(name)`, every event of the class has the values
        `known.values(name)`; `known` is asked for no other field, and never for everything.
        """
        return Narrowed([(rule, answer(known, knows)) for rule, answer in self._narrowings(event_source, event_name)])

    def kind(self, event_source: str, event_name: str) -> int:
        """A number for what these two leave of all conditions: `narrowed` answers all pairs of one kind alike."""
        return self._kind_of(event_source, event_name)

    def deciding(self, event_source: str, event_name: str) -> frozenset[str]:
        """The fields that decide what `narrowed` answers for pairs of one kind: equal in them, equal in the answer."""
        return self._asks_of(event_source, event_name)

    def _place(self, at: int, condition: Node) -> None:
        for field, index in ((NAME, self._by_name), (SOURCE, self._by_source)):
            demanded = demands(condition, field)
            if demanded is not None:
                for text in demanded:
                    index.setdefault(text, []).append(at)
                return
        self._always.append(at)

    def _numbered(self, source: str, name: str) -> int:
        return self._kinds.setdefault(self._rests(source, name), len(self._kinds))

    def _compile(self, source: str, name: str) -> tuple[tuple[Rule, Predicate], ...]:
        return tuple((rule, predicate(rest)) for rule, rest in self._rests(source, name))

    def _prepare(self, source: str, name: str) -> tuple[tuple[Rule, Narrowing], ...]:
        return tuple((rule, narrowing(rest)) for rule, rest in self._rests(source, name))

    def _names(self, source: str, name: str) -> frozenset[str]:
        return frozenset().union(*(names_in(rest) for _, rest in self._rests(source, name)))

    def _settle(self, source: str, name: str) -> Iterator[tuple[Rule, Node]]:
        known = {field: value for field, value in ((SOURCE, source), (NAME, name)) if value}
        for at in sorted({*self._always, *_under(self._by_name, name), *_under(self._by_source, source)}):
            rule, condition = self._rules[at]
            rest = condition if at in self._alike else settled(condition, known)
            if rest != _NEVER:
                yield rule, rest


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


def names_in(node: Node) -> frozenset[str]:
    """The fields that a condition asks."""
    match node:
        case Const() | Keyword():
            return frozenset()
        case Not(part):
            return names_in(part)
        case And(parts) | Or(parts):
            return frozenset().union(*map(names_in, parts))
        case Same(name, other):
            return frozenset({name, other})
    return frozenset({node.name})


def settled(node: Node, known: Mapping[str, str]) -> Node:
    """The condition that remains when these fields are known to hold exactly one text each."""
    match node:
        case Has(name, value) if name in known:
            return Const(test_of(value)(known[name]))
        case Present(name) if name in known:
            return _ALWAYS
        case Null(name) if name in known:
            return _NEVER
        case Not(part):
            return negation(settled(part, known))
        case And(parts) | Or(parts):
            joined, certain = (conjunction, _NEVER) if isinstance(node, And) else (disjunction, _ALWAYS)
            rests: list[Node] = []
            for part in parts:
                rest = settled(part, known)
                if rest == certain:
                    return rest
                rests.append(rest)
            return node if all(map(operator.is_, parts, rests)) else joined(rests)
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
