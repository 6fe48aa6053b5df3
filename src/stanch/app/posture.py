"""The configuration of the estate as checks are asked about it: a snapshot, the estate file, and the IAM core."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from stanch.app.iam_exposed import exposed_in
from stanch.app.iam_snapshot import organization_of
from stanch.app.knowledge import shelf
from stanch.contracts.check import Check, Open, Posture, Unjudgeable
from stanch.contracts.collector import Place, Unknown
from stanch.domain.arn import Arn, ArnError, like
from stanch.domain.estate import Asset, Estate
from stanch.domain.event import Event
from stanch.engine.posture import Asked
from stanch.engine.shelf import implementing
from stanch.iam.ask import Access, Asker
from stanch.iam.escalation import ADMIN, Escalation, Reached, UnknownTarget
from stanch.iam.exposure import Exposure, Perimeter
from stanch.iam.organization import Organization
from stanch.iam.reading import FactsError

if TYPE_CHECKING:
    from stanch.estate.snapshot import Snapshot


_IDENTITY = "cloudfront/origin-access-identity"
_IDENTITIES = "cloudfront:ListCloudFrontOriginAccessIdentities"


def checks(only: Sequence[str] = ()) -> list[Asked]:
    """Every check of the catalog, or those whose id is, or lies below, one of these."""
    units = [unit for unit in shelf("checks", ".py") if not only or _is_among(unit.id, only)]
    return [Asked(unit.id, implementing(unit, Check)) for unit in units]


def _is_among(name: str, wanted: Iterable[str]) -> bool:
    return any(name == one or name.startswith(f"{one}/") for one in wanted)


class Seen(Posture):
    """Implements `contracts.check.Posture` over a snapshot; what is dear to work out is worked out when first asked."""

    def __init__(self, snapshot: "Snapshot", estate: Estate, events: Sequence[Event] | None = None) -> None:
        self._snapshot, self._estate, self._events = snapshot, estate, events
        self._ways: dict[str, tuple[Reached, ...]] = {}
        self._assets: dict[str, tuple[Asset, ...]] = {}

    @property
    def estate(self) -> Estate:
        """See `Posture`."""
        return self._estate

    @property
    def made_at(self) -> datetime:
        """See `Posture`."""
        return self._snapshot.made_at

    @property
    def accounts(self) -> Sequence[str]:
        """See `Posture`."""
        return self._snapshot.accounts

    @property
    def regions(self) -> Sequence[str]:
        """See `Posture`."""
        return self._snapshot.regions

    @property
    def events(self) -> Sequence[Event] | None:
        """See `Posture`."""
        return self._events

    def of(self, *kinds: str) -> Sequence[Place]:
        """See `Posture`."""
        return [place for kind in kinds for place in self._snapshot.of(kind)]

    def named(self, arn: str) -> Place | None:
        """See `Posture`."""
        return self._by_arn.get(arn)

    def gaps(self, *operations: str, account: str | None = None, region: str | None = None) -> Sequence[Unknown]:
        """See `Posture`."""
        return [
            unknown
            for unknown in self._snapshot.unknowns
            if unknown.operation.startswith(operations) and _is_of(unknown, account, region)
        ]

    def looked(self, collector: str, account: str, region: str | None) -> bool:
        """See `Posture`."""
        return (account, region, collector) in self._snapshot.looked

    def assets_of(self, arn: str) -> Sequence[Asset]:
        """See `Posture`."""
        if arn not in self._assets:
            tags = self._tags.get(arn, frozenset())
            self._assets[arn] = tuple(asset for asset in self._estate.assets if _is(asset, arn, tags))
        return self._assets[arn]

    def perimeter(self, owner: str) -> Perimeter:
        """See `Posture`."""
        return replace(self._perimeter, owner=owner)

    def open(self, place: Place) -> Open:
        """See `Posture`."""
        return self._open.get((place.account, place.thing.arn), Open(Exposure()))

    def ways_to(self, arn: str) -> Sequence[Reached]:
        """See `Posture`."""
        if arn not in self._ways:
            try:
                self._ways[arn] = tuple(self._escalation.to(arn))
            except UnknownTarget:
                self._ways[arn] = ()
        return self._ways[arn]

    def admins(self) -> Sequence[Reached]:
        """See `Posture`."""
        return self.ways_to(ADMIN)

    def who_can(self, action: str, arn: str) -> Sequence[Access]:
        """See `Posture`."""
        return list(self._asker.who_can(action, arn).access())

    @cached_property
    def _by_arn(self) -> dict[str, Place]:
        return {place.thing.arn: place for place in self._snapshot.places}

    @cached_property
    def _tags(self) -> dict[str, frozenset[str]]:
        """The tags of things as `Key=Value`; looked at only where an asset is named by one."""
        found: dict[str, frozenset[str]] = {}
        if any(asset.where.startswith("tag:") for asset in self._estate.assets):
            for place in self._snapshot.places:
                listed = place.thing.data.get("Tags") or place.thing.data.get("TagSet") or ()
                pairs = listed.items() if isinstance(listed, dict) else _pairs(listed)
                found[place.thing.arn] = frozenset(f"{key}={value}" for key, value in pairs)
        return found

    @property
    def malformed(self) -> Sequence[Unknown]:
        """What AWS told and nobody can read, as far as a check asked for it: who may do what then hangs on it."""
        return self._read[1] if "_read" in self.__dict__ else ()

    @property
    def _organization(self) -> Organization:
        return self._read[0]

    @cached_property
    def _read(self) -> tuple[Organization, tuple[Unknown, ...]]:
        try:
            return organization_of(self._snapshot)
        except (AttributeError, FactsError, KeyError, TypeError) as error:  # no answer of AWS is so
            raise Unjudgeable(f"the IAM facts of the snapshot are not AWS's: {error}; make it anew") from None

    @cached_property
    def _escalation(self) -> Escalation:
        return Escalation(self._organization, moment=self._snapshot.made_at)

    @cached_property
    def _asker(self) -> Asker:
        return Asker(self._organization)

    @cached_property
    def _open(self) -> dict[tuple[str, str], Open]:
        found = exposed_in(self._snapshot, None, None, self.perimeter)
        return {(one.account, one.arn): Open(self._placed(one.exposure), one.unseen) for one in found}

    def _placed(self, found: Exposure) -> Exposure:
        """Without those whom no policy tells to be ours, but a distribution that was looked at does."""
        left = tuple(name for name in found.unplaced if name.rpartition(" ")[2] not in self._edge_identities)
        return replace(found, unplaced=left)

    @cached_property
    def _edge_identities(self) -> frozenset[str]:
        """The origin access identities by which our distributions read buckets: `E2QWRUHAPOMQZL`."""
        found = set[str]()
        for place in self._snapshot.of("cloudfront/distribution"):
            origins = place.thing.data.get("Origins")
            listed = origins.get("Items") if isinstance(origins, dict) else None
            for origin in listed if isinstance(listed, list) else ():
                config = origin.get("S3OriginConfig") if isinstance(origin, dict) else None
                found.add(
                    str(config.get("OriginAccessIdentity")).rpartition("/")[2] if isinstance(config, dict) else ""
                )
        told = (place.thing.data.get("Id") for place in self._snapshot.of(_IDENTITY))
        return frozenset((found | {str(one) for one in told}) - {""})

    @cached_property
    def _organizations(self) -> frozenset[str]:
        """Those that the estate names; where it names none, the one that the accounts themselves are in."""
        own = (place.thing.data.get("Id") for place in self._snapshot.of("organizations/organization"))
        return frozenset(self._estate.perimeter.organizations or (str(one) for one in own if one))

    @cached_property
    def _perimeter(self) -> Perimeter:
        ours = self._estate.perimeter
        canonical: dict[str, str] = self._canonical
        identities = (str(place.thing.data.get("S3CanonicalUserId")) for place in self._snapshot.of(_IDENTITY))
        return Perimeter(
            "",
            frozenset((*ours.accounts, *self._snapshot.accounts)),
            self._organizations,
            tuple(map(str, ours.networks)),
            frozenset((*ours.vpcs, *self._own("ec2/vpc", "VpcId"))),
            frozenset((*ours.vpc_endpoints, *self._own("ec2/vpc-endpoint", "VpcEndpointId"))),
            frozenset((*canonical.values(), *identities)),
            canonical_known=self._knows_all_canonical(),
        )

    def _knows_all_canonical(self) -> bool:
        """Whether every account of ours was looked at, and the old identities of each of its distributions listed."""
        accounts = {*self._estate.perimeter.accounts, *self._snapshot.accounts}
        return not self.gaps(_IDENTITIES) and all(self.looked("cloudfront", one, None) for one in accounts)

    def _own(self, kind: str, key: str) -> Iterator[str]:
        """The ids of what an account that was looked at owns; what another account shares with it is not its own."""
        for place in self._snapshot.of(kind):
            data = place.thing.data
            if data.get("OwnerId") in self._snapshot.accounts:
                yield str(data.get(key))

    @cached_property
    def _canonical(self) -> dict[str, str]:
        """S3's own ids of the accounts that were looked at, as their buckets' owner is told."""
        owners: dict[str, str] = defaultdict(str)
        for place in self._snapshot.of("s3/bucket"):
            acl = place.thing.data.get("Acl")
            owner = acl.get("Owner") if isinstance(acl, dict) else None
            if isinstance(owner, dict) and owner.get("ID"):
                owners[place.account] = str(owner["ID"])
        return owners


def _pairs(listed: object) -> Iterable[tuple[str, str]]:
    for tag in listed if isinstance(listed, list) else ():
        if isinstance(tag, dict):
            yield str(tag.get("Key", tag.get("key"))), str(tag.get("Value", tag.get("value")))


def _is(asset: Asset, arn: str, tags: frozenset[str]) -> bool:
    """Whether the asset is this thing, or lies in it."""
    if asset.bucket:
        return _bucket_of(arn) == asset.bucket
    if asset.where.startswith("tag:"):
        return asset.where[4:] in tags
    return like(asset.where, arn)


def _bucket_of(arn: str) -> str | None:
    try:
        parsed = Arn.parse(arn)
    except ArnError:
        return None
    return parsed.resource.partition("/")[0] if parsed.service == "s3" and not parsed.account else None


def _is_of(unknown: Unknown, account: str | None, region: str | None) -> bool:
    """Whether a failed look may be of this account and region; what does not say is of any."""
    theirs = getattr(unknown, "account", None), getattr(unknown, "region", None)
    return all(not told or not asked or told == asked for told, asked in zip(theirs, (account, region), strict=True))
