"""An id that was seen is known, however long ago, and whatever had to be put away since."""

from array import array

from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.engine.scan.bounds import Bounds
from stanch.engine.scan.seen import Seen

numbers = st.integers(-5, 5) | st.sampled_from([-(1 << 63), (1 << 63) - 1])
rounds = st.lists(st.dictionaries(st.integers(0, 3), st.sets(numbers, max_size=6), max_size=3), max_size=12)


@settings(deadline=None)
@given(rounds, st.sampled_from([0, 3, 1000]))
def test_knows_what_a_set_knows(some: list[dict[int, set[int]]], held: int) -> None:
    taken: dict[int, set[int]] = {}
    with Seen(Bounds(ids=held)) as seen:
        for ids in some:
            asked = {hour: array("q", of) for hour, of in ids.items()}
            expected = {number for hour, of in ids.items() for number in of & taken.get(hour, set())}
            assert seen.known(asked) == expected
            fresh = {hour: array("q", of - taken.get(hour, set())) for hour, of in ids.items()}
            seen.take(fresh)
            for hour, of in ids.items():
                taken.setdefault(hour, set()).update(of)


def test_an_hour_that_returns_again_and_again_is_put_away_once_for_each_change() -> None:
    with Seen(Bounds(ids=1)) as seen:
        for turn in range(20):
            for hour in range(4):
                assert seen.known({hour: array("q", [turn - 1])}) == ({turn - 1} if turn else set())
                seen.take({hour: array("q", [turn])})
        assert seen.known({hour: array("q", range(20)) for hour in range(4)}) == set(range(20))
