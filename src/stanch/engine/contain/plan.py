"""A plan is read by a person before anything happens: every call, what it breaks, and the way back."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from stanch.contracts.action import Action, Affects, Case, Needless, Refused
from stanch.contracts.aws import Aws, AwsAbsent, AwsError
from stanch.contracts.playbook import Playbook
from stanch.contracts.store import Journal
from stanch.domain.arn import Arn, ArnError
from stanch.domain.estate import Estate, Side
from stanch.domain.finding import Finding
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import Phase, Step, StepState
from stanch.engine.contain.accept import is_accepted
from stanch.engine.contain.collateral import Around, weighed
from stanch.engine.contain.compare import first, plain, same
from stanch.engine.contain.doors import Doors
from stanch.engine.contain.freeze import freezes
from stanch.engine.contain.hosts import at_home
from stanch.engine.contain.lockout import locked_out
from stanch.engine.contain.noted import completed
from stanch.engine.contain.spelling import canonical, spellings
from stanch.engine.contain.targets import Choice, Target, acted_on, by_hand, from_findings, unique

_ANEW = "it was proven, and changed since: "
_DONE = {StepState.APPLIED, StepState.VERIFIED}
_BEGUN = {StepState.PLANNED, StepState.FAILED}
NO_ACTION = "by-hand"
_BAIT = "a decoy that may do nothing: it stays, to be heard again; find who could read the place where it lay"
_RESERVED = re.compile(r"AWSServiceRoleFor|AWSReservedSSO_")
"""How the names of roles begin that only AWS may edit."""
ASIDE = {"aside": True}
"""The settings of a skipped step that leaves nothing open: its resource is a stranger's own, or nothing was to do."""


