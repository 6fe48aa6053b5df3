"""Discovery put together: a snapshot, listings of objects, the IAM core and logs come to entries for stanch.toml."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stanch.app import snapshot as looked
from stanch.app.hunting import accounts_of, cores
from stanch.app.iam_facts import facts_seen
from stanch.app.knowledge import every_source
from stanch.contracts.aws import Aws
from stanch.contracts.collector import Collector, unseen
from stanch.contracts.source import LogFile
from stanch.domain.arn import Arn
from stanch.domain.estate import Estate
from stanch.domain.proposal import Proposal
from stanch.engine.discover import trust
from stanch.engine.discover.decoys import WithoutDecoys
from stanch.engine.discover.people import Rights
from stanch.engine.discover.proposing import finds, proposals
from stanch.engine.discover.reads import Habits, habits
from stanch.engine.discover.seen import OBJECTS, Find, things
from stanch.engine.inflate import GIB
from stanch.iam.admin import is_admin
from stanch.iam.ask import Asker
from stanch.iam.organization import Identity
from stanch.iam.reading import FactsError
from stanch.stores.logs import found

if TYPE_CHECKING:
    from stanch.engine.read import Tally
    from stanch.estate.looking import Errand
    from stanch.estate.snapshot import Seen, Snapshot


@dataclass(frozen=True, slots=True)
class Discovered:
    """What discovery proposes, and what it was worked out from.

    unlisted: buckets of which not everything was listed, each with how many prefixes were left; None where nothing was.
    gaps: what could not be weighed, in words.
    """

    proposals: list[Proposal]
    snapshot: "Snapshot"
    unlisted: Mapping[str, int | None]
    gaps: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether everything could be looked at."""
        return not (self.snapshot.unknowns or self.unlisted or self.gaps)

    @property
    def buckets(self) -> dict[str, tuple[str, ...] | None] | None:
        """Every bucket with its prefixes, None for one that was not listed whole; None where buckets were not told."""
        if any(one.operation == "s3:ListBuckets" or one.of == "s3" for one in self.snapshot.unknowns):
            return None
        listed: dict[str, tuple[str, ...] | None] = {
            place.thing.arn.split(":::", 1)[1]: None for place in self.snapshot.of("s3/bucket")
        }
        for place in self.snapshot.of(OBJECTS):
            data = place.thing.data
            if unseen(data) is None and data.get("Whole"):
                listed[str(data["Bucket"])] = tuple(str(one["Prefix"]) for one in data["Folders"])
        return listed


def errands(
    aws: Aws, estate: Estate, *, accounts: Sequence[str] = (), role: str | None, regions: Sequence[str]
) -> tuple[list["Errand"], list["Seen"]]:
    """What there is to look at: all that a snapshot looks at, and the listings of all buckets.

    `role` is assumed in `accounts` and in the perimeter's.
    """
    from stanch.estate import objects
    from stanch.estate.looking import Errand

    everywhere = replace(estate.perimeter, accounts=tuple(dict.fromkeys((*estate.perimeter.accounts, *accounts))))
    todo, closed = looked.planned(aws, replace(estate, perimeter=everywhere), role=role, regions=regions)
    listing: Collector = objects
    of_buckets = [Errand(OBJECTS, listing, one.aws, None) for one in todo if one.collector == "s3"]
    return [*of_buckets, *todo], closed


def permissions() -> list[str]:
    """Every permission that looking for the estate needs."""
    from stanch.estate import objects

    return sorted({*looked.permissions(), *objects.PERMISSIONS})


def discovered(
    folder: Path,
    logs: Sequence[LogFile] = (),
    on_file: Callable[["Tally"], None] = lambda _: None,
    ours: Estate | None = None,
) -> Discovered:
    """What the snapshot in a folder, and logs if there are any, propose; no decoy that `ours` declares.

    Raises SnapshotError for a folder that is no snapshot, or one that was edited by hand into something else.
    """
    from stanch.estate import snapshot as kept

    snapshot = kept.read(folder)
    try:
        return _discovered(folder, snapshot, logs, on_file, ours or Estate())
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if not snapshot.edited:
            raise
        names = ", ".join(snapshot.edited)
        raise kept.SnapshotError(f"{names} in {folder} is not as it was written ({error!r}); make it anew") from None


