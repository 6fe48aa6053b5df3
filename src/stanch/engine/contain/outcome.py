"""Nothing is called contained that was not tried and refused."""

from collections.abc import Sequence

from stanch.domain.incident import IncidentState
from stanch.domain.step import Step, StepState


def state_after(steps: Sequence[Step]) -> IncidentState:
    """`contained` when every step was verified, else `open`.

    A step that was left alone keeps an incident open, for somebody must look at it, unless its resource is a
    stranger's own, there was nothing for it to do, or a person answers for it.
    """
    ours = [step for step in steps if not (step.state is StepState.SKIPPED and step.settings.get("aside"))]
    verified = bool(ours) and all(step.state is StepState.VERIFIED for step in ours)
    return IncidentState.CONTAINED if verified else IncidentState.OPEN
