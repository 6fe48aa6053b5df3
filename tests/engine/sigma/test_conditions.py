"""Selections joined by the words of a condition."""

from typing import Any

import pytest
from tests.engine.sigma.asking import Selections, fires, selects

SELECTIONS: Selections = {"sel_a": {"a": 1}, "sel_b": {"b": 1}, "other": {"c": 1}, "_hidden": {"d": 1}}


@pytest.mark.parametrize(
    ("condition", "taken", "left"),
    [
        ("sel_a and sel_b", ["ab"], ["a", "b", ""]),
        ("sel_a or sel_b", ["a", "b"], ["c", ""]),
        ("not sel_a", ["b", ""], ["a", "ab"]),
        ("sel_a and not sel_b", ["a", "ac"], ["ab", "b"]),
        ("not (sel_a or sel_b)", ["c", ""], ["a", "b"]),
        ("not not sel_a", ["a"], ["b"]),
        ("sel_a or sel_b and other", ["a", "bc"], ["b", "c"]),
        ("1 of sel_*", ["a", "b"], ["c", "d"]),
        ("all of sel_*", ["ab"], ["a", "bc"]),
        ("1 of them", ["a", "c"], ["d", ""]),
        ("all of them", ["abc"], ["ab", "abd"]),
        ("any of sel_*", ["b"], ["c"]),
        ("not 1 of sel_*", ["c"], ["a", "b"]),
        ("not all of sel_*", ["a", ""], ["ab"]),
        (["sel_a", "sel_b and other"], ["a", "bc"], ["b", "c"]),
    ],
)
def test_a_condition_reads_as_written(condition: str | list[str], taken: list[str], left: list[str]) -> None:
    assert [event for event in taken if not fires(SELECTIONS, dict.fromkeys(event, 1), condition)] == []
    assert [event for event in left if fires(SELECTIONS, dict.fromkeys(event, 1), condition)] == []


def test_a_map_wants_all_its_fields_and_a_list_of_maps_any_of_them() -> None:
    both: Any = {"a": 1, "b": [2, 3]}
    assert selects(both, {"a": 1, "b": 3})
    assert not selects(both, {"a": 1})
    either = [{"a": 1, "b": 2}, {"c": 3}]
    assert selects(either, {"c": 3})
    assert selects(either, {"a": 1, "b": 2})
    assert not selects(either, {"a": 1})


def test_a_list_of_values_wants_any_of_them_null_included() -> None:
    assert selects({"a": ["x", None]}, {})
    assert selects({"a": ["x", None]}, {"a": "X"})
    assert not selects({"a": ["x", None]}, {"a": "y"})


def test_an_empty_list_of_values_is_null() -> None:
    assert selects({"a": []}, {})
    assert not selects({"a": []}, {"a": "x"})


def test_not_on_an_absent_field_holds() -> None:
    assert selects({"a|neq": "x"}, {})
    assert fires({"s": {"a": "x"}}, {}, "not s")
