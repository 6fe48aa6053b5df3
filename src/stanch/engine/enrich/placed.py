"""What a call touched is an asset when the estate says so, a store of kind `unknown` when nobody did.

Reads: the `where` of each asset: `s3://bucket/prefix` or an ARN pattern.
Blind to: assets declared by tag (`tag:Key=Value`), for a log record does not carry the tags of what it names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stanch.domain.estate import Asset, AssetKind, Estate
from stanch.domain.finding import AssetRef
from stanch.engine.enrich.touched import Touched


@dataclass(frozen=True, slots=True)
class Placed:
    """One touched thing with the asset it belongs to; `asset` is None for a store that nobody declared."""

    thing: Touched
    ref: AssetRef
    asset: Asset | None


def place(things: Iterable[Touched], estate: Estate) -> tuple[Placed, ...]:
    """The assets among the things touched. What is neither declared nor a store of data is left out."""
    return tuple(placed for thing in things for placed in _place(thing, estate))


def asset_of_object(estate: Estate, bucket: str, key: str, arn: str) -> Asset | None:
    """The asset that an object belongs to, by where it lies or by its ARN."""
    return estate.asset_of_object(bucket, key) or estate.asset_of_arn(arn)


def _place(thing: Touched, estate: Estate) -> Iterator[Placed]:
    declared = list(_declared(thing, estate))
    for asset in declared:
        yield Placed(thing, AssetRef(asset.name, asset.kind.value, store_of(thing)), asset)
    if not declared and thing.is_store:
        store = store_of(thing)
        yield Placed(thing, AssetRef(thing.bucket or store, AssetKind.UNKNOWN.value, store), None)


def _declared(thing: Touched, estate: Estate) -> Iterator[Asset]:
    if thing.bucket and thing.key:
        asset = asset_of_object(estate, thing.bucket, thing.key, thing.arn)
        yield from [asset] if asset else []
        return
    if thing.bucket:  # the bucket as a whole: every asset in it, but a decoy object was not touched by that
        yield from (a for a in estate.assets if a.bucket == thing.bucket and not (a.decoy and a.prefix))
    asset = estate.asset_of_arn(thing.arn)
    yield from [asset] if asset else []


def store_of(thing: Touched) -> str:
    """The ARN of the store that holds a thing: an object's bucket; anything else is its own."""
    return thing.arn.partition("/")[0] if thing.bucket and thing.key else thing.arn
