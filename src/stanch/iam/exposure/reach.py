"""Somebody gets in when a request of his can fit a grant and slip past each denial; what he may choose, he does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from stanch.iam.conditions import ConditionTest
from stanch.iam.exposure.domains import Addresses, Domain, Values, are_networks, standing, wanted_by
from stanch.iam.exposure.meeting import TooLong, meet
from stanch.iam.exposure.outsiders import Outsider
from stanch.iam.policy import Condition, Statement
from stanch.iam.variables import names_in
from stanch.iam.wildcard import Token

_TRIES = 4_000
"""Combinations of ways past the denials that are tried; a policy that takes more is taken to let its callers in."""

_DENIALS = 200  # with conditions, about the very same thing
_PAIRED = 24  # patterns of one key that are also tried two by two
_CHOSEN_BY_ANYONE = ("numeric", "date", "binary")


@dataclass(frozen=True, slots=True)
class Demand:
    """One condition, and whether it must hold or must not."""

    condition: Condition
    variables: bool
    holds: bool = True

    @property
    def key(self) -> str:
        """In lower case."""
        return self.condition.key.lower()


class TooMany(Exception):
    """More combinations than are tried."""


def can_meet(outsider: Outsider, demands: Sequence[Demand], denials: Sequence[Statement]) -> bool:
    """Tell whether a request of the outsider meets all demands and none of the denials. True when in doubt."""
    try:
        return _Attempt(outsider).passes(tuple(demands), denials)
    except TooMany:
        return True


class _Attempt:
    def __init__(self, outsider: Outsider) -> None:
        self._outsider = outsider
        self._context = standing(outsider.keys)
        self._known: dict[tuple[Demand, ...], bool] = {}
        self._tries = 0

    def passes(self, demands: tuple[Demand, ...], denials: Sequence[Statement]) -> bool:
        # The denials with the fewest ways past them first: they decide.
        ordered = sorted(denials, key=lambda denial: len(denial.conditions))
        if ordered and not ordered[0].conditions:
            return False
        keys = {demand.key for demand in demands}
        if not all(self._possible(tuple(d for d in demands if d.key == key)) for key in keys):
            return False
        if len(ordered) > _DENIALS:
            raise TooMany
        return self._slips(demands, ordered)

    def _slips(self, demands: tuple[Demand, ...], denials: Sequence[Statement]) -> bool:
        if not denials:
            return True
        first, others = denials[0], denials[1:]
        for condition in first.conditions:
            self._tries += 1
            if self._tries > _TRIES:
                raise TooMany
            more = (*demands, Demand(condition, first.variables, holds=False))
            if self._possible(tuple(d for d in more if d.key == condition.key.lower())) and self._slips(more, others):
                return True
        return False

    def _possible(self, demands: tuple[Demand, ...]) -> bool:
        """Whether one value of the key that they share satisfies them all."""
        if demands not in self._known:
            try:
                self._known[demands] = self._try(demands)
            except (TooMany, TooLong):
                self._known[demands] = True  # in doubt he can
        return self._known[demands]

    def _try(self, demands: tuple[Demand, ...]) -> bool:
        key = demands[0].key
        domain = self._outsider.domain(key)
        firm = [demand for demand in demands if self._is_telling(demand)]
        if not firm:
            return True
        if isinstance(domain, Addresses):
            tried = domain.at(demand.condition for demand in firm)
        else:
            wanted = [p for d in firm for p in wanted_by(d.condition, self._context, variables=d.variables)]
            tried = domain.candidates([*wanted, *_pairs(wanted, domain)])
        if any(demand.condition.operator.quantifier for demand in firm):
            tried = [*tried, *_sets(tried)]
        tests = [(ConditionTest(d.condition, variables=d.variables), d.holds) for d in firm]
        return any(all(test.holds({**self._context, key: v}) is holds for test, holds in tests) for v in tried)

    def _is_telling(self, demand: Demand) -> bool:
        """Whether the demand says anything that the outsider cannot arrange."""
        condition = demand.condition
        domain = self._outsider.domain(demand.key)
        if condition.operator.family == "null" or not domain.patterns:
            return True
        if condition.operator.family in _CHOSEN_BY_ANYONE:
            return False
        if condition.operator.family == "ip" and not (isinstance(domain, Addresses) and are_networks(condition.values)):
            return False
        named = (names_in(value) for value in condition.values) if demand.variables else ()
        needed = frozenset[str]().union(*named)
        return all(need in self._context or not self._outsider.domain(need).patterns for need in needed)


def _pairs(wanted: Sequence[tuple[Token, ...]], domain: Domain) -> Iterable[tuple[Token, ...]]:
    """What fits two of the patterns. Raises TooMany where that says nothing of what else might."""
    wild = [pattern for pattern in dict.fromkeys(wanted) if any(not isinstance(token, str) for token in pattern)]
    if len(wild) > _PAIRED:
        raise TooMany
    met = [value for one, other in combinations(wild, 2) if (value := meet(one, other)) is not None]
    if not all(domain.looks_like(value) for value in met):
        raise TooMany
    return [(value,) for value in met]


def _sets(tried: Sequence[Values]) -> list[Values]:
    """Keys of several values: two together are enough to break `all` and to satisfy `any`."""
    single = [values for values in tried if values][:_PAIRED]
    return [one + other for one, other in combinations(single, 2)]
