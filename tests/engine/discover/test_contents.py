"""Names in a bucket tell what it holds, whatever the folders are called; what only resembles it is never sure."""

from collections.abc import Mapping

import pytest
from benchmarks.listings import ASSETS, NEGATIVES, Maker
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.discover.seen_things import GB, Snapshot, bucket

from stanch.domain.estate import AssetKind
from stanch.domain.proposal import SURE, Eye, sureness
from stanch.domain.shards import shards_of
from stanch.engine.discover.forms import forms
from stanch.engine.discover.proposing import declarable, finds
from stanch.engine.discover.seen import Find
from stanch.estate.writing import LEAST

MB = 10**6


def found(objects: Mapping[str, int] | list[str], name: str = "ablage-7f3a") -> list[Find]:
    return finds(Snapshot(bucket(name, objects)))


def told(objects: Mapping[str, int] | list[str]) -> list[tuple[str, str, bool]]:
    """Kind, place and whether it is sure, of what is worth writing."""
    return sorted(
        (find.kind.value, find.where.removeprefix("s3://ablage-7f3a/"), find.confidence >= SURE)
        for find in found(objects)
        if find.confidence >= LEAST
    )


def shards(prefix: str, total: int, pattern: str = "model-{:05d}-of-{:05d}.safetensors") -> list[str]:
    return [prefix + pattern.format(number, total) for number in range(1, total + 1)]


def test_shards_make_weights_wherever_they_lie_and_say_how_many_they_are() -> None:
    (find,) = found([*shards("Gewichte/a81f/", 42), "Gewichte/a81f/config.json"])
    assert (find.kind, find.where) == (AssetKind.WEIGHTS, "s3://ablage-7f3a/Gewichte/a81f/")
    assert find.confidence >= SURE
    assert find.shards == 42
    assert find.sample.startswith("Gewichte/a81f/model-")


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ({"m/model.safetensors": GB, "m/tokenizer.json": MB}, [("weights", "m/", True)]),
        ({"m/a.Q4_K_M.gguf": 4 * GB}, [("weights", "m/", True)]),
        (shards("m/", 3, "x-{:05d}-of-{:05d}.gguf"), [("weights", "m/", True)]),
        ([*shards("m/", 2, "pytorch_model-{:05d}-of-{:05d}.bin")], [("weights", "m/", True)]),
        (["m/original/consolidated.00.pth", "m/original/params.json"], [("weights", "m/", True)]),
        (["r/global_step40/mp_rank_00_model_states.pt"], [("weights", "r/", True)]),
        (["a/adapter_model.safetensors", "a/adapter_config.json"], [("adapter", "a/", True)]),
        (["e/trt/1/rank0.engine", "e/trt/config.pbtxt"], [("weights", "e/trt/", True)]),
        ({"j/x/output/model.tar.gz": 60 * GB}, [("weights", "j/x/output/", False)]),
        (["f/index.faiss", "f/index.pkl"], [("vector-store", "f/", True)]),
        (["c/chroma.sqlite3", "c/0a/data_level0.bin"], [("vector-store", "c/", True)]),
        (["v/t.lance/data/0a.lance", "v/t.lance/_versions/1.manifest"], [("vector-store", "v/", True)]),
        (shards("d/data/", 4, "train-{:05d}-of-{:05d}.parquet"), [("training-data", "d/", True)]),
        (["d/data-00000-of-00002.arrow", "d/state.json"], [("training-data", "d/", True)]),
        (["d/shard.00000.mds", "d/index.json"], [("training-data", "d/", True)]),
        (["d/train.jsonl", "d/val.jsonl"], [("training-data", "d/", True)]),
        ({f"d/part-{n:04d}.jsonl": MB for n in range(4)}, [("training-data", "d/", False)]),
        ({"k/9f8e7d6c": 140 * GB}, [("weights", "k/", False)]),
        ({"files/md5/ab/c0ffee": 9 * GB, "files/md5/ac/c0ffee": 9 * GB}, [("weights", "files/", False)]),
        (["x/AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/23/a.json.gz"], [("logs", "x/AWSLogs/", True)]),
    ],
)
def test_each_layout_is_known_by_its_names(objects: dict[str, int], expected: list[tuple[str, str, bool]]) -> None:
    assert told(objects) == expected


@pytest.mark.parametrize(
    "objects",
    [
        {f"modelle/{n}.jpg": 90_000 for n in range(40)},
        {f"model-logs/2026/11/{n:02d}/model.log.gz": MB for n in range(1, 28)},
        {"churn/output/model.tar.gz": MB, "churn/output/xgboost-model.json": MB},
        {"churn/model.pkl": 40 * MB, "churn/MODEL_CARD.txt": 100},
        {"weights/yolo.pt": 12 * MB},
        {"ggml-vocab-x.gguf": 3 * MB},
        {"tabular.safetensors": 300_000},
        {"etc/adapter_config.json": 300, "etc/config.json": 300},
        {"static/tokenizer.json": 9_000, "static/config.json": 200},
        {f"orders/dt=2026-11-{n:02d}/part-0000.snappy.parquet": 90 * MB for n in range(1, 28)},
        {f"2026/11/23/{n:02d}/events-1-2026-11-23-{n:02d}-00-00-ab.jsonl": MB for n in range(24)},
        {"fahrplan/train_1.csv": MB},
        {"exports/vm.vmdk": 90 * GB, "dumps/2026.sql.gz": 40 * GB, "film.mp4": 9 * GB},
        {},
    ],
)
def test_what_only_resembles_a_model_or_a_corpus_is_not_written(objects: dict[str, int]) -> None:
    assert told(objects) == []


