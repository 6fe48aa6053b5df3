"""How a containment ended, in words, and the command that goes on from there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stanch.cli import show
from stanch.cli.face import Exit, Face
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import Step, StepState

MOST_NAMED = 3
"""Commands of one kind that are shown; who has read three can write the fourth."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Commands on one incident: `in_aws` writes them with the options that led to the account, `here` without."""

    in_aws: Callable[..., str]
    here: Callable[..., str]

    def forth_and_back(self, face: Face, incident: str) -> None:
        """Tell what comes after containment, and what leads back."""
        face.say("Next, the draft notification; and the way back:")
        face.say(self.here("report", incident, "--regime", "gdpr"))
        face.say(self.in_aws("undo", incident))

    def answering(self, face: Face, steps: Sequence[Step]) -> None:
        """Tell how a person answers for these steps."""
        for step in steps[:MOST_NAMED]:
            face.say(
                self.here("accept", step.incident, "--action", step.action, "--resource", step.resource, "--why", "...")
            )
        if len(steps) > MOST_NAMED:
            face.say(f"and so for {len(steps) - MOST_NAMED} more")


def ended(face: Face, case: Incident, done: Sequence[Step], ways: Ways) -> None:
    """What came of it, and what is next."""
    if case.state is IncidentState.CONTAINED:
        face.say(f"{case.id} is contained: {_proven(done)}.", style="bold green")
    else:
        face.say(f"{case.id} is NOT contained: see the steps above; the same command goes on.", style="bold red")
        new = [step for step in done if step.state is StepState.FAILED and step.action == "iam/look_again"]
        if new:  # no second run will mend that
            face.say("If what was found new is your own people's work, say so; else name it with contain --resource:")
            ways.answering(face, new[:1])
        elif by_hand := [step for step in done if step.state is StepState.SKIPPED and not step.settings.get("aside")]:
            face.say("What stanch left out is for a person: do it, or find it in order, and answer for it:")
            ways.answering(face, by_hand)
    if any(step.state is not StepState.SKIPPED for step in done):
        ways.forth_and_back(face, case.id)


def nothing_left(face: Face, case: Incident, plan: Sequence[Step], ways: Ways, *, journalled: bool) -> Exit:
    """Nothing can be begun: all is proven already, is so already, or is left out; `journalled` where it is written."""
    proven = [step for step in plan if step.state is StepState.VERIFIED]
    left_out = [step for step in plan if step.state is not StepState.VERIFIED and not step.settings.get("aside")]
    if proven and not left_out:
        face.say(f"Nothing is left to do: {_proven(plan)}; what was proven still stands.", style="bold green")
        ways.forth_and_back(face, case.id)
        return Exit.DONE
    if left_out:
        count = show.counted(len(left_out), "step is", "steps are")
        face.say(f"There is nothing here that stanch can do: {count} left out, for the reasons above.", style="yellow")
    else:
        face.say("There is nothing to do: what these steps would change is so already.", style="yellow")
    if journalled:
        face.say("Look at it yourself, and answer for what you have done by hand or found in order:")
        ways.answering(face, left_out or plan)
    elif case.findings:
        face.say("To put it on record, so that a person can answer for it:")
        face.say(ways.in_aws("contain", case.id, "--apply"))
    else:
        face.say("To act on something else, name it with --resource ARN; `stanch hunt LOGS` finds what was touched.")
    return Exit.PARTIAL


def _proven(steps: Sequence[Step]) -> str:
    """`11 steps are verified, 9 had nothing to do`."""
    verified = sum(step.state is StepState.VERIFIED for step in steps)
    rest = len(steps) - verified
    told = show.counted(verified, "step is", "steps are") + " verified"
    return told + (f", {rest} had nothing to do" if rest else "")
