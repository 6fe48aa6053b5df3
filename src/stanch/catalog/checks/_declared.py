"""What is dear nobody can see: somebody has to say it, and what was not said is unknown, neither well nor ill."""

from collections.abc import Collection, Iterator

from stanch.catalog.checks._things import account_arn
from stanch.contracts.check import Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.estate import Asset, AssetKind
from stanch.domain.verdict import Remedy, Ruling

SAY = Remedy("Let stanch find what is yours, look it over, and keep the file.", (("stanch", "init"),))
"""What closes a gap that only an estate file closes."""


def undeclared(posture: Posture, what: str) -> Iterator[Judged]:
    """An unknown for each account, because the estate file lacks `what`, `it declares no asset`."""
    for account in posture.accounts:
        arn = account_arn(posture, account)
        yield Judged(arn, account, None, Ruling.UNKNOWN, f"nobody said what is ours: {what}", remedy=SAY)


def holding(posture: Posture, kinds: Collection[AssetKind], *of: str) -> Iterator[tuple[Place, tuple[Asset, ...]]]:
    """The things of these kinds that hold a declared asset of such a kind, each with its assets; decoys are none."""
    for place in posture.of(*of):
        held = tuple(one for one in posture.assets_of(place.thing.arn) if not one.decoy and one.kind in kinds)
        if held:
            yield place, held
