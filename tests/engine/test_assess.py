"""What left is counted once, and shards are told by the numbers in their names."""

from stanch.domain.estate import Asset, AssetKind, Estate, PersonalData
from stanch.domain.finding import AssetRef
from stanch.engine.assess import left_of, shards_among

WEIGHTS = Asset("llama", AssetKind.WEIGHTS, "s3://w/llama/")
TICKETS = Asset(
    "tickets", AssetKind.TRAINING_DATA, "s3://t/", personal_data=PersonalData(("contact",), 120_000, 840_000)
)
ESTATE = Estate(assets=(WEIGHTS, TICKETS))


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
    assets = [AssetRef("tickets", "training-data", "arn:aws:s3:::t/x"), AssetRef("llama", "weights", "arn:aws:s3:::w")]
    left = left_of({"t/x"}, 1, assets, ESTATE)
    assert (left.persons, left.records) == (120_000, 840_000)
    assert left_of({"w/llama/x"}, 1, assets, ESTATE).persons is None
