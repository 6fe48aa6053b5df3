"""An EventBridge pattern names, for each field, the values that will do; a field that it does not name does not matter.

EventBridge User Guide, "Comparison operators for use in event patterns". What it cannot decide, an operator that is
newer than this, matches nothing.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any

from stanch.catalog.checks._filters.matching import wild

_ABSENT = object()
_DEEPEST = 50


def matches(pattern: Any, event: Any, depth: int = 0) -> bool:
    """Whether an event, as EventBridge delivers it, is taken by a rule with this pattern; never raises."""
    if not isinstance(pattern, Mapping) or not isinstance(event, Mapping) or depth > _DEEPEST:
        return False
    for key, wanted in pattern.items():
        if key == "$or":
            if not isinstance(wanted, list) or not any(matches(one, event, depth + 1) for one in wanted):
                return False
        elif isinstance(wanted, Mapping):
            inner = event.get(key)
            if not any(matches(wanted, one, depth + 1) for one in _several(inner if inner is not None else {})):
                return False
        elif not isinstance(wanted, list) or not _any_of(wanted, event.get(key, _ABSENT)):
            return False
    return True


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _any_of(wanted: list[Any], value: Any) -> bool:
    values = _several(value)
    return any(_one(rule, one) for rule in wanted for one in values or [_ABSENT])


def _one(rule: Any, value: Any) -> bool:
    if not isinstance(rule, Mapping):
        return (type(rule) is type(value) and bool(rule == value)) or _equal_numbers(rule, value)
    if len(rule) != 1:
        return False
    ((name, operand),) = rule.items()
    if name == "exists":
        return (value is not _ABSENT) is bool(operand)
    if name == "anything-but":
        return value is not _ABSENT and not _excluded(operand, value)
    if name == "numeric":
        return _numeric(operand, value)
    return isinstance(value, str) and isinstance(operand, str | Mapping) and _text(name, operand, value)


def _excluded(operand: Any, value: Any) -> bool:
    return any(_one(one, value) for one in (operand if isinstance(operand, list) else [operand]))


def _text(name: str, operand: Any, value: str) -> bool:
    if isinstance(operand, Mapping):  # {"prefix": {"equals-ignore-case": "x"}}
        inner = operand.get("equals-ignore-case")
        return isinstance(inner, str) and _text(name, inner.lower(), value.lower())
    if name == "prefix":
        return value.startswith(operand)
    if name == "suffix":
        return value.endswith(operand)
    if name == "equals-ignore-case":
        return bool(value.lower() == operand.lower())
    if name == "wildcard":
        return wild(operand, value)
    return name == "cidr" and _within(value, operand)


def _within(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _equal_numbers(rule: Any, value: Any) -> bool:
    return _is_number(rule) and _is_number(value) and bool(rule == value)


def _numeric(operand: Any, value: Any) -> bool:
    if not isinstance(operand, list) or len(operand) % 2 or not operand or not _is_number(value):
        return False
    pairs = zip(operand[::2], operand[1::2], strict=True)
    return all(_is_number(bound) and _compares(sign, value, bound) for sign, bound in pairs)


def _compares(sign: Any, value: float, bound: float) -> bool:
    signs = {"=": value == bound, "<": value < bound, "<=": value <= bound, ">": value > bound, ">=": value >= bound}
    return isinstance(sign, str) and signs.get(sign, False)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)
