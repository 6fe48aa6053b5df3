"""Trails and event data stores record alike: by selectors, in a region or in all, and only while they are on.

Reads: what DescribeTrails tells in each region, so that a trail at home elsewhere counts where it is in force.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.checks._reach import assets_in
from stanch.catalog.checks._things import mapped, mappings, texts
from stanch.catalog.checks.cloudtrail._selectors import Cover, Probe, advanced, basic
from stanch.contracts.check import Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.arn import Arn, ArnError
from stanch.domain.estate import Asset

TRAIL, STORE = "cloudtrail/trail", "cloudtrail/event-data-store"
_TAKES_IN = ("ENABLED", "STARTING_INGESTION")


@dataclass(frozen=True, slots=True)
class Recorder:
    """One trail or store as an account has it. `on` is None, and `hidden` says why, where nobody saw that."""

    place: Place
    everywhere: bool
    regions: frozenset[str]
    on: bool | None
    hidden: str | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        told = self.place.thing.data.get("Name")
        return told if isinstance(told, str) else self.place.thing.arn.rpartition("/")[2]

    def covers(self, probe: Probe) -> Cover:
        """What its selectors record, whether it is on or not."""
        data = self.place.thing.data
        chosen = data.get("AdvancedEventSelectors")
        if mappings(chosen):
            return advanced(chosen, probe)
        if mappings(data.get("EventSelectors")):
            return basic(data.get("EventSelectors"), probe)
        # Who never chose records management events, all of them.
        untouched = self.place.thing.kind == TRAIL and not data.get("HasCustomEventSelectors")
        return Cover.ALL if untouched and not probe.kind else Cover.NONE

    def leaves_out(self) -> list[str]:
        """The services whose management events it was told to leave out, `kms.amazonaws.com`."""
        data = self.place.thing.data
        found = [
            name
            for one in mappings(data.get("EventSelectors"))
            for name in texts(one.get("ExcludeManagementEventSources"))
        ]
        for one in mappings(data.get("AdvancedEventSelectors")):
            for field in mappings(one.get("FieldSelectors")):
                if field.get("Field") == "eventSource":
                    found += texts(field.get("NotEquals"))
        return sorted(set(found))


def recorders(posture: Posture, account: str) -> list[Recorder]:
    """What records the events of an account: its trails, its stores, and stores of its organisation."""
    return [*_trails(posture, account), *_stores(posture, account)]


def _trails(posture: Posture, account: str) -> Iterator[Recorder]:
    found: dict[str, list[Place]] = {}
    for place in posture.of(TRAIL):
        if place.account == account:
            found.setdefault(place.thing.arn, []).append(place)
    for places in found.values():
        data = places[0].thing.data
        on = mapped(data.get("Status")).get("IsLogging")
        yield Recorder(
            places[0],
            bool(data.get("IsMultiRegionTrail")),
            frozenset(place.region for place in places if place.region),
            on if isinstance(on, bool) else None,
            next(filter(None, (unseen(data.get(key)) for key in ("Status", "EventSelectors"))), None),
        )


def _stores(posture: Posture, account: str) -> Iterator[Recorder]:
    for place in posture.of(STORE):
        data = place.thing.data
        if place.account != account and not data.get("OrganizationEnabled"):
            continue
        status = data.get("Status")
        yield Recorder(
            place,
            bool(data.get("MultiRegionEnabled")),
            frozenset({place.region} if place.region else ()),
            status in _TAKES_IN if isinstance(status, str) else None,
            unseen(data),
        )


def trails(posture: Posture) -> list[Place]:
    """Every trail once, though it is told in each region and account where it is in force; best where all was seen."""
    found: dict[str, Place] = {}
    for place in posture.of(TRAIL):
        other = found.get(place.thing.arn)
        if other is None or _is_hidden(other):
            found[place.thing.arn] = place
    return list(found.values())


def home(trail: Place) -> tuple[str, str | None]:
    """The account and region of a trail; one of the organisation belongs to the account that made it."""
    region = trail.thing.data.get("HomeRegion")
    try:
        account = Arn.parse(trail.thing.arn).account
    except ArnError:
        account = ""
    return account or trail.account, region if isinstance(region, str) else trail.region


def recorded(posture: Posture, place: Place) -> tuple[Asset, ...]:
    """The declared assets whose calls a trail or store keeps: those of its account, or of all where it is of all."""
    data = place.thing.data
    everywhere = data.get("IsOrganizationTrail") or data.get("OrganizationEnabled")
    accounts = posture.accounts if everywhere else (home(place)[0],)
    return tuple({asset.name: asset for account in accounts for asset in assets_in(posture, account)}.values())


def _is_hidden(place: Place) -> bool:
    return any(unseen(place.thing.data.get(key)) for key in ("Status", "EventSelectors"))


def best(found: Sequence[Recorder], probe: Probe) -> tuple[Cover, list[Recorder]]:
    """The most that those which are on record of it, and which of them record anything of it."""
    covers = [(one.covers(probe), one) for one in found if one.on and not one.hidden]
    return max((cover for cover, _ in covers), default=Cover.NONE), [one for cover, one in covers if cover]


def hidden(found: Sequence[Recorder]) -> str | None:
    """What nobody saw of one that might record it."""
    return next((one.hidden or f"whether {one.name} is on" for one in found if one.hidden or one.on is None), None)
