"""pySigma's parse tree, said again as stanch's own condition tree; whatever cannot be said exactly is refused.

What pySigma leaves open is decided here: a regex is searched for, not matched whole, so one with `startswith` or
`endswith` is anchored; a keyword is looked for anywhere in each value of the event.
"""

from collections.abc import Iterator
from typing import Any

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.modifiers import SigmaEndswithModifier, SigmaStartswithModifier
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import (
    CompareOperators,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
)

from stanch.engine.sigma.placeholders import NONE, Placeholders, expanded
from stanch.engine.sigma.policy import POLICY
from stanch.engine.sigma.tree import (
    Clocked,
    Compared,
    Has,
    Keyword,
    Network,
    Node,
    Null,
    Number,
    Order,
    Part,
    Present,
    Regex,
    Same,
    Text,
    Truth,
    Value,
    Where,
    Wild,
    conjunction,
    disjunction,
    negation,
)

LARGEST_EXACT = 2**53  # pySigma rounds a larger integer to a float

_ORDERS = {
    CompareOperators.LT: Order.LT,
    CompareOperators.LTE: Order.LTE,
    CompareOperators.GT: Order.GT,
    CompareOperators.GTE: Order.GTE,
    CompareOperators.NEQ: Order.NEQ,
}
_WILD = {SpecialChars.WILDCARD_MULTI: Wild.ANY, SpecialChars.WILDCARD_SINGLE: Wild.ONE}


class Untranslatable(ValueError):
    """A rule says something that stanch cannot evaluate exactly; the message says what, and what to write instead."""


def condition_of(rule: SigmaRule, placeholders: Placeholders = NONE) -> Node:
    """The rule's condition, several conditions being alternatives. Raises Untranslatable, or what pySigma raises."""
    if "timeframe" in rule.detection.detections:
        raise Untranslatable("`timeframe` is no detection; write a correlation with a `timespan`")
    for detection in rule.detection.detections.values():
        for item in _items(detection):
            item.value = [_anchored(one, item) for value in item.value for one in expanded(value, placeholders)]
    return disjunction(_node(condition.parse()) for condition in rule.detection.parsed_condition)


def _items(detection: SigmaDetection) -> Iterator[SigmaDetectionItem]:
    for item in detection.detection_items:
        if isinstance(item, SigmaDetection):
            yield from _items(item)
        else:
            yield item


def _anchored(value: SigmaType, item: SigmaDetectionItem) -> SigmaType:
    if not isinstance(value, SigmaRegularExpression):
        return value
    start = r"\A" if SigmaStartswithModifier in item.modifiers else ""
    end = r"\z" if SigmaEndswithModifier in item.modifiers else ""
    if not (start or end):
        return value
    return SigmaRegularExpression(f"{start}(?:{value.to_plain()}){end}", value.flags, POLICY)


def _node(item: Any) -> Node:
    match item:
        case ConditionAND():
            return conjunction([_node(arg) for arg in item.args])
        case ConditionOR():
            return disjunction([_node(arg) for arg in item.args])
        case ConditionNOT():
            return negation(_node(item.args[0]))
        case ConditionFieldEqualsValueExpression():
            return _field(item.field, item.value)
        case ConditionValueExpression():
            return _keyword(item.value)
    raise Untranslatable("the condition is empty; name at least one selection")


def _field(name: str, value: SigmaType) -> Node:
    match value:
        case SigmaNull():
            return Null(name)
        case SigmaExists():
            return Present(name) if value.exists else negation(Present(name))
        case SigmaExpansion():
            return disjunction([_field(name, each) for each in value.values])
        case SigmaFieldReference():
            return Same(name, value.field, _where(value))
    return Has(name, _value(value))


def _where(reference: SigmaFieldReference) -> Where:
    if reference.starts_with:
        return Where.INSIDE if reference.ends_with else Where.START
    return Where.END if reference.ends_with else Where.WHOLE


def _keyword(value: SigmaType) -> Node:
    match value:
        case SigmaExpansion():
            return disjunction([_keyword(each) for each in value.values])
        case SigmaRegularExpression() | SigmaCIDRExpression():
            return Keyword(_value(value))
        case SigmaString():
            return Keyword(_anywhere(_text(value)))
        case SigmaBool():
            return Keyword(_anywhere(Text((str(value).lower(),))))
        case SigmaNumber() if not isinstance(value, SigmaTimestampPart):
            return Keyword(_anywhere(Text((str(value),))))
    raise Untranslatable(f"{type(value).__name__} cannot be a keyword; bind it to a field")


def _anywhere(text: Text) -> Text:
    if not any(isinstance(part, str) for part in text.parts):
        raise Untranslatable("a keyword without a letter matches every event; write the text it looks for")
    head = () if text.parts[0] is Wild.ANY else (Wild.ANY,)
    tail = () if text.parts[-1] is Wild.ANY else (Wild.ANY,)
    return Text((*head, *text.parts, *tail), text.cased)


def _value(value: SigmaType) -> Value:
    match value:
        case SigmaString():
            return _text(value)
        case SigmaTimestampPart():
            return _clocked(value, Order.EQ)
        case SigmaNumber():
            return Number(_exact(value))
        case SigmaBool():
            return Truth(value.boolean)
        case SigmaRegularExpression():
            return _regex(value)
        case SigmaCIDRExpression():
            return Network(value.network)
        case SigmaCompareExpression():
            order = _ORDERS[value.op]
            if isinstance(value.number, SigmaTimestampPart):
                return _clocked(value.number, order)
            return Compared(order, _exact(value.number))
    raise Untranslatable(f"{type(value).__name__} is not supported; write the rule without it")


def _text(text: SigmaString) -> Text:
    parts: list[str | Wild] = []
    for part in text.s:
        match part:
            case str():
                if parts and isinstance(parts[-1], str):
                    parts[-1] += part
                else:
                    parts.append(part)
            case SpecialChars():
                if not (parts and parts[-1] is Wild.ANY and _WILD[part] is Wild.ANY):
                    parts.append(_WILD[part])
    return Text(tuple(parts), cased=isinstance(text, SigmaCasedString))


def _regex(regex: SigmaRegularExpression) -> Regex:
    flags = "".join(sorted(regex.sigma_to_re_flag[flag] for flag in regex.flags))
    return Regex(f"(?{flags}){regex.to_plain()}" if flags else regex.to_plain())


def _clocked(value: SigmaTimestampPart, order: Order) -> Clocked:
    return Clocked(Part(value.timestamp_part.name.lower()), order, value.number)


def _exact(value: SigmaNumber) -> int | float:
    if isinstance(value.number, float) and abs(value.number) >= LARGEST_EXACT:
        raise Untranslatable(f"{value} is too large to compare exactly; write it in quotes")
    return value.number
