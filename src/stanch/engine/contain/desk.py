"""Containment is safe to repeat: a plan is shown first, what was done is known, what was there can come back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from stanch.contracts.action import Action, Wait
from stanch.contracts.aws import Aws
from stanch.contracts.playbook import Playbook
from stanch.contracts.store import Journal
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident
from stanch.domain.step import Step
from stanch.engine.contain.apply import Applier
from stanch.engine.contain.plan import Planner
from stanch.engine.contain.undo import Undoer

OnChange = Callable[[Step], None]


class Containment:
    """One responder in one account: `aws` is who it acts as, `clock` tells aware UTC, `wait` lets seconds pass.

    Every method raises AwsError when the account itself cannot be reached and StoreError when the journal cannot be
    written: then nothing more is done. A fault of one step becomes that step's state and never stops the others.
    """

    def __init__(
        self,
        actions: Mapping[str, Action],
        playbooks: Mapping[str, Playbook],
        journal: Journal,
        estate: Estate,
        aws: Aws,
        clock: Callable[[], datetime],
        wait: Wait,
    ) -> None:
        self._planner = Planner(actions, playbooks, journal, estate, aws, clock)
        self._applier = Applier(self._planner, journal, clock, wait)
        self._undoer = Undoer(self._planner, journal, clock, wait)

    def plan(
        self,
        incident: Incident,
        *,
        resources: Sequence[str] | None = None,
        collateral: Mapping[str, Sequence[str]] | None = None,
    ) -> list[Step]:
        """What containment would do, in order, and changes nothing.

        From the playbooks that the incident's findings name, or by hand from the ARNs in `resources`. `collateral`
        says for each ARN who else used it. What must not be touched is a skipped step with why; a step that is applied
        or verified already is returned as it stands.
        """
        return self._planner.plan(incident, resources, collateral or {})

    def apply(self, steps: Sequence[Step], on_change: OnChange = lambda _: None) -> list[Step]:
        """Carry out the steps one after the other and return each as it ended; `on_change` sees every state reached.

        Running it again, also after being killed anywhere, completes what is incomplete and touches nothing else.
        """
        return [self._applier.apply(step, on_change) for step in steps]

    def undo(self, incident: str, on_change: OnChange = lambda _: None) -> list[Step]:
        """Put back, last first, what still is as stanch left it.

        A step that could not be undone keeps its state, and its `why` shows what differs.
        """
        return self._undoer.undo(incident, on_change)
