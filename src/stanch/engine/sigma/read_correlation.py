"""A Sigma correlation counts events: so many of its base rules' matches, in one group, within one timespan.

Beyond what pySigma reads, a condition may hold several bounds (`gte: 10` and `lt: 100`): a range.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaCorrelationCondition,
    SigmaCorrelationConditionOperator,
    SigmaCorrelationRule,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)

from stanch.engine.sigma.rule import Bound, Correlation, Kind, RuleError
from stanch.engine.sigma.tree import And, Node, Or, Order, Present, conjunction, disjunction, negation

LONGEST_TIMESPAN = timedelta(days=3660)
FURTHER_BOUNDS = "\0bounds"
"""The key under which a document carries the bounds of its condition past pySigma, which reads only one."""

_ORDERS = SigmaCorrelationConditionOperator.operators()

Resolve = Callable[[str], str]
"""The id of the rule that a reference means; raises RuleError."""


def set_aside_bounds(document: dict[str, Any]) -> dict[str, Any]:
    """The document with one bound in its correlation's condition, the others under FURTHER_BOUNDS."""
    correlation = document.get("correlation")
    condition = correlation.get("condition") if isinstance(correlation, dict) else None
    if not isinstance(condition, dict) or not isinstance(correlation, dict):
        return document
    further = [key for key in condition if key in _ORDERS][1:]
    if not further:
        return document
    kept = {key: value for key, value in condition.items() if key not in further}
    bounds = [{key: condition[key]} for key in further]
    return {**document, "correlation": {**correlation, "condition": kept}, FURTHER_BOUNDS: bounds}


def references(rule: SigmaCorrelationRule) -> list[str]:
    """What the correlation calls its base rules, in its order. Raises RuleError."""
    named = [str(reference.reference) for reference in rule.rules or ()]
    if isinstance(rule.condition, SigmaExtendedCorrelationCondition):
        named = rule.condition.get_referenced_rules()
    if not named:
        raise RuleError("the correlation names no `rules`; name its base rules")
    return named


def correlation_of(rule: SigmaCorrelationRule, resolve: Resolve) -> Correlation:
    """The correlation, its references resolved to the ids of rules. Raises RuleError."""
    kind = Kind(rule.type.name.lower())
    found = [resolve(reference) for reference in references(rule)]
    if len(set(found)) < len(found):
        raise RuleError("the correlation names a base rule twice; name it once")
    steps = {base: at for at, base in enumerate(found)}
    bounds: tuple[Bound, ...] = (Bound(Order.GTE, 1),)
    wanted = None
    if isinstance(rule.condition, SigmaExtendedCorrelationCondition):
        wanted = _expression(rule.condition.parsed, resolve)
        if kind is Kind.TEMPORAL_ORDERED:
            steps, wanted = _in_turn(wanted), None
    else:
        bounds = _bounds(rule)
        if kind is Kind.TEMPORAL_ORDERED and bounds != (Bound(Order.GTE, len(found)),):
            raise RuleError("temporal_ordered wants all its rules; leave out the `condition`")
    return Correlation(
        kind=kind,
        steps=steps,
        timespan=_timespan(rule),
        bounds=bounds,
        wanted=wanted,
        group_by=tuple(rule.group_by or ()),
        measured=_measured(rule.condition, kind),
        percentile=_percentile(rule.condition, kind),
        aliases=_aliases(rule, resolve),
    )


def _bounds(rule: SigmaCorrelationRule) -> tuple[Bound, ...]:
    further = rule.custom_attributes.get(FURTHER_BOUNDS, ())
    conditions = [rule.condition, *(SigmaCorrelationCondition.from_dict(bound) for bound in further)]
    return tuple(
        Bound(Order(condition.op.name.lower()), condition.count)
        for condition in conditions
        if isinstance(condition, SigmaCorrelationCondition)
    )


def _expression(item: Any, resolve: Resolve) -> Node:
    match item:
        case SigmaRuleReference(reference=reference):
            return Present(resolve(reference))
        case CorrelationConditionAND(args=args):
            return conjunction([_expression(arg, resolve) for arg in args])
        case CorrelationConditionOR(args=args):
            return disjunction([_expression(arg, resolve) for arg in args])
        case CorrelationConditionNOT(args=[arg]):
            return negation(_expression(arg, resolve))
    raise RuleError("the correlation's condition cannot be read; join rule names by `and`, `or` and `not`")


def _in_turn(wanted: Node) -> dict[str, int]:
    """The place of each base rule in an ordered expression: `and` goes on, `or` stays at one place."""
    steps: dict[str, int] = {}
    for at, part in enumerate(wanted.parts if isinstance(wanted, And) else (wanted,)):
        for one in part.parts if isinstance(part, Or) else (part,):
            if not isinstance(one, Present) or one.name in steps:
                raise RuleError("temporal_ordered reads `(a or b) and c`: each rule once, no `not`; write it so")
            steps[one.name] = at
    return steps


def _measured(condition: SigmaCorrelationCondition | SigmaExtendedCorrelationCondition, kind: Kind) -> tuple[str, ...]:
    if not kind.startswith("value_") or not isinstance(condition, SigmaCorrelationCondition):
        return ()
    names = condition.fieldref if isinstance(condition.fieldref, list) else [condition.fieldref]
    fields = tuple(str(name) for name in names if name)
    if not fields or (kind is not Kind.VALUE_COUNT and len(fields) != 1):
        raise RuleError(f"{kind} measures one field; name one")
    return fields


def _percentile(condition: SigmaCorrelationCondition | SigmaExtendedCorrelationCondition, kind: Kind) -> int:
    if kind is not Kind.VALUE_PERCENTILE or not isinstance(condition, SigmaCorrelationCondition):
        return 50
    given = condition.percentile
    if given is None or not 0 <= given <= 100:
        raise RuleError("value_percentile wants a `percentile` from 0 to 100 beside its `field`")
    return given


def _aliases(rule: SigmaCorrelationRule, resolve: Resolve) -> Mapping[str, Mapping[str, str]]:
    return {
        alias.alias: {resolve(reference.reference): str(field) for reference, field in alias.mapping.items()}
        for alias in rule.aliases
    }


def _timespan(rule: SigmaCorrelationRule) -> timedelta:
    if rule.timespan.seconds > LONGEST_TIMESPAN.total_seconds():
        raise RuleError(f"timespan {rule.timespan.spec} is longer than ten years; shorten it")
    return timedelta(seconds=rule.timespan.seconds)
