"""Whether two patterns have a string in common, against trying all short strings."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.iam.exposure.meeting import FRESH, instance, meet
from stanch.iam.wildcard import match_wildcard, tokens

PATTERNS = st.text(alphabet="ab*?", max_size=5)
SHORT = ["".join(letters) for size in range(7) for letters in product("ab", repeat=size)]


@settings(max_examples=500, deadline=None)
@given(PATTERNS, PATTERNS)
def test_what_two_patterns_meet_in_fits_both_and_nothing_short_is_missed(one: str, other: str) -> None:
    met = meet(tokens(one), tokens(other))
    if met is None:
        assert not any(match_wildcard(one, text) and match_wildcard(other, text) for text in SHORT)
    else:
        assert match_wildcard(one, met)
        assert match_wildcard(other, met)


@settings(max_examples=300, deadline=None)
@given(PATTERNS, st.text(alphabet="ab*", max_size=5))
def test_a_pattern_that_fits_the_stand_in_fits_all_that_it_stands_for(narrow: str, wide: str) -> None:
    if match_wildcard(wide, instance(tokens(narrow))):
        assert all(match_wildcard(wide, text) for text in SHORT if match_wildcard(narrow, text))


def test_the_middle_that_both_leave_open_is_one_that_nobody_wrote() -> None:
    met = meet(tokens("s3:get*"), tokens("s3:*object"))
    assert met is not None
    assert met.startswith("s3:get")
    assert met.endswith("object")
    assert FRESH in met
