"""The configuration of accounts, looked at once and kept, so that every other question is answered offline."""

from collections.abc import Callable, Iterator, Sequence
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


def collectors() -> dict[str, Collector]:
    """Every collector of the catalog by id."""
    return {unit.id: implementing(unit, Collector) for unit in shelf("collectors", ".py")}


def planned(
    aws: Aws, estate: Estate, *, role: str | None, regions: Sequence[str], only: Sequence[str] = ()
) -> tuple[list["Errand"], list["Seen"]]:
    """What there is to look at, and the accounts that cannot be entered, as what was seen of them: nothing.

    `role` is assumed in the perimeter's other accounts; without one only the caller's own is looked at.
    """
    from stanch.estate.looking import errands
    from stanch.estate.snapshot import Seen

    homes, closed = [aws], []
    for account in estate.perimeter.accounts if role else ():
        if account == aws.account:
            continue
        arn = str(Arn(aws.partition, "iam", "", account, f"role/{role}"))
        try:
            homes.append(aws.assuming(arn, "stanch-snapshot"))
        except AwsError as error:
            told = Unknown(error.operation, error.code, "sts:AssumeRole", arn, error.message)
            closed.append(Seen(account, None, "account", (), (told,)))
    chosen = {name: module for name, module in collectors().items() if not only or name.split("/")[0] in only}
    where = regions or estate.perimeter.regions or (aws.region,)
    return list(errands(chosen, homes, where)), closed


def look(
    todo: Sequence["Errand"], closed: Sequence["Seen"], folder: Path, on_seen: Callable[["Seen"], None]
) -> "Snapshot":
    """Run the errands, write the snapshot and read it back; raises OSError for a folder that cannot be written."""
    from stanch.estate import looking, snapshot

    seen = looking.look(todo, on_seen)
    snapshot.write(folder, [*closed, *seen], now())
    return snapshot.read(folder)


def permissions() -> Iterator[str]:
    """Every permission that a whole look needs, each once, sorted."""
    yield from sorted({permission for module in collectors().values() for permission in module.PERMISSIONS})
