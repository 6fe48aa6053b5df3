"""Data is where its copies are: a copy in another region is under another law, whoever owns the account.

The perimeter is what the estate file says. A list that it leaves empty decides nothing: the answer is then unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stanch.catalog.checks._declared import SAY
from stanch.catalog.checks._strangers import ours
from stanch.contracts.check import Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.arn import Arn, ArnError
from stanch.domain.estate import Asset, Side
from stanch.domain.verdict import Evidence, Remedy, Ruling


@dataclass(frozen=True, slots=True)
class Target:
    """Where data goes, in words, with what is known of the place; None for what nobody knows of it."""

    what: str
    account: str | None = None
    region: str | None = None
    partition: str | None = None


@dataclass(frozen=True, slots=True)
class Beyond:
    """The targets that are outside, each with why, and those of which nobody can say it."""

    outside: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def target_of(arn: str, what: str | None = None) -> Target:
    """The target that an ARN names."""
    try:
        parsed = Arn.parse(arn)
    except ArnError:
        return Target(what or arn)
    return Target(what or arn, parsed.account or None, parsed.region or None, parsed.partition)


def sorted_out(posture: Posture, place: Place, targets: Sequence[Target], *, accounts: bool = True) -> Beyond:
    """Which targets are outside. What stays in the thing's own account and region has gone nowhere."""
    outside, unknown = [], []
    for target in targets:
        sides = _sides(posture, place, target, accounts=accounts)
        if why := [word for word, side in sides if side is Side.OUTSIDE]:
            outside.append(f"{target.what} ({', '.join(why)})")
        elif why := [word for word, side in sides if side is Side.UNKNOWN]:
            unknown.append(f"{target.what} ({', '.join(why)})")
    return Beyond(tuple(outside), tuple(unknown))


def _sides(posture: Posture, place: Place, target: Target, *, accounts: bool) -> list[tuple[str, Side]]:
    perimeter = posture.estate.perimeter
    found = []
    if target.region != place.region or target.region is None:
        found.append((f"region {target.region or 'unknown'}", perimeter.region(target.region)))
    if accounts and target.account is not None and target.account not in (place.account, *ours(posture)):
        found.append((f"account {target.account}", perimeter.account(target.account)))
    if target.partition and perimeter.partitions and target.partition not in perimeter.partitions:
        found.append((f"partition {target.partition}", Side.OUTSIDE))
    return found


def judged(
    posture: Posture,
    place: Place,
    targets: Sequence[Target],
    proof: tuple[Evidence, ...],
    *,
    does: str,
    way: tuple[str, ...],
    remedy: Remedy,
    hidden: str | None = None,
    assets: tuple[Asset, ...] = (),
    accounts: bool = True,
) -> Judged:
    """The verdict on one thing; `does` says what it does to its targets, `is copied to`."""
    beyond = sorted_out(posture, place, targets, accounts=accounts)
    ruling, why, mend = Ruling.PASS, f"it {does} nothing outside the perimeter", None
    if beyond.outside:
        ruling, why, mend = Ruling.FAIL, f"it {does} {'; '.join(beyond.outside)}, outside the perimeter", remedy
    elif hidden:
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    elif beyond.unknown:
        ruling, mend = Ruling.UNKNOWN, SAY
        why = f"it {does} {'; '.join(beyond.unknown)}, and nobody said whether that is inside"
    elif not targets:
        why = f"it {does} nothing else"
    failed = ruling is Ruling.FAIL
    return Judged(place.thing.arn, place.account, place.region, ruling, why, assets, proof, way if failed else (), mend)
