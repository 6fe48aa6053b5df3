"""A snapshot may have been edited by hand, or written by another version: a check meets any type anywhere.

Each fact of each check's failing example is replaced by what it should not be, and nothing breaks.
"""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from stanch import app
from stanch.app.posture import checks
from stanch.contracts.collector import UNSEEN
from stanch.engine.posture import judged
from stanch.engine.shelf import Unit
from tests.catalog import pages
from tests.posturing import posture

CHECKS = app.shelf("checks", ".py")
ODD: tuple[Any, ...] = (None, "x", 7, [], ["x", None, 7], {"x": "y"}, [{"x": None}], {UNSEEN: "s3:X: AccessDenied"})
DEPTH = 6


def places(value: Any, depth: int = DEPTH) -> Iterator[tuple[Any, ...]]:
    """Every path into a JSON value, so deep."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (key,)
        if depth > 1:
            yield from ((key, *rest) for rest in places(one, depth - 1))


def replaced(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """The same value with something else at a path."""
    other = copy.deepcopy(value)
    inner = other
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    return other


@pytest.mark.parametrize("unit", CHECKS, ids=[unit.id for unit in CHECKS])
def test_a_check_survives_any_type_in_any_fact(unit: Unit) -> None:
    example = pages.example(pages.sections(unit.page)["Example that fails"])
    (asked,) = checks([unit.id])
    for number, line in enumerate(example.records):
        for path in places(line["data"]):
            for odd in ODD:
                lines = [*example.records]
                lines[number] = {**line, "data": replaced(line["data"], path, odd)}
                _, broken = judged([asked], posture(lines, example.estate))
                # What the IAM core cannot read it refuses, and names: that is no defect of a check.
                assert not [one for one in broken if "a defect" in one.why], f"{line['kind']} {path} = {odd!r}"
