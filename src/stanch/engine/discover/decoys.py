"""A good decoy looks like the real thing to us as well: what stanch.toml declares to be one is no find."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stanch.contracts.collector import Thing, unseen
from stanch.domain.estate import Asset
from stanch.engine.discover.seen import OBJECTS, Placed, Seen


@dataclass(frozen=True, slots=True)
class _Listed:
    account: str
    region: str | None
    thing: Thing


class WithoutDecoys:
    """A snapshot in whose listings no declared decoy stands."""

    def __init__(self, seen: Seen, assets: Iterable[Asset]) -> None:
        self._seen = seen
        self._decoys = [asset for asset in assets if asset.decoy and asset.bucket]

    def of(self, kind: str) -> Sequence[Placed]:
        """See `Seen.of`."""
        places = self._seen.of(kind)
        if kind != OBJECTS or not self._decoys:
            return places
        return [_Listed(place.account, place.region, self._cleared(place.thing)) for place in places]

    def _cleared(self, thing: Thing) -> Thing:
        here = [asset for asset in self._decoys if asset.bucket == thing.data.get("Bucket")]
        if unseen(thing.data) is not None or not here:
            return thing
        left = list(_without(thing.data.get("Folders") or (), here))
        return replace(thing, data={**thing.data, "Folders": left})


def _without(folders: Iterable[Mapping[str, Any]], decoys: Sequence[Asset]) -> Iterator[Mapping[str, Any]]:
    """The folders less the decoys in them; one that holds nothing else is left out."""
    for folder in folders:
        decoy = [
            [name, size]
            for name, size in folder["Objects"]
            if any(asset.holds_key(f"{folder['Prefix']}{name}") for asset in decoys)
        ]
        if not decoy:
            yield folder
            continue
        real = [each for each in folder["Objects"] if list(each) not in decoy]
        count, size = int(folder["Count"]) - len(decoy), int(folder["Bytes"]) - sum(int(each[1]) for each in decoy)
        if count > 0:
            yield {**folder, "Objects": real, "Count": count, "Bytes": size}
