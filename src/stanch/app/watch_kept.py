"""A file is read once: what it came to is kept as a part, until its last event has left the window or it has grown."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

from isal import isal_zlib

import stanch
from stanch.contracts.source import LogFile
from stanch.domain.event import Skipped
from stanch.engine.scan.packed import packed_part, unpacked_part
from stanch.engine.scan.part import Part
from stanch.engine.scan.pool import Errand
from stanch.stores.checkpoint import scope
from stanch.stores.listing import Listing
from stanch.stores.spool import Letter
from stanch.stores.watched import Known, Parcel, Watched

_COUNTED = re.compile(r"(?P<why>.*?)(?: \((?P<count>\d+) [^()]*\))?")
_RECEIVED = "what was received"
_ROOT = Path(stanch.__file__).parent


@dataclass(slots=True)
class Fresh:
    """What of a listing must be read: files that grow `alone`, since one that changes costs all that were read with it.

    `summed` are those that were read before, and are summed anew as a whole whenever another comes.
    """

    alone: list[LogFile] = field(default_factory=list)
    others: Sequence[LogFile] = ()
    summed: list[LogFile] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.alone or self.others)


class Kept:
    """The parts of a watch. `tables` are the files of a cycle that are summed as a whole, `lost` what could not be."""

    def __init__(self, store: Watched) -> None:
        self.tables: list[LogFile] = []
        self.lost: list[Skipped] = []
        self._store = store
        self._versions: dict[str, str | None] = {}

    def begin(self, knowledge: str, accounts: Sequence[str]) -> bool:
        """Whether what is kept holds for this knowledge and these accounts; what does not is forgotten.

        What was received depends on neither.
        """
        if self._store.about("made_by") != _made_by():
            if self._store.clear():
                self.lost.append(Skipped(_RECEIVED, "before stanch was upgraded cannot be read any more"))
            self._store.note("made_by", _made_by())
        return self._store.begin(scope(knowledge, ",".join(accounts)))

    def accounts(self, found: Iterable[str]) -> tuple[str, ...]:
        """The accounts that logs came from so far: one that appears later widens the perimeter for all."""
        before = self._store.about("accounts") or ""
        known = ",".join(sorted({*filter(None, before.split(",")), *found}))
        if known != before:
            self._store.note("accounts", known)
        return tuple(filter(None, known.split(",")))

    def sort(self, files: Listing) -> Fresh:
        """What must be read of these files; of those that changed, what they came to is forgotten."""
        fresh = Fresh()
        changed: list[str] = []

        def others() -> Iterator[LogFile]:
            for file in files:
                name = file.path
                known = self._store.known(name)
                if known is None:
                    if self._store.grows(name):
                        fresh.alone.append(file)
                    else:
                        yield file
                elif known.version != _version(file):
                    changed.append(name)
                elif known.summed:
                    fresh.summed.append(file)

        fresh.others = Listing(others())
        if not changed:
            return fresh
        for name in changed:
            self._store.forget(name)
        return self.sort(files)  # what was read together with them is new again too

    def noting(self, files: Iterable[LogFile]) -> Iterator[LogFile]:
        """The same files, each noted as it is before it is opened: what is kept may be older, never newer."""
        for file in files:
            self._versions[file.path] = _version(file)
            yield file

    def parts(self) -> Iterator[Part]:
        """What was read before; a part that cannot be had any more is told, and its files are read again."""
        for number, payload in self._store.payloads():
            part = _unpacked(payload)
            if part is None:
                self._store.drop(number)
                self.lost.append(Skipped("the watch", "what was kept of some logs is damaged; they are read again"))
            else:
                yield part

    def keep(self, errand: Errand, part: Part, at: int) -> None:
        """Keep what these files came to; one that could not be opened, or read to its end, is tried again."""
        tally, received = part.tally, isinstance(errand[0], Letter)
        summed = {file.path for file in tally.tables}
        files: list[Known] = []
        failed: set[str] = set()
        for file in errand:
            name, known = file.path, self._versions.pop(file.path, None)
            if file.path not in summed and name not in tally.digests:
                failed.add(name)
            elif known:
                files.append(Known(name, known, file.path in summed))
        self.tables += tally.tables
        tally.tables = []
        if received:
            tally.digests = {}  # the files are gone in a moment: they are no evidence
            tally.skipped = collapsed(tally.skipped)
        told, tally.skipped = tally.skipped, [skip for skip in tally.skipped if skip.path not in failed]
        last = min(int(tally.last.timestamp()), at) if tally.last else at
        alone = len(errand) == 1 and self._store.grows(errand[0].path)
        holds = tally.events or tally.files_read or tally.digests or tally.skipped
        self._store.keep(files, Parcel(_packed(part), last, received, alone) if holds else None, at)
        tally.skipped = told

    def unread(self, letters: Iterable[Letter]) -> Iterator[Letter]:
        """Those that no part holds."""
        return (letter for letter in letters if self._store.known(letter.path) is None)

    def gone(self, letters: Sequence[Letter]) -> None:
        """These letters were deleted: what they came to is kept."""
        self._store.gone([letter.path for letter in letters])

    def tidy(self, at: int, window: int) -> Iterator[Skipped]:
        """Drop what left the window, and put small parts together; tells what had to go before its time."""
        if self._store.expire(at - window, window) is not None:
            yield Skipped("the watch", "the oldest of the window is dropped: there is no room for it", fault=False)
        for numbers in self._store.crowds():
            whole: Part | None = Part()
            for number in numbers:
                part = _unpacked(self._store.payload(number))
                if part is None:
                    self._store.drop(number)
                    whole = None
                elif whole is not None:
                    _absorb(whole, part)
            if whole is not None:
                self._store.put_together(numbers, _packed(whole))


def _absorb(whole: Part, part: Part) -> None:
    whole.absorb(part)
    for hour, ids in part.ids.items():
        whole.note_ids(hour, ids)
    whole.tally.skipped = collapsed(whole.tally.skipped)
    if whole.calls:
        from stanch.engine.inference.together import put_together

        put_together(whole.calls)


def _packed(part: Part) -> bytes:
    data: bytes = isal_zlib.compress(packed_part(part), 1)
    return data


def _unpacked(data: bytes) -> Part | None:
    try:
        return unpacked_part(isal_zlib.decompress(data))
    except isal_zlib.error:  # type: ignore[misc]  # its stub forgets that it is an exception
        return None


def collapsed(skipped: Sequence[Skipped]) -> list[Skipped]:
    """What senders sent that is no call or could not be read, a line for each reason; others as they are."""
    counts: Counter[tuple[str, bool]] = Counter()
    others: list[Skipped] = []
    for skip in skipped:
        if not skip.path.startswith(Letter.SCHEME) and skip.path != _RECEIVED:
            others.append(skip)
        elif match := _COUNTED.fullmatch(skip.why):
            counts[match["why"], skip.fault] += int(match["count"] or 1)
    return [
        *others,
        *(Skipped(_RECEIVED, f"{why} ({count} of them)", fault=fault) for (why, fault), count in counts.items()),
    ]


def _version(file: LogFile) -> str | None:
    found: str | None = getattr(file, "version", None)
    return found


@cache
def _made_by() -> str:
    """What tells the code that makes parts from any other: what one made another cannot read."""
    digest = hashlib.sha256(version("stanch").encode())
    for folder in ("", "enrich/", "inference/", "scan/"):
        for module in sorted(_ROOT.glob(f"engine/{folder}*.py")):
            digest.update(module.read_bytes())
    return digest.hexdigest()
