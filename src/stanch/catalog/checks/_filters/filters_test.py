"""What a filter pattern counts, as CloudWatch Logs counts it; what a rule takes, as EventBridge takes it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.catalog.checks._filters import FilterError, matches, parse, wild

ROOT = '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'
KEYS = "{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion)) }"
REFUSED = '{($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")}'
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("a", "b", "c")), inner, max_size=3),
    max_leaves=8,
)
PLAIN = st.text(alphabet="abcABC.-_ ", max_size=8)


@pytest.mark.parametrize(
    ("pattern", "record", "counted"),
    [
        (REFUSED, {"errorCode": "Client.UnauthorizedOperation"}, True),
        (REFUSED, {"errorCode": "AccessDeniedException"}, True),
        (REFUSED, {"errorCode": "NoSuchKey"}, False),
        (REFUSED, {}, False),
        (ROOT, {"userIdentity": {"type": "Root"}, "eventType": "AwsApiCall"}, True),
        (ROOT, {"userIdentity": {"type": "Root", "invokedBy": "x"}, "eventType": "AwsApiCall"}, False),
        (ROOT, {"userIdentity": {"type": "Root"}}, False),
        (KEYS, {"eventSource": "kms.amazonaws.com", "eventName": "DisableKey"}, True),
        (KEYS, {"eventSource": "s3.amazonaws.com", "eventName": "DisableKey"}, False),
        ("{ $.a = 1 || $.b = 2 && $.c = 3 }", {"a": 1}, True),
        ("{ ($.a = 1 || $.b = 2) && $.c = 3 }", {"a": 1}, False),
        ("{ $.a[*].b = x* }", {"a": [{"b": "y"}, {"b": "xy"}]}, True),
        ("{ $.a[1].b = x }", {"a": [{"b": "x"}]}, False),
        ("{ $.['a-b'].c = x }", {"a-b": {"c": "x"}}, True),
        ("{ $.n >= 1e3 }", {"n": 1000}, True),
        ("{ $.n < 5 }", {"n": "3"}, False),
        ("{ $.n = 200 }", {"n": 200.0}, True),
        ("{ $.n = 200 }", {"n": "200"}, True),
        ("{ $.x IS NULL }", {"x": None}, True),
        ("{ $.x NOT EXISTS }", {"x": None}, False),
        ("{ $.x IS TRUE }", {"x": True}, True),
        ("{ $.x IS FALSE }", {"x": 0}, False),
        ("{ $.x = %^Get[A-Z]% }", {"x": "GetObject"}, True),
        ("{ $.x != %^Get% }", {"x": "PutObject"}, True),
        ("{ $.x = * }", {"x": {"y": 1}}, False),
        ("?AccessDenied ?Refused", {"e": "AccessDenied"}, True),
        ("AccessDenied -iam", {"e": "AccessDenied", "s": "iam"}, False),
        ("%Access[A-Z]%", {"e": "AccessDenied"}, True),
        ("", {}, True),
    ],
)
def test_a_filter_counts(pattern: str, record: Any, counted: bool) -> None:
    assert parse(pattern).matches(record) is counted


@pytest.mark.parametrize("value", [None, {}, []])
def test_nothing_compares_with_what_is_absent_or_null_or_no_value(value: Any) -> None:
    """Neither `=` nor `!=`: so a filter on a name that a role has not misses every role."""
    for pattern in ("{ $.x = y }", "{ $.x != y }", "{ $.x != %y% }", "{ $.x > 1 }"):
        assert not parse(pattern).matches({"x": value})
        assert not parse(pattern).matches({})


@pytest.mark.parametrize(
    "pattern",
    ["{ $.a = }", "{ a = b }", "[a, b]", "{ ($.a = b }", "{ $.a < x }", "{ $.a = %(x)% }", "{ $.a IS }", "{ $.a = b",
     "{ $.a = b ) }", "{ $.a ~ b }", "{ $.a = %[% }", "{ $.[x] = 1 }", "{" + "(" * 60 + "$.a = 1" + ")" * 60 + "}",
     "x" * 2000],
)  # fmt: skip
def test_what_nobody_can_read_is_refused(pattern: str) -> None:
    with pytest.raises(FilterError):
        parse(pattern)


@given(st.text(max_size=60), JSON)
def test_any_text_is_read_or_refused_and_then_decides_anything(pattern: str, record: Any) -> None:
    for text in (pattern, f"{{ $.a {pattern} }}", f'{{ $.a = "{pattern}" }}'):
        try:
            read = parse(text)
        except FilterError:
            continue
        assert read.matches(record) in (True, False)


@given(PLAIN, JSON)
def test_equal_and_unequal_never_both_count_one_value(literal: str, record: Any) -> None:
    equal, unequal = parse(f'{{ $.a = "{literal}" }}'), parse(f'{{ $.a != "{literal}" }}')
    held = isinstance(record, dict) and isinstance(record.get("a"), str | int | float)
    assert equal.matches(record) + unequal.matches(record) == held


@given(PLAIN, PLAIN, PLAIN)
def test_a_wildcard_is_any_run_of_characters(start: str, middle: str, end: str) -> None:
    assert wild(f"{start}*{end}", start + middle + end)
    assert wild(start, start + middle) is (not middle)


def test_a_hostile_pattern_ends() -> None:
    """One that backtracks would not, in the lifetime of whoever waits."""
    assert not wild("*a" * 500 + "b", "a" * 100_000)
    assert not parse("{ $.x = %" + ".*" * 400 + "z% }").matches({"x": "a" * 20_000})


FINDING = {
    "source": "aws.guardduty",
    "detail-type": "GuardDuty Finding",
    "detail": {"severity": 8, "type": "Exfiltration:S3/X"},
}


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ({"source": ["aws.guardduty"]}, True),
        ({"source": ["aws.securityhub", {"prefix": "aws.guard"}]}, True),
        ({"source": [{"suffix": "hub"}]}, False),
        ({"detail": {"severity": [{"numeric": [">=", 7, "<", 9]}]}}, True),
        ({"detail": {"severity": [{"numeric": [">", 8]}]}}, False),
        ({"detail": {"severity": [8.0]}}, True),
        ({"detail": {"severity": ["8"]}}, False),
        ({"detail": {"type": [{"wildcard": "Exfil*:S3/*"}]}}, True),
        ({"detail": {"type": [{"anything-but": {"prefix": "Recon"}}]}}, True),
        ({"detail": {"type": [{"anything-but": ["Exfiltration:S3/X"]}]}}, False),
        ({"detail": {"missing": [{"exists": False}]}}, True),
        ({"detail": {"missing": {"deep": [{"exists": False}]}}}, True),
        ({"detail": {"missing": {"deep": ["x"]}}}, False),
        ({"$or": [{"source": ["x"]}, {"detail-type": [{"equals-ignore-case": "guardduty finding"}]}]}, True),
        ({"source": "aws.guardduty"}, False),
        ({"source": [{"newer-than-this": 1}]}, False),
        (None, False),
    ],
)  # fmt: skip
def test_a_rule_takes(pattern: Any, taken: bool) -> None:
    assert matches(pattern, FINDING) is taken


def test_of_a_list_one_value_that_fits_is_enough() -> None:
    assert matches(
        {"detail": {"findings": {"Label": ["HIGH"]}}}, {"detail": {"findings": [{"Label": "LOW"}, {"Label": "HIGH"}]}}
    )
    assert matches({"resources": ["b"]}, {"resources": ["a", "b"]})


@given(JSON, JSON)
def test_any_pattern_decides_any_event(pattern: Any, event: Any) -> None:
    assert matches(pattern, event) in (True, False)
    assert matches({"a": pattern}, {"a": event}) in (True, False)


def test_a_record_may_be_deeper_than_any_stack() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    assert not parse("{ $.a[*][*] = x }").matches({"a": deep})
    assert "x" in json.dumps(deep)
