"""What a policy can be about, numbered: a pattern is then a set of bits, and policies combine by `&`, `|` and `~`.

Beside what exists stand things that do not: a function of any name that nobody has made yet, so that "may he make one
anywhere?" is the same question as "may he change that one?".
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stanch.iam.wildcard import Token, Wild, match_tokens

Bits = int
"""A set of things, by their places in the sorted list of all."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing.

    kind: `role`, `user`, `group`, `policy`, `resource`; the template's name (`lambda:function:*`) for what is not made.
    account: who has it, "" for what belongs to AWS. region: "" for what is everywhere.
    """

    arn: str
    kind: str
    account: str = ""
    region: str = ""


class Things:
    """All things of an organisation, in the order of their ARNs."""

    def __init__(self, things: Iterable[Thing]) -> None:
        self.all = sorted(set(things), key=lambda thing: (thing.arn, thing.kind, thing.region))
        self.arns = [thing.arn for thing in self.all]
        self.everything: Bits = (1 << len(self.all)) - 1
        self._kinds = _gathered((thing.kind, at) for at, thing in enumerate(self.all))
        self._accounts = _gathered((thing.account, at) for at, thing in enumerate(self.all))
        self._found: dict[tuple[Token, ...], Bits] = {}

    def of_kind(self, kind: str) -> Bits:
        """All things of a kind."""
        return self._kinds.get(kind, 0)

    def of_account(self, account: str) -> Bits:
        """All things of an account."""
        return self._accounts.get(account, 0)

    def named(self, arn: str) -> Bits:
        """The things with this very ARN; several when what exists has the name of what could be made."""
        first = bisect_left(self.arns, arn)
        last = first
        while last < len(self.arns) and self.arns[last] == arn:
            last += 1
        return _run(first, last)

    def fitting(self, pattern: tuple[Token, ...]) -> Bits:
        """The things whose ARN fits a pattern."""
        if pattern not in self._found:
            self._found[pattern] = self._search(pattern)
        return self._found[pattern]

    def _search(self, pattern: tuple[Token, ...]) -> Bits:
        if pattern and all(token is Wild.ANY for token in pattern):
            return self.everything
        prefix = pattern[0] if pattern and isinstance(pattern[0], str) else ""
        first = bisect_left(self.arns, prefix)
        last = bisect_left(self.arns, prefix + "\U0010ffff") if prefix else len(self.arns)
        if pattern == (prefix, Wild.ANY):
            return _run(first, last)
        return gathered(at for at in range(first, last) if match_tokens(pattern, self.arns[at]))

    def places(self, bits: Bits) -> Iterator[int]:
        """The members of a set, in order."""
        while bits:
            low = bits & -bits
            yield low.bit_length() - 1
            bits ^= low


def gathered(places: Iterable[int]) -> Bits:
    """The set of these places; linear in the highest, however many they are."""
    listed = list(places)
    if not listed:
        return 0
    filled = bytearray(max(listed) // 8 + 1)
    for at in listed:
        filled[at >> 3] |= 1 << (at & 7)
    return int.from_bytes(filled, "little")


def _gathered(pairs: Iterable[tuple[str, int]]) -> Mapping[str, Bits]:
    found: dict[str, list[int]] = {}
    for key, at in pairs:
        found.setdefault(key, []).append(at)
    return {key: gathered(places) for key, places in found.items()}


def _run(first: int, last: int) -> Bits:
    return ((1 << (last - first)) - 1) << first
