"""A person's stanch.toml is set against what was found; what is missing is added at its end, and no line of it changes.

What stands in the file behind a comment mark was seen and not confirmed: it is known, and not proposed again.
"""

import re
import tomllib
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from stanch.domain.arn import like
from stanch.domain.estate import Asset, AssetKind, Estate, Perimeter
from stanch.domain.proposal import Proposal
from stanch.estate import file, writing
from stanch.estate.starting import starting_file


class How(StrEnum):
    """What a proposal is to the file."""

    NEW = "new"
    KNOWN = "known"
    OTHER = "other"
    """The file says something else of it; the file stays as it is."""
    GONE = "gone"
    """The file names it, and it is not there any more; the file stays as it is."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of the comparison; `what` says in words what the file has."""

    how: How
    proposal: Proposal
    what: str = ""


def compared(
    text: str, ours: Estate, proposals: Iterable[Proposal], buckets: Mapping[str, Collection[str] | None] | None = None
) -> list[Difference]:
    """Set each proposal against the file, and each `s3://` asset of the file against the buckets.

    buckets: all of the accounts that the perimeter names, each with its prefixes, or None where those could not all be
    listed; no mapping where the buckets themselves could not.
    """
    behind = _behind_marks(text)
    found = [_difference(one, ours, behind) for one in proposals]
    return [*found, *(_gone(ours, buckets) if buckets is not None else ())]


def updated(text: str, differences: Iterable[Difference], heading: str) -> str:
    """The file with what is new at its end, under a heading in words; the same text where nothing is.

    Raises EstateError when the file would not be right with it, as where it lists its assets inline.
    """
    new = [one.proposal for one in differences if one.how is How.NEW]
    added = _added(new)
    if not added:
        return text
    gap = "" if text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    after = f"{text}{gap}# {heading}\n{added}"
    file.read(after)
    return after


def _added(new: Sequence[Proposal]) -> str:
    """The perimeter is a person's to widen: what is new for it is a comment at the end, for a hand to move."""
    keys = [writing.key(one) for one in new if one.section == "perimeter"]
    moved = ["\n".join(_marked(line) for line in key.splitlines()) for key in keys]
    head = ["# For [perimeter], to be moved there by hand:", *moved] if moved else []
    parts = ["\n".join(head) + "\n" if head else "", writing.entries(new, "asset"), writing.entries(new, "principal")]
    return "\n".join(part for part in parts if part)


def _marked(line: str) -> str:
    return line if line.startswith("#") else f"#{line}"


def _difference(one: Proposal, ours: Estate, behind: Container[str]) -> Difference:
    if one.section == "perimeter":
        return _of_perimeter(one, ours, behind)
    place = str(one.values["where" if one.section == "asset" else "match"])
    if place.rstrip("/") in behind:
        return Difference(How.KNOWN, one, "stands in the file behind a comment mark")
    return _of_asset(one, ours, place) if one.section == "asset" else _of_principal(one, ours, place)


def _of_perimeter(one: Proposal, ours: Estate, behind: Container[str]) -> Difference:
    ((key, values),) = one.values.items()
    declared = [str(value) for value in getattr(ours.perimeter, key)]
    missing = [value for value in values if value not in declared and f"{key} {value}" not in behind]
    if not missing:
        return Difference(How.KNOWN, one)
    new = Proposal("perimeter", {key: missing}, one.facts, active=False, notes=one.notes)
    return Difference(How.NEW, new, f"the file has {', '.join(declared)}" if declared else "")


def _of_asset(one: Proposal, ours: Estate, place: str) -> Difference:
    kind = AssetKind(one.values["kind"])
    around = [asset for asset in ours.assets if not asset.decoy and _holds(asset, place)]
    if not around:
        names = {asset.name for asset in ours.assets}
        return Difference(How.NEW, _renamed(one, names))
    asset = max(around, key=lambda each: len(each.where))
    if asset.kind is kind:
        return Difference(How.KNOWN, one, f"in {asset.name}")
    exactly = asset.where.rstrip("/") == place.rstrip("/")
    if exactly or one.confidence < writing.LEAST:
        return Difference(How.OTHER, one, f"the file says that it is {asset.kind.value} ({asset.name})")
    return Difference(How.NEW, _renamed(one, {each.name for each in ours.assets}), f"inside {asset.name}")


def _renamed(one: Proposal, taken: set[str]) -> Proposal:
    name = str(one.values["name"])
    names = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
    free = next(each for each in names if each not in taken)
    return Proposal(one.section, {**one.values, "name": free}, one.facts, one.active, one.notes)


def _holds(asset: Asset, place: str) -> bool:
    """Whether an asset of the file is the place, or lies around it."""
    if place.startswith("s3://") and asset.bucket is not None:
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        return bucket == asset.bucket and asset.holds_key(prefix)
    return asset.where == place or (asset.where.startswith("arn:") and like(asset.where, place))


def _of_principal(one: Proposal, ours: Estate, match: str) -> Difference:
    declared = next((each for each in ours.principals if each.match == match or like(each.match, match)), None)
    if declared is None:
        return Difference(How.NEW, one)
    if declared.purpose.value == one.values["purpose"]:
        return Difference(How.KNOWN, one)
    return Difference(How.OTHER, one, f"the file says that it is for {declared.purpose.value}")


def _gone(ours: Estate, buckets: Mapping[str, Collection[str] | None]) -> Iterator[Difference]:
    for asset in ours.assets:
        if asset.bucket is None:
            continue
        prefixes = buckets.get(asset.bucket)
        what = None
        if asset.bucket not in buckets:
            what = f"there is no bucket {asset.bucket} in the accounts that were looked at"
        elif prefixes is not None and asset.prefix.endswith("/") and not _any_below(asset.prefix, prefixes):
            what = "nothing lies there any more"
        if what:
            values = {"name": asset.name, "kind": asset.kind.value, "where": asset.where}
            yield Difference(How.GONE, Proposal("asset", values, ()), what)


def _any_below(prefix: str, prefixes: Collection[str]) -> bool:
    return any(one.startswith(prefix) for one in prefixes)


def _behind_marks(text: str) -> Container[str]:
    """Places, patterns and `key value` of the perimeter that stand behind a comment mark.

    What the starting file has there is an example, unless a reason of ours stands above it.
    """
    examples = {named for line in starting_file().splitlines() for named in _named(line)}
    found: set[str] = set()
    ours = False
    for line in text.splitlines():
        ours = bool(_REASON.match(line)) or (ours and bool(line.strip()))
        if named := _named(line):
            found.update(named if ours else named - examples)
            ours = False
    return found


_REASON = re.compile(r"# \d+% sure: ")
_LISTS = tuple(field.name for field in fields(Perimeter))


_MARKED = re.compile(rf"#\s?((?:where|match|{'|'.join(_LISTS)}) = .*)")


def _named(line: str) -> set[str]:
    """What a line behind a comment mark names, if it is one of a key and its value."""
    marked = _MARKED.fullmatch(line.strip())
    try:
        ((key, value),) = tomllib.loads(marked[1] if marked else "").items()
    except (ValueError, RecursionError):
        return set()
    return {f"{key} {one}" for one in value} if isinstance(value, list) else {str(value).rstrip("/")}
