"""A journal outlives the stanch that wrote it: what an older one did not note is named, with what to do about it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stanch.contracts.action import Refused
from stanch.domain.step import Step


class Noted(dict[str, Any]):
    """A step's settings as its action reads them; raises Refused for one that was not noted when it was planned."""

    def __init__(self, settings: Mapping[str, Any], incident: str) -> None:
        super().__init__(settings)
        self._incident = incident

    def __missing__(self, key: str) -> Any:
        anew = f"plan it anew with `stanch contain {self._incident} --apply`"
        answer = f"`stanch accept {self._incident}` answers for it where that does not help"
        raise Refused(f"an older stanch planned this step and noted no {key!r}: {anew}; {answer}")


def as_noted(step: Step) -> Step:
    """The step for its action."""
    return replace(step, settings=Noted(step.settings, step.incident))


def completed(noted: Mapping[str, Any], fresh: Mapping[str, Any]) -> dict[str, Any]:
    """What was noted of a step that goes on, and from a fresh look only what nobody noted then."""
    return {**fresh, **noted}
