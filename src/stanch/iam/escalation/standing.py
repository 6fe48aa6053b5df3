"""What a principal may do is what its policies give, less what boundary, organisation and denials take.

IAM User Guide, "Policy evaluation logic", for identities asking about their own account; what a resource's or a role's
own policy adds is not here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stanch.iam.escalation.asker import Asker
from stanch.iam.escalation.rules import Document, Given, Verdict
from stanch.iam.escalation.things import Bits


class Granted(NamedTuple):
    """Sets of things: surely, and surely or possibly; the first is within the second."""

    sure: Bits = 0
    possible: Bits = 0

    def __and__(self, other: "Granted | Bits") -> "Granted":
        sure, possible = other if isinstance(other, Granted) else (other, other)
        return Granted(self.sure & sure, self.possible & possible)

    def __or__(self, other: "Granted") -> "Granted":
        return Granted(self.sure | other.sure, self.possible | other.possible)

    def less(self, verdict: Verdict) -> "Granted":
        """What denials leave."""
        return Granted(self.sure & ~verdict.deniable, self.possible & ~verdict.denied)


@dataclass(frozen=True)
class Fences:
    """What limits and grants nothing: a boundary, and the levels of an organisation."""

    boundary: Document | None = None
    scps: tuple[tuple[Document, ...], ...] = ()


class Standing:
    """A set of policies behind fences; principals that have the same share one.

    unhindered: its own policies deny nothing.
    """

    def __init__(self, number: int, account: str, policies: tuple[Document, ...], fences: Fences) -> None:
        self.number, self.account, self.policies, self.fences = number, account, policies, fences
        self.actions = 0
        for document in policies:
            self.actions |= document.allows
        layers = [*([fences.boundary] if fences.boundary else []), *(one for level in fences.scps for one in level)]
        self.personal = any(document.personal for document in (*policies, *layers))
        self.unhindered = not any(document.denies for document in policies)
        self._kept: dict[tuple[str, Given, bool], Granted] = {}

    def may(self, action: str, asker: Asker, given: Given = ()) -> Granted:
        """The things on which its own policies let it do the action, in lower case."""
        return self._ask(action, asker, given, named=False)

    def may_when_named(self, action: str, asker: Asker, *, bounded: bool) -> Granted:
        """The things on which it may, if the thing's own policy names it: what nothing denies and no fence keeps out.

        bounded: whether the boundary must allow too, as it must for a role's session and not for a user.
        """
        return self._ask(action, asker, (), named=True, bounded=bounded)

    def _ask(self, action: str, asker: Asker, given: Given, *, named: bool, bounded: bool = True) -> Granted:
        key = (action, (*given, ("named", str(bounded))) if named else given, named)
        if self.personal:
            return self._decide(action, asker, given, named=named, bounded=bounded)
        if key not in self._kept:
            self._kept[key] = self._decide(action, asker, given, named=named, bounded=bounded)
        return self._kept[key]

    def _decide(self, action: str, asker: Asker, given: Given, *, named: bool, bounded: bool) -> Granted:
        own = _together(self.policies, action, asker, given)
        left = Granted(-1, -1) if named else Granted(own.allowed, own.allowable)
        left = left.less(own)
        if self.fences.boundary and left.possible:
            verdict = self.fences.boundary.judge(action, asker, given)
            left = left.less(verdict)
            if not named or bounded:
                left &= Granted(verdict.allowed, verdict.allowable)
        for level in self.fences.scps:
            if left.possible:
                verdict = _together(level, action, asker, given)
                left = left.less(verdict) & Granted(verdict.allowed, verdict.allowable)
        return left


def _together(documents: Sequence[Document], action: str, asker: Asker, given: Given) -> Verdict:
    allowed = allowable = denied = deniable = 0
    for document in documents:
        verdict = document.judge(action, asker, given)
        allowed, allowable = allowed | verdict.allowed, allowable | verdict.allowable
        denied, deniable = denied | verdict.denied, deniable | verdict.deniable
    return Verdict(allowed, allowable, denied, deniable)
