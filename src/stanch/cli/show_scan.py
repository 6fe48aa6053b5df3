"""Verdicts as people read them: the holes by severity, the worst drawn as an attacker walks them, and every row."""

import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from stanch.cli.face import one_line
from stanch.cli.folding import Folding, shortened
from stanch.cli.show import COLOUR, counted
from stanch.domain.arn import Arn, ArnError
from stanch.domain.verdict import Row, Ruling, Verdict

MOST_DRAWN = 3
_MOST_NAMED = 2
_MOST_DETAILS = 200
_NAME = 100
"""Characters of a resource's name in the table; where a hole is drawn, it is whole."""
_SEVERITY, _GAP, _LEAST = "severity", 2, 16
_WHOLE = ("root", "account")
"""What stands for an account as a whole, or for a service in one of its regions."""
_RULING = {Ruling.FAIL: "bold red", Ruling.UNKNOWN: "yellow", Ruling.PASS: "green"}


@dataclass(frozen=True, slots=True)
class Hole:
    """One check's failures of one severity, the first of them the one with the most at stake."""

    verdicts: tuple[Verdict, ...]

    @property
    def first(self) -> Verdict:
        """The one that is told in full: with an asset at stake and a way, if any has them."""
        return max(self.verdicts, key=lambda one: (bool(one.assets), bool(one.way)))


def holes(verdicts: Iterable[Verdict]) -> list[Hole]:
    """The failures, gravest first, those of one check and severity together."""
    failed = [one for one in verdicts if one.ruling is Ruling.FAIL]
    failed.sort(key=lambda one: (-one.severity, one.row, one.check))
    return [Hole(tuple(same)) for _, same in groupby(failed, key=lambda one: (one.severity, one.check))]


def table(found: Sequence[Hole], width: int) -> Table:
    """A row for each hole: how bad, what is wrong and by which check, where, and the assets at stake.

    In `width` cells no check's id is broken, if there is any room beside it.
    """
    ids = max((cell_len(hole.first.check) for hole in found), default=0)
    words = max((cell_len(hole.first.severity.word) for hole in found), default=0)
    room = width - max(words, len(_SEVERITY)) - 2 * _GAP
    made = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    made.add_column(_SEVERITY, no_wrap=True)
    made.add_column("hole", overflow="fold")
    made.add_column("where (assets at stake)", overflow="fold", max_width=max(_LEAST, room - ids))
    for hole in found:
        one = hole.first
        what = Folding.assemble(one_line(one.title), "\n", (one_line(one.check).plain, "dim"))
        made.add_row(Text(one.severity.word, style=COLOUR[one.severity]), what, _where(hole))
    return made


def _where(hole: Hole) -> Text:
    """The first resources by name, those with an asset first, and what assets are at stake in all of them."""
    ordered = sorted(hole.verdicts, key=lambda one: not one.assets)
    named = ", ".join(name_of(one.resource) for one in ordered[:_MOST_NAMED])
    more = len(ordered) - _MOST_NAMED
    assets = dict.fromkeys(asset.name for one in ordered for asset in one.assets)
    at_stake = f" ({', '.join(assets)})" if assets else ""
    return one_line(f"{named}{f' and {more:,} more' if more > 0 else ''}{at_stake}")


def name_of(resource: str) -> str:
    """A resource as a person calls it: `bucket acme-weights`; an account, or a service in it, by its number."""
    try:
        arn = Arn.parse(resource)
    except ArnError:
        return shortened(resource, _NAME)
    if arn.resource in _WHOLE:
        return " ".join(filter(None, ("account", arn.account, arn.region)))
    return f"{arn.kind} {shortened(arn.name, _NAME)}"


def details(found: Sequence[Hole], *, every: bool) -> Group:
    """The worst holes, or all of them, each with why, the way through it and what closes it."""
    told = [one for hole in found for one in hole.verdicts][:_MOST_DETAILS] if every else _worst(found)
    return Group(*(part for one in told for part in ("", _drawn(one))))


def _worst(found: Sequence[Hole]) -> list[Verdict]:
    """The gravest holes through which somebody walks; where none is drawn, the gravest."""
    firsts = [hole.first for hole in found]
    return sorted(firsts, key=lambda one: (-one.severity, not one.way))[:MOST_DRAWN]


def _drawn(one: Verdict) -> RenderableType:
    head = Text.assemble((f" {one.severity.word} ", COLOUR[one.severity]), " ", (one_line(one.title).plain, "bold"))
    tree = Tree(head, guide_style="dim")
    tree.add(Folding.assemble(("on ", "dim"), one_line(one.resource)))
    tree.add(Folding.assemble(("because ", "dim"), one_line(one.why)))
    branch = tree
    for number, step in enumerate(one.way):
        branch = branch.add(Folding.assemble(("-> " if number else "way ", "red"), one_line(step)))
    if one.remedy:
        closes = tree.add(Folding.assemble(("closed by ", "dim"), one_line(one.remedy.words)))
        for command in one.remedy.commands:
            closes.add(Folding(one_line(shlex.join(command)).plain, style="cyan"))
    return tree


def unknowns(verdicts: Iterable[Verdict], most: int) -> list[Text]:
    """What could not be judged, one line a check, and how many there are of it."""
    found: dict[tuple[str, str], list[Verdict]] = {}
    for one in verdicts:
        if one.ruling is Ruling.UNKNOWN:
            found.setdefault((one.title, one.why), []).append(one)
    listed = [
        Text.assemble(
            ("unknown: ", "yellow"), one_line(f"{title}? {why} ({counted(len(some), 'resource')}, {some[0].check})")
        )
        for (title, why), some in found.items()
    ]
    more = len(listed) - most
    return [*listed[:most], *([Text(f"... and {more} more; --format json tells all", style="dim")] if more > 0 else [])]


def rows(verdicts: Sequence[Verdict], asked: Collection[Row]) -> Table:
    """Every failure point that was asked about with how many verdicts of each kind."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    made.add_column("failure point")
    for ruling in Ruling:
        made.add_column(ruling.value, justify="right")
    made.add_column("", no_wrap=True)
    counts = Counter((one.row, one.ruling) for one in verdicts)
    for row in asked:
        cells = [Text(f"{counts[row, one]:,}", style=_RULING[one] if counts[row, one] else "dim") for one in Ruling]
        nothing = Text("nothing to ask about", style="dim")
        made.add_row(row.value, *cells, *([] if any(counts[row, one] for one in Ruling) else [nothing]))
    return made
