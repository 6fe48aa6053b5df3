"""A Sigma correlation counts events: so many of its base rules' matches, in one group, within one timespan.

Not supported, and refused with a RuleError: correlations of correlations, conditions written as an expression,
value_avg, value_median and value_percentile.
"""

from collections.abc import Sequence
from datetime import timedelta

from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationRule
from sigma.rule import SigmaRule

from stanch.engine.sigma.rule import Correlation, Kind, RuleError
from stanch.engine.sigma.tree import Order

LONGEST_TIMESPAN = timedelta(days=3660)


def correlation_of(rule: SigmaCorrelationRule, bases: Sequence[SigmaRule], ids: Sequence[str]) -> Correlation:
    """The correlation, its references resolved among the base rules of its file. Raises RuleError."""
    kind = _kind(rule)
    condition = rule.condition
    if not isinstance(condition, SigmaCorrelationCondition):
        raise RuleError("a correlation's condition as an expression is not supported; use gte, gt, lt, lte or eq")
    references = [reference.reference for reference in rule.rules or ()]
    found = tuple(resolve(reference, bases, ids) for reference in references)
    if not found:
        raise RuleError("the correlation names no `rules`; name its base rules")
    if len(set(found)) < len(found):
        raise RuleError("the correlation names a base rule twice; name it once")
    order = Order(condition.op.name.lower())
    if kind is Kind.TEMPORAL_ORDERED and (order, condition.count) != (Order.GTE, len(found)):
        raise RuleError("temporal_ordered wants all its rules; leave out the `condition`")
    return Correlation(
        kind=kind,
        bases=found,
        timespan=_timespan(rule),
        order=order,
        threshold=condition.count,
        group_by=tuple(rule.group_by or ()),
        measured=_measured(condition, kind),
        aliases={
            alias.alias: {
                resolve(reference.reference, bases, ids): str(field) for reference, field in alias.mapping.items()
            }
            for alias in rule.aliases
        },
    )


def resolve(reference: str, bases: Sequence[SigmaRule], ids: Sequence[str]) -> str:
    """The id of the base rule that a reference means: by name, by Sigma's id, or by title, in this order."""
    named: dict[str, list[str | None]] = {
        "name": [base.name for base in bases],
        "id": [str(base.id) for base in bases],
        "title": [base.title for base in bases],
    }
    for what, names in named.items():
        found = [at for name, at in zip(names, ids, strict=True) if name == str(reference)]
        if len(found) > 1:
            raise RuleError(f"two base rules have the {what} {reference!r}; give each its own `name`")
        if found:
            return found[0]
    raise RuleError(f"no base rule in this file has the name, id or title {reference!r}; write it there, after `---`")


def _kind(rule: SigmaCorrelationRule) -> Kind:
    try:
        return Kind(rule.type.name.lower())
    except ValueError:
        raise RuleError(
            f"correlation type {rule.type.name.lower()} is not supported; use one of {', '.join(Kind)}"
        ) from None


def _measured(condition: SigmaCorrelationCondition, kind: Kind) -> tuple[str, ...]:
    if kind not in (Kind.VALUE_COUNT, Kind.VALUE_SUM):
        return ()
    names = condition.fieldref if isinstance(condition.fieldref, list) else [condition.fieldref]
    fields = tuple(str(name) for name in names if name)
    if kind is Kind.VALUE_SUM and len(fields) != 1:
        raise RuleError("value_sum adds up one field; name one")
    return fields


def _timespan(rule: SigmaCorrelationRule) -> timedelta:
    if rule.timespan.seconds > LONGEST_TIMESPAN.total_seconds():
        raise RuleError(f"timespan {rule.timespan.spec} is longer than ten years; shorten it")
    return timedelta(seconds=rule.timespan.seconds)
