"""Each modifier of Sigma, with a value it takes and one it leaves."""

from base64 import b64encode
from typing import Any

import pytest
from tests.engine.sigma.asking import selects


@pytest.mark.parametrize(
    ("selection", "taken", "left"),
    [
        ({"f": "GetObject"}, "getobject", "GetObjects"),
        ({"f|cased": "GetObject"}, "GetObject", "getobject"),
        ({"f|cased": ["GetObject", "PutObject"]}, "PutObject", "putobject"),
        ({"f|contains": "tObj"}, "GETOBJECT", "GetO bject"),
        ({"f|contains|cased": "tObj"}, "GetObject", "GETOBJECT"),
        ({"f|startswith": "Get"}, "getObject", "forGet"),
        ({"f|endswith": "Object"}, "Getobject", "ObjectGet"),
        ({"f|contains|all": ["Get", "ject"]}, "GetObject", "GetBucket"),
        ({"f|all": ["Get*", "*ject"]}, "GetObject", "GetBucket"),
        ({"f|neq": "GetObject"}, "PutObject", "getobject"),
        ({"f|re": "Get(Object|Bucket)"}, "xGetBucketx", "getbucket"),
        ({"f|re|i": "^get"}, "GetObject", "forget"),
        ({"f|re|m": "^Put"}, "Get\nPut", "Get Put"),
        ({"f|re|s": "Get.Put"}, "Get\nPut", "GetPut"),
        ({"f|re|startswith": "Get|Put"}, "PutObject", "xGet"),
        ({"f|re|endswith": "Get|Put"}, "xPut", "Getx"),
        ({"f|re|contains": "Get|Put"}, "xPutx", "pu"),
        ({"f|cidr": "10.0.0.0/8"}, "10.255.0.1", "11.0.0.1"),
        ({"f|cidr": "2001:db8::/32"}, "2001:DB8:0::1", "2001:db9::1"),
        ({"f|lt": 5}, 4, 5),
        ({"f|lte": 5}, 5, 5.5),
        ({"f|gt": 5}, 5.5, 5),
        ({"f|gte": 5}, "5", "4.9"),
        ({"f|exists": True}, "", None),
        ({"f|exists": False}, None, "x"),
        ({"f|fieldref": "other"}, "OTHER", "others"),
        ({"f|fieldref|startswith": "other"}, "Others", "another"),
        ({"f|fieldref|endswith": "other"}, "another", "others"),
        ({"f|fieldref|contains": "other"}, "mothers", "othe"),
        ({"f|windash|contains": " -enc"}, "x /enc", "x +enc"),
        ({"f|windash": "-a"}, "\u2013a", "a"),
        ({"f|base64": "user:secret"}, b64encode(b"user:secret").decode(), "user:secret"),
        ({"f|wide|base64": "ab"}, b64encode("ab".encode("utf-16le")).decode(), "YWI="),
        ({"f|utf16|base64": "ab"}, b64encode("ab".encode("utf-16")).decode(), "YWI="),
        ({"f|utf16be|base64": "ab"}, b64encode("ab".encode("utf-16be")).decode(), "YWI="),
        ({"f|base64offset|contains": "secret"}, b64encode(b"x-secret-x").decode(), b64encode(b"x-sacred-x").decode()),
        ({"f|minute": 30}, "2026-11-02T03:30:00Z", "2026-11-02T03:31:00Z"),
        ({"f|hour": 3}, "2026-11-02T04:30:00+01:00", "2026-11-02T04:30:00Z"),
        ({"f|hour|gte": 22}, "2026-11-02T22:00:00Z", "2026-11-02T21:59:59Z"),
        ({"f|day": 2}, "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z"),
        ({"f|week": 53}, "2027-01-03", "2027-01-04"),
        ({"f|month": 11}, "2026-11-02T00:00:00", "2026-12-02T00:00:00"),
        ({"f|year": 2026}, "2026-11-02T00:00:00Z", "next year"),
    ],
)
def test_a_modifier_takes_what_it_means_and_leaves_the_rest(selection: dict[str, Any], taken: Any, left: Any) -> None:
    assert selects(selection, {"f": taken, "other": "other"})
    assert not selects(selection, {"f": left, "other": "other"})


@pytest.mark.parametrize(
    ("pattern", "taken", "left"),
    [
        ("a*c", ["ac", "ABBC", "a\nc"], ["acb", "bac"]),
        ("a?c", ["abc", "a*c", "a\nc"], ["ac", "abbc"]),
        ("?", ["x"], ["", "xx"]),
        ("*", ["", "x", 0, False], [None]),
        ("*a*b*", ["ab", "xaxbx"], ["ba"]),
        ("a*b*a", ["aba", "abba"], ["ab", "a", "aa"]),
        ("a*ab", ["aab", "abab"], ["ab"]),
        ("*a*a*", ["aa", "xaxax"], ["a", "xax"]),
        ("*ab*ba*", ["abba", "abxba"], ["aba"]),
        ("*?b?*", ["abc", "xabcx"], ["bc", "ab"]),
        (r"a\*c", ["a*c"], ["abc"]),
        (r"a\?c", ["a?c"], ["abc"]),
        (r"a\\*", ["a\\", r"a\b"], ["ab"]),
        (r"a\b", [r"a\b"], ["ab"]),
        ("straße", ["STRASSE"], ["strase"]),
        ("\u0391\u03a3*", ["\u03b1\u03c3\u03b1"], ["\u03b2\u03c3"]),
    ],
)
def test_wildcards_and_escapes_mean_what_the_specification_says(
    pattern: str, taken: list[Any], left: list[Any]
) -> None:
    assert all(selects({"f": pattern}, {"f": value}) for value in taken)
    assert not any(selects({"f": pattern}, {"f": value}) for value in left)


