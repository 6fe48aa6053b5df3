"""What left is counted once: distinct objects, the bytes of their answers, and the shards of a model among them."""

from collections.abc import Iterable

from stanch.domain.estate import Estate
from stanch.domain.finding import AssetRef
from stanch.domain.incident import Left, Shards
from stanch.domain.shards import shards_of


def left_of(names: set[str], size: int, assets: Iterable[AssetRef], estate: Estate) -> Left:
    """What left: objects by their `bucket/key` names, `size` bytes, and records and persons of the data, at most."""
    records, persons = _people(names, assets, estate)
    return Left(objects=len(names), bytes=size, shards=shards_among(names, estate), records=records, persons=persons)


def shards_among(names: Iterable[str], estate: Estate) -> Shards | None:
    """The model of which the largest share was read, from the shard numbers in `bucket/key` names; None if none."""
    whole = shards_of(names)
    if not whole:
        return None
    (stem, total), numbers = max(whole.items(), key=lambda item: (len(item[1]) / item[0][1], item[0][1]))
    bucket, _, key = stem.partition("/")
    asset = estate.asset_of_object(bucket, key)
    return Shards(asset=asset.name if asset and not asset.decoy else stem, read=len(numbers), total=total)


def _people(names: set[str], assets: Iterable[AssetRef], estate: Estate) -> tuple[int | None, int | None]:
    """Records and persons in the assets whose objects were read: an upper bound, since objects are not rows."""
    touched = {
        asset.name: asset
        for asset in (estate.asset_of_object(*_split(name)) for name in names)
        if asset is not None and asset.personal_data is not None
    }
    data = [asset.personal_data for asset in touched.values() if asset.personal_data]
    records = [item.records for item in data if item.records is not None]
    persons = [item.persons for item in data if item.persons is not None]
    return (sum(records) if records else None, sum(persons) if persons else None)


def _split(name: str) -> tuple[str, str]:
    bucket, _, key = name.partition("/")
    return bucket, key
