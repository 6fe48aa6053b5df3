"""What an alarm does with a series of values, against a plainer count of the same."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stanch.catalog.checks.alarms._replay import Bar, replay

POINTS = st.lists(st.tuples(st.floats(0, 1e6), st.floats(-10, 10)), max_size=40)


@given(POINTS, st.floats(-20, 20), st.sampled_from((60, 300)), st.integers(1, 4), st.integers(1, 4))
def test_every_match_is_heard_or_missed(points: Any, threshold: float, seconds: int, periods: int, needed: int) -> None:
    bar = Bar("Sum", ">=", threshold, seconds, max(periods, needed), needed)
    done = replay(bar, points)
    assert done.matched == len(points)
    assert 0 <= done.missed <= done.matched
    assert done.rung <= done.periods
    assert (done.missed == done.matched) is (done.rung == 0)


@given(POINTS, st.integers(1, 4), st.integers(1, 4))
def test_the_quick_count_of_runs_is_the_plain_one(points: Any, periods: int, needed: int) -> None:
    bar = Bar("SampleCount", ">=", 1.0, 60, max(periods, needed), needed)
    breaching = sorted({int(at // 60) for at, _ in points})
    plain = {
        one
        for one in breaching
        for start in range(one - bar.periods + 1, one + 1)
        if sum(start <= other < start + bar.periods for other in breaching) >= needed
    }
    assert replay(bar, points).rung == len(plain)
