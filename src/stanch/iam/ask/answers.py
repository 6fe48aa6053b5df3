"""Who can: those who surely can, those who can under conditions, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from stanch.iam.ask.bits import Doubted, numbers_in
from stanch.iam.ask.callers import Callers
from stanch.iam.ask.place import Place
from stanch.iam.ask.reasons import Reasoner
from stanch.iam.organization import Identity, Organization


@dataclass(frozen=True, slots=True)
class Access:
    """One caller's access.

    principal: the ARN of a user or role. answer: `must`, whatever the moment; `may`, if the conditions hold.
    because: the statements that allow it. conditions: in words; all of them must hold.
    """

    principal: str
    action: str
    resource: str
    answer: Literal["must", "may"]
    because: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


class Answers:
    """The answer to one `who can`: sets at once, names and reasons when they are asked for.

    found: the callers as sets of their numbers, `sure` within `maybe`.
    """

    def __init__(self, action: str, place: Place, found: Doubted, callers: Callers, organization: Organization) -> None:
        self.action, self.resource, self.found = action, place.arn, found
        self._callers = callers
        self._reasoner = Reasoner(action, place, callers, organization)

    @cached_property
    def must(self) -> tuple[str, ...]:
        """The ARNs of those who surely can."""
        return tuple(self._arns(self.found.sure))

    @cached_property
    def may(self) -> tuple[str, ...]:
        """The ARNs of those who can under conditions, none of them in `must`."""
        return tuple(self._arns(self.found.maybe & ~self.found.sure))

    def access(self) -> Iterator[Access]:
        """Each caller's access with its reasons, the sure ones first."""
        yield from (self._access(number, "must") for number in numbers_in(self.found.sure))
        yield from (self._access(number, "may") for number in numbers_in(self.found.maybe & ~self.found.sure))

    def _access(self, number: int, answer: Literal["must", "may"]) -> Access:
        reasons = self._reasoner.reasons(number)
        conditions = reasons.conditions if answer == "may" else ()
        return Access(self._one(number).arn, self.action, self.resource, answer, reasons.because, conditions)

    def _arns(self, bits: int) -> Iterator[str]:
        return (self._one(number).arn for number in numbers_in(bits))

    def _one(self, number: int) -> Identity:
        return self._callers.identities[number]
