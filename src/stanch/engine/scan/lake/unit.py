"""A unit of the lake comes to the same part as the raw logs it was made from.

It is hunted by its profile. Where events must be told apart one by one, because some were seen before, or it has no
profile, all of its rows are read.
"""

from itertools import groupby

from stanch.contracts.lake import FORM, LakeUnit, Receipt
from stanch.domain.event import Skipped
from stanch.engine.scan.lake import profile
from stanch.engine.scan.lake.by_profile import ByProfile
from stanch.engine.scan.lake.entry import Entry, Knowledge, why
from stanch.engine.scan.part import Part


def scan(unit: LakeUnit, knowledge: Knowledge, part: Part, seen: set[int] | None) -> None:
    """Add to `part` what a unit comes to; with `seen` each id is taken once and remembered there."""
    try:
        receipt = unit.receipt()
    except (OSError, ValueError) as error:
        part.tally.skipped.append(Skipped(unit.path, f"a unit of a lake that cannot be read: {why(error)}"))
        return
    if receipt.form != FORM:
        other = f"kept by another version of stanch (form {receipt.form}): import its logs again"
        part.tally.skipped.append(Skipped(unit.path, other))
        return
    _tell(receipt, part)
    entry = Entry(receipt, knowledge, part)
    told = _profile(unit, receipt, part) if seen is None else None
    if told is not None:
        ByProfile(told, unit, receipt, entry).run()
    else:
        from stanch.engine.scan.lake.by_event import ByEvent

        rows = ByEvent(unit, entry)
        for _, pieces in groupby(receipt.pieces, lambda piece: piece.chunk):
            rows.chunk(list(pieces), seen)
        rows.close()
    part.tally.skipped += entry.records.faults()


def _tell(receipt: Receipt, part: Part) -> None:
    """What is known of the originals without reading an event."""
    tally = part.tally
    tally.files_read += receipt.files_read
    tally.bytes += receipt.bytes
    tally.logs.update(receipt.logs)
    tally.digests.update({original.path: (original.sha256, original.size) for original in receipt.originals})
    tally.skipped += receipt.skipped


def _profile(unit: LakeUnit, receipt: Receipt, part: Part) -> profile.Profile | None:
    """The unit's profile, if it has one; tells one that cannot be read, which costs time and no event."""
    if not receipt.profile:
        return None
    try:
        with unit.profile() as stored:
            return profile.read(stored.read(), receipt.profile)
    except (OSError, ValueError) as error:
        text = f"the profile of a unit cannot be read ({why(error)}): its events are read one by one"
        part.tally.skipped.append(Skipped(unit.path, text, fault=False))
        return None
