"""Incidents, steps and coverage as people read them."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from stanch.cli.face import one_line
from stanch.domain.coverage import Coverage
from stanch.domain.estate import AssetKind
from stanch.domain.event import Skipped, is_identity
from stanch.domain.finding import AssetRef, Finding
from stanch.domain.incident import Incident, Left
from stanch.domain.severity import Severity

COLOUR = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFORMATIONAL: "dim",
}
MOST_SKIPS = 20
"""Lines on what was not read that people are shown; machines are told all."""
MOST_ASSETS = 10
"""Assets of an incident that people are shown."""
_GATEWAY, _OF_A_KEY = "arn:gateway:", 12
"""A gateway names its keys by hashes of 64 digits; in a table the first of them do."""
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def size(count: int) -> str:
    """Bytes in decimal units, as AWS bills them."""
    amount = float(count)
    for unit in _UNITS[:-1]:
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} {_UNITS[-1]}"


def counted(count: int, one: str, many: str = "") -> str:
    """A number of things in words: `1 file`, `1,200 files`; `many` where the plural has no mere s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def left(what: Left) -> str:
    """What left, in one line."""
    if not what.objects:
        return "no read of data seen"
    parts = [f"{counted(what.objects, 'object')}, {size(what.bytes)}"]
    if what.shards:
        share = what.shards.read / what.shards.total
        parts.append(f"{what.shards.read} of {what.shards.total} shards of {what.shards.asset} ({share:.0%})")
    if what.persons is not None:
        parts.append(f"personal data of up to {counted(what.persons, 'person')}")
    return "; ".join(parts)


def incident(one: Incident) -> Panel:
    """An incident as a panel: who, what, what left, and the findings that say so."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, value in _facts(one):
        facts.add_row(name, one_line(value))
    title = Text.assemble(
        (f" {one.severity.word} ", COLOUR[one.severity]), " ", one_line(one.id), "  ", (one.state.value, "italic")
    )
    return Panel(
        Group(Text(one_line(one.title).plain, style="bold"), facts, _findings(one.findings)),
        title=title,
        title_align="left",
    )


def _facts(one: Incident) -> Iterator[tuple[str, str]]:
    actors = dict.fromkeys(finding.actor.arn for finding in one.findings) or ([] if one.by_hand else [one.actor.arn])
    yield from _below("who", actors)
    if one.actor.root != one.actor.arn:
        yield "origin", one.actor.root
    yield from _below("behind", one.behind)
    addresses = dict.fromkeys(address for finding in one.findings for address in finding.addresses)
    if addresses:
        yield "from", ", ".join(addresses)
    yield from _below("named", one.by_hand)
    if one.assets:
        more = len(one.assets) - MOST_ASSETS
        named = ", ".join(map(_asset, one.assets[:MOST_ASSETS]))
        yield "what", f"{named}, and {more:,} more" if more > 0 else named
    strangers = dict.fromkeys(name for finding in one.findings for name in finding.strangers)
    if strangers:
        yield "to", ", ".join(strangers)
    yield from _below("why", dict.fromkeys(finding.why for finding in one.findings if finding.why))
    yield "when", f"{one.first_seen:%Y-%m-%d %H:%M:%S} to {one.last_seen:%Y-%m-%d %H:%M:%S} UTC"
    if one.findings:
        yield "left", left(one.left) if one.left.objects else "no read of data that a detection calls evil"
    if one.besides:
        yield "besides", f"the same callers read {left(one.besides)}, which no detection calls evil"


def _below(name: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """One value a line, the name beside the first."""
    for index, value in enumerate(values):
        yield name if index == 0 else "", value


def _asset(asset: AssetRef) -> str:
    return asset.name if asset.kind == AssetKind.UNKNOWN else f"{asset.name} ({asset.kind})"


def _findings(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
    for name in ("severity", "sure", "events", "detection", "by"):
        table.add_column(name, justify="right" if name in {"sure", "events"} else "left", overflow="fold")
    for each in findings:
        count = f"{each.count}" + (f" ({each.failed} refused)" if each.failed else "")
        table.add_row(
            Text(each.severity.word, style=COLOUR[each.severity]),
            f"{each.confidence:.2f}",
            count,
            one_line(each.detection),
            one_line(_caller(each)),
        )
    return table


def _caller(finding: Finding) -> str:
    """The role, user or key behind a finding by its name; where there is none, the address."""
    name = finding.actor.arn.rsplit(":", 1)[-1].removeprefix("assumed-role/")
    if finding.actor.arn.startswith(_GATEWAY):
        return f"key {name.rsplit('/', 1)[-1][:_OF_A_KEY]}"
    named = name.split("/")[0] if finding.actor.session else name.rsplit("/", 1)[-1]
    return named if is_identity(finding.actor.arn) else f"{name} {', '.join(finding.addresses)}"


def coverage(one: Coverage) -> list[Text]:
    """What was looked at and what was not, in lines."""
    span = (
        f", {one.first_event:%Y-%m-%d %H:%M} to {one.last_event:%Y-%m-%d %H:%M} UTC"
        if one.first_event and one.last_event
        else ""
    )
    partly = len({skip.path for skip in one.files_skipped if skip.fault and skip.part})
    in_part = f" whole and {partly:,} in part" if partly else ""
    rate = f", {one.events / one.seconds:,.0f}/s" if one.seconds > 0 else ""
    told = [
        Text(
            f"read {counted(one.files_read, 'file')}{in_part}, {counted(one.events, 'event')}{span}; "
            f"{counted(one.detections_run, 'detection')} in {one.seconds:.2f} s{rate}",
            style="dim",
        )
    ]
    if len(one.logs) > 1 or any(log != "cloudtrail" for log in one.logs):
        kinds = ", ".join(f"{count:,} {one_line(log).plain}" for log, count in sorted(one.logs.items()))
        told.append(Text(f"files by kind: {kinds}", style="dim"))
    if one.duplicates:
        twice = counted(one.duplicates, "event was", "events were")
        told.append(Text(f"{twice} delivered more than once and counted once", style="dim"))
    told += [
        Text(
            f"folded: {counted(each.findings, 'finding')}, {counted(each.events, 'event')}: {one_line(each.why).plain}",
            style="dim",
        )
        for each in one.folded
    ]
    told += skips(one.files_skipped)
    told += [
        Text.assemble("detection failed: ", one_line(failure.id), ": ", one_line(failure.why), style="red")
        for failure in one.detections_failed
        if failure.fault
    ]
    left_out = sum(not failure.fault for failure in one.detections_failed)
    if left_out:
        rules = counted(left_out, "file of rules", "files of rules")
        told.append(Text(f"{rules} left out, rightly; --format json lists them all", style="dim"))
    return told


def skips(every: Sequence[Skipped]) -> list[Text]:
    """What was not read, in lines, with their number where they are too many to show."""
    told = [_skip(skip) for skip in every[:MOST_SKIPS]]
    if len(every) > MOST_SKIPS:
        told.append(Text(f"and {len(every) - MOST_SKIPS:,} more; --format json lists them all", style="yellow"))
    return told


def _skip(skip: Skipped) -> Text:
    said, colour = ("read in part: " if skip.part else "not read: ", "yellow") if skip.fault else ("left out: ", "dim")
    return Text.assemble(said, one_line(skip.path), ": ", one_line(skip.why), style=colour)


def _flat(text: str) -> str:
    return one_line(text.replace("\n", " ")).plain
