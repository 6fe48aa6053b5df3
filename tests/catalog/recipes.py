"""A behaviour shows in hundreds of records: a page gives the recipe, and this bakes it.

A recipe is `{"from": time, "every": "5m", "repeat": 42, "again": {"every": "1d", "repeat": 7}, "vary": {...},
"event": {...}}`: 42 records five minutes apart, on each of seven days. `vary` sets fields by their path: to a text in
which {i} is the number of the record within its round, {n} that of the round and {k} that of the record overall, each
counted from 1; or to one item of a list, by {i}. Whatever is no recipe is a record as it stands.
"""

import copy
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def baked(given: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """All records of these recipes and records, in the order of time, each with an id of its own."""
    records = [record for each in given for record in (_baked(each) if "event" in each else [each])]
    for number, record in enumerate(records, start=1):
        record.setdefault("eventID", f"00000000-0000-4000-8000-{number:012}")
    return sorted(records, key=lambda record: str(record["eventTime"]))


def _baked(recipe: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begin = datetime.strptime(recipe["from"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    again = recipe.get("again", {})
    rounds, records = again.get("repeat", 1), recipe.get("repeat", 1)
    for n in range(rounds):
        for i in range(records):
            when = begin + n * _span(again.get("every", "1d")) + i * _span(recipe.get("every", "1s"))
            record = copy.deepcopy(recipe["event"])
            record["eventTime"] = f"{when:%Y-%m-%dT%H:%M:%SZ}"
            for path, value in recipe.get("vary", {}).items():
                _set(record, path, _value(value, i, n, n * records + i))
            yield record


def _span(text: str) -> timedelta:
    amount, unit = re.fullmatch(r"(\d+)([smhd])", text).groups()  # type: ignore[union-attr]
    return timedelta(seconds=int(amount) * _UNITS[unit])


def _value(value: str | list[Any], i: int, n: int, k: int) -> Any:
    return value[i % len(value)] if isinstance(value, list) else value.format(i=i + 1, n=n + 1, k=k + 1)


def _set(record: dict[str, Any], path: str, value: Any) -> None:
    *steps, last = path.split(".")
    for step in steps:
        record = record.setdefault(step, {})
    record[last] = value