class Planner:
    """Looks at resources through the actions and says what would be done; it changes nothing."""

    def __init__(
        self,
        actions: Mapping[str, Action],
        playbooks: Mapping[str, Playbook],
        journal: Journal,
        estate: Estate,
        doors: Doors,
        clock: Callable[[], datetime],
    ) -> None:
        self._actions = actions
        self._playbooks = playbooks
        self._journal = journal
        self._estate = estate
        self._doors = doors
        self._clock = clock
        self._incidents: dict[str, Incident] = {}

    def about(self, incident: Incident) -> None:
        """See `Containment.about`."""
        self._incidents[incident.id] = incident

    def plan(self, incident: Incident, chosen: Choice | None, around: Around) -> list[Step]:
        """See `Containment.plan`."""
        self.about(incident)
        known = {step.key: step for step in self._journal.steps(incident.id)}
        steps: dict[tuple[str, str, str], Step] = {}
        for target in self._targets(incident, chosen, around):
            step = self._step(incident.id, target, known, lambda done: self._did_not_last(done, incident))
            steps.setdefault(step.key, self._weighed(step, target, around))
        found = at_home([*steps.values()])
        return sorted(found, key=lambda step: step.phase)  # stable: a playbook's order stays within a phase

    def action(self, step: Step) -> Action:
        """The action of a step; raises KeyError for one that a newer or older stanch journalled."""
        return self._actions[step.action]

    def door(self, step: Step) -> Aws:
        """The responder where the step's resource lies."""
        return self._doors.to(step.resource, step.account)

    def elsewhere(self, step: Step) -> str | None:
        """Why the responder does not reach the step's resource, or None."""
        return self._doors.elsewhere(step.resource, step.account)

    def again(self, step: Step) -> Step:
        """The step as it must be carried out now, whatever was journalled of it since it was planned.

        Done steps come back as they stand. One whose changes have begun keeps its journalled before-state and settings;
        one that has changed nothing yet is looked at afresh, so that a cutoff is of now and not of the last attempt.
        """
        known = {known.key: known for known in self._journal.steps(step.incident)}
        target = Target(step.action, step.resource, step.why, step.playbook, account=step.account)
        # A plan younger than the proof was made because the proof no longer stood; an older one was overtaken.
        return self._step(step.incident, target, known, lambda done: _later(step.at, done.at))

    def _targets(self, incident: Incident, chosen: Choice | None, around: Around) -> list[Target]:
        named = by_hand(incident.by_hand, self._actions, self._playbooks, chosen)
        found = from_findings(incident, self._actions, self._playbooks)
        return unique([*self._freezes(incident, around), *named, *found])

    def _freezes(self, incident: Incident, around: Around) -> Iterator[Target]:
        partition = self._doors.own.partition
        return freezes(incident, self._actions, self._playbooks, self._estate, around, partition)

    def _weighed(self, step: Step, target: Target, around: Around) -> Step:
        if step.state is not StepState.PLANNED:
            return step
        names = (target.resource, step.resource)
        return weighed(step, self.action(step), step.collateral, lambda: around.known(names), self._estate)

    def _did_not_last(self, done: Step, incident: Incident) -> bool:
        """Whether what was proven is undone by somebody, or the actor was at work again since."""
        if done.state is not StepState.VERIFIED or done.after is None:
            return False
        if incident.state is IncidentState.OPEN and _later(incident.last_seen, done.at):
            return True
        try:
            return not same(plain(self.action(done).read(self.door(done), done)), done.after)
        except Exception:  # noqa: BLE001  # one broken action must not hide the plan of the others
            return True  # looking again will say what is the matter

    def _step(
        self,
        incident: str,
        target: Target,
        known: Mapping[tuple[str, str, str], Step],
        stale: Callable[[Step], bool],
    ) -> Step:
        bare = Step(
            incident=incident,
            action=target.action or NO_ACTION,
            resource=target.resource,
            playbook=target.playbook,
            state=StepState.PLANNED,
            why=target.why,
            at=self._clock(),
            account=self._ours(target.account),
        )
        journalled = known.get(bare.key)
        if journalled and is_accepted(journalled):
            return journalled
        if target.action is None:
            return replace(bare, state=StepState.SKIPPED)
        bare = replace(bare, phase=self._actions[target.action].PHASE)
        if journalled and journalled.state in _DONE and not stale(journalled):
            return journalled
        fresh = self._looked_at(bare, target.named)
        journalled = known.get(fresh.key)
        if journalled is None:
            return fresh
        if journalled.state in _DONE:
            # Under its own name it was found stale above; under the name that AWS gave it, nobody has looked yet.
            return _anew(journalled, fresh) if fresh.key == bare.key or stale(journalled) else journalled
        return _resumed(journalled, fresh)

    def _looked_at(self, bare: Step, named: Sequence[str]) -> Step:
        try:
            asked = Arn.parse(bare.resource)
            arn = canonical(asked, self._doors.own.account)
        except ArnError as error:
            return replace(bare, state=StepState.SKIPPED, why=str(error))
        # The ARN of a bucket or a snapshot does not say whose it is; what was asked for may.
        bare = replace(bare, resource=str(arn), account=bare.account if arn.account else asked.account or bare.account)
        forbidden = self._forbidden(bare, str(asked), *named)
        if forbidden:
            return self._left_alone(bare, forbidden)
        step = self._planned(bare)
        if step.before is None and bare.account and not arn.account:  # the caller's account was only a guess
            here = self._planned(replace(bare, account=None))
            step = here if here.before is not None else step
        forbidden = self._forbidden(step) if step.state is StepState.PLANNED else None
        return self._left_alone(step, forbidden) if forbidden else step

    def _ours(self, account: str | None) -> str | None:
        """The account in which a finding saw its caller, where that may be the owner's of what has no account.

        A stranger reads what is ours: his account, or `anonymous`, says nothing of where the bucket lies.
        """
        return account if self._estate.perimeter.account(account) is Side.INSIDE else None

    def _planned(self, bare: Step) -> Step:
        """The step as its action plans it, or why it does not."""
        try:
            aws = self.door(bare)
            plan = self.action(bare).plan(aws, Arn.parse(bare.resource), self._case(bare, aws.caller))
            shut = locked_out(plan.policies, aws.caller, self.action(bare).PERMISSIONS, plan.before)
        except Needless as needless:
            return replace(bare, state=StepState.SKIPPED, why=f"nothing to do: {needless}", settings=ASIDE)
        except Refused as refusal:
            return replace(bare, state=StepState.SKIPPED, why=str(refusal))
        except AwsAbsent as error:
            return replace(bare, state=StepState.SKIPPED, why=f"it does not exist (any more): {error}")
        except AwsError as error:
            return replace(bare, state=StepState.FAILED, why=f"could not look: {error}")
        except Exception as error:  # noqa: BLE001  # one broken action must not hide the plan of the others
            return replace(bare, state=StepState.FAILED, why=f"could not look: {defect(error)}")
        if shut:
            why = f"it would lock stanch itself out ({'; '.join(shut)}): act as another role, or do it by hand"
            return replace(bare, state=StepState.SKIPPED, why=why)
        return replace(
            bare,
            resource=plan.resource or bare.resource,
            calls=plan.calls,
            breaks=plan.breaks,
            undo=plan.undo,
            settings=plain(plan.settings),
            before=plain(plan.before),
            collateral=plan.collateral,
        )

    def _left_alone(self, step: Step, why: str) -> Step:
        bare = replace(step, state=StepState.SKIPPED, why=why, calls=(), breaks=(), undo="", before=None, settings={})
        # What strangers hold in their own accounts is not ours to contain, and no reason to call an incident open.
        account = Arn.parse(step.resource).account or step.account
        foreign = bool(account) and self._estate.perimeter.account(account) is Side.OUTSIDE
        return replace(bare, settings=ASIDE) if foreign else bare

    def _case(self, step: Step, responder: str) -> Case:
        incident = self._incidents.get(step.incident)
        findings = incident.findings if incident else ()
        return Case(
            incident=step.incident,
            now=self._clock(),
            perimeter=self._estate.perimeter,
            responder=responder,
            actors=tuple(dict.fromkeys(name for finding in findings for name in _callers(finding))),
            since=incident.first_seen if incident and findings else None,
            response=self._estate.response,
            cut=tuple(dict.fromkeys(name for finding in findings for name in self._cut(finding))),
        )

    def _cut(self, finding: Finding) -> Iterator[str]:
        """The callers of a finding whom its playbook disarms themselves: they are ours, and AWS lets us edit them."""
        playbook = self._playbooks.get(finding.playbook or "")
        named = (self._actions.get(name) for name in (playbook.ACTIONS if playbook else ()))
        cutting = [action for action in named if action and action.PHASE is Phase.IDENTITY]
        for caller in _callers(finding):
            try:
                arn = acted_on(caller)
            except ArnError:
                continue
            kind = any(arn.kind in action.APPLIES_TO for action in cutting if action.AFFECTS is Affects.USERS)
            if kind and not _RESERVED.match(arn.name) and self._doors.elsewhere(str(arn)) is None:
                yield caller

    def _forbidden(self, step: Step, *named: str) -> str | None:
        """Why this resource is not touched at all, or None; `named` are other ARNs by which it is known."""
        known = (*spellings(Arn.parse(step.resource), step.account or self._doors.own.account), *named)
        pattern = next(filter(None, map(self._estate.response.forbids, known)), None)
        if pattern:
            return f"never_touch protects it ({pattern})"
        bait = self._estate.asset_of_arn(step.resource) if Arn.parse(step.resource).kind == "user" else None
        return _BAIT if bait and bait.decoy else self.elsewhere(step)


