"""Most rules fall by the few fields that a thousand events share, so these are settled once and not a thousand times.

Events of one class (the same call by the same caller, say) agree in some fields, and only these are known of a class.
Each condition is evaluated in three values: a test of a known field is true or false, one of any other is unknown, and
`and`, `or`, `not` follow Kleene. A rule that is false is out for every event of the class; of one that is unknown the
part remains that the unknown fields decide.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from stanch.engine.fields import Fields
from stanch.engine.sigma.closures import CONDITIONS, Predicate, every, predicate, some
from stanch.engine.sigma.needles import Needles, needles_of, of_all, of_any
from stanch.engine.sigma.rule import Rule
from stanch.engine.sigma.tree import And, Const, Has, Keyword, Node, Not, Or, Same

Knows = Callable[[str], bool]
"""Whether a field, by the name that rules give it, holds the same values in every event of the class."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What remains of a condition: a predicate, and the fields it asks; None where a keyword asks the whole event."""

    holds: Predicate
    wants: frozenset[str] | None
    needles: Needles = None


Answer = bool | Rest
"""Certainly so, certainly not so, or what remains to be asked."""

Narrowing = Callable[[Fields, Knows], Answer]


class Narrowed:
    """The rules that an event of one class may still match; false when none can."""

    __slots__ = ("_rules", "needles", "wants")

    def __init__(self, answers: Sequence[tuple[Rule, Answer]]) -> None:
        self._rules = [(rule, answer.holds if isinstance(answer, Rest) else None) for rule, answer in answers if answer]
        self.wants = _union([answer for _, answer in answers if isinstance(answer, Rest)])
        """The fields that are still asked: none when every event of the class matches the same rules, None when a
        keyword asks all there are."""
        likely = [answer for _, answer in answers if answer]
        self.needles = of_any([answer.needles if isinstance(answer, Rest) else None for answer in likely])
        """What the fields that are still asked must hold for any rule to match."""

    def __bool__(self) -> bool:
        return bool(self._rules)

    def match(self, fields: Fields) -> list[Rule]:
        """What `Matcher.match` answers for an event of the class; `fields` is asked for `wants` only."""
        return [rule for rule, holds in self._rules if holds is None or holds(fields)]


@lru_cache(maxsize=CONDITIONS)
def narrowing(node: Node) -> Narrowing:
    """The function that answers a condition for a class of events; it compiles what may remain only once."""
    match node:
        case Const(holds):
            return lambda known, knows: holds
        case Not(part):
            return _not(narrowing(part))
        case And(parts):
            return _and([narrowing(part) for part in parts])
        case Or(parts):
            return _or([narrowing(part) for part in parts])
        case Keyword():
            rest = Rest(predicate(node), None)
            return lambda known, knows: rest
        case Same(name, other):
            return _leaf(node, name, other)
    return _leaf(node, node.name, needles=needles_of(node.value) if isinstance(node, Has) else None)


def _leaf(node: Node, *names: str, needles: Needles = None) -> Narrowing:
    holds = predicate(node)
    rest = Rest(holds, frozenset(names), needles)

    def answer(known: Fields, knows: Knows) -> Answer:
        return holds(known) if all(map(knows, names)) else rest

    return answer


def _not(part: Narrowing) -> Narrowing:
    def answer(known: Fields, knows: Knows) -> Answer:
        match part(known, knows):
            case Rest(holds, wants, _):
                return Rest(lambda fields: not holds(fields), wants)
            case certain:
                return not certain

    return answer


def _and(parts: list[Narrowing]) -> Narrowing:
    def answer(known: Fields, knows: Knows) -> Answer:
        rests: list[Rest] = []
        for part in parts:
            found = part(known, knows)
            if isinstance(found, Rest):
                rests.append(found)
            elif not found:
                return False
        if not rests:
            return True
        return Rest(every([rest.holds for rest in rests]), _union(rests), of_all(rest.needles for rest in rests))

    return answer


def _or(parts: list[Narrowing]) -> Narrowing:
    def answer(known: Fields, knows: Knows) -> Answer:
        rests: list[Rest] = []
        for part in parts:
            found = part(known, knows)
            if isinstance(found, Rest):
                rests.append(found)
            elif found:
                return True
        if not rests:
            return False
        return Rest(some([rest.holds for rest in rests]), _union(rests), of_any([rest.needles for rest in rests]))

    return answer


def _union(rests: Sequence[Rest]) -> frozenset[str] | None:
    wants: set[str] = set()
    for rest in rests:
        if rest.wants is None:
            return None
        wants |= rest.wants
    return frozenset(wants)
