"""Reads that matched are told alike, in however many pieces they came and wherever these lie."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.scan.test_ledger import KEY

from stanch.engine.scan.matches import Matched, Matches

READS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["b/x", "b/y", "b/z\0", "b/\ud800"]), st.integers(0, 9))
)


def share(detection: str) -> Matched:
    return KEY, frozenset({detection}), ()


@pytest.mark.parametrize("held", [None, 0, 1 << 20])
@given(READS, st.integers(1, 5))
def test_what_came_in_pieces_is_each_share_once_with_all_names_and_the_sum_of_bytes(
    held: int | None, reads: list[tuple[str, str, int]], apart: int
) -> None:
    whole, plain = Matches(held), Matches()
    for begin in range(0, len(reads), apart):
        part = Matches()
        for detection, name, size in reads[begin : begin + apart]:
            part.note(share(detection), name, size)
            plain.note(share(detection), name, size)
        whole.absorb(pickle.loads(pickle.dumps(part)))  # noqa: S301 - as between two processes
    assert list(whole.shares()) == list(plain.shares())
    for (_, (detection,), _), _, size in whole.shares():
        assert size == sum(each for of, _, each in reads if of == detection)
