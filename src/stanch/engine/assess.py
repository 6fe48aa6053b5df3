"""What left is counted once: distinct objects, the bytes of their answers, and the shards of a model among them."""

import re
from array import array
from collections.abc import Iterable

from stanch.domain.estate import Estate
from stanch.domain.finding import AssetRef
from stanch.domain.incident import Left, Shards

# model-00003-of-00042.safetensors, llama-00001-of-00003.gguf, pytorch_model-00001-of-00002.bin
_SHARD = re.compile(r"(?P<stem>.*?)[-_](?P<number>\d{2,6})-of-(?P<total>\d{2,6})\.[a-z0-9]{2,12}$", re.IGNORECASE)


class Reads:
    """A ledger of data reads. Findings keep indexes into it, so that a read in two findings is still one read.

    One read takes 12 bytes here; its object's name is kept once.
    """

    def __init__(self) -> None:
        self._names: list[str] = []
        self._known: dict[str, int] = {}
        self._object = array("l")
        self._bytes = array("q")

    def note(self, name: str, size: int) -> int:
        """Enter one read of `bucket/key`, `size` bytes of answer, and return its index."""
        number = self._known.setdefault(name, len(self._names))
        if number == len(self._names):
            self._names.append(name)
        self._object.append(number)
        self._bytes.append(size)
        return len(self._object) - 1

    def left(self, indexes: Iterable[int], assets: Iterable[AssetRef], estate: Estate) -> Left:
        """What these reads took out, with records and persons of the personal data touched, at most."""
        unique = set(indexes)
        names = {self._names[self._object[index]] for index in unique}
        records, persons = _people(names, assets, estate)
        return Left(
            objects=len(names),
            bytes=sum(self._bytes[index] for index in unique),
            shards=shards_among(names, estate),
            records=records,
            persons=persons,
        )


def shards_among(names: Iterable[str], estate: Estate) -> Shards | None:
    """The model of which the largest share was read, from the shard numbers in `bucket/key` names; None if none."""
    models: dict[tuple[str, int], set[int]] = {}
    for name in names:
        if match := _SHARD.fullmatch(name):
            number, total = int(match["number"]), int(match["total"])
            if number <= total:  # a decoy or a forgery may claim shard 0 of 42; only real numbers count
                models.setdefault((match["stem"], total), set()).add(number)
    whole = {model: numbers - {0} for model, numbers in models.items() if numbers - {0}}
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
