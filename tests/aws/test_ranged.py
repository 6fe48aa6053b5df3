"""Ranges arrive in any order and are read in theirs, with no more of them in memory than was said."""

import errno
import hashlib
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.aws.ranged import Ranged

CONTENT = random.Random(5).randbytes(200_000)  # noqa: S311 - a test's content is no secret


class Ranges:
    """Serves ranges of CONTENT and notes how many are on their way or unread."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def __call__(self, start: int, stop: int, _abandoned: Callable[[], bool]) -> memoryview:
        self.asked.append((start, stop))
        return memoryview(CONTENT)[start:stop]


@given(st.integers(1, 70_000), st.integers(1, 6), st.lists(st.integers(1, 90_000), max_size=20))
@settings(max_examples=50, deadline=None)
def test_gives_the_bytes_in_order_whatever_is_asked_for(part: int, flights: int, reads: list[int]) -> None:
    part = max(part, 2_000)
    ranges = Ranges()
    with Ranged(ranges, len(CONTENT), part=part, flights=flights) as stream:
        got = b"".join(filter(None, (stream.read(count) for count in reads)))
        got += stream.readall() or b""
    assert got == CONTENT
    assert sum(stop - start for start, stop in ranges.asked) == len(CONTENT)


def test_an_empty_object_asks_for_nothing() -> None:
    ranges = Ranges()
    assert Ranged(ranges, 0).read() == b""
    assert ranges.asked == []


def test_whoever_wants_only_the_head_fetches_only_the_first_range() -> None:
    ranges = Ranges()
    with Ranged(ranges, len(CONTENT), part=10_000) as stream:
        assert stream.read(100) == CONTENT[:100]
    assert ranges.asked == [(0, 10_000)]


def test_never_holds_more_than_the_flights_and_one() -> None:
    ranges = Ranges()
    with Ranged(ranges, len(CONTENT), part=10_000, flights=3) as stream:
        read = 0
        while piece := stream.read(5_000):
            read += len(piece)
            ahead = sum(stop - start for start, stop in ranges.asked) - read
            assert ahead <= 4 * 10_000
    assert read == len(CONTENT)


def test_ranges_are_fetched_side_by_side() -> None:
    together = threading.Barrier(3, timeout=10)

    def fetch(start: int, stop: int, _: Callable[[], bool]) -> memoryview:
        if start:
            together.wait()  # breaks unless three are on their way at once
        return memoryview(CONTENT)[start:stop]

    with Ranged(fetch, 70_000, part=10_000, flights=3) as stream:
        assert stream.read(70_000) + stream.readall() == CONTENT[:70_000]


def test_a_range_that_fails_is_told_after_the_bytes_before_it() -> None:
    def fetch(start: int, stop: int, _: Callable[[], bool]) -> memoryview:
        if start >= 30_000:
            raise OSError(errno.EIO, "gone")
        return memoryview(CONTENT)[start:stop]

    with Ranged(fetch, len(CONTENT), part=10_000) as stream:
        got = b"".join(stream.read(10_000) or b"" for _ in range(3))
        assert got == CONTENT[:30_000]
        with pytest.raises(OSError, match="gone"):
            stream.read(1)


def test_closing_gives_up_what_is_on_its_way() -> None:
    waiting, ended = threading.Event(), ThreadPoolExecutor(1)

    def fetch(start: int, stop: int, abandoned: Callable[[], bool]) -> memoryview:
        if start >= 10_000:
            waiting.set()
            while not abandoned():
                threading.Event().wait(0.005)
        return memoryview(CONTENT)[start:stop]

    stream = Ranged(fetch, len(CONTENT), part=10_000, flights=2)
    stream.read(10_000)
    reading = ended.submit(stream.read, 1)
    assert waiting.wait(5)
    stream._abandoned.set()
    assert reading.result(5) == CONTENT[10_000:10_001]
    stream.close()
    ended.shutdown()


def test_hashes_the_same_as_the_object() -> None:
    with Ranged(Ranges(), len(CONTENT), part=7_001) as stream:
        assert hashlib.file_digest(stream, "sha256").digest() == hashlib.sha256(CONTENT).digest()
