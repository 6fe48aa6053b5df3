"""What must outlive a crash: incidents with their findings, the journal of steps, the decisions of persons."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from stanch.domain.decision import Answer, Question
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.regime import Awareness
from stanch.domain.step import Step


class StoreError(Exception):
    """The store could not be read or written; the message says where and what to do."""


class Busy(StoreError):
    """Another responder holds the resource."""


class Incidents(Protocol):
    """Incidents and the decisions taken on them. Saving is durable when the call returns."""

    def save(self, incidents: Sequence[Incident]) -> list[Incident]:
        """Store new incidents and merge those already known (same findings): ids and states are kept; returns them."""

    def all(self) -> list[Incident]:
        """All incidents, newest first."""

    def get(self, id_or_prefix: str) -> Incident:
        """One incident by id or unique prefix; raises StoreError naming those there are."""

    def move(self, incident: str, state: IncidentState) -> Incident:
        """Set the state of one incident, by its full id: saving what a search found never changes it."""

    def decide(self, awareness: Awareness) -> None:
        """Record when the organisation became aware; a later decision supersedes and both are kept."""

    def awareness(self, incident: str) -> list[Awareness]:
        """Every recorded decision, oldest first."""


class Journal(Protocol):
    """The write-ahead journal: one row a change of a step's state, never rewritten."""

    def write(self, step: Step) -> None:
        """Append durably (fsync) before returning."""

    def steps(self, incident: str) -> list[Step]:
        """The latest state of each step of the incident, in the order they were first planned."""

    def history(self, incident: str) -> list[Step]:
        """Every row of the incident, oldest first."""

    def since(self, moment: datetime) -> list[Step]:
        """Every row of every incident from this moment on, oldest first."""

    def lock(self, resource: str) -> AbstractContextManager[None]:
        """Hold one resource alone across processes; raises Busy; freed when the holder dies."""


class Decisions(Protocol):
    """Questions about plans, and what persons answered. Nothing is rewritten; writing is durable on return."""

    def ask(self, question: Question) -> None:
        """Keep the question; the newest about a plan is the one that stands."""

    def answer(self, answer: Answer) -> None:
        """Keep one person's answer."""

    def question(self, plan: str) -> Question:
        """The newest question whose plan's hash begins so (6 digits or more); raises StoreError saying what to do."""

    def asked(self, plan: str) -> Question | None:
        """The newest question about exactly this plan, or None."""

    def answers(self, plan: str) -> list[Answer]:
        """Every answer about this plan, oldest first."""
