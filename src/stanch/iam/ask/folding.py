"""A condition on who asks is a set of callers; one on the moment is a doubt about all of them."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from stanch.iam.ask.bits import NONE, Doubted
from stanch.iam.ask.callers import Callers, Group, Values
from stanch.iam.ask.place import KEYS, Place
from stanch.iam.conditions import ConditionTest
from stanch.iam.policy import Condition, Statement
from stanch.iam.variables import names_in, resolve, widened
from stanch.iam.wildcard import Token, match_tokens, tokens

_ARN_PARTS = 6
_BY_PREFIX = ("StringEquals", "StringLike", "ArnEquals", "ArnLike")
_PAST = "\U0010ffff"

Instance = tuple[tuple[Token, ...], Doubted]
"""A resource pattern with its variables filled in, and the callers for whom it reads so."""


class Folding:
    """Turns what a statement says of its caller into sets of callers, each condition and variable once."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._all = Doubted(callers.everyone, callers.everyone)
        self._tests: dict[tuple[Condition, bool], ConditionTest] = {}
        self._folded: dict[tuple[ConditionTest, tuple[Values, ...]], Doubted] = {}
        self._sorted: dict[str, _Sorted] = {}

    def needs_place(self, statement: Statement) -> bool:
        """Whether its conditions, or the variables of its resources, differ from resource to resource."""
        if any(self._test(each, statement).needs & KEYS for each in statement.conditions):
            return True
        return any(names_in(text) & KEYS for text in _templates(statement))

    def conditions(self, statement: Statement, place: Place | None) -> Doubted:
        """The callers of whom all conditions hold; without a place, of a statement that needs none."""
        found = self._all
        for condition in statement.conditions:
            found = found.within(self._fold(self._test(condition, statement), condition, place))
        return found

    def instances(self, text: str, place: Place | None, among: int | None = None) -> list[Instance]:
        """A pattern with variables as it reads for each caller. among: the callers that matter."""
        needs = names_in(text)
        given = {} if place is None else {key: place.context[key] for key in needs if key in place.context}
        asked = tuple(sorted(needs - given.keys()))
        if not all(map(self._callers.is_known, asked)):
            return [(widened(text), Doubted(0, self._callers.everyone))]
        found: list[Instance] = []
        for values, members in self._callers.groups(asked, among):
            if None in values:
                found.append((widened(text), Doubted(0, members)))
                continue
            context = {key: value for key, value in zip(asked, values, strict=True) if value is not None}
            pattern = resolve(text, {**given, **context}, variables=True)
            if pattern is not None:
                found.append((pattern, Doubted(members, members)))
        return found

    def fitting(self, text: str, statement: Statement, place: Place) -> Doubted:
        """The callers for whom a pattern of Resource or NotResource fits the resource."""
        if not is_template(text, statement):
            return self._all if any(match_tokens(each, place.arn) for each in fixed_patterns(text)) else NONE
        sure = maybe = 0
        if match_tokens(widened(text), place.arn):
            for pattern, members in self.instances(text, place):
                if match_tokens(pattern, place.arn):
                    sure, maybe = sure | members.sure, maybe | members.maybe
        return Doubted(sure, maybe)

    def _test(self, condition: Condition, statement: Statement) -> ConditionTest:
        asked = (condition, statement.variables)
        if asked not in self._tests:
            self._tests[asked] = ConditionTest(condition, variables=statement.variables)
        return self._tests[asked]

    def _fold(self, test: ConditionTest, condition: Condition, place: Place | None) -> Doubted:
        given = {} if place is None else {key: place.context[key] for key in test.needs if key in place.context}
        asked = (test, tuple(given.get(key) for key in sorted(test.needs & KEYS)))
        if asked not in self._folded:
            self._folded[asked] = self._try(test, condition, given)
        return self._folded[asked]

    def _try(self, test: ConditionTest, condition: Condition, given: dict[str, tuple[str, ...]]) -> Doubted:
        asked = tuple(sorted(test.needs - given.keys()))
        if not all(map(self._callers.is_known, asked)):
            return Doubted(0, self._callers.everyone)
        if len(asked) == 1 and not given and not condition.operator.quantifier and _is_fixed(condition):
            return self._named(asked[0], test, condition)
        sure = maybe = 0
        for values, members in self._callers.groups(asked):
            if None in values:
                maybe |= members
                continue
            context = {key: value for key, value in zip(asked, values, strict=True) if value is not None}
            if test.holds({**given, **context}):
                sure |= members
        return Doubted(sure, maybe | sure)

    def _named(self, key: str, test: ConditionTest, condition: Condition) -> Doubted:
        """The callers with one of these values: only those are tried that begin as it does up to its first wildcard."""
        if key not in self._sorted:
            self._sorted[key] = _Sorted(self._callers.groups((key,)))
        ordered = self._sorted[key]
        named = 0
        for at in ordered.near(condition.values):
            if test.holds({key: (ordered.values[at],)}) != condition.operator.negated:
                named |= ordered.members[at]
        found = ordered.present & ~named if condition.operator.negated else named
        found |= ordered.absent if test.holds({}) else 0
        return Doubted(found, found | ordered.unknown)


class _Sorted:
    """Callers by their value of one key; values: in order, members: the callers who have each."""

    def __init__(self, groups: Iterable[Group]) -> None:
        valued: list[tuple[str, int]] = []
        self.absent = self.unknown = self.present = 0
        for (values,), members in groups:
            if values is None:
                self.unknown |= members
            elif not values:
                self.absent |= members
            else:
                valued.append((values[0], members))
                self.present |= members
        valued.sort()
        self.values = [value for value, _ in valued]
        self.members = [members for _, members in valued]

    def near(self, patterns: Sequence[str]) -> set[int]:
        """The places of the values that begin as a pattern does."""
        found: set[int] = set()
        for pattern in patterns:
            prefix = pattern.split("*")[0].split("?")[0]
            found.update(range(bisect_left(self.values, prefix), bisect_left(self.values, prefix + _PAST)))
        return found


def listed(statement: Statement) -> Sequence[str] | None:
    """The patterns of Resource or NotResource; None for a statement without either."""
    return statement.not_resources if statement.resources is None else statement.resources


def is_template(text: str, statement: Statement) -> bool:
    """Whether a resource pattern has variables."""
    return statement.variables and "${" in text


def fixed_patterns(text: str) -> list[tuple[Token, ...]]:
    """A resource pattern without variables; AWS completes an ARN with too few parts, with `*` for each."""
    missing = _ARN_PARTS - 1 - text.count(":")
    completed = [text, text + ":*" * missing] if missing > 0 and text.startswith("arn:") else [text]
    return [tokens(each) for each in completed]


def nobody(found: Doubted) -> bool:
    """Whether not even a doubt is left."""
    return found == NONE


def _templates(statement: Statement) -> list[str]:
    return [text for text in listed(statement) or () if is_template(text, statement)]


def _is_fixed(condition: Condition) -> bool:
    return condition.operator.positive in _BY_PREFIX and not any("${" in value for value in condition.values)
