"""Hundreds of patterns cost one pass over the text where they are one automaton: Hyperscan's."""

from collections.abc import Sequence
from sys import maxsize
from threading import local
from typing import Self

import hyperscan


class Automaton:
    """Expressions that are looked for together; may be used by several threads."""

    def __init__(self, database: hyperscan.Database) -> None:
        """Use a compiled database."""
        self._database = database
        self._own = local()

    @classmethod
    def of(cls, expressions: Sequence[tuple[str, bool]]) -> Self:
        """Compile these, each with whether capitals matter; raises ValueError naming what cannot be compiled."""
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        flags = [0 if exact else hyperscan.HS_FLAG_CASELESS for _, exact in expressions]
        try:
            database.compile([each.encode() for each, _ in expressions], ids=list(range(len(expressions))), flags=flags)
        except hyperscan.error as error:
            raise ValueError(f"patterns that cannot be compiled: {error}") from error
        return cls(database)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """As it was kept; raises ValueError for one that was spoilt, or kept by another machine or version."""
        try:
            return cls(hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK))
        except hyperscan.error as error:
            raise ValueError(f"patterns that were kept and cannot be used: {error}") from error

    def to_bytes(self) -> bytes:
        """To be kept, or sent to another process."""
        return hyperscan.dumpb(self._database)

    def ends(self, data: bytes, most: int = maxsize) -> list[tuple[int, int]]:
        """The first `most` matches of each expression as its number and where it ends, in the order of their ends."""
        noted = _Noted(most)
        if data:
            self._database.scan(data, _note, context=noted, scratch=self._scratch())
        return noted.found

    def count(self, data: bytes) -> int:
        """How many matches there are: the least that a search can cost."""
        found: list[int] = [0]
        if data:
            self._database.scan(data, _count, context=found, scratch=self._scratch())
        return found[0]

    def _scratch(self) -> hyperscan.Scratch:
        scratch: hyperscan.Scratch | None = getattr(self._own, "scratch", None)
        if scratch is None:
            scratch = self._own.scratch = hyperscan.Scratch(self._database)
        return scratch


class _Noted:
    """What was found so far: a hostile text has a match at every other byte, and they must not fill the memory."""

    __slots__ = ("found", "left", "most")

    def __init__(self, most: int) -> None:
        self.found: list[tuple[int, int]] = []
        self.left: dict[int, int] = {}
        self.most = most

    def add(self, number: int, end: int) -> None:
        """Note it, unless there are enough of its expression."""
        left = self.left.get(number, self.most)
        if left:
            self.left[number] = left - 1
            self.found.append((number, end))


def _note(number: int, _begin: int, end: int, _flags: int, noted: object) -> None:
    noted.add(number, end)  # type: ignore[attr-defined]


def _count(_number: int, _begin: int, _end: int, _flags: int, found: object) -> None:
    found[0] += 1  # type: ignore[index]
