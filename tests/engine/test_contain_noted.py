"""What an older stanch did not note in a step is said in one line with its remedy, and a fresh look mends it."""

from dataclasses import dataclass, replace

from tests.engine.containing import NOON, ROLE, Scene, Shut, incident, scene

from stanch.contracts.action import Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Proof, Step, StepState


@dataclass
class Newer(Shut):
    """As `Shut`, but its proof asks for a setting that there was not always."""

    def plan(self, aws: Aws, resource: Arn, case: Case) -> Plan:
        plan = super().plan(aws, resource, case)
        return replace(plan, settings={**plan.settings, "ours": ["111122223333"]})

    def verify(self, aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
        assert step.settings["ours"] == ["111122223333"]
        return super().verify(aws, step, wait, witness)


def planned_by_an_older(state: StepState) -> Scene:
    """A journal in which the step was begun, without the setting; the role is half shut."""
    s = scene(ROLE, shut=Newer())
    (step,) = s.desk().plan(incident(by_hand=[ROLE]))
    old = {"cutoff": NOON.isoformat()}
    s.journal.rows = [replace(step, state=state, settings=old, after={"open": False, "lock": None})]
    s.aws.resources[ROLE]["open"] = False
    return s


def contained(s: Scene) -> Step:
    desk = s.desk()
    (step,) = desk.apply(desk.plan(incident(by_hand=[ROLE])))
    return step


def test_a_step_that_an_older_stanch_applied_fails_in_one_line_with_its_remedy() -> None:
    s = planned_by_an_older(StepState.APPLIED)
    step = contained(s)
    assert step.state is StepState.FAILED
    assert step.why == (
        "could not be verified: an older stanch planned this step and noted no 'ours': plan it anew with "
        "`stanch contain inc-1 --apply`; `stanch accept inc-1` answers for it where that does not help"
    )
    assert "\n" not in step.why


def test_the_remedy_helps() -> None:
    s = planned_by_an_older(StepState.APPLIED)
    contained(s)
    step = contained(s)
    assert (step.state, step.settings["cutoff"]) == (StepState.VERIFIED, NOON.isoformat()), step.why
    assert step.before == {"open": True, "lock": None}


def test_a_step_that_was_begun_goes_on_with_what_was_noted_and_what_was_not() -> None:
    s = planned_by_an_older(StepState.PLANNED)
    s.minutes = 5
    step = contained(s)
    assert (step.state, step.settings["cutoff"]) == (StepState.VERIFIED, NOON.isoformat()), step.why


def test_the_journal_keeps_settings_as_they_are() -> None:
    s = scene(ROLE, shut=Newer())
    contained(s)
    assert {type(row.settings) for row in s.journal.rows} == {dict}
