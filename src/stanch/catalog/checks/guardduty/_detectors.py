"""GuardDuty is one detector in each region of each account; a member's settings are its administrator's.

Reads: detectors as GetDetector tells them, with filters, trusted lists and exports.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stanch.catalog.checks._reach import assets_by_region
from stanch.catalog.checks._things import gap, mapped, region_arn, texts
from stanch.contracts.check import Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.verdict import Ruling

_LISTING = "guardduty:ListDetectors"


@dataclass(frozen=True, slots=True)
class Watch:
    """One account in one region: its detector, or the place that says that there is none, or why nobody knows."""

    account: str
    region: str
    arn: str
    detector: Place | None = None
    listed: Place | None = None
    hidden: str | None = None
    assets: tuple[Asset, ...] = ()
    """What is declared and lies there."""

    @property
    def on(self) -> bool:
        """Whether a detector is there and works."""
        return self.detector is not None and self.detector.thing.data.get("Status") == "ENABLED"

    @property
    def administrator(self) -> str:
        """The account that decides over this one, in words; empty where it decides by itself."""
        told = mapped(self.detector.thing.data.get("Administrator")) if self.detector else {}
        account, how = told.get("AccountId"), told.get("RelationshipStatus")
        return f"its administrator is {account}" + (f" ({how})" if how else "") if account else ""


def watches(posture: Posture) -> Iterator[Watch]:
    """Every account in every region of the perimeter and of the snapshot."""
    detectors = {(place.account, place.region): place for place in posture.of("guardduty/detector")}
    told = {(place.account, place.region): place for place in posture.of("guardduty/account")}
    held = assets_by_region(posture)
    for account in posture.accounts:
        for region in dict.fromkeys((*posture.estate.perimeter.regions, *posture.regions)):
            spot = (account, region)
            detector, listed = detectors.get(spot), told.get(spot)
            arn = detector.thing.arn if detector else region_arn(posture, "guardduty", account, region)
            hidden = _hidden(posture, account, region, detector, listed)
            yield Watch(account, region, arn, detector, listed, hidden, held.get(spot, ()))


def _hidden(posture: Posture, account: str, region: str, detector: Place | None, listed: Place | None) -> str | None:
    if detector is not None:
        why = unseen(detector.thing.data)
        return f"not seen: {why}" if why else None
    if region not in posture.regions:
        return f"not looked at: the region {region} of the perimeter is not in the snapshot"
    names = listed.thing.data.get("DetectorIds") if listed else None
    if unseen(names):
        return f"not seen: {unseen(names)}"
    if texts(names):
        return "not seen: what its detector is"
    return gap(posture, "guardduty", account, region, _LISTING) if listed is None else None


def of_each(posture: Posture, say: Callable[[Watch, Place], Judged]) -> Iterator[Judged]:
    """What is said of each detector that is on; where there is none, or nobody went, `region_unwatched` says so."""
    for watch in watches(posture):
        if watch.hidden and watch.region in posture.regions:
            yield unknown(watch)
        elif not watch.hidden and watch.on and watch.detector is not None:
            yield say(watch, watch.detector)


def unknown(watch: Watch) -> Judged:
    """The verdict on what nobody saw."""
    return Judged(watch.arn, watch.account, watch.region, Ruling.UNKNOWN, str(watch.hidden), watch.assets)
