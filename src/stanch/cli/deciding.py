"""Who decides is written down before anything is done: a person at this terminal, or the bounds in stanch.toml."""

import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stanch import app
from stanch.cli import show
from stanch.cli.face import Face, WrongUse, command
from stanch.contracts import lines
from stanch.domain.decision import Question, person_named
from stanch.domain.estate import Estate, Mode, Response
from stanch.domain.incident import Incident
from stanch.domain.step import Step, StepState

if TYPE_CHECKING:
    from stanch.engine.decide import Decision
    from stanch.stores.open import Stores


By = Annotated[str | None, typer.Option("--by", help="Who decides; default: the name you are logged in with.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record.")]


def act_when_goes_first(response: Response) -> str | None:
    """Where both are set, that two persons are asked only about what act_when does not let go; else None."""
    if response.mode is not Mode.ACT or not response.asking.two_persons:
        return None
    bounds = f"confidence {response.act_confidence:g}, collateral {response.act_collateral}"
    assets = ", ".join(response.asking.two_persons)
    return f"act_when ({bounds}) goes before two_persons ({assets}): what it lets go waits for nobody's yes."


def foretell(face: Face, decision: "Decision", response: Response, act: str, *, granted: bool) -> None:
    """What would come of this plan with --auto, and the command `act` by which a person has it done.

    `granted` is whether enough have said yes to it already.
    """
    face.say(f"Plan {decision.plan[:12]}. Nothing was touched.")
    if response.mode is Mode.OBSERVE:
        face.say("Nothing can be: response.mode = observe. To act, set it to ask or act in [response]; then:")
        face.say(act)
        return
    at_once = sum(step.state is StepState.PLANNED for step in decision.now)
    persons = show.counted(decision.persons, "person")
    if granted:
        face.say("With --auto all of it goes at once: what needs a yes has one.")
    elif decision.asking:
        goes = show.counted(at_once, "step goes", "steps go") if at_once else "nothing goes"
        asks = show.counted(len(decision.asking), "step asks", "steps ask")
        face.say(f"With --auto {goes} at once, {asks} for a yes of {persons}: {'; '.join(decision.why)}.")
    elif at_once:
        face.say("With --auto all of it goes at once: it is within act_when.")
    first = act_when_goes_first(response)
    if first and at_once and decision.persons > 1:
        face.say(first, style="yellow")
    need = f", as the first of {decision.persons} persons who must say yes" if decision.persons > 1 else ""
    face.say(f"To act now{need if decision.asking else ''}:")
    face.say(act)


class Deciding:
    """One plan of one incident, and what may be carried out of it now."""

    def __init__(
        self,
        face: Face,
        stores: "Stores",
        estate: Estate,
        case: Incident,
        decision: "Decision",
        acting_as: str,
        state: Path | None,
    ) -> None:
        """`state` is the folder to be named in the next command, None for the usual one."""
        self._face = face
        self._stores = stores
        self._estate = estate
        self._case = case
        self._decision = decision
        self._acting_as = acting_as
        self._state = state
        self.next: str | None = None
        """The command that is still needed, to be said last."""

    def by_person(self, plan: Sequence[Step], by: str | None, why: str) -> list[Step]:
        """The whole plan, when with this person's yes enough have said it; else what needs none, and who is missing."""
        if not any(step.state is StepState.PLANNED for step in plan):
            return list(plan)  # what is only proven once more needs nobody's yes
        who = person(by)
        question = app.asked(self._stores, self._estate, self._case, self._decision)
        app.answer(self._stores, question, yes=True, by=who, acting_as=self._acting_as, why=why)
        if not self._decision.asking or app.standing(self._stores, question):
            return list(plan)
        self._tell(question)
        if not self._refused(question):
            need = f"{who} said yes. These assets need {show.counted(question.persons, 'person')}"
            self._say_next(f"{need}: somebody else must too, by {_until(question)}:", self._approve(question))
        at_once = self._decision.now
        return list(at_once) if any(step.state is StepState.PLANNED for step in at_once) else []

    def by_itself(self, plan: Sequence[Step]) -> list[Step]:
        """What stanch.toml allows, or all of it once enough persons said yes; the rest is asked about."""
        decision = self._decision
        if not decision.asking or app.granted(self._stores, decision):
            return list(plan)
        question = app.asked(self._stores, self._estate, self._case, decision)
        self._tell(question)
        count = show.counted(len(decision.asking), "step waits", "steps wait")
        self._face.say(f"{count} for a yes: {'; '.join(decision.why)}.", style="yellow")
        if not self._refused(question):
            whose = f"Until {_until(question)}, from {show.counted(question.persons, 'person')}:"
            self._say_next(whose, self._approve(question))
        return list(decision.now)

    def _refused(self, question: Question) -> bool:
        """Whether a no stands, and then whose, how long, and how it is taken back."""
        names = list(dict.fromkeys(answer.by for answer in app.said(self._stores, question) if not answer.yes))
        if names:
            told = f"{', '.join(names)} said no to what waits: it is not done until {_until(question)}, unless the no"
            back = self._approve(question, "--withdraw", by=names[0])
            self._say_next(f"{told} is taken back and enough say yes:", back)
        return bool(names)

    def _approve(self, question: Question, *how: str, by: str = "NAME") -> str:
        return command("approve", question.plan[:12], *how, "--by", by, state=self._state)

    def _say_next(self, what: str, next_: str) -> None:
        self.next = next_
        self._face.say(what, style="yellow")
        self._face.say(next_)

    def _tell(self, question: Question) -> None:
        decision = self._decision
        self._face.emit(lines.plan(self._case.id, decision.plan, len(decision.now), decision.why, question))


def _until(question: Question) -> str:
    return f"{question.expires:%Y-%m-%d %H:%M} UTC"


def person(by: str | None) -> str:
    """Who decides, by the name given or the login; raises WrongUse for a name that nobody could read."""
    if by is None:
        return login()
    try:
        return person_named(by)
    except ValueError as error:
        raise WrongUse(f"--by {error}", "give the name of the person who decides") from None


def login() -> str:
    """The name this person is logged in with; "unknown" where the machine has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
