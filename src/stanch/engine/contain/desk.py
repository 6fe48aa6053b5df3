"""Containment is safe to repeat: a plan is shown first, what was done is known, what was there can come back."""

import threading
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
from stanch.engine.contain.collateral import Around, Seen, Users
from stanch.engine.contain.doors import Doors
from stanch.engine.contain.parallel import side_by_side
from stanch.engine.contain.plan import Planner
from stanch.engine.contain.targets import Choice
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
        gateways: Mapping[str, Aws] | None = None,
    ) -> None:
        """`gateways` are the doors to inference gateways by name."""
        doors = Doors(aws, estate, gateways or {})
        self._planner = Planner(actions, playbooks, journal, estate, doors, clock)
        self._applier = Applier(self._planner, journal, clock, wait)
        self._undoer = Undoer(self._planner, journal, clock, wait)

    def plan(
        self,
        incident: Incident,
        *,
        chosen: Choice | None = None,
        users: Users | None = None,
        around: Around | None = None,
    ) -> list[Step]:
        """What containment would do, in order, and changes nothing.

        From the playbooks that the incident's findings name, and for what a person named from `chosen` or the playbook
        for that kind of resource. `users` says for each ARN who else used it; None means that nobody looked. `around`
        knows more, and is asked instead. What must not be touched is a skipped step with why; a step that is applied or
        verified is returned as it stands.
        """
        return self._planner.plan(incident, chosen, around or Seen(users))

    def about(self, incident: Incident) -> None:
        """Make an incident known whose steps were planned in another process: carrying one out looks at it afresh."""
        self._planner.about(incident)

    def apply(self, steps: Sequence[Step], on_change: OnChange = lambda _: None, *, again: bool = True) -> list[Step]:
        """Carry out the steps, independent ones side by side, and return each as it ended, in the order given.

        What was proven of an identity is tried again after IAM's window, unless whoever calls sees to that (`again`
        False, and `once_more` later). `on_change` sees every state reached, one at a time; an error of its own is
        raised when everything is done, for a screen that fails must not stop containment. Running it again, also after
        being killed anywhere, completes what is incomplete and touches nothing else.
        """
        audience = _Audience(on_change)
        done = side_by_side(steps, lambda step, stop: self._applier.apply(step, audience.told, stop))
        done = self._applier.again(done, audience.told) if again else done
        audience.end()
        return done

    def once_more(self, incident: str, on_change: OnChange = lambda _: None) -> list[Step]:
        """Every step of the incident; those proven of an identity are tried once more now, in whatever process.

        For a workflow that has waited out IAM's window by itself.
        """
        return self._applier.once_more(incident, on_change)

    def undo(
        self,
        incident: str,
        on_change: OnChange = lambda _: None,
        *,
        chosen: Callable[[Step], bool] = lambda _: True,
    ) -> list[Step]:
        """Put back, last first, what still is as stanch left it: all of it, or the chosen steps.

        A step that could not be undone keeps its state, and its `why` shows what differs.
        """
        return self._undoer.undo(incident, on_change, chosen)


class _Audience:
    """Hears of one step at a time; when it fails it hears no more, and its error waits for the end."""

    def __init__(self, on_change: OnChange) -> None:
        self._on_change = on_change
        self._telling = threading.Lock()
        self._failed: Exception | None = None

    def told(self, step: Step) -> None:
        with self._telling:
            if self._failed is None:
                try:
                    self._on_change(step)
                except Exception as error:  # noqa: BLE001  # whatever a listener raises, the steps go on
                    self._failed = error

    def end(self) -> None:
        """Raises what the audience failed with."""
        if self._failed is not None:
            raise self._failed
