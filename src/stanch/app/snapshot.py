"""The configuration of accounts, looked at once and kept, so that every other question is answered offline."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stanch.app.clock import now
from stanch.app.knowledge import shelf
from stanch.contracts.aws import Aws, AwsError
from stanch.contracts.collector import Collector, Unknown
from stanch.domain.arn import Arn
from stanch.domain.estate import Estate
from stanch.engine.shelf import implementing

if TYPE_CHECKING:
    from stanch.estate.looking import Errand
    from stanch.estate.snapshot import Seen, Snapshot

FOLDER = "snapshot"
"""The name of the snapshot in a state folder."""
_NO_REGION, _NOT_ENABLED = "no-such-region", "not-opted-in"
_WHY = {
    _NO_REGION: "the account's partition has no such region; look at it with credentials of its own partition",
    _NOT_ENABLED: "the account has not enabled the region; take it out of [perimeter] regions, or enable it",
}


def collectors() -> dict[str, Collector]:
    """Every collector of the catalog by id."""
    return {unit.id: implementing(unit, Collector) for unit in shelf("collectors", ".py")}


def planned(
    aws: Aws, estate: Estate, *, role: str | None, regions: Sequence[str], only: Sequence[str] = ()
) -> tuple[list["Errand"], list["Seen"]]:
    """What there is to look at, and what cannot be entered (accounts, regions), as what was seen there: nothing.

    `only` names collectors, as `ec2/disks`, or all of a folder, as `ec2`. `role` is assumed in the perimeter's other
    accounts; without one only the caller's own is looked at. Raises AwsError with its remedy when the caller cannot ask
    anything, or a region of `regions` does not exist.
    """
    from stanch.estate.asking import refused
    from stanch.estate.looking import errands
    from stanch.estate.snapshot import Seen

    try:
        own, partition = aws.account, aws.partition
    except AwsError as error:
        raise refused(error) from error
    homes, closed = [(own, aws)], []
    for account in estate.perimeter.accounts if role else ():
        if account == own:
            continue
        arn = str(Arn(partition, "iam", "", account, f"role/{role}"))
        try:
            homes.append((account, aws.assuming(arn, "stanch-snapshot")))
        except AwsError as error:
            told = Unknown(error.operation, error.code, "sts:AssumeRole", arn, error.message, account)
            closed.append(Seen(account, None, "account", (), (told,)))
    wanted = set(only)
    chosen = {name: one for name, one in collectors().items() if not wanted or {name, name.split("/")[0]} & wanted}
    where = list(dict.fromkeys(regions or estate.perimeter.regions or (aws.region,)))
    todo: list[Errand] = []
    for account, home in homes:
        shut = _shut(home, where)
        _refuse_typing_errors(shut, regions)
        closed += [
            Seen(account, region, "region", (), (_untold(account, region, why),)) for region, why in shut.items()
        ]
        todo += errands(chosen, [home], [region for region in where if region not in shut])
    return todo, closed


def _shut(home: Aws, where: Sequence[str]) -> dict[str, str]:
    """The regions in which an account can hold nothing that it could be asked for, with AWS's word on each.

    The caller's own region has just answered. Where the list may not be read, each region is simply tried.
    """
    if {*where} <= {home.region}:
        return {}
    try:
        listed = home.call("ec2", "DescribeRegions", AllRegions=True)["Regions"]
    except AwsError:
        return {}
    known = {one["RegionName"]: one.get("OptInStatus") for one in listed}
    states = {region: known.get(region, _NO_REGION) for region in where}
    return {region: state for region, state in states.items() if state in (_NO_REGION, _NOT_ENABLED)}


def _refuse_typing_errors(shut: Mapping[str, str], asked: Sequence[str]) -> None:
    for region in asked:
        if shut.get(region) == _NO_REGION:
            raise AwsError("ec2:DescribeRegions", "NoRegion", f"this partition has no region {region!r}; see --in")


def _untold(account: str, region: str, why: str) -> Unknown:
    return Unknown("ec2:DescribeRegions", why, None, region, _WHY[why], account, region, "region")


def look(
    todo: Sequence["Errand"],
    closed: Sequence["Seen"],
    folder: Path,
    on_seen: Callable[["Seen"], None],
    on_slow: Callable[[str], None] = lambda _: None,
) -> "Snapshot":
    """Run the errands, write the snapshot and read it back; `on_slow` is told of each service that throttles.

    Raises OSError for a folder that cannot be written, and AwsError when AWS answers nobody any more; then the snapshot
    of before stays.
    """
    from stanch.app.sealing import known_secrets
    from stanch.estate import looking, snapshot
    from stanch.estate.asking import Asking
    from stanch.estate.sealing import Sealing

    seen = looking.look(todo, on_seen, Asking(on_slow))
    snapshot.write(folder, [*closed, *seen], now(), Sealing(known_secrets()))
    return snapshot.read(folder)


def permissions() -> Iterator[str]:
    """Every permission that a whole look needs, each once, sorted."""
    asked = {permission for module in collectors().values() for permission in module.PERMISSIONS}
    yield from sorted(asked | {"ec2:DescribeRegions"})
