"""A change is contained when it was tried and refused; a 200 from AWS only says that the request was understood."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from stanch.contracts.action import Overtaken, Refused, Wait, Witness
from stanch.contracts.aws import AwsError
from stanch.contracts.store import Busy, Journal, StoreError
from stanch.domain.step import Phase, Proof, Step, StepState
from stanch.engine.contain.collateral import about_others
from stanch.engine.contain.compare import differences, plain, same, timeless
from stanch.engine.contain.noted import as_noted
from stanch.engine.contain.plan import Planner, defect

WINDOW_SECONDS = 10
"""After so long IAM shows a change everywhere; the longest that is reported is about four seconds."""
AGAIN = f"tried again {WINDOW_SECONDS} s later or more"
PATIENCE_SECONDS = 120
"""So long is waited for what another stanch holds and other steps depend on: isolating a host takes a few."""

_LOOK = "look at the plan again"
_CHANGED = {StepState.PLANNED, StepState.APPLIED, StepState.VERIFIED, StepState.FAILED}

OnChange = Callable[[Step], None]


class Applier:
    """Carries out one step: journal the before-state, change, journal the after-state, verify, journal the proof."""

    def __init__(self, planner: Planner, journal: Journal, clock: Callable[[], datetime], wait: Wait) -> None:
        self._planner = planner
        self._journal = journal
        self._clock = clock
        self._wait = wait
        self._fresh: dict[tuple[str, str, str], tuple[datetime, Witness | None]] = {}
        self._held: dict[tuple[str, str, str], str] = {}
        """Steps that would isolate, on hosts at which another stanch still is, with its words."""

    def apply(self, step: Step, on_change: OnChange, stop: threading.Event | None = None) -> Step:
        """The step as it ended; only a journal that cannot be written raises (StoreError).

        A host at which another stanch is at work is waited for, until `stop` is set. An identity is left alone while
        one still is: the intruder there would be warned, and handed credentials younger than the cutoff.
        """
        self._held.pop(step.key, None)
        if step.state is StepState.VERIFIED:
            return step
        if step.state is StepState.SKIPPED or step.before is None:
            return self._noted(step, on_change)  # not to be touched, or it could not even be looked at
        held = [why for key, why in self._held.items() if key[0] == step.incident]
        if held and step.phase is Phase.IDENTITY:
            return self._passed_by(step, f"left until its host is isolated: {held[0]}", on_change)
        waited_for = {resource for _, _, resource in self._held}
        try:
            if step.phase is not Phase.NETWORK or step.resource in waited_for:
                return self._alone(step, on_change)
            return self._in_turn(lambda: self._alone(step, on_change), partial(self._waits, step, on_change), stop)
        except Busy as busy:
            if step.phase is Phase.NETWORK:
                self._held[step.key] = str(busy)
            return self._passed_by(step, str(busy), on_change)

    def again(self, steps: Sequence[Step], on_change: OnChange) -> list[Step]:
        """The steps after IAM's window: what was proven of an identity before it closed is tried once more.

        For three or four seconds a change may be seen in one place and not in another, and an intruder's script puts
        back what was taken. What a run that was stopped within the window left proven once is tried too; what is not
        proven, or was tried again already, comes back as it is.
        """
        fresh = [step for step in steps if proven_once(step)]
        if not fresh:
            return list(steps)
        now = self._clock()
        last = max(self._fresh.get(step.key, (step.at or now,))[0] for step in fresh)
        self._wait(max(0.0, WINDOW_SECONDS - (now - last).total_seconds()))
        tried = {step.key: self._tried_again(step, on_change) for step in fresh}
        return [tried.get(step.key, step) for step in steps]

    def once_more(self, incident: str, on_change: OnChange) -> list[Step]:
        """Every step as it is; what any process has proven of an identity is tried once more, now."""
        steps = self._journal.steps(incident)
        return [self._tried_again(step, on_change) if _proven_identity(step) else step for step in steps]

    def _tried_again(self, step: Step, on_change: OnChange) -> Step:
        _, witness = self._fresh.pop(step.key, (None, None))
        try:
            return self._in_turn(lambda: self._proven_again(step, witness, on_change))
        except Busy as busy:
            return self._recorded(step, StepState.FAILED, on_change, why=f"could not be verified again: {busy}")

    def _proven_again(self, step: Step, witness: Witness | None, on_change: OnChange) -> Step:
        with self._journal.lock(step.resource):
            now = self._known(step) or step
            if now != step and not proven_once(now):  # another stanch has tried it again meanwhile, or undone it
                return now
            return self._proven(now, witness, on_change, again=True)

    def _alone(self, step: Step, on_change: OnChange) -> Step:
        with self._journal.lock(step.resource):
            return self._carried_out(step, on_change)

    def _in_turn(
        self,
        deed: Callable[[], Step],
        on_wait: Callable[[Busy], None] = lambda _: None,
        stop: threading.Event | None = None,
    ) -> Step:
        """Do it as soon as whoever is at its resource lets go of it; raises Busy where that takes too long."""
        end = self._clock() + timedelta(seconds=PATIENCE_SECONDS)
        for poll in range(PATIENCE_SECONDS):
            try:
                return deed()
            except Busy as busy:
                if (stop and stop.is_set()) or self._clock() >= end:  # the lock itself may have waited already
                    raise
                if poll == 0:
                    on_wait(busy)
            self._wait(1)
        return deed()

    def _waits(self, step: Step, on_change: OnChange, busy: Busy) -> None:
        why = f"waits for it, {PATIENCE_SECONDS} s at most: {busy}"
        on_change(step.become(step.state, self._clock(), why=why))

    def _passed_by(self, step: Step, why: str, on_change: OnChange) -> Step:
        """Not journalled: whoever holds the resource writes its story."""
        left = step.become(StepState.SKIPPED, self._clock(), why=why)
        on_change(left)
        return left

    def _carried_out(self, shown: Step, on_change: OnChange) -> Step:
        step = self._planner.again(shown)
        if step.state is StepState.VERIFIED:
            return step
        elsewhere = self._planner.elsewhere(step)
        if elsewhere:
            return self._noted(step.become(step.state, self._clock(), why=elsewhere), on_change)
        if step.state is StepState.APPLIED:
            return self._proven(step, None, on_change)
        if step.state is not StepState.PLANNED or step.before is None:
            return self._noted(step, on_change)
        if shown.before is None or not same(shown.before, step.before):
            changed = "; ".join(differences(step.before, shown.before or {}))
            return self._outdated(step, f"it changed since the plan was shown, {_LOOK}: {changed}", on_change)
        if timeless(shown.calls) != timeless(step.calls):
            return self._outdated(step, f"what would be done has changed since the plan was shown, {_LOOK}", on_change)
        # Who else uses it is known only from the logs that the plan was shown with.
        step = replace(
            step,
            collateral=shown.collateral,
            breaks=(
                *step.breaks,
                *(line for line in shown.breaks if line not in step.breaks and about_others(line)),
            ),
        )
        return self._changed(self._recorded(step, StepState.PLANNED, on_change), on_change)

    def _outdated(self, step: Step, why: str, on_change: OnChange) -> Step:
        """Nothing was begun of this plan: the next one begins from what is there then; what was done stays known."""
        known = self._known(step)
        begun = known is not None and known.before is not None and known.state in _CHANGED
        return self._recorded(
            known if known and begun else replace(step, before=None), StepState.FAILED, on_change, why=why
        )

    def _changed(self, step: Step, on_change: OnChange) -> Step:
        try:
            action, aws = self._planner.action(step), self._planner.door(step)
            witness = action.apply(aws, as_noted(step), self._wait)
            after = plain(action.read(aws, as_noted(step)))
        except StoreError:
            raise
        except Overtaken as error:  # nothing of ours is in it: the next plan begins from what is there then
            why = f"not applied: {error}; {_LOOK}"
            return self._recorded(step, StepState.FAILED, on_change, why=why, before=None)
        except Exception as error:  # noqa: BLE001  # whatever an action raises, the other steps must run
            return self._recorded(step, StepState.FAILED, on_change, why=f"not applied: {reason(error)}")
        applied = self._recorded(step, StepState.APPLIED, on_change, after=after)
        if step.phase is Phase.IDENTITY:
            self._fresh[step.key] = (self._clock(), witness)
        return self._proven(applied, witness, on_change)

    def _proven(self, step: Step, witness: Witness | None, on_change: OnChange, *, again: bool = False) -> Step:
        try:
            action, aws = self._planner.action(step), self._planner.door(step)
            proof: Proof = action.verify(aws, as_noted(step), self._wait, witness)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # "could not look" is an answer, and never "contained"
            return self._recorded(step, StepState.FAILED, on_change, why=f"could not be verified: {reason(error)}")
        if proof.holds:
            told = on_change if not again else _untold
            proof = replace(proof, what=(*proof.what, AGAIN)) if again else proof
            return self._recorded(step, StepState.VERIFIED, told, proof=proof)
        why = (
            f"{'it held at first, then no more' if again else 'applied, but it did not hold'}: {'; '.join(proof.what)}"
        )
        return self._recorded(step, StepState.FAILED, on_change, proof=proof, why=why)

    def _recorded(self, step: Step, state: StepState, on_change: OnChange, **changes: object) -> Step:
        now = step.become(state, self._clock(), **changes)
        self._journal.write(now)
        on_change(now)
        return now

    def _noted(self, step: Step, on_change: OnChange) -> Step:
        """Journal what is not done, once: the report must be able to say why."""
        known = self._known(step)
        if known is None or (known.state, known.why) != (step.state, step.why):
            self._journal.write(step)
        on_change(step)
        return step

    def _known(self, step: Step) -> Step | None:
        return next((known for known in self._journal.steps(step.incident) if known.key == step.key), None)


def proven_once(step: Step) -> bool:
    """Whether an identity's proof may still be of IAM's window: it was not tried again after it."""
    return _proven_identity(step) and step.proof is not None and AGAIN not in step.proof.what


def _proven_identity(step: Step) -> bool:
    return step.state is StepState.VERIFIED and step.phase is Phase.IDENTITY


def _untold(_: Step) -> None:
    """Nothing new to tell: what was said of the step still stands."""


def reason(error: Exception) -> str:
    """Why something failed, in words for a person."""
    return str(error) if isinstance(error, AwsError | Refused) else defect(error)
