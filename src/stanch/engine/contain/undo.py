"""Compare, then restore: what somebody else has changed since is theirs, and is shown instead of overwritten."""

from collections.abc import Callable
from datetime import datetime

from stanch.contracts.action import Wait
from stanch.contracts.store import Busy, Journal, StoreError
from stanch.domain.step import Step, StepState
from stanch.engine.contain.accept import is_accepted
from stanch.engine.contain.apply import OnChange, reason
from stanch.engine.contain.compare import differences, plain, same, strays
from stanch.engine.contain.noted import as_noted
from stanch.engine.contain.plan import Planner


class Undoer:
    """Puts the steps of one incident back, last first."""

    def __init__(self, planner: Planner, journal: Journal, clock: Callable[[], datetime], wait: Wait) -> None:
        self._planner = planner
        self._journal = journal
        self._clock = clock
        self._wait = wait

    def undo(self, incident: str, on_change: OnChange, chosen: Callable[[Step], bool]) -> list[Step]:
        """Each chosen step that had begun, as it is now: undone, or as it was with the reason in `why`."""
        begun = [step for step in self._journal.steps(incident) if can_be_undone(step) and chosen(step)]
        done = [self._one(step, on_change) for step in reversed(begun)]
        # A public ACL cannot come back while another step's block is on: what could not go back may do so now.
        if {step.state for step in done} > {StepState.UNDONE}:
            done = [step if step.state is StepState.UNDONE else self._once_more(step, on_change) for step in done]
        return done

    def _once_more(self, kept: Step, on_change: OnChange) -> Step:
        (step,) = [step for step in self._journal.steps(kept.incident) if step.key == kept.key]
        return self._one(step, on_change)

    def _one(self, step: Step, on_change: OnChange) -> Step:
        try:
            with self._journal.lock(step.resource):
                result = self._put_back(step)
        except Busy as busy:
            result = _kept(step, str(busy))
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # one step that cannot be undone must not keep the others from it
            result = _kept(step, reason(error))
        on_change(result)
        return result

    def _put_back(self, step: Step) -> Step:
        elsewhere = self._planner.elsewhere(step)
        if elsewhere:
            return _kept(step, elsewhere)
        action, aws, noted = self._planner.action(step), self._planner.door(step), as_noted(step)
        before = step.before or {}
        now = plain(action.read(aws, noted))
        if not same(now, before):
            if step.after is None:
                return _kept(step, "it was begun and never finished; run `stanch contain --apply` again, then undo")
            foreign = strays(now, step.after, before)
            if foreign:
                return _kept(step, "somebody changed it since:\n" + "\n".join(foreign))
        # Asked also where nothing differs: an action may have more to tidy away than its state shows.
        try:
            action.undo(aws, noted, self._wait)
            left = differences(plain(action.read(aws, noted)), before)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever stopped it, what is half undone is not proven
            return self._half(step, reason(error))
        if left:
            return self._half(step, "AWS accepted the undo, but this still differs:\n" + "\n".join(left))
        undone = step.become(StepState.UNDONE, self._clock())
        self._journal.write(undone)
        return undone

    def _half(self, step: Step, why: str) -> Step:
        """What was partly put back is proven no more, whatever was proven of it before."""
        half = step.become(StepState.FAILED, self._clock(), why=f"not undone: {why}")
        self._journal.write(half)
        return half


def can_be_undone(step: Step) -> bool:
    """Whether the step had begun, so that something of it may be there to put back."""
    if step.before is None:
        return False
    return is_accepted(step) or step.state in {
        StepState.PLANNED,
        StepState.APPLIED,
        StepState.VERIFIED,
        StepState.FAILED,
    }


def _kept(step: Step, why: str) -> Step:
    return step.become(step.state, step.at, why=f"not undone: {why}") if step.at else step
