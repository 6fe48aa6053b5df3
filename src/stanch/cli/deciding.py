"""Who decides is written down before anything is done: a person at this terminal, or the bounds in stanch.toml."""

import getpass
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stanch import app
from stanch.cli import show
from stanch.cli.face import Face, WrongUse, command
from stanch.contracts import lines
from stanch.domain.decision import Question
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident
from stanch.domain.step import Step, StepState

if TYPE_CHECKING:
    from stanch.engine.decide import Decision
    from stanch.stores.open import Stores


By = Annotated[str | None, typer.Option("--by", help="Who decides; default: the name you are logged in with.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record.")]


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
        """The whole plan, when with this person's yes enough have said it; else nothing, and who is missing."""
        if not any(step.state is StepState.PLANNED for step in plan):
            return list(plan)  # what is only proven once more needs nobody's yes
        who = person(by)
        question = app.asked(self._stores, self._estate, self._case, self._decision)
        app.answer(self._stores, question, yes=True, by=who, acting_as=self._acting_as, why=why)
        if app.standing(self._stores, question):
            return list(plan)
        self._tell(question)
        refused = app.refused_by(self._stores, question)
        if refused:
            self._face.say(
                f"{refused} said no to this plan: nothing is done until {question.expires:%Y-%m-%d %H:%M} UTC.",
                style="bold red",
            )
            return []
        said = (
            f"{who} said yes. These assets need {show.counted(question.persons, 'person')}: somebody else must too, by"
        )
        self._face.say(f"{said} {question.expires:%Y-%m-%d %H:%M} UTC:", style="yellow")
        self._face.say(self._approve(question))
        return []

    def by_itself(self, plan: Sequence[Step]) -> list[Step]:
        """What stanch.toml allows, or all of it once enough persons said yes; the rest is asked about."""
        decision = self._decision
        if not decision.asking or app.granted(self._stores, decision):
            return list(plan)
        question = app.asked(self._stores, self._estate, self._case, decision)
        self._tell(question)
        count = show.counted(len(decision.asking), "step waits", "steps wait")
        self._face.say(f"{count} for a yes: {'; '.join(decision.why)}.", style="yellow")
        self._face.say(f"Until {question.expires:%Y-%m-%d %H:%M} UTC, from {show.counted(question.persons, 'person')}:")
        self.next = self._approve(question)
        self._face.say(self.next)
        return list(decision.now)

    def _approve(self, question: Question) -> str:
        return command("approve", question.plan[:12], "--by", "NAME", state=self._state)

    def _tell(self, question: Question) -> None:
        decision = self._decision
        self._face.emit(lines.plan(self._case.id, decision.plan, len(decision.now), decision.why, question))


def person(by: str | None) -> str:
    """Who decides, by the name given or the login; raises WrongUse for a name that nobody could read.

    Letters that only look different (full width, composed) are one; what is invisible would make one person two.
    """
    if by is None:
        return login()
    name = " ".join(unicodedata.normalize("NFKC", by).split())
    if not name or any(unicodedata.category(letter)[0] == "C" for letter in name):
        raise WrongUse(f"--by {by!r} is no name", "give the name of the person who decides")
    return name


def login() -> str:
    """The name this person is logged in with; "unknown" where the machine has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
