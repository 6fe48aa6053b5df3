"""Of a made-up organisation the many answers at once are those of the plain evaluator, one by one."""

from benchmarks.iam_asking import Made, differing, measure


def test_a_sample_of_a_large_organisation_differs_nowhere() -> None:
    assert differing(Made(roles=400, buckets=30), sample=2000) == []


def test_some_surely_can_and_more_may() -> None:
    told = measure(roles=200, buckets=10)
    assert 0 < told["must"] < told["decisions"]
    assert 0 < told["may"] < told["decisions"]
