import json
import struct
from typing import Any

import pytest

from stanch.domain.shards import shards_of
from stanch.engine.canary.bodies import objects, shard_name
from stanch.engine.canary.marks import Canary, Kind, seed

SEED = bytes(32)


def header(body: bytes) -> tuple[dict[str, Any], int]:
    (length,) = struct.unpack("<Q", body[:8])
    told = json.loads(body[8 : 8 + length])
    assert told.pop("__metadata__") == {"format": "pt"}
    return told, len(body) - 8 - length


@pytest.mark.parametrize("kind", [Kind.SHARD, Kind.ADAPTER])
def test_weights_are_a_file_that_a_loader_opens(kind: Kind) -> None:
    canary = Canary(kind, "s3://b/")
    made = objects(seed(SEED, canary), canary, (), 3 << 20)
    (body,) = [body for name, body in made.items() if name.endswith(".safetensors")]
    tensors, size = header(body)
    at = 0
    for tensor in tensors.values():
        (height, width), (begin, end) = tensor["shape"], tensor["data_offsets"]
        assert (begin, end - begin) == (at, 2 * height * width)
        at = end
    assert at == size
    numbers = [struct.unpack("<f", b"\0\0" + body[-two - 2 : len(body) - two])[0] for two in range(0, 200, 2)]
    assert all(0.001 < abs(number) < 0.04 for number in numbers)
    assert len(set(numbers)) > 50


def test_a_shard_is_named_as_its_neighbours_and_never_as_one_of_them() -> None:
    beside = [f"model-{number:05}-of-00006.safetensors" for number in range(1, 7)]
    assert shard_name(SEED, [*beside, "config.json"]) == "model-00000-of-00006.safetensors"
    from_zero = [f"w-{number:02}-of-04.bin" for number in range(4)]
    assert shard_name(SEED, from_zero) == "w-05-of-04.bin"
    assert shard_name(SEED, []).startswith("model-00000-of-000")
    assert shards_of([shard_name(SEED, beside)]) == {}, "no shard that is counted as one that was read"


def test_the_same_canary_is_the_same_bytes_and_another_is_not() -> None:
    one, other = Canary(Kind.SHARD, "s3://b/"), Canary(Kind.SHARD, "s3://b/", generation=2)
    assert objects(seed(SEED, one), one, (), 1 << 20) == objects(seed(SEED, one), one, (), 1 << 20)
    assert objects(seed(SEED, one), one, (), 1 << 20) != objects(seed(SEED, other), other, (), 1 << 20)


def test_a_dataset_is_rows_whose_answers_are_sentences() -> None:
    canary = Canary(Kind.DATASET, "s3://b/", language="de", sentences=40)
    ((name, body),) = objects(seed(SEED, canary), canary, (), 0).items()
    rows = [json.loads(line) for line in body.splitlines()]
    assert name.endswith(".jsonl")
    assert len({row["response"] for row in rows}) == 40
