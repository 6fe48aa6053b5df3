"""Incidents, steps and coverage as people read them."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from stanch.cli.face import one_line
from stanch.cli.folding import Folding, shortened
from stanch.cli.layout import Facts, Listing, Row
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
_MOST_NAMES = 20
"""Callers, addresses or strangers of an incident that people are shown."""
_NAME, _CALLER, _WHY = 200, 64, 600
"""Characters of an ARN, of a caller's name and of a behaviour's words that people are shown; machines are told all."""
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
    title = Text.assemble(
        (f" {one.severity.word} ", COLOUR[one.severity]), " ", one_line(one.id), "  ", (one.state.value, "italic")
    )
    return Panel(
        Group(Text(one_line(one.title).plain, style="bold"), Facts(list(_facts(one))), *_findings(one.findings)),
        title=title,
        title_align="left",
    )


def _facts(one: Incident) -> Iterator[tuple[str, Folding]]:
    actors = dict.fromkeys(finding.actor.arn for finding in one.findings) or ([] if one.by_hand else [one.actor.arn])
    yield from _below("who", actors)
    if one.actor.root != one.actor.arn:
        yield "origin", one_line(one.actor.root, _NAME)
    yield from _below("behind", one.behind)
    yield from _listed("from", (address for finding in one.findings for address in finding.addresses))
    yield from _below("named", one.by_hand)
    yield from _listed("what", map(_asset, one.assets), MOST_ASSETS)
    yield from _listed("to", (name for finding in one.findings for name in finding.strangers))
    yield from _below("why", (finding.why for finding in one.findings if finding.why), _WHY)
    yield "when", Folding(f"{one.first_seen:%Y-%m-%d %H:%M:%S} to {one.last_seen:%Y-%m-%d %H:%M:%S} UTC")
    if one.findings:
        yield "left", one_line(left(one.left) if one.left.objects else "no read of data that a detection calls evil")
    if one.besides:
        yield "besides", one_line(f"the same callers read {left(one.besides)}, which no detection calls evil")


def _below(name: str, values: Iterable[str], limit: int = _NAME) -> Iterator[tuple[str, Folding]]:
    """One value a line, the name beside the first."""
    for index, value in enumerate(_most(dict.fromkeys(values), limit, _MOST_NAMES)):
        yield name if index == 0 else "", value


def _listed(name: str, values: Iterable[str], most: int = _MOST_NAMES) -> Iterator[tuple[str, Folding]]:
    """All values one after the other, if there are any."""
    if told := list(_most(dict.fromkeys(values), _NAME, most)):
        yield name, Folding(", ".join(one.plain for one in told))


def _most(values: Collection[str], limit: int, most: int) -> Iterator[Folding]:
    """The first values, and how many more there are."""
    yield from (one_line(value, limit) for value in list(values)[:most])
    if len(values) > most:
        yield Folding(f"and {len(values) - most:,} more")


def _asset(asset: AssetRef) -> str:
    return asset.name if asset.kind == AssetKind.UNKNOWN else f"{asset.name} ({asset.kind})"


def _findings(findings: Sequence[Finding]) -> list[Listing]:
    rows = []
    for each in findings:
        count = f"{each.count}" + (f" ({each.failed} refused)" if each.failed else "")
        severity = Text(each.severity.word, style=COLOUR[each.severity])
        cells = (severity, Text(f"{each.confidence:.2f}"), Text(count))
        rows.append(Row(cells, one_line(each.detection), one_line(_caller(each), _NAME)))
    heads = ("severity", "sure", "events", "detection", "by")
    return [Listing(heads, frozenset({"sure", "events"}), rows)] if rows else []


def _caller(finding: Finding) -> str:
    """The role, user or key behind a finding by its name; where there is none, the address."""
    name = finding.actor.arn.rsplit(":", 1)[-1].removeprefix("assumed-role/")
    if finding.actor.arn.startswith(_GATEWAY):
        return f"key {name.rsplit('/', 1)[-1][:_OF_A_KEY]}"
    named = name.split("/")[0] if finding.actor.session else name.rsplit("/", 1)[-1]
    if is_identity(finding.actor.arn):
        return shortened(named, _CALLER)
    more = f" and {len(finding.addresses) - 1:,} more" if len(finding.addresses) > 1 else ""
    return f"{shortened(name, _CALLER)} {''.join(finding.addresses[:1])}{more}"


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