def _discovered(
    folder: Path, snapshot: "Snapshot", logs: Sequence[LogFile], on_file: Callable[["Tally"], None], ours: Estate
) -> Discovered:
    from stanch.estate.snapshot import SnapshotError

    arns = (place.thing.arn for place in snapshot.places)
    partition = next((arn.split(":")[1] for arn in arns if arn.startswith("arn:")), None)
    if partition is None:
        raise SnapshotError(f"{folder} holds nothing: nothing could be looked at; make the snapshot anew")
    found_there = finds(WithoutDecoys(snapshot, ours.assets))
    habits_, skipped = _habits(logs, found_there, snapshot, on_file) if logs else ({}, ())
    rights, untold = _rights(folder, snapshot, found_there, partition)
    told = proposals(
        snapshot,
        found_there,
        rights=rights,
        habits=habits_,
        partition=partition,
        accounts=snapshot.accounts,
        regions=snapshot.regions,
    )
    return Discovered(told, snapshot, _unlisted(snapshot), (*untold, *skipped, *_unvisited(snapshot)))


def _unvisited(snapshot: "Snapshot") -> Iterator[str]:
    """Regions that hold buckets and in which nobody looked for hosts."""
    regions = (place.thing.data.get("BucketRegion") for place in things(snapshot, "s3/bucket"))
    for region in sorted({region for region in regions if isinstance(region, str)} - {*snapshot.regions}):
        yield f"{region} holds buckets and was not looked at for hosts; add --in {region}"


def _unlisted(snapshot: "Snapshot") -> dict[str, int | None]:
    left: dict[str, int | None] = {place.thing.arn.split(":::", 1)[1]: None for place in snapshot.of("s3/bucket")}
    for place in snapshot.of(OBJECTS):
        data = place.thing.data
        if unseen(data) is not None:
            continue
        left.pop(str(data["Bucket"]), None)
        if not data.get("Whole"):
            left[str(data["Bucket"])] = len(data["Unlisted"]) + int(data["MoreUnlisted"])
    return left


def _habits(
    logs: Sequence[LogFile], found_there: Sequence[Find], snapshot: "Snapshot", on_file: Callable[["Tally"], None]
) -> tuple[Habits, tuple[str, ...]]:
    """What the logs tell of who reads what, and which of them could not be read."""
    from stanch.engine.hunt import Hunt
    from stanch.engine.scan.lake.scanner import LakeScanner
    from stanch.engine.scan.pool import processes_for

    ours = snapshot.accounts or accounts_of(logs)
    search = Hunt([], [], Estate(), ours)

    def build() -> LakeScanner:
        return LakeScanner([], Estate(), every_source(), ours, 2 * GIB, profiles=True, calls=False)

    search.read(logs, build, processes_for(cores(), logs), lambda part: on_file(part.tally))
    tally = search.part.tally
    skipped = [f"{one.path}: {one.why}" for one in tally.told() if one.fault]
    if not tally.events:
        skipped.append("the logs hold no event of calls of AWS")
        others = Counter(one.why for one in tally.told() if not one.fault)
        skipped += (f"among the logs, {count:,} times: {why}" for why, count in others.items())
    return habits(search.part.archive.told(), found_there), tuple(skipped)


def _rights(
    folder: Path, snapshot: "Snapshot", found_there: Iterable[Find], partition: str
) -> tuple[Rights, tuple[str, ...]]:
    """Who may read and write what was found, and who may do everything; and why that could not be told."""
    try:
        organization = facts_seen(folder).organization
    except FactsError as error:
        return Rights(), (f"rights are not weighed: {error}",)
    asker = Asker(organization)
    stores = [find for find in found_there if find.where.startswith("s3://")]
    readers = {find.where: _who(asker, "s3:GetObject", find, partition) for find in stores}
    writers = {find.where: _who(asker, "s3:PutObject", find, partition) for find in stores}
    identities = (one for account in organization.accounts.values() for one in account.identities)
    broad = {one.arn: how for one in identities if not one.is_service_linked and (how := _admin(one))}
    machines = trust.machines(snapshot) & broad.keys()
    rights = Rights(readers, writers, {arn: how for arn, how in broad.items() if arn not in machines}, machines)
    return replace(rights, trainers=trust.trainers(snapshot), pods=trust.pods(snapshot)), ()


def _who(asker: Asker, action: str, find: Find, partition: str) -> frozenset[str]:
    """Those whom the policies let do it; where the bucket's own policy was not seen, only those who surely can."""
    bucket, _, prefix = find.where.removeprefix("s3://").partition("/")
    plain = find.sample and not {"*", "?"} & set(find.sample)
    resource = str(Arn(partition, "s3", "", "", f"{bucket}/{find.sample if plain else prefix + 'x'}"))
    answers = asker.who_can(action, resource)
    sure = asker.places.find(action.lower(), resource).policy == "unknown"
    return frozenset(answers.must if sure else (*answers.must, *answers.may))


def _admin(identity: Identity) -> str | None:
    """The policy by which somebody may do nearly everything, in words."""
    named = next((named for named in identity.policies if is_admin(named.policy)), None)
    return f"{named.name} lets it do nearly everything" if named else None


def logs_at(paths: Sequence[Path]) -> list[LogFile]:
    """The log files under these paths, and the units of a lake."""
    return list(found(paths))
