"""A read of S3 gives an object to the caller; behaviours count those that no planned export covers, by store.

Reads: cells of S3 calls that hold objects, and the estate's assets, principals and exports.
Blind to: what an AWS service reads for the caller (Athena, a Glue job): the objects go to the service, not to him.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from stanch.contracts.behaviour import Cell, History
from stanch.domain.arn import like
from stanch.domain.estate import Asset, AssetKind, Estate, Export, Purpose
from stanch.domain.event import is_identity
from stanch.domain.finding import AssetRef
from stanch.domain.shards import Model, shards_of

S3 = frozenset({"s3.amazonaws.com", "s3express.amazonaws.com", "s3-outposts.amazonaws.com"})
WORTH_STEALING = frozenset(
    {AssetKind.WEIGHTS, AssetKind.ADAPTER, AssetKind.REGISTRY, AssetKind.TRAINING_DATA, AssetKind.VECTOR_STORE}
)
"""Kinds of asset whose loss is the leak itself."""
LOADERS = frozenset({Purpose.SERVING, Purpose.TRAINING})
"""Purposes that read models and data whole, as their daily work."""
CARETAKERS = frozenset({Purpose.SERVICE, Purpose.RESPONDER})
"""Purposes that read everything: backups, scanners, and those who look into an incident."""

_OF = "-of-"
"""What every shard's name holds, in whatever case."""
_PARTITIONS = {"cn-": "aws-cn", "eusc-": "aws-eusc", "us-gov-": "aws-us-gov"}


@dataclass(frozen=True, slots=True)
class Taken:
    """What one cell's caller was given of one store: distinct keys, and bytes (shared out by keys between stores).

    `beside` are the assets of a bucket whose objects in this cell lie in several stores.
    """

    cell: Cell
    store: AssetRef
    asset: Asset | None
    bytes: int
    beside: tuple[Asset, ...] = ()

    @property
    def keys(self) -> Sequence[str]:
        """The distinct keys. A year of them is too many to be held: keep what you need of them."""
        if not self.beside:
            return self.cell.objects
        name = _name(self.asset)
        return [key for key in self.cell.objects if _name(_holder(self.beside, key)) == name]

    @property
    def worth_stealing(self) -> bool:
        """Whether the estate says that this store is worth it."""
        return self.asset is not None and self.asset.kind in WORTH_STEALING

    @property
    def names(self) -> Iterator[str]:
        """The objects as `bucket/key`."""
        return map(f"{self.cell.on}/".__add__, self.keys)

    def shards(self) -> dict[Model, set[int]]:
        """The shard numbers among the objects, by model; where nobody declared weights, those of weights by name."""
        found: dict[Model, set[int]] = {}
        keys = self.keys
        if _OF in str(keys).lower():  # of most objects none is a shard, and to look at each takes long
            begin, by_form = f"{self.cell.on}/", not self.worth_stealing
            for key in keys:
                for model, number in _shard(begin + key, by_form):
                    found.setdefault(model, set()).add(number)
        return found


def taken(history: History) -> list[Taken]:
    """All that this actor was given, less what planned exports cover, in the order of time."""
    return history.once(_taken)


def _taken(history: History) -> list[Taken]:
    allowance = Allowance(history.estate)
    parts = (part for cell in history.cells if given(cell) for part in by_store(cell, history.estate))
    ordered = sorted(parts, key=lambda part: part.cell.first)  # cells are in the order of their hours alone
    return [left for part in ordered if (left := allowance.beyond(part)) is not None]


def given(cell: Cell) -> bool:
    """Whether the cell's objects went to a caller who has a name and is not AWS."""
    if cell.source not in S3 or cell.is_aws or not cell.objects:
        return False
    return is_identity(cell.principal) and not through_a_service(cell)


def through_a_service(cell: Cell) -> bool:
    """Whether a service of AWS made the call for its caller: the address is then the service's name."""
    address = cell.actor.address or ""
    return address.endswith(".amazonaws.com") or address == "AWS Internal"


