"""What left is counted once, and shards are told by the numbers in their names."""

from stanch.domain.estate import Asset, AssetKind, Estate, PersonalData
from stanch.domain.finding import AssetRef
from stanch.engine.assess import Reads, shards_among

WEIGHTS = Asset("llama", AssetKind.WEIGHTS, "s3://w/llama/")
TICKETS = Asset(
    "tickets", AssetKind.TRAINING_DATA, "s3://t/", personal_data=PersonalData(("contact",), 120_000, 840_000)
)
ESTATE = Estate(assets=(WEIGHTS, TICKETS))


def test_an_object_read_twice_is_one_object_and_all_its_bytes() -> None:
    reads = Reads()
    indexes = [reads.note("w/a", 10), reads.note("w/a", 10), reads.note("w/b", 5)]
    left = reads.left(indexes, [], ESTATE)
    assert (left.objects, left.bytes) == (2, 25)


def test_a_read_in_two_findings_is_one_read() -> None:
    reads = Reads()
    index = reads.note("w/a", 10)
    assert reads.left([index, index], [], ESTATE).bytes == 10


def test_the_share_of_a_model_is_told_from_the_shard_numbers() -> None:
    names = [f"w/llama/model-{n:05}-of-00042.safetensors" for n in (1, 2, 2, 3)]
    shards = shards_among(names, ESTATE)
    assert shards is not None
    assert (shards.asset, shards.read, shards.total) == ("llama", 3, 42)


def test_a_decoy_numbered_zero_and_a_number_beyond_the_total_are_no_shards() -> None:
    assert shards_among(["w/m-00000-of-00042.safetensors", "w/m-00099-of-00042.safetensors"], ESTATE) is None


def test_the_model_with_the_largest_share_is_told() -> None:
    names = ["x/a-00001-of-00010.gguf", "x/b-00001-of-00002.gguf"]
    shards = shards_among(names, ESTATE)
    assert shards is not None
    assert (shards.asset, shards.read, shards.total) == ("x/b", 1, 2)


def test_persons_are_those_of_the_assets_whose_objects_were_read() -> None:
    reads = Reads()
    assets = [AssetRef("tickets", "training-data", "arn:aws:s3:::t/x"), AssetRef("llama", "weights", "arn:aws:s3:::w")]
    left = reads.left([reads.note("t/x", 1)], assets, ESTATE)
    assert (left.persons, left.records) == (120_000, 840_000)
    assert reads.left([reads.note("w/llama/x", 1)], assets, ESTATE).persons is None
