"""An evaluator of Sigma rules that is slow and obviously right, to measure the fast one by.

It walks what pySigma parsed, event by event and value by value, and shares no line with the engine: names and
selectors are resolved here, fields are looked up here, wildcards are matched by trying every possibility.
"""

import re
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import Any

import re2
from sigma.conditions import ConditionAND, ConditionIdentifier, ConditionNOT, ConditionOR, ConditionSelector
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import (
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
    SpecialChars,
)


def matches(rule: SigmaRule, event: dict[str, Any]) -> bool:
    return any(condition(tree, rule, event) for tree in trees(rule))


def trees(rule: SigmaRule) -> list[Any]:
    """The parsed conditions, kept on the rule: parsing them takes longer than even this evaluator."""
    kept = rule.custom_attributes.setdefault("trees", [])
    if not kept:
        kept.extend(parsed.parse(postprocess=False) for parsed in rule.detection.parsed_condition)
    return list(kept)


def condition(node: Any, rule: SigmaRule, event: dict[str, Any]) -> bool:
    if isinstance(node, ConditionAND):
        return all(condition(arg, rule, event) for arg in node.args)
    if isinstance(node, ConditionOR):
        return any(condition(arg, rule, event) for arg in node.args)
    if isinstance(node, ConditionNOT):
        return not condition(node.args[0], rule, event)
    detections = rule.detection.detections
    if isinstance(node, ConditionIdentifier):
        return detection(detections[node.identifier], event)
    assert isinstance(node, ConditionSelector), node
    quantifier, pattern = node.args
    names = [
        name
        for name in detections
        if not name.startswith("_") and (pattern == "them" or fnmatchcase(name, str(pattern)))
    ]
    held = [detection(detections[name], event) for name in names]
    return all(held) if quantifier == "all" else any(held)


def detection(given: SigmaDetection, event: dict[str, Any]) -> bool:
    held = [
        detection(item, event) if isinstance(item, SigmaDetection) else detection_item(item, event)
        for item in given.detection_items
    ]
    return any(held) if isinstance(given.detection_items[0], SigmaDetection) else all(held)


def detection_item(item: SigmaDetectionItem, event: dict[str, Any]) -> bool:
    modifiers = [modifier.__name__ for modifier in item.modifiers]
    wanted = item.value or [SigmaNull()]
    held = [one_value(item.field, value, modifiers, event) for value in wanted]
    result = all(held) if "SigmaAllModifier" in modifiers else any(held)
    return not result if "SigmaNegateModifier" in modifiers else result


def one_value(field: str | None, wanted: Any, modifiers: list[str], event: dict[str, Any]) -> bool:
    if isinstance(wanted, SigmaExpansion):
        return any(one_value(field, value, modifiers, event) for value in wanted.values)
    if field is None:
        return any(keyword(wanted, value, modifiers) for value in every_leaf(event))
    logged = lookup(event, field.split("."))
    if isinstance(wanted, SigmaNull):
        return logged == [] or None in logged
    if isinstance(wanted, SigmaExists):
        return any(value is not None for value in logged) == wanted.exists
    if isinstance(wanted, SigmaFieldReference):
        others = lookup(event, wanted.field.split("."))
        return any(refers(wanted, text(value), text(other)) for value in logged for other in others)
    return any(scalar(wanted, value, modifiers) for value in logged)


def lookup(here: Any, path: list[str]) -> list[Any]:
    if isinstance(here, list):
        return [value for item in here for value in lookup(item, path)]
    if not path:
        return [here]
    if isinstance(here, dict) and path[0] in here:
        return lookup(here[path[0]], path[1:])
    return []


def every_leaf(here: Any) -> list[Any]:
    if isinstance(here, dict):
        return [leaf for value in here.values() for leaf in every_leaf(value)]
    if isinstance(here, list):
        return [leaf for value in here for leaf in every_leaf(value)]
    return [here]


def text(value: Any) -> str | None:
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value) if isinstance(value, str | int | float) else None


def number(value: Any) -> float | int | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", value):
        digits = value.lstrip("-").split(".")
        if all(len(run) <= 18 for run in digits):
            return float(value) if len(digits) == 2 else int(value)
    return None


