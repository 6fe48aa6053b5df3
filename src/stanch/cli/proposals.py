"""Proposals as people read them: what was found, how sure, and why; and the file before and after."""

import difflib
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from stanch.app.discovering import Discovered
from stanch.cli import show
from stanch.cli.face import Face, one_line
from stanch.domain.proposal import Proposal, strongest
from stanch.engine.discover.seen import OBJECTS, things
from stanch.estate import writing
from stanch.estate.comparing import Difference, How

_MOST_UNKNOWNS = 12
_WIDEST = 150
_WORD = {How.NEW: "", How.OTHER: "other", How.GONE: "gone", How.KNOWN: "known"}


def tell(face: Face, differences: Sequence[Difference]) -> None:
    """A table for people, a line each for machines."""
    for one in differences:
        face.emit(_line(one))
    shown = [one for one in differences if one.how is How.GONE or is_worth_writing(one.proposal)]
    if not shown:
        return
    table = Table(box=None, pad_edge=False, width=min(shutil.get_terminal_size().columns, _WIDEST))
    table.add_column("", width=1)
    table.add_column("sure", justify="right")
    table.add_column("what", no_wrap=True)
    table.add_column("where", ratio=5, overflow="fold")
    table.add_column("because", ratio=6, overflow="fold")
    for one in shown:
        table.add_row(*_row(one))
    face.say(table)
    weak = len(differences) - len(shown)
    if weak:
        face.say(f"{show.counted(weak, 'weaker guess', 'weaker guesses')} not written; `--format json` tells them.")
    face.say("+ counts at once; ? stands behind a # until you take it away.", style="dim")


def tell_diff(face: Face, path: str, before: str, after: str) -> None:
    """What a person's file would become, as a unified diff."""
    if before == after:
        return
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), path, f"{path} (proposed)", lineterm="")
    told = list(lines)
    face.emit({"kind": "difference", "file": path, "diff": "\n".join(told)})
    for line in told:
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "dim")
        face.say(Text(one_line(line).plain, style=style))


def tell_coverage(face: Face, found: Discovered) -> None:
    """What was looked at, and what was not."""
    unknowns = found.snapshot.unknowns
    for unknown in unknowns:
        face.emit({"kind": "unknown", "operation": unknown.operation, "code": unknown.code,
                   "permission": unknown.permission, "of": unknown.of, "why": unknown.why})  # fmt: skip
    for what in _left_out(found):
        face.emit({"kind": "missing", "what": what})
        face.say(f"not seen: {what}", style="yellow")
    for unknown in unknowns[:_MOST_UNKNOWNS]:
        need = f"needs {unknown.permission}" if unknown.permission else unknown.code
        face.say(f"not seen: {unknown.of}: {unknown.operation}: {need}", style="yellow")
    if len(unknowns) > _MOST_UNKNOWNS:
        face.say(f"... and {len(unknowns) - _MOST_UNKNOWNS} more; `--format json` tells them", style="yellow")


def tell_end(face: Face, path: Path, found: Discovered, *, written: bool) -> None:
    """The last line for machines: what became of the file, and how much was listed for it."""
    listed = [place.thing.data for place in things(found.snapshot, OBJECTS)]
    face.emit({"kind": "estate", "file": str(path), "written": written,
               "active": sum(one.active for one in found.proposals), "doubted": doubted(found.proposals),
               "buckets_listed": len(listed), "buckets_in_part": len(found.unlisted),
               "list_calls": sum(int(data["Calls"]) for data in listed)})  # fmt: skip


def looked_at(found: Discovered) -> str:
    """In a sentence, for the head of the file."""
    seen = found.snapshot
    accounts = ", ".join(seen.accounts)
    regions = ", ".join(seen.regions) or "no region"
    return f"Found {seen.made_at:%Y-%m-%d} in account {accounts}, {regions}"


def is_worth_writing(proposal: Proposal) -> bool:
    """Whether it is sure enough to stand in the file at all."""
    return proposal.section == "perimeter" or not proposal.facts or proposal.confidence >= writing.LEAST


def doubted(proposals: Iterable[Proposal]) -> int:
    """How many stand in the file behind a comment mark."""
    return sum(not one.active and is_worth_writing(one) for one in proposals)


def _left_out(found: Discovered) -> list[str]:
    told = list(found.gaps)
    told += [f"{name} was edited since it was written" for name in found.snapshot.edited]
    never = sorted(bucket for bucket, left in found.unlisted.items() if left is None)
    if never:
        some = ", ".join(never[:5]) + (f" and {len(never) - 5} more" if len(never) > 5 else "")
        told.append(f"the objects of {some} were not listed: what they hold is unknown")
    for bucket, left in sorted(found.unlisted.items()):
        if left is not None:
            many = show.counted(left, "prefix", "prefixes")
            told.append(f"{bucket} is large: {many} were listed in part or not at all")
    return told


def _line(one: Difference) -> dict[str, object]:
    proposal = one.proposal
    return {
        "kind": "proposal",
        "how": one.how.value,
        "section": proposal.section,
        "values": dict(proposal.values),
        "confidence": proposal.confidence,
        "active": proposal.active,
        "because": [{"eye": fact.eye.value, "what": fact.what, "strength": fact.strength}
                    for fact in strongest(proposal.facts)],
        "notes": list(proposal.notes),
        "why": one.what,
    }  # fmt: skip


def _row(one: Difference) -> tuple[Text, ...]:
    proposal, values = one.proposal, one.proposal.values
    if proposal.section == "perimeter":
        ((what, listed),) = values.items()
        where = ", ".join(listed)
    else:
        what = str(values.get("kind") or values.get("purpose"))
        where = str(values.get("where") or values.get("match"))
    because = "; ".join(part for part in (_WORD[one.how], one.what, writing.because(proposal)) if part)
    if one.how in (How.OTHER, How.GONE):
        mark, style = "!", "yellow"
    else:
        mark, style = ("+", "green") if proposal.active else ("?", "")
    sure = writing.sure(proposal) if proposal.facts else ""
    return (Text(mark, style), Text(sure, style), Text(what, style), one_line(where), one_line(because, 400))