def _callers(finding: Finding) -> tuple[str, ...]:
    return (finding.actor.arn, *finding.sessions)


def defect(error: Exception) -> str:
    """An exception that is nobody's answer, in words: an internal error to be reported."""
    return f"internal error: {type(error).__name__}: {error}"


def _resumed(journalled: Step, fresh: Step) -> Step:
    """The begun step goes on with what was there before it began; where nothing changed since, it starts afresh."""
    if journalled.state not in _BEGUN or journalled.before is None:
        return fresh
    if fresh.settings == ASIDE:  # nothing left to do, for it was done before the end came: only the proof is missing
        return replace(journalled, state=StepState.PLANNED, why=journalled.why, at=fresh.at)
    if fresh.before is None:  # what was begun stays known, or undo would forget it
        return replace(journalled, state=StepState.FAILED, why=fresh.why, at=fresh.at)
    if same(journalled.before, fresh.before):
        return fresh
    if journalled.proof and not journalled.proof.holds:  # it was done and did not hold: the same values would not again
        return replace(fresh, before=journalled.before)
    if journalled.proof:  # it was proven, and could not be looked at for a while: a cutoff of then may be too old
        return _anew(journalled, fresh)
    settings = completed(journalled.settings, fresh.settings)
    return replace(journalled, state=StepState.PLANNED, why=fresh.why, at=fresh.at, settings=settings)


def _anew(done: Step, fresh: Step) -> Step:
    """What changed since its proof is done with fresh values.

    Undo leads back to what was there at first, but for the parts that somebody has set to something else meanwhile.
    """
    if fresh.settings == ASIDE:  # looked at again, there is nothing to add
        return done
    if fresh.before is None:  # what was changed stays known, with its values, or nothing could undo or repeat it
        return replace(done, state=StepState.FAILED, why=fresh.why, at=fresh.at)
    if done.before is None or done.after is None:
        return replace(fresh, before=done.before)
    why = fresh.why if fresh.why.startswith(_ANEW) else f"{_ANEW}{fresh.why}"
    return replace(fresh, before=first(done.before, done.after, fresh.before), why=why)


def _later(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one > other
