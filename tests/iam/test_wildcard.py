import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.iam import match_wildcard

LETTERS = st.text(alphabet="ab:/", max_size=8)
PATTERNS = st.text(alphabet="ab:/*?", max_size=8)


def obvious(pattern: str, value: str) -> bool:
    if not pattern:
        return not value
    if pattern[0] == "*":
        return obvious(pattern[1:], value) or (bool(value) and obvious(pattern, value[1:]))
    return bool(value) and pattern[0] in ("?", value[0]) and obvious(pattern[1:], value[1:])


@settings(max_examples=300, deadline=None)
@given(PATTERNS, LETTERS)
def test_agrees_with_an_obvious_slow_matcher(pattern: str, value: str) -> None:
    assert match_wildcard(pattern, value) == obvious(pattern, value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("*", ""),
        ("**", "anything"),
        ("s3:Get*", "s3:GetObject"),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/deep/er:with:colons"),
        ("a?c", "abc"),
        ("*a*b*", "xxaxxbxx"),
        ("", ""),
        ("[a-z].+", "[a-z].+"),
    ],
)
def test_accepts(pattern: str, value: str) -> None:
    assert match_wildcard(pattern, value)


@pytest.mark.parametrize(
    ("pattern", "value"), [("?", ""), ("a?c", "ac"), ("s3:Get*", "s3:PutObject"), ("a*", "A"), ("", "a"), ("a*a", "a")]
)
def test_refuses(pattern: str, value: str) -> None:
    assert not match_wildcard(pattern, value)


def test_ignores_case_only_when_told() -> None:
    assert match_wildcard("S3:get*", "s3:GetObject", case_sensitive=False)
    assert not match_wildcard("S3:get*", "s3:GetObject")


@pytest.mark.parametrize("pattern", ["*a" * 5_000 + "b", "?*" * 5_000, "*" + "a" * 9_999 + "b", "*" * 10_000 + "b"])
def test_a_hostile_pattern_costs_no_more_than_a_second(pattern: str) -> None:
    started = time.process_time()
    assert match_wildcard(pattern, "a" * 10_000) == (pattern == "?*" * 5_000)
    assert time.process_time() - started < 1
