"""What is usual, in numbers that can be worked out by hand."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stanch.domain.baseline import DAY, Baseline, baseline, day_of, runs

values = st.lists(st.floats(0, 1e15), min_size=1, max_size=40)


def test_of_no_days_nothing_is_usual() -> None:
    assert baseline([]) == Baseline(0, 0.0, 0.0)
    assert baseline([]).score(1, 0.2) == float("inf")


def test_one_wild_day_moves_neither_median_nor_spread() -> None:
    calm, wild = baseline([9, 10, 10, 11, 12]), baseline([9, 10, 10, 11, 12_000])
    assert (calm.median, calm.spread) == (wild.median, wild.spread) == (10, 1)


def test_days_that_are_all_alike_still_allow_for_noise() -> None:
    assert baseline([100.0] * 7).score(120, least_spread=0.2) == 1.0


def test_a_day_like_the_median_scores_nothing() -> None:
    assert baseline([0, 0, 0]).score(0, 0.2) == 0
    assert baseline([5, 6, 7]).score(6, 0.2) == 0


@given(values, st.floats(0, 1e15), st.floats(0, 1e15))
def test_more_never_scores_less(days: list[float], one: float, other: float) -> None:
    usual = baseline(days)
    assert usual.score(min(one, other), 0.2) <= usual.score(max(one, other), 0.2)


def test_a_day_is_that_of_utc() -> None:
    assert day_of(DAY - 1) == 0
    assert day_of(DAY) == 1


@given(st.lists(st.integers(0, 60)))
def test_runs_hold_each_day_once_and_break_where_a_day_is_missing(days: list[int]) -> None:
    found = runs(days)
    assert [day for run in found for day in run] == sorted(set(days))
    assert all(run == list(range(run[0], run[-1] + 1)) for run in found)
    assert all(before[-1] + 1 < after[0] for before, after in pairwise(found))
