"""Shard names as the common frameworks write them, and as a forger might."""

from stanch.domain.shards import shards_of


def test_shards_are_told_by_model_and_number() -> None:
    names = [
        "b/m/model-00001-of-00003.safetensors",
        "b/m/model-00003-of-00003.safetensors",
        "b/x/q4-00001-of-00002.gguf",
    ]
    assert shards_of(names) == {("b/m/model", 3): {1, 3}, ("b/x/q4", 2): {1}}


def test_numbers_that_cannot_be_are_no_shards() -> None:
    assert shards_of(["m-00000-of-00042.safetensors", "m-00043-of-00042.safetensors", "m-00001-of-00000.bin"]) == {}


def test_a_sharded_data_set_is_no_model() -> None:
    data = ["train-00001-of-00042.parquet"]
    assert shards_of(data)
    assert shards_of(data, weights=True) == {}


def test_a_name_may_be_anything() -> None:
    assert shards_of(["", "-of-", "a-1-of-2.bin", "a\n-00001-of-00002.bin", "a-\u0661\u0661-of-\u0661\u0661.bin"]) == {}
