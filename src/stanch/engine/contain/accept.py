"""What cannot be done or proven by itself may be looked after by a person, who says so and is named."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stanch.domain.step import Step, StepState

_WORD: Mapping[str, Any] = {"aside": True, "accepted": True}
_OPEN = {StepState.SKIPPED, StepState.FAILED}


def accepted(step: Step, by: str, why: str, at: datetime) -> Step:
    """The step as this person answers for it: it keeps its incident open no longer, and is not planned again.

    What was changed can still be undone. Raises ValueError for a step that waits for nobody.
    """
    if step.state not in _OPEN:
        raise ValueError(f"{step.action} on {step.resource} is {step.state}: there is nothing to accept")
    told = f"accepted by {by}: {why} (it was {step.state}: {step.why})"
    return step.become(StepState.SKIPPED, at, why=told, settings={**step.settings, **_WORD})


def is_accepted(step: Step) -> bool:
    """Whether a person answers for the step."""
    return step.state is StepState.SKIPPED and bool(step.settings.get("accepted"))
