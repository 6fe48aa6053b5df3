"""Where stanch is sure and little breaks it acts at once; what waits for a person names the plan it waits for."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stanch.domain.arn import Arn, like
from stanch.domain.decision import Answer, Question, granted
from stanch.domain.estate import Estate, Mode
from stanch.domain.incident import Incident
from stanch.domain.step import Step, StepState
from stanch.engine.contain.compare import timeless

HOUR = timedelta(hours=1)
LOOP = timedelta(minutes=15)
"""A step that was begun so often in so short a time fights somebody, or itself."""
LOOP_TRIES = 3
_TO_DO = {StepState.PLANNED}
_TOUCHED = {StepState.PLANNED, StepState.APPLIED}


@dataclass(frozen=True, slots=True)
class Decision:
    """What may be carried out at once, and what waits for persons.

    `now` holds every step that needs no yes, those that are done or left alone included. `why` says in words for what
    waits. `plan` is the hash of what waits, or of the whole plan where nothing does: what goes at once must not change
    it. `persons` is how many must say yes to it. A yes to a question from before `since` is spent: what it was said of
    has been undone, or fought over, after it.
    """

    now: tuple[Step, ...]
    asking: tuple[Step, ...]
    why: tuple[str, ...]
    plan: str
    persons: int = 1
    since: datetime | None = None

    def asked_by(self, question: Question) -> bool:
        """Whether this question is about exactly what waits, of enough persons, and nothing has spent it since."""
        fresh = self.since is None or question.asked_at > self.since
        return question.plan == self.plan and question.persons >= self.persons and fresh

    def question(self, incident: str, asked_at: datetime, minutes: int) -> Question:
        """The question that stands for so many minutes."""
        subject = self.asking or tuple(step for step in self.now if step.state in _TO_DO)
        steps = tuple(map(in_words, subject))
        expires = asked_at + timedelta(minutes=minutes)
        return Question(incident, self.plan, asked_at, expires, self.persons, steps, self.why)


def in_words(step: Step) -> str:
    """A step as a question names it."""
    return f"{step.action} on {step.resource}"


def plan_hash(steps: Iterable[Step]) -> str:
    """What a yes is given to: 64 hex digits over the resources, what is done to each, and how they were found.

    A cutoff is of the moment and not in it: the same plan looked at again has the same hash, until the account or the
    incident changes.
    """
    told = [
        (s.incident, s.action, s.resource, s.before, timeless(s.calls), s.collateral)
        for s in steps
        if s.state in _TO_DO
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def decide(
    incident: Incident,
    steps: Sequence[Step],
    estate: Estate,
    recent: Sequence[Step],
    now: datetime,
) -> Decision:
    """By the estate's [response]; `recent` are the journal's rows of the last hour, then all of this incident."""
    response = estate.response
    to_do = [step for step in steps if step.state in _TO_DO]
    aside = [step for step in steps if step.state not in _TO_DO]
    persons = 2 if _touched(incident, steps, estate) & {*response.asking.two_persons} else 1
    past = _Past(incident.id, estate, recent, now)
    held = dict(_held(incident, to_do, estate, past))
    reasons = tuple(dict.fromkeys(held.values()))
    let_go = [step for step in to_do if step.key not in held]
    waiting = tuple(step for step in to_do if step.key in held)
    plan = plan_hash(waiting or to_do)
    return Decision((*aside, *let_go), waiting, reasons, plan, persons, past.spent(to_do))


def answered(question: Question | None, decision: Decision, answers: Iterable[Answer], now: datetime) -> bool:
    """Whether what waits may go: this very plan was asked about, and enough persons said yes in time."""
    return question is not None and decision.asked_by(question) and granted(question, answers, now)


def _held(
    incident: Incident, to_do: Sequence[Step], estate: Estate, past: "_Past"
) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Each step that waits, with why."""
    response = estate.response
    for step in to_do:
        if response.mode is not Mode.ACT:
            yield step.key, f"response.mode is {response.mode}"
        elif incident.confidence < response.act_confidence:
            yield step.key, f"confidence {incident.confidence:.2f} is below act_when ({response.act_confidence:.2f})"
        elif step.collateral is None or step.collateral.rank > response.act_collateral.rank:
            level = step.collateral or "unknown"
            yield step.key, f"collateral {level} is above act_when ({response.act_collateral})"
        elif (why := past.against(step)) is not None:
            yield step.key, why


class _Past:
    """What was done before says how much may still be changed until a person must look."""

    def __init__(self, incident: str, estate: Estate, recent: Sequence[Step], now: datetime) -> None:
        self._limits = estate.response.limits
        # What was begun counts: whoever was killed, or was denied half-way, may have changed something.
        changed = [step for step in recent if step.state in _TOUCHED]
        self._hour = {step.resource for step in changed if _within(step, now, HOUR)}
        self._incident = {step.resource for step in changed if step.incident == incident}
        # A row of this incident may come twice, with the last hour's and with its own.
        begun = {(step.key, step.at): step for step in recent if step.state is StepState.PLANNED}
        self._tries = Counter(step.key for step in begun.values() if _within(step, now, LOOP))
        self._begun = {key: at for key, at in begun if at is not None}
        latest = {step.key: step for step in recent}
        self._undone = {step.key: step.at for step in latest.values() if step.state is StepState.UNDONE and step.at}

    def spent(self, to_do: Iterable[Step]) -> datetime | None:
        """The last moment at which something was undone, or fought over, that these steps would do again."""
        keys = {step.key for step in to_do}
        fought = [self._begun[key] for key in keys if self._tries[key] >= LOOP_TRIES]
        undone = [self._undone[key] for key in keys if key in self._undone]
        return max((*fought, *undone), default=None)

    def against(self, step: Step) -> str | None:
        """Why this step needs a person's look, or None: then it is counted."""
        undone = self._undone.get(step.key)
        if undone is not None:
            return f"{step.action} on {step.resource} was undone at {undone:%Y-%m-%d %H:%M} UTC"
        if self._tries[step.key] >= LOOP_TRIES:
            return f"{step.action} on {step.resource} was begun {self._tries[step.key]} times within 15 minutes"
        if len(self._incident | {step.resource}) > self._limits.per_incident:
            return f"more than {self._limits.per_incident} resources in one incident (limits.per_incident)"
        if len(self._hour | {step.resource}) > self._limits.per_hour:
            return f"more than {self._limits.per_hour} resources within an hour (limits.per_hour)"
        self._incident.add(step.resource)
        self._hour.add(step.resource)
        return None


def _within(step: Step, now: datetime, span: timedelta) -> bool:
    return step.at is not None and now - step.at <= span


def _touched(incident: Incident, steps: Iterable[Step], estate: Estate) -> set[str]:
    """The names of the assets that the incident is about, or that a step changes."""
    found = {asset.name for asset in incident.assets}
    for step in steps:
        arn = Arn.parse(step.resource) if step.resource.startswith("arn:") else None
        in_bucket = arn is not None and arn.kind == "bucket"
        if arn and in_bucket:  # every asset that lies in it, not the nearest alone
            found |= {asset.name for asset in estate.assets if asset.bucket == arn.resource}
        found |= {asset.name for asset in estate.assets if like(asset.where, step.resource)}
    return found
