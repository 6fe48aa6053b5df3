"""The benchmark's own buckets are found, and nothing else in them is sure; the full figures are its own to print."""

from benchmarks.discovery import measured
from benchmarks.listings import Maker


def test_what_is_planted_is_proposed_and_what_is_declared_was_planted() -> None:
    score, work = measured(Maker(20261123).buckets(90))
    assert score.planted > 60
    assert score.proposed >= 0.97 * score.planted
    assert score.wrong == []
    assert work["calls"] < 10 * work["buckets"]
