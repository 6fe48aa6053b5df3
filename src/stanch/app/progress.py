"""A long hunt that was interrupted goes on where it was: what each errand came to is kept until the hunt has ended."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from stanch.app.hunting import accounts_of
from stanch.contracts.source import LogFile
from stanch.contracts.store import StoreError
from stanch.domain.estate import Estate
from stanch.engine.scan.packed import packed_part, unpacked_part
from stanch.engine.scan.part import Part
from stanch.engine.scan.pool import FORGETFUL, Errand, Keeper
from stanch.engine.scan.span import Span
from stanch.stores.checkpoint import Checkpoint, checkpoint, identity, scope
from stanch.stores.logs import LocalFile

WORTH_KEEPING = 1 << 28
"""Stored bytes from which on reading again would cost more than keeping."""


class Resuming:
    """Keeps parts in a checkpoint; implements `Keeper`."""

    def __init__(self, kept: Checkpoint) -> None:
        self._kept = kept
        self._identities: dict[tuple[str, ...], str] = {}  # of errands that are being read: a few, of millions of files

    def found(self, errand: Errand) -> Part | None:
        """The part of this errand; None when it was not kept, or when one of its files is another now."""
        key = _identity(errand)  # before any file is opened
        if key is None:
            return None
        if data := self._kept.payload(key):
            return unpacked_part(data, (LocalFile,))
        self._identities[_paths(errand)] = key
        return None

    def keep(self, errand: Errand, part: Part, packed: bytes | None) -> None:
        """Keep what an errand came to, unless something of it could not be read: that is tried again."""
        key = self._identities.pop(_paths(errand), None)
        if key and not any(skip.fault for skip in part.tally.skipped):
            self._kept.record(key, packed or packed_part(part))


@contextmanager
def resuming(
    state: Path,
    files: Sequence[LogFile],
    knowledge: str,
    estate: Estate,
    span: Span,
    accounts: Sequence[str] = (),
) -> Iterator[tuple[Keeper, Checkpoint | None]]:
    """What keeps this hunt's progress, and the checkpoint it is kept in; nothing for a small hunt, or one that runs.

    `knowledge` tells one set of rules from others; `accounts` are those that the hunt takes for ours where the estate
    declares none, guessed here if need be: what was judged in one perimeter is of no use in another.
    """
    if sum(file.size or 0 for file in files) < WORTH_KEEPING:
        yield FORGETFUL, None
        return
    ours = estate.perimeter.accounts or accounts or accounts_of(files)
    same = scope(knowledge, repr(estate), repr(span), ",".join(ours))
    with ExitStack() as stack:
        try:
            kept = stack.enter_context(checkpoint(state, same))
        except StoreError:
            yield FORGETFUL, None
            return
        yield Resuming(kept), kept


def _paths(errand: Errand) -> tuple[str, ...]:
    return tuple(file.path for file in errand)


def _identity(errand: Errand) -> str | None:
    """One name for these files with their content; None where one of them cannot be had twice."""
    known = [identity(file) for file in errand]
    if not all(known):
        return None
    return hashlib.sha256("\0".join(filter(None, known)).encode()).hexdigest()
