"""A bucket is listed within its calls: a small one whole, a large one where it differs, and what was left is named."""

from typing import Any

from benchmarks.listings import Bucket, Listed
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.contracts.collector import UNSEEN, unseen
from stanch.estate import objects


def listed(*keys: str) -> tuple[dict[str, Any], int]:
    """What is kept of a bucket with these keys of ten bytes, and the calls for it."""
    look = Listed([Bucket("b", dict.fromkeys(keys, 10))])
    (thing,) = objects.collect(look)
    assert (thing.kind, thing.arn) == ("s3/objects", "arn:aws:s3:::b/*")
    return dict(thing.data), look.calls - 1


def prefixes(data: dict[str, Any]) -> set[str]:
    return {folder["Prefix"] for folder in data["Folders"]}


def test_a_small_bucket_is_told_whole_by_one_call() -> None:
    data, calls = listed("a/1", "a/2", "b/c/3", "top")
    assert (calls, data["Whole"], data["Unlisted"]) == (1, True, [])
    assert {one["Prefix"]: one["Count"] for one in data["Folders"]} == {"": 1, "a/": 2, "b/c/": 1}
    assert data["Folders"][1]["Objects"] == [["1", 10], ["2", 10]]


def test_an_empty_bucket_is_whole_and_holds_nothing() -> None:
    data, calls = listed()
    assert (calls, data["Whole"], data["Folders"]) == (1, True, [])


def test_behind_a_thousand_logs_the_model_is_seen_all_the_same() -> None:
    logs = [f"aaa/2026/{month:02d}/{n:05d}.log" for month in range(1, 13) for n in range(300)]
    data, calls = listed(*logs, "zzz/a81f/model-00001-of-00002.safetensors")
    assert "zzz/a81f/" in prefixes(data)
    assert calls < objects.MOST_CALLS


def test_of_many_alike_the_first_are_asked_and_the_different_one_before_the_rest() -> None:
    many = [f"kunde-{n:04d}/{m}.pdf" for n in range(400) for m in range(9)]
    data, calls = listed(*many, "zettel/m/model.gguf")
    assert "zettel/m/" in prefixes(data)
    assert calls <= objects.MOST_CALLS + 1  # a prefix too full for one call is asked twice
    assert not data["Whole"]
    assert len(data["Unlisted"]) + data["MoreUnlisted"] > 300


def test_names_that_differ_in_numbers_alone_are_kept_in_part_and_counted_whole() -> None:
    shards = [f"m/model-{n:05d}-of-00191.safetensors" for n in range(1, 192)]
    data, _ = listed(*shards, "m/tokenizer.json", "m/config.json")
    (folder,) = data["Folders"]
    names = [name for name, _ in folder["Objects"]]
    assert folder["Count"] == 193
    assert {"tokenizer.json", "config.json"} <= set(names)
    assert len(names) == objects.MOST_ALIKE + 2


def test_the_mark_that_a_console_leaves_for_a_folder_is_no_object() -> None:
    look = Listed([Bucket("b", {"leer/": 0})])
    (thing,) = objects.collect(look)
    assert thing.data["Folders"] == []


class Denied(Listed):
    def ask(self, service: str, operation: str, /, **asked: Any) -> Any:
        return {UNSEEN: "s3:ListObjectsV2: AccessDenied"}


def test_a_bucket_that_may_not_be_listed_is_a_marker_and_not_empty() -> None:
    (thing,) = objects.collect(Denied([Bucket("b", {"x": 1})]))
    assert unseen(thing.data)


class Breaking(Listed):
    """Answers the first calls alone."""

    def ask(self, service: str, operation: str, /, **asked: Any) -> Any:
        return super().ask(service, operation, **asked) if self.calls < 4 else {UNSEEN: "s3:ListObjectsV2: SlowDown"}


def test_a_prefix_that_could_not_be_listed_is_named_and_the_rest_is_kept() -> None:
    look = Breaking([Bucket("b", {f"{letter}/{n}": 1 for letter in "ab" for n in range(900)})])
    (thing,) = objects.collect(look)
    assert thing.data["Unlisted"] == ["b/"]
    assert "a/" in {one["Prefix"] for one in thing.data["Folders"]}


@settings(max_examples=40, deadline=None)
@given(st.sets(st.text("ab/0", min_size=1, max_size=6), max_size=60))
def test_whatever_is_whole_has_every_object(keys: set[str]) -> None:
    data, _ = listed(*keys)
    assert data["Whole"]
    assert sum(folder["Count"] for folder in data["Folders"]) == len(keys)
