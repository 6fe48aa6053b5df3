"""A condition compares a key of the request with the policy's values: all keys must hold, any one value suffices.

IAM User Guide, "Condition operators" and "Multivalued context keys". Values are compared in their case; the names of
operators and keys are not.
"""

import operator as compare
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from stanch.iam.operators import Operator
from stanch.iam.policy import Condition
from stanch.iam.variables import Context, names_in, resolve
from stanch.iam.wildcard import Patterns, Token, Wild, match_tokens

_Test = Callable[[str], bool]
_WITH_VARIABLES = ("string", "arn", "bool")
_LONGEST_SCALAR = 64  # characters; a longer number, date or address is none of AWS's, and slow to read
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": compare.eq,
    "LessThan": compare.lt,
    "LessThanEquals": compare.le,
    "GreaterThan": compare.gt,
    "GreaterThanEquals": compare.ge,
}


class ConditionTest:
    """One condition made ready to be asked often.

    key: in lower case. needs: all keys in lower case that decide it, those of its variables among them.
    """

    __slots__ = ("_condition", "_fixed", "_negated", "_null", "_operator", "_quantifier", "_variables", "key", "needs")

    def __init__(self, condition: Condition, *, variables: bool) -> None:
        operator = condition.operator
        self.key = condition.key.lower()
        self._condition, self._operator, self._variables = condition, operator, variables
        self._negated, self._quantifier = operator.negated, operator.quantifier
        self._null = [value.lower() for value in condition.values] if operator.family == "null" else None
        templates = [v for v in condition.values if variables and "${" in v and operator.family in _WITH_VARIABLES]
        self.needs = frozenset([self.key]).union(*map(names_in, templates))
        self._fixed = None if templates or self._null is not None else _test(condition, {}, variables)

    def holds(self, context: Context) -> bool:
        """Tell whether the condition is true of a request; context: keys in lower case."""
        values = context.get(self.key, ())
        if self._null is not None:
            return ("false" if values else "true") in self._null
        if self._quantifier:
            # To the set operators, a key that resolves to empty strings is an empty set.
            values = tuple(value for value in values if value)
        if not values:
            return _without_key(self._operator)
        test = self._fixed or _test(self._condition, context, self._variables)
        if self._quantifier == "ForAllValues":
            return all(test(value) != self._negated for value in values)
        if self._quantifier == "ForAnyValue":
            return any(test(value) != self._negated for value in values)
        if len(values) == 1:
            return test(values[0]) != self._negated
        return any(test(value) for value in values) != self._negated


def holds(condition: Condition, context: Context, *, variables: bool) -> bool:
    """Tell whether one condition is true of a request.

    context: keys in lower case. variables: whether `${...}` in the policy's values is a variable.
    """
    return ConditionTest(condition, variables=variables).holds(context)


def _without_key(operator: Operator) -> bool:
    if operator.quantifier == "ForAllValues":
        return True
    if operator.quantifier == "ForAnyValue":
        # It asks for one value that fits; whatever would be excused, there is none.
        return False
    return operator.if_exists or operator.negated


def _test(condition: Condition, context: Context, variables: bool) -> _Test:
    """The positive comparison of one request value with all values of the policy."""
    operator, wanted = condition.operator, condition.values
    match operator.family:
        case "string" | "arn" | "bool":
            resolved = (resolve(value, context, variables=variables) for value in wanted)
            return _pattern_test(operator.positive, [pattern for pattern in resolved if pattern is not None])
        case "numeric":
            return _ordered_test(operator.positive.removeprefix("Numeric"), wanted, _number)
        case "date":
            return _ordered_test(operator.positive.removeprefix("Date"), wanted, _moment)
        case "ip":
            return _network_test(wanted)
        case _:
            return _same_test(wanted, str)


def _same_test(wanted: Sequence[str], normal: Callable[[str], str]) -> _Test:
    known = frozenset(wanted)
    return lambda value: normal(value) in known


def _pattern_test(name: str, patterns: list[tuple[Token, ...]]) -> _Test:
    if name == "StringEquals":
        return _same_test([_literal(pattern) for pattern in patterns], str)
    if name in ("StringEqualsIgnoreCase", "Bool"):
        return _same_test([_literal(pattern).lower() for pattern in patterns], str.lower)
    if name == "StringLike":
        return Patterns(patterns).fit
    # ArnEquals takes wildcards just as ArnLike does.
    arns = [_segments(pattern) for pattern in patterns]
    return lambda value: any(_arn_fits(pattern, value) for pattern in arns)


def _literal(pattern: tuple[Token, ...]) -> str:
    return "".join(token.value if isinstance(token, Wild) else token for token in pattern)


def _segments(pattern: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """A pattern cut at its first five colons, as an ARN is."""
    segments: list[list[Token]] = [[]]
    for token in pattern:
        if isinstance(token, Wild):
            segments[-1].append(token)
            continue
        head, *others = token.split(":", 6 - len(segments)) if len(segments) < 6 else [token]
        segments[-1].append(head)
        segments += [[other] for other in others]
    return [tuple(token for token in segment if token) for segment in segments]


def _arn_fits(pattern: list[tuple[Token, ...]], value: str) -> bool:
    segments = value.split(":", 5)
    if len(segments) != 6 or len(pattern) != 6:
        return False
    return all(match_tokens(wanted, given) for wanted, given in zip(pattern, segments, strict=True))


def _ordered_test(name: str, wanted: Sequence[str], read: Callable[[str], Any]) -> _Test:
    relation = _ORDER[name]
    bounds = [bound for value in wanted if len(value) <= _LONGEST_SCALAR and (bound := read(value)) is not None]

    def test(value: str) -> bool:
        given = read(value) if len(value) <= _LONGEST_SCALAR else None
        return given is not None and any(relation(given, bound) for bound in bounds)

    return test


@lru_cache(maxsize=1024)
def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


@lru_cache(maxsize=1024)
def _moment(text: str) -> datetime | None:
    """Read one of the W3C's ISO 8601 profiles, from a bare year on, or seconds since 1970; without zone it is UTC."""
    text = text.strip()
    try:
        if text.isascii() and text.isdigit() and len(text) != 4:
            return datetime.fromtimestamp(int(text), UTC)
        if text.count("-") < 2 and "T" not in text:
            text = f"{text}-01" if "-" in text else f"{text}-01-01"
        moment = datetime.fromisoformat(text.replace("z", "Z"))
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _network_test(wanted: Sequence[str]) -> _Test:
    networks = []
    for text in wanted:
        try:
            networks.append(ip_network(text.strip(), strict=False))
        except ValueError:
            continue

    def test(value: str) -> bool:
        address = _address(value) if len(value) <= _LONGEST_SCALAR else None
        return address is not None and any(address in network for network in networks)

    return test


@lru_cache(maxsize=1024)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip())
    except ValueError:
        return None
