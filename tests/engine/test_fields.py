"""Looking up a path in a record that may be anything."""

from typing import Any

import pytest

from stanch.engine.fields import RecordFields, leaves

RECORD: dict[str, Any] = {
    "eventName": "RunInstances",
    "errorCode": None,
    "requestParameters": {
        "instancesSet": {"items": [{"imageId": "ami-1"}, {"imageId": "ami-2", "minCount": 1}, "odd"]}
    },
    "resources": [[{"ARN": "a"}], [[{"ARN": ["b", None]}]], []],
    "falsy": [{"x": 0}, {"x": ""}, {"x": None}, {"x": False}, {"x": []}],
    "none": [],
}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("eventName", ("RunInstances",)),
        ("eventname", ()),
        ("errorCode", (None,)),
        ("errorCode.deeper", ()),
        ("absent", ()),
        ("", ()),
        ("requestParameters.instancesSet.items.imageId", ("ami-1", "ami-2")),
        ("requestParameters.instancesSet.items.minCount", (1,)),
        ("requestParameters.instancesSet.items.absent", ()),
        ("resources.ARN", ("a", "b", None)),
        ("falsy.x", (0, "", None, False)),
        ("none", ()),
        ("none.deeper", ()),
        ("eventName.deeper", ()),
    ],
)
def test_a_path_runs_through_objects_and_lists(name: str, values: tuple[Any, ...]) -> None:
    fields = RecordFields(RECORD)
    assert tuple(fields.values(name)) == values
    assert tuple(fields.values(name)) == values


def test_a_path_that_ends_at_an_object_gives_the_object() -> None:
    assert RecordFields({"a": {"b": 1}}).values("a") == ({"b": 1},)


def test_everything_is_each_value_that_is_neither_object_nor_list() -> None:
    assert sorted(map(repr, RecordFields(RECORD).everything())) == sorted(
        map(repr, ["RunInstances", None, "ami-1", "ami-2", 1, "odd", "a", "b", None, 0, "", None, False])
    )


def test_nesting_of_a_hundred_thousand_levels_is_walked_without_recursion() -> None:
    lists: Any = "deep"
    objects: Any = "deep"
    for _ in range(100_000):
        lists, objects = [lists], {"a": objects}
    fields = RecordFields({"lists": lists, "objects": objects})
    assert fields.values("lists") == ("deep",)
    assert fields.values("lists.a") == ()
    assert len(fields.values("objects." + ".".join(["a"] * 50_000))) == 1
    assert list(leaves(lists)) == ["deep"]
    assert sorted(fields.everything()) == ["deep", "deep"]
