"""A read of S3 gives an object to the caller; behaviours count those that no planned export covers, by store.

Reads: cells of S3 calls that hold objects, and the estate's assets, principals and exports.
Blind to: what an AWS service reads for the caller (Athena, a Glue job): the objects go to the service, not to him.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stanch.contracts.behaviour import Cell, History
from stanch.domain.arn import like
from stanch.domain.estate import Asset, AssetKind, Estate, Export, Purpose
from stanch.domain.event import is_identity
from stanch.domain.finding import AssetRef

S3 = frozenset({"s3.amazonaws.com", "s3express.amazonaws.com", "s3-outposts.amazonaws.com"})
WORTH_STEALING = frozenset(
    {AssetKind.WEIGHTS, AssetKind.ADAPTER, AssetKind.REGISTRY, AssetKind.TRAINING_DATA, AssetKind.VECTOR_STORE}
)
"""Kinds of asset whose loss is the leak itself."""
LOADERS = frozenset({Purpose.SERVING, Purpose.TRAINING})
"""Purposes that read models and data whole, as their daily work."""
CARETAKERS = frozenset({Purpose.SERVICE, Purpose.RESPONDER})
"""Purposes that read everything: backups, scanners, and those who look into an incident."""

_PARTITIONS = {"cn-": "aws-cn", "eusc-": "aws-eusc", "us-gov-": "aws-us-gov"}


@dataclass(frozen=True, slots=True)
class Taken:
    """What one cell's caller was given of one store: distinct keys, and bytes (shared out by keys between stores)."""

    cell: Cell
    store: AssetRef
    asset: Asset | None
    keys: tuple[str, ...]
    bytes: int

    @property
    def worth_stealing(self) -> bool:
        """Whether the estate says that this store is worth it."""
        return self.asset is not None and self.asset.kind in WORTH_STEALING

    @property
    def names(self) -> Iterator[str]:
        """The objects as `bucket/key`."""
        return (f"{self.cell.on}/{key}" for key in self.keys)


def taken(history: History) -> list[Taken]:
    """All that this actor was given, less what planned exports cover, in the order of time."""
    allowance = Allowance(history.estate)
    parts = (part for cell in history.cells if given(cell) for part in by_store(cell, history.estate))
    ordered = sorted(parts, key=lambda part: part.cell.first)  # cells are in the order of their hours alone
    return [left for part in ordered if (left := allowance.beyond(part)) is not None]


def given(cell: Cell) -> bool:
    """Whether the cell's objects went to a caller who has a name and is not AWS."""
    if not cell.objects or cell.source not in S3 or cell.is_aws:
        return False
    return is_identity(cell.principal) and not through_a_service(cell)


def through_a_service(cell: Cell) -> bool:
    """Whether a service of AWS made the call for its caller: the address is then the service's name."""
    address = cell.actor.address or ""
    return address.endswith(".amazonaws.com") or address == "AWS Internal"


def by_store(cell: Cell, estate: Estate) -> Iterator[Taken]:
    """The cell's objects by the asset that holds them; what nobody declared is a store of kind `unknown`."""
    declared = any(asset.bucket == cell.on for asset in estate.assets)
    stores: dict[str, tuple[Asset | None, list[str]]] = {}
    for key in cell.objects:
        asset = estate.asset_of_object(cell.on, key) if declared else None
        stores.setdefault(asset.name if asset else "", (asset, []))[1].append(key)
    for asset, keys in stores.values():
        share = cell.bytes * len(keys) // len(cell.objects)
        yield Taken(cell, store(cell, asset), asset, tuple(keys), share)


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


def purpose(cell: Cell, estate: Estate) -> Purpose | None:
    """What the cell's caller is for; None where the estate names no principals and so cannot say."""
    return estate.purpose_of((cell.actor.arn, cell.principal)) if estate.principals else None


def all_keys(parts: Iterable[Taken]) -> set[str]:
    """The distinct objects as `bucket/key`."""
    return {name for part in parts for name in part.names}


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
        return Taken(part.cell, part.store, part.asset, part.keys, excess) if excess > 0 else None


def in_time(export: Export, cell: Cell) -> bool:
    """Whether all of the cell's reads lie in the export's time."""
    return export.start.timestamp() <= cell.first and cell.last < export.end.timestamp()