def keyword(wanted: Any, value: Any, modifiers: list[str]) -> bool:
    if isinstance(wanted, SigmaBool | SigmaNumber):
        logged = text(value)
        return logged is not None and str(wanted).lower() in logged.lower()
    if isinstance(wanted, SigmaString):
        logged = text(value)
        parts = [SpecialChars.WILDCARD_MULTI, *tokens(wanted), SpecialChars.WILDCARD_MULTI]
        return logged is not None and glob(*case(wanted, parts, logged))
    return scalar(wanted, value, modifiers)


def scalar(wanted: Any, value: Any, modifiers: list[str]) -> bool:
    if isinstance(wanted, SigmaString):
        parts = tokens(wanted)
        anywhere = [*parts[:1], *parts[-1:]] == [SpecialChars.WILDCARD_MULTI] * 2
        logged = every_leaf(value) if isinstance(value, dict) and anywhere else [value]
        texts = [found for each in logged if (found := text(each)) is not None]
        return any(glob(*case(wanted, parts, found)) for found in texts)
    if isinstance(wanted, SigmaTimestampPart):
        return part_of(wanted, value) == wanted.number
    if isinstance(wanted, SigmaNumber):
        return number(value) == wanted.number
    if isinstance(wanted, SigmaBool):
        return str(value).casefold() == str(wanted).lower() if isinstance(value, bool | str) else False
    if isinstance(wanted, SigmaRegularExpression):
        return regex(wanted, value, modifiers)
    if isinstance(wanted, SigmaCIDRExpression):
        return address(wanted, value)
    assert isinstance(wanted, SigmaCompareExpression), wanted
    return compared(wanted, value)


def compared(wanted: SigmaCompareExpression, value: Any) -> bool:
    limit = wanted.number
    found = part_of(limit, value) if isinstance(limit, SigmaTimestampPart) else number(value)
    if found is None:
        return False
    answers = {
        "LT": found < limit.number,
        "LTE": found <= limit.number,
        "GT": found > limit.number,
        "GTE": found >= limit.number,
    }
    return answers[wanted.op.name]


def tokens(wanted: SigmaString) -> list[Any]:
    return [token for part in wanted.s for token in (list(part) if isinstance(part, str) else [part])]


def case(wanted: SigmaString, parts: list[Any], logged: str) -> tuple[list[Any], str]:
    if isinstance(wanted, SigmaCasedString):
        return parts, logged
    folded = [token for part in parts for token in (list(part.casefold()) if isinstance(part, str) else [part])]
    return folded, logged.casefold()


def glob(parts: list[Any], logged: str) -> bool:
    """Which prefixes of the text the parts so far can have eaten: every possibility, none twice."""
    ends = {0}
    for part in parts:
        if part is SpecialChars.WILDCARD_MULTI:
            ends = set(range(min(ends), len(logged) + 1)) if ends else set()
        elif part is SpecialChars.WILDCARD_SINGLE:
            ends = {end + 1 for end in ends if end < len(logged)}
        else:
            ends = {end + 1 for end in ends if logged[end : end + 1] == part}
    return len(logged) in ends


def refers(reference: SigmaFieldReference, logged: str | None, other: str | None) -> bool:
    if logged is None or other is None:
        return False
    here, there = logged.casefold(), other.casefold()
    if reference.starts_with and reference.ends_with:
        return there in here
    if reference.starts_with:
        return here[: len(there)] == there
    if reference.ends_with:
        return here[max(len(here) - len(there), 0) :] == there
    return here == there


def regex(wanted: SigmaRegularExpression, value: Any, modifiers: list[str]) -> bool:
    logged = text(value)
    if logged is None:
        return False
    readable = "".join("?" if "\ud800" <= char <= "\udfff" else char for char in logged)
    flags = "".join({"IGNORECASE": "i", "MULTILINE": "m", "DOTALL": "s"}[flag.name] for flag in wanted.flags)
    pattern = re2.compile(f"(?{flags})(?:{wanted.to_plain()})" if flags else f"(?:{wanted.to_plain()})")
    starts = [0] if "SigmaStartswithModifier" in modifiers else range(len(readable) + 1)
    if "SigmaEndswithModifier" in modifiers:
        return any(pattern.fullmatch(readable, start) for start in starts)
    return any(pattern.match(readable, start) for start in starts)


def address(wanted: SigmaCIDRExpression, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return ip_address(value) in wanted.network
    except ValueError:
        return False


def part_of(wanted: SigmaTimestampPart, value: Any) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    name = wanted.timestamp_part.name.lower()
    return int(time.strftime("%V")) if name == "week" else int(getattr(time, name))
