from collections.abc import Mapping

import pytest

from stanch.iam import parse
from stanch.iam.conditions import holds

Context = Mapping[str, tuple[str, ...]]


def true_of(operator: str, key: str, values: object, context: Context, version: str = "2012-10-17") -> bool:
    document = {
        "Version": version,
        "Statement": {"Effect": "Allow", "Action": "*", "Condition": {operator: {key: values}}},
    }
    statement = parse(document).statements[0]
    return holds(statement.conditions[0], {k.lower(): v for k, v in context.items()}, variables=statement.variables)


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "expected"),
    [
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "a", "A", False),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringEqualsIgnoreCase", "AbC", "aBc", True),
        ("StringNotEqualsIgnoreCase", "AbC", "aBc", False),
        ("StringLike", "team-?/*", "team-a/x/y", True),
        ("StringLike", "Team-*", "team-a", False),
        ("StringNotLike", "team-*", "team-a", False),
        ("NumericEquals", "10", "10.0", True),
        ("NumericNotEquals", 10, "11", True),
        ("NumericLessThan", 10, "9", True),
        ("NumericLessThanEquals", 10, "10", True),
        ("NumericGreaterThan", 10, "10", False),
        ("NumericGreaterThanEquals", [100, 10], "10", True),
        ("NumericLessThan", "10", "nonsense", False),
        ("NumericLessThan", "NaN", "1", False),
        ("DateEquals", "2026-01-01T00:00:00Z", "1767225600", True),
        ("DateNotEquals", "2026-01-01", "2026-01-02", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", True),
        ("DateLessThan", "2026-01-01T00:00:00+02:00", "2025-12-31T22:30:00Z", False),
        ("DateLessThanEquals", "2026", "2026-01-01T00:00:00Z", True),
        ("DateGreaterThan", "2026-01", "2026-01-15", True),
        ("DateGreaterThanEquals", "2026-01-01T12:00Z", "2026-01-01T11:59:59.999Z", False),
        ("DateGreaterThan", "2026-01-01", "yesterday", False),
        ("Bool", "TRUE", "true", True),
        ("Bool", "true", "false", False),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("IpAddress", ["10.0.0.0/8", "2001:db8::/32"], "10.1.2.3", True),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", True),
        ("IpAddress", "203.0.113.7", "203.0.113.7", True),
        ("IpAddress", "10.0.0.0/8", "11.0.0.1", False),
        ("IpAddress", "10.0.0.0/8", "cloudtrail.amazonaws.com", False),
        ("NotIpAddress", "10.0.0.0/8", "11.0.0.1", True),
        ("ArnLike", "arn:aws:iam::*:role/x*", "arn:aws:iam::111122223333:role/x/y", True),
        ("ArnEquals", "arn:aws:iam::*:role/x*", "arn:aws:iam::111122223333:role/x/y", True),
        ("ArnNotLike", "arn:aws:iam::*:role/x*", "arn:aws:iam::111122223333:role/x/y", False),
        ("ArnNotEquals", "arn:aws:iam::*:role/x*", "arn:aws:iam::111122223333:user/x", True),
    ],
)
def test_compares(operator: str, wanted: object, given: str, expected: bool) -> None:
    assert true_of(operator, "aws:x", wanted, {"aws:x": (given,)}) is expected


def test_semantic_1_for_all_values_is_true_and_for_any_value_false_of_a_missing_or_empty_key() -> None:
    empty: list[Context] = [{}, {"aws:TagKeys": ()}, {"aws:TagKeys": ("",)}]
    for context in empty:
        assert true_of("ForAllValues:StringEquals", "aws:TagKeys", ["a"], context)
        assert not true_of("ForAnyValue:StringEquals", "aws:TagKeys", ["a"], context)
        assert not true_of("ForAnyValue:StringNotEquals", "aws:TagKeys", ["a"], context)


