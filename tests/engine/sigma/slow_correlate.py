"""A correlator that is slow and obviously right: it reads the YAML itself and tries every window of events.

It shares no line with the engine: fields are looked up by the slow evaluator, measures by `statistics`, and an
expression over rules is Python's own.
"""

import re
import statistics
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import floor, isfinite
from typing import Any

from tests.engine.sigma import slow

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "gte": lambda a, b: a >= b,
    "gt": lambda a, b: a > b,
    "lte": lambda a, b: a <= b,
    "lt": lambda a, b: a < b,
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
}
Row = tuple[float, int, str, list[Any]]
Seen = tuple[str, float, dict[str, Any]]
"""An event's id, its time in seconds, and its record."""


def found(
    correlation: dict[str, Any], events: list[Seen], matches: Callable[[str, dict[str, Any]], bool]
) -> list[tuple[tuple[str, ...], list[str]]]:
    """The groups and events of all hits; `matches` says whether a base rule, by its reference, matches a record."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for id, time, record in events:  # noqa: A001
        for at, rule in enumerate(rules_of(correlation)):
            if not matches(rule, record):
                continue
            names = [field_of(correlation, name, rule) for name in listed(correlation, "group-by")]
            group = tuple(one_text(record, name) for name in names)
            values = measured(correlation, rule, record)
            if None not in group and values is not None:
                groups[tuple(str(text) for text in group)].append((time, at, id, values))
            if not correlation["type"].startswith("temporal"):
                break
    hits = []
    for group, rows in sorted(groups.items()):
        rows.sort(key=lambda row: row[:3])
        hits += [(group, list(dict.fromkeys(row[2] for row in rows[a : b + 1]))) for a, b in runs(correlation, rows)]
    return hits


def rules_of(correlation: dict[str, Any]) -> list[str]:
    named = listed(correlation, "rules")
    condition = correlation.get("condition")
    if isinstance(condition, str):
        named = [word for word in re.findall(r"\w+", condition) if word not in ("and", "or", "not")]
    return list(dict.fromkeys(named))


def listed(correlation: dict[str, Any], key: str) -> list[str]:
    given = correlation.get(key) or []
    return [given] if isinstance(given, str) else given


def field_of(correlation: dict[str, Any], name: str, rule: str) -> str:
    return str(correlation.get("aliases", {}).get(name, {}).get(rule, name))


def texts(record: dict[str, Any], field: str) -> list[str]:
    return [text for value in slow.lookup(record, field.split(".")) if (text := slow.text(value)) is not None]


def one_text(record: dict[str, Any], field: str) -> str | None:
    found = texts(record, field)
    if not found:
        return None
    return found[0] if len(found) == 1 else "[" + ", ".join(f'"{text}"' for text in found) + "]"


def measured(correlation: dict[str, Any], rule: str, record: dict[str, Any]) -> list[Any] | None:
    """The values that count; None when the event does not count at all."""
    if not correlation["type"].startswith("value_"):
        return []
    field = field_of(correlation, correlation["condition"]["field"], rule)
    if correlation["type"] == "value_count":
        return texts(record, field) or None
    numbers = [slow.number(value) for value in slow.lookup(record, field.split("."))]
    exact = [Fraction(number) for number in numbers if number is not None and isfinite(number)]
    return exact if exact or correlation["type"] == "value_sum" else None


def runs(correlation: dict[str, Any], rows: list[Row]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in windows(correlation, rows):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def windows(correlation: dict[str, Any], rows: list[Row]) -> list[tuple[int, int]]:
    spec = correlation["timespan"]
    span = int(spec[:-1]) * SECONDS[spec[-1]]
    inside = [[at for at in range(len(rows)) if 0 <= row[0] - rows[at][0] <= span] for row in rows]
    if correlation["type"] == "temporal_ordered":
        return [
            (max(starts), last)
            for last in range(len(rows))
            if (starts := [at for at in inside[last] if at <= last and in_turn(correlation, rows[at : last + 1])])
        ]
    if patient(correlation):
        opened = [0] if rows else []
        while opened and (after := [at for at, row in enumerate(rows) if row[0] - rows[opened[-1]][0] > span]):
            opened.append(after[0])
        tiles = [(first, after - 1) for first, after in pairwise([*opened, len(rows)])]
    else:
        tiles = [(inside[last][0], last) for last in range(len(rows))]
    return [(first, last) for first, last in tiles if holds(correlation, rows[first : last + 1])]


def in_turn(correlation: dict[str, Any], rows: list[Row]) -> bool:
    """Whether the rows begin with the first step, end with the last, and hold all between in their order."""
    condition = correlation.get("condition")
    names = rules_of(correlation)
    alternatives = [part.strip("()").split(" or ") for part in condition.split(" and ")] if condition else []
    steps = alternatives or [[name] for name in names]
    wanted = [{names.index(name) for name in step} for step in steps]
    if rows[0][1] not in wanted[0] or rows[-1][1] not in wanted[-1]:
        return False
    at = 0
    for row in rows:
        at += at < len(wanted) and row[1] in wanted[at]
    return at == len(wanted)


def patient(correlation: dict[str, Any]) -> bool:
    condition = correlation.get("condition", {})
    if isinstance(condition, str):
        return "not" in condition.split()
    return bool(set(condition) - {"gte", "gt", "field", "percentile"})


def holds(correlation: dict[str, Any], rows: list[Row]) -> bool:
    seen = {row[1] for row in rows}
    names = rules_of(correlation)
    condition = correlation.get("condition", {"gte": len(names)})
    if isinstance(condition, str):
        return bool(eval(condition, {}, {name: at in seen for at, name in enumerate(names)}))  # noqa: S307 - ours
    values = sorted(value for row in rows for value in row[3])
    match correlation["type"]:
        case "event_count":
            measure: Any = len(rows)
        case "temporal":
            measure = len(seen)
        case "value_count":
            measure = len(set(values))
        case "value_sum":
            measure = sum(values)
        case "value_avg":
            measure = statistics.mean(values)
        case "value_median":
            measure = statistics.median(values)
        case _:
            rank = Fraction(condition["percentile"], 100) * (len(values) - 1)
            low, high = values[floor(rank)], values[min(floor(rank) + 1, len(values) - 1)]
            measure = low + (high - low) * (rank - floor(rank))
    return all(compare(measure, condition[op]) for op, compare in COMPARE.items() if op in condition)