def test_numbered_parts_of_a_table_are_data_for_a_person_to_judge_and_never_a_model() -> None:
    (find,) = found([f"backup/part-{n:05d}-of-00010.parquet" for n in range(1, 11)])
    assert find.kind is AssetKind.TRAINING_DATA
    assert LEAST <= find.confidence < SURE


def test_the_checkpoints_of_one_run_are_one_asset() -> None:
    steps = [f"lauf/checkpoint-{n}/{name}" for n in (500, 1000) for name in ("model.safetensors", "optimizer.pt")]
    assert told(steps) == [("weights", "lauf/", True)]


def test_the_cache_of_a_hub_is_one_asset_for_each_model_in_it() -> None:
    revision = "0123456789abcdef0123456789abcdef01234567"
    keys = [f"models--{who}--x/{rest}" for who in "ab"
            for rest in (f"snapshots/{revision}/model-00001-of-00002.safetensors", "blobs/" + "e" * 64)]  # fmt: skip
    assert told(keys) == [("weights", "models--a--x/", True), ("weights", "models--b--x/", True)]


def test_a_registry_is_one_asset_with_all_models_in_it() -> None:
    run = "0123456789abcdef0123456789abcdef"
    keys = [f"store/{n}/{run}/artifacts/model/{name}" for n in range(4) for name in ("MLmodel", "model.safetensors")]
    assert told(keys) == [("registry", "store/", True)]
    assert told([key.removeprefix("store/") for key in keys]) == [("registry", "", True)]
    assert told([f"4711/{key}" for key in keys]) == [("registry", "4711/store/", True)]


def test_many_models_side_by_side_are_one_store_unless_something_else_lies_between() -> None:
    models = [key for n in range(12) for key in shards(f"alle/m{n}x/", 2)]
    assert told(models) == [("weights", "alle/", True)]
    assert len(told([*models, "alle/notes/plan.docx"])) == 12


def test_few_models_keep_their_own_names() -> None:
    assert len(told([key for n in range(3) for key in shards(f"alle/m{n}x/", 2)])) == 3


def test_a_name_never_says_anything_alone() -> None:
    assert found({"llm-weights/training/model/readme.txt": 10}, name="llm-model-weights") == []


def test_a_prefix_with_a_wildcard_is_declared_by_what_lies_around_it() -> None:
    assert declarable("s3://b/a/*/c/") == "s3://b/a/"
    assert declarable("s3://b/what?/") == "s3://b/"
    assert declarable("s3://b/a/") == "s3://b/a/"


def test_one_file_is_never_two_reasons() -> None:
    for beside in forms().beside:
        same = [form for form in forms().forms if form.kind is beside.kind and form.pattern == beside.pattern]
        assert same == []


@pytest.mark.parametrize("form", forms().forms, ids=lambda form: form.pattern.pattern[:40])
def test_every_form_says_who_says_so(form: object) -> None:
    assert getattr(form, "source", "")
    assert 0 < getattr(form, "strength", 0) < 1


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_every_layout_is_found_at_any_place(name: str) -> None:
    kind, make = ASSETS[name]
    maker = Maker(11)
    for prefix in ("", "ablage/", "x/1f2e3d4c/y/"):
        objects = {prefix + key: size for key, size in make(maker).items()}
        kinds = {find.kind for find in found(objects) if (find.confidence >= LEAST and f"s3://ablage-7f3a/{prefix}"
                 .startswith(find.where)) or find.where.startswith(f"s3://ablage-7f3a/{prefix}")}  # fmt: skip
        assert kind in kinds


@pytest.mark.parametrize("name", sorted(NEGATIVES))
def test_no_look_alike_is_sure(name: str) -> None:
    objects = NEGATIVES[name](Maker(12))
    assert [find for find in found(objects) if find.confidence >= SURE] == []


_NAME = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_SHARD = st.builds("model-{:05d}-of-{:05d}.safetensors".format, st.integers(1, 9), st.integers(9, 12))


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.lists(_NAME | _SHARD, min_size=1, max_size=4).map("/".join), st.integers(0, 10**12), max_size=25)
)
def test_whatever_keys_there_are_finds_lie_around_them_and_are_told_once(objects: dict[str, int]) -> None:
    places = found(objects)
    assert len({find.where for find in places}) == len(places)
    for find in places:
        assert any(f"s3://ablage-7f3a/{key}".startswith(find.where) for key in objects)
        assert not {"*", "?"} & set(find.where)
        assert 0 <= find.confidence < 1
        assert find.confidence == sureness(find.facts)
    whole = {key for key in objects if shards_of([key.rpartition("/")[2]], weights=True)}
    assert all(any(f"s3://ablage-7f3a/{key}".startswith(find.where) for find in places) for key in whole)


def test_facts_of_one_eye_do_not_add_up() -> None:
    (find,) = found([*shards("m/", 4), "m/model.safetensors.index.json", "m/extra.safetensors"])
    assert [fact.eye for fact in find.facts].count(Eye.CONTENTS) == 1