@pytest.mark.parametrize(
    ("operator", "given", "expected"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAllValues:StringNotEquals", ("c", "d"), True),
        ("ForAllValues:StringNotEquals", ("a", "d"), False),
        ("ForAnyValue:StringEquals", ("c", "b"), True),
        ("ForAnyValue:StringEquals", ("c", "d"), False),
        ("ForAnyValue:StringNotEquals", ("a", "c"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
    ],
)
def test_set_operators_ask_each_value_of_the_request(operator: str, given: tuple[str, ...], expected: bool) -> None:
    assert true_of(operator, "aws:TagKeys", ["a", "b"], {"aws:TagKeys": given}) is expected


@pytest.mark.parametrize(
    "operator",
    ["StringEquals", "StringLike", "ArnLike", "IpAddress", "DateLessThan", "NumericEquals", "Bool", "BinaryEquals"],
)
def test_semantic_2_a_positive_operator_is_false_of_a_missing_key(operator: str) -> None:
    assert not true_of(operator, "aws:x", "1", {})


@pytest.mark.parametrize(
    "operator", ["StringNotEquals", "StringNotLike", "ArnNotLike", "NotIpAddress", "DateNotEquals", "NumericNotEquals"]
)
def test_semantic_2_a_negated_operator_is_true_of_a_missing_key(operator: str) -> None:
    assert true_of(operator, "aws:x", "1", {})


def test_semantic_1_if_exists_does_not_excuse_for_any_value_which_needs_one() -> None:
    assert not true_of("ForAnyValue:StringEqualsIfExists", "aws:TagKeys", ["a"], {})
    assert true_of("ForAllValues:StringEqualsIfExists", "aws:TagKeys", ["a"], {})


def test_semantic_3_if_exists_is_true_of_a_missing_key_and_null_asks_for_it() -> None:
    assert true_of("StringEqualsIfExists", "aws:x", "1", {})
    assert true_of("BoolIfExists", "aws:MultiFactorAuthPresent", "false", {})
    assert not true_of("Bool", "aws:MultiFactorAuthPresent", "false", {})
    assert not true_of("StringEqualsIfExists", "aws:x", "1", {"aws:x": ("2",)})
    assert true_of("Null", "aws:TokenIssueTime", "true", {})
    assert true_of("Null", "aws:TokenIssueTime", False, {"aws:TokenIssueTime": ("2026-01-01",)})
    assert not true_of("Null", "aws:TokenIssueTime", "true", {"aws:TokenIssueTime": ("2026-01-01",)})


def test_semantic_4_keys_ignore_case_and_values_do_not() -> None:
    assert true_of("stringequals", "AWS:principaltag/TEAM", "Red", {"aws:PrincipalTag/team": ("Red",)})
    assert not true_of("StringEquals", "aws:PrincipalTag/team", "red", {"aws:PrincipalTag/team": ("Red",)})


def test_semantic_5_arn_operators_match_each_segment_by_itself() -> None:
    given = {"aws:SourceArn": ("arn:aws:iam::111122223333:role/a:b",)}
    assert true_of("ArnLike", "aws:SourceArn", "arn:*:iam::*:role/*", given)
    assert true_of("ArnEquals", "aws:SourceArn", "arn:aws:iam::111122223333:*:b", given)
    assert not true_of("ArnLike", "aws:SourceArn", "arn:*:role/a:b", given)
    assert not true_of("ArnLike", "aws:SourceArn", "*", given)
    assert true_of("StringLike", "aws:SourceArn", "arn:*:role/a:b", given)


def test_semantic_6_variables_take_defaults_and_literals_and_need_version_2012() -> None:
    me = {"aws:username": ("bob",), "aws:x": ("home/bob",)}
    assert true_of("StringEquals", "aws:x", "home/${aws:UserName}", me)
    assert not true_of("StringEquals", "aws:x", "home/${aws:username}", me, version="2008-10-17")
    assert true_of("StringEquals", "aws:x", "t-${aws:PrincipalTag/team, 'all'}", {"aws:x": ("t-all",)})
    assert true_of("StringLike", "aws:x", "${*}${?}${$}", {"aws:x": ("*?$",)})
    assert not true_of("StringLike", "aws:x", "${*}", {"aws:x": ("anything",)})
    assert true_of(
        "ArnLike", "aws:x", "${aws:PrincipalArn}", {"aws:x": ("arn:a:b:c:d:e",), "aws:PrincipalArn": ("arn:a:b:c:d:e",)}
    )


def test_semantic_6_variables_stand_in_strings_arns_and_booleans_only() -> None:
    tagged = {"aws:x": ("true",), "aws:PrincipalTag/mfa": ("TRUE",)}
    assert true_of("Bool", "aws:x", "${aws:PrincipalTag/mfa}", tagged)
    assert not true_of("Bool", "aws:x", "${aws:PrincipalTag/none}", tagged)
    assert not true_of("NumericEquals", "aws:x", "${aws:x}", {"aws:x": ("1",)})
    assert not true_of("BinaryEquals", "aws:x", "${aws:x}", {"aws:x": ("QQ==",)})


def test_semantic_6_a_variable_without_value_equals_nothing() -> None:
    assert not true_of("StringLike", "aws:x", "${aws:username}*", {"aws:x": ("bob",)})
    assert not true_of("StringEquals", "aws:x", "${aws:TagKeys}", {"aws:x": ("a",), "aws:TagKeys": ("a", "b")})
    assert true_of("StringNotEquals", "aws:x", "${aws:username}", {"aws:x": ("bob",)})


def test_semantic_7_a_wildcard_that_a_variable_brings_in_is_literal() -> None:
    assert not true_of("StringLike", "aws:x", "${aws:username}", {"aws:x": ("alice",), "aws:username": ("*",)})
    assert true_of("StringLike", "aws:x", "${aws:username}/*", {"aws:x": ("*/a",), "aws:username": ("*",)})


def test_hostile_values_are_no_error() -> None:
    for operator in ("NumericEquals", "DateEquals", "IpAddress", "Bool", "ArnLike", "StringLike"):
        for hostile in (
            "9" * 10_000,
            "1e999999999",
            "${" * 5_000,
            "\x00",
            "-",
            "T",
            "2026-13-45",
            "::" * 99,
            "arn" + ":" * 99,
        ):
            true_of(operator, "aws:x", [hostile], {"aws:x": (hostile,)})
            true_of(operator, "aws:x", ["1"], {"aws:x": (hostile,)})