def test_null_is_an_absent_field_or_json_null_and_no_empty_text() -> None:
    assert selects({"a.b": None}, {"a": {}})
    assert selects({"a.b": None}, {"a": {"b": None}})
    assert selects({"a.b": None}, {"a": "text"})
    assert selects({"a.b": None}, {"a": {"b": []}})
    assert not selects({"a.b": None}, {"a": {"b": ""}})
    assert not selects({"a.b": None}, {"a": {"b": {}}})


def test_the_empty_text_is_only_itself() -> None:
    assert selects({"f": ""}, {"f": ""})
    assert not selects({"f": ""}, {"f": " "})
    assert not selects({"f": ""}, {"f": None})
    assert not selects({"f": ""}, {})


def test_exists_asks_for_something_that_is_not_null() -> None:
    assert selects({"f|exists": True}, {"f": {}})
    assert selects({"f|exists": True}, {"f": [None, 0]})
    assert not selects({"f|exists": True}, {"f": []})
    assert not selects({"f|exists": True}, {"g": 1})


@pytest.mark.parametrize(
    ("wanted", "taken", "left"),
    [
        (True, [True, "true", "TRUE"], [False, 1, "yes", None]),
        (False, [False, "false"], [True, 0, "", None]),
        ("true", [True, "True"], [1, False]),
        (443, [443, 443.0, "443", "443.0"], ["0443", "+443", "4.43e2", True, None, "x"]),
        (1, [1, 1.0], [True]),
        (0.5, [0.5, "0.5"], ["0,5", ".5", 5]),
        ("443", [443, "443"], [443.0]),
        (12345678901, [12345678901], ["012345678901"]),
    ],
)
def test_numbers_and_booleans_are_compared_as_logged(wanted: Any, taken: list[Any], left: list[Any]) -> None:
    assert [value for value in taken if not selects({"f": wanted}, {"f": value})] == []
    assert [value for value in left if selects({"f": wanted}, {"f": value})] == []


@pytest.mark.parametrize("modifier", ["", "|contains", "|re", "|cidr", "|gt", "|hour", "|fieldref", "|startswith"])
@pytest.mark.parametrize(
    "value", [None, [], {}, [[[]]], {"a": {"b": 1}}, "\ud800", "9" * 5000, 10**2000, float("nan"), float("inf"), "0001"]
)
def test_a_value_of_unexpected_type_is_no_error_and_no_match(modifier: str, value: Any) -> None:
    wanted: Any = 5 if modifier in ("|gt", "|hour") else "10.0.0.0/8"
    event = {"f": value, "10": {"0": {"0": {"0/8": "x"}}}}
    assert selects({f"f{modifier}": wanted}, event) == (modifier == "|gt" and value in (10**2000, float("inf")))


def test_a_time_beyond_the_calendar_is_no_error() -> None:
    assert not selects({"f|hour": 0}, {"f": "9999-12-31T23:59:59-01:00"})


def test_a_lone_surrogate_is_read_by_a_regex_as_a_question_mark() -> None:
    assert selects({"f|re": r"^a\?b$"}, {"f": "a\ud800b"})
    assert selects({"f": "a\\?b"}, {"f": "a?b"})
    assert selects({"f": "a?b"}, {"f": "a\ud800b"})


def test_a_field_runs_through_lists_and_each_element_may_match() -> None:
    event = {"items": [{"id": "a"}, [{"id": ["b", "c"]}], {"other": "d"}, "text"]}
    assert selects({"items.id": "c"}, event)
    assert selects({"items.id|all": ["a", "b"]}, event)
    assert not selects({"items.id": "d"}, event)


def test_contains_looks_inside_an_object_and_equality_does_not() -> None:
    event = {"requestParameters": {"VersioningConfiguration": {"Status": "Suspended"}, "n": [7]}}
    assert selects({"requestParameters|contains": "suspend"}, event)
    assert selects({"requestParameters|contains|all": ["Suspended", "7"]}, event)
    assert not selects({"requestParameters|contains": "Status"}, event)
    assert not selects({"requestParameters": "Suspended"}, event)
    assert not selects({"requestParameters|re": "Suspended"}, event)


def test_keywords_are_looked_for_in_every_value_and_in_no_name() -> None:
    event = {"a": [{"name": "the Weights"}], "b": 404, "c": True}
    assert selects(["nothing", "weights"], event)
    assert selects([404], event)
    assert selects([True], event)
    assert selects({"|all": ["the", "40"]}, event)
    assert selects({"|re": "^the W"}, event)
    assert selects({"|cased": "Weights"}, event)
    assert selects("w?ig*s", event)
    assert not selects(["name"], event)
    assert not selects({"|cased": "weights"}, event)
    assert not selects({"|all": ["the", "x"]}, event)


def test_a_regex_that_would_backtrack_for_ever_answers_at_once() -> None:
    assert not selects({"f|re": "^(a+)+$"}, {"f": "a" * 5000 + "b"})


def test_many_wildcards_on_a_long_text_answer_at_once() -> None:
    assert not selects({"f": "*a*a*a*a*a*a*a*a*a*b"}, {"f": "a" * 1000})