def by_store(cell: Cell, estate: Estate) -> Iterator[Taken]:
    """The cell's objects by the asset that holds them; what nobody declared is a store of kind `unknown`."""
    beside = tuple(asset for asset in estate.assets if asset.bucket == cell.on)
    if not beside or _holds_all(beside, cell.objects):
        asset = beside[0] if beside else None
        yield Taken(cell, store(cell, asset), asset, cell.bytes)
        return
    # As the estate says: a decoy before what it lies in, then the longest prefix.
    beside = tuple(sorted(beside, key=lambda asset: (asset.decoy, len(asset.prefix)), reverse=True))
    holders = [_holder(beside, key) for key in cell.objects]
    assets = {_name(asset): asset for asset in reversed(holders)}
    counts = Counter(map(_name, holders))
    for name, count in counts.items():
        asset = assets[name]
        yield Taken(cell, store(cell, asset), asset, cell.bytes * count // len(holders), beside)


def _holds_all(assets: Sequence[Asset], keys: Sequence[str]) -> bool:
    """Whether the only asset of a bucket holds all of these objects, which come in order."""
    if len(assets) > 1:
        return False
    prefix = assets[0].prefix  # what begins with it lies side by side, so the first and the last key tell of all
    return not prefix or (prefix.endswith("/") and keys[0].startswith(prefix) and keys[-1].startswith(prefix))


def _holder(assets: Sequence[Asset], key: str) -> Asset | None:
    """The first of these assets, the most specific first, that holds an object."""
    return next((asset for asset in assets if asset.holds_key(key)), None)


def _name(asset: Asset | None) -> str:
    return asset.name if asset else ""


@lru_cache(maxsize=1 << 14)
def _shard(name: str, weights: bool) -> tuple[tuple[Model, int], ...]:
    """The model and the number, where a name is a shard's."""
    found = shards_of((name,), weights=weights)
    return tuple((model, number) for model, numbers in found.items() for number in numbers)


def store(cell: Cell, asset: Asset | None) -> AssetRef:
    """The store as findings name it."""
    arn = cell.on if cell.on.startswith("arn:") else f"arn:{partition(cell)}:s3:::{cell.on}"
    if asset is None:
        return AssetRef(cell.on, AssetKind.UNKNOWN.value, arn)
    return AssetRef(asset.name, asset.kind.value, arn)


def partition(cell: Cell) -> str:
    """The partition of the cell's caller; where he has no ARN, that of the region's name."""
    parts = cell.principal.split(":", 2)
    if len(parts) == 3 and parts[0] == "arn" and parts[1]:
        return parts[1]
    return next((name for prefix, name in _PARTITIONS.items() if cell.region.startswith(prefix)), "aws")


def purpose(cell: Cell, history: History) -> Purpose | None:
    """What the cell's caller is for; None where the estate names no principals and so cannot say."""
    return history.once(_purposes)(cell.actor.arn, cell.principal)


def _purposes(history: History) -> Callable[[str, str], Purpose | None]:
    """Says it of a session and the identity behind it, of which a history has few."""
    estate = history.estate
    if not estate.principals:
        return lambda arn, principal: None
    return lru_cache(maxsize=1 << 12)(lambda arn, principal: estate.purpose_of((arn, principal)))


def all_keys(parts: Iterable[Taken]) -> set[str]:
    """The distinct objects as `bucket/key`."""
    return {name for part in parts for name in part.names}


def is_shard(key: str) -> bool:
    """Whether an object is one shard of something, weights or data."""
    return _OF in key.lower() and bool(shards_of((key,)))


def keys_of_store(parts: Iterable[Taken]) -> set[str]:
    """The distinct keys among parts of one store."""
    return set().union(*(part.keys for part in parts))


class Allowance:
    """What planned exports still allow, as reads come in the order of time."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._spent: dict[Export, int] = {}

    def export(self, part: Taken) -> Export | None:
        """The planned export for this caller and store at this time, whatever it has taken already."""
        names = (part.cell.actor.arn, part.cell.principal)
        for export in self._estate.exports:
            of = part.asset is not None and export.asset == part.asset.name
            if of and any(like(export.by, name) for name in names) and in_time(export, part.cell):
                return export
        return None

    def beyond(self, part: Taken) -> Taken | None:
        """The part of these reads that no export covers: all, none, or the bytes above its bound."""
        export = self.export(part)
        if export is None:
            return part
        before = self._spent.get(export, 0)
        self._spent[export] = before + part.bytes
        excess = min(part.bytes, before + part.bytes - export.max_bytes)
        return replace(part, bytes=excess) if excess > 0 else None


def in_time(export: Export, cell: Cell) -> bool:
    """Whether all of the cell's reads lie in the export's time."""
    return export.start.timestamp() <= cell.first and cell.last < export.end.timestamp()
