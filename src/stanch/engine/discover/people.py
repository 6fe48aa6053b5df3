"""Who serves, who trains, who administers: told by what runs as them, what they may do, and what they did.

A purpose makes detections quieter about its holder. Nobody is given one here unless configuration, rights and logs say
the same and nothing says otherwise; an administrator never is.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stanch.domain.estate import AssetKind, Purpose
from stanch.domain.proposal import SURE, Eye, Fact, Proposal, strongest, sureness
from stanch.engine.discover.reads import Habit, Habits
from stanch.engine.discover.seen import Find

ENOUGH_STARTS = 3
"""Starts of hosts that make it a habit rather than a day's work."""
_PROVEN = frozenset({Eye.CONFIGURATION, Eye.RIGHTS, Eye.LOGS})
_LEAST = 0.5
# Logs also name services, accounts and nobody; and whoever writes logs may write anything.
_IDENTITY = re.compile(r"arn:[a-z-]+:iam::\d{12}:(role|user)/[\w+=,.@/-]{1,600}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rights:
    """What the policies of the account allow, each as ARNs of users and roles.

    readers: by a find's `where`, those who may read it. writers: those who may write to it. admins: those who may do
    nearly everything and are people's, with how that is known. trainers: roles that training services assume. pods:
    roles that pods get, with the name of their cluster.
    """

    readers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    writers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    admins: Mapping[str, str] = field(default_factory=dict)
    machines: frozenset[str] = frozenset()
    """Those who may do nearly everything and are no person's: a hole, and no answer to who reads the weights."""
    trainers: frozenset[str] = frozenset()
    pods: Mapping[str, str] = field(default_factory=dict)

    def may(self, who: str, places: Mapping[str, frozenset[str]]) -> list[str]:
        """The places that somebody is among those of, administrators aside."""
        broad = who in self.admins or who in self.machines
        return [] if broad else sorted(where for where, arns in places.items() if who in arns)


def people(finds: Iterable[Find], rights: Rights, habits: Habits, accounts: Collection[str]) -> Iterator[Proposal]:
    """Every principal that something speaks for, with the surest purpose of each; `accounts` were looked at."""
    found = list(finds)
    models = [find for find in found if find.kind in (AssetKind.WEIGHTS, AssetKind.ADAPTER)]
    data = [find for find in found if find.kind is AssetKind.TRAINING_DATA]
    hosts = [find for find in found if find.kind in (AssetKind.INFERENCE_HOST, AssetKind.INFERENCE_API)]
    candidates = (
        {role for host in hosts for role in host.roles}
        | {who for who, _ in habits}
        | rights.trainers
        | rights.pods.keys()
    )
    for who in sorted(filter(_IDENTITY.fullmatch, candidates - rights.admins.keys())):
        serving = _serving(who, models, hosts, rights, habits)
        training = _training(who, models, data, rights, habits)
        best = max((serving, training), key=lambda one: sureness(one.facts))
        if sureness(best.facts) >= _LEAST and any(fact.eye is not Eye.LABEL for fact in best.facts):
            yield best.by(who, accounts).proposal(who)
    for who, how in sorted(rights.admins.items()):
        yield Proposal("principal", _values(who, Purpose.ADMIN), (Fact(Eye.RIGHTS, how, 0.8),), notes=(_WAY_BACK,))


_WAY_BACK = "if this is your way back in when all else is closed, name it in never_touch as well"


@dataclass(frozen=True, slots=True)
class _Case:
    """What speaks for one purpose, and what against; `is_habit` says that the logs show it often enough."""

    purpose: Purpose
    facts: tuple[Fact, ...]
    against: tuple[str, ...] = ()
    is_habit: bool = False

    def by(self, who: str, accounts: Collection[str]) -> "_Case":
        """The same about somebody: whoever is of an account that nobody looked at may be anybody's."""
        account = who.split(":")[4]
        if account in accounts:
            return self
        return replace(self, against=(*self.against, f"it belongs to account {account}, which was not looked at"))

    def proposal(self, who: str) -> Proposal:
        agree = {fact.eye for fact in self.facts} >= _PROVEN and sureness(self.facts) >= SURE
        proven = agree and self.is_habit
        notes = tuple(f"against it: {why}" for why in self.against)
        return Proposal("principal", _values(who, self.purpose), self.facts, proven and not self.against, notes)


def _values(arn: str, purpose: Purpose) -> dict[str, str]:
    """The pattern leaves the partition open, as the account is named by its digits."""
    return {"match": ":".join(("arn", "*", *arn.split(":")[2:])), "purpose": purpose.value}


def _serving(who: str, models: list[Find], hosts: list[Find], rights: Rights, habits: Habits) -> _Case:
    facts: list[Fact] = []
    against: list[str] = []
    if runs := [host for host in hosts if who in host.roles]:
        surest = max(runs, key=lambda host: host.confidence)
        facts.append(Fact(Eye.CONFIGURATION, f"{surest.name} runs as it", round(surest.confidence * 0.7, 3)))
    elif who in rights.pods:
        facts.append(Fact(Eye.CONFIGURATION, f"pods of {rights.pods[who]} run as it", 0.4))
    readable = [find for find in models if find.where in rights.may(who, rights.readers)]
    if readable:
        more = f" and {len(readable) - 1} more" if len(readable) > 1 else ""
        facts.append(Fact(Eye.RIGHTS, f"it may read the weights in {readable[0].where}{more}", 0.5))
    often = 0
    for find in models:
        habit = habits.get((who, find.where), Habit())
        often = max(often, len(habit.starts))
        if habit.starts:
            what = f"{len(habit.starts)} hosts read all of {find.where} right after they started"
            facts.append(Fact(Eye.LOGS, what, 0.85 if len(habit.starts) >= ENOUGH_STARTS else 0.6))
        against += [f"{other} read all of {find.where} too" for other in sorted(habit.others)[:3]]
    if rights.may(who, rights.writers):
        against.append("it may also write to what it reads")
    return _Case(Purpose.SERVING, strongest(facts), tuple(against), often >= ENOUGH_STARTS)


def _training(who: str, models: list[Find], data: list[Find], rights: Rights, habits: Habits) -> _Case:
    facts: list[Fact] = []
    if who in rights.trainers:
        facts.append(Fact(Eye.CONFIGURATION, "jobs of a training service run as it", 0.4))
    reads = [find.where for find in data if find.where in rights.may(who, rights.readers)]
    writes = [find.where for find in models if find.where in rights.may(who, rights.writers)]
    if reads and writes:
        facts.append(Fact(Eye.RIGHTS, f"it may read {reads[0]} and write to {writes[0]}", 0.65))
    elif reads:
        facts.append(Fact(Eye.RIGHTS, f"it may read {reads[0]}", 0.3))
    repeated = [find for find in data if habits.get((who, find.where), Habit()).is_repeated]
    if repeated:
        days = len(habits[who, repeated[0].where].days)
        what = f"it read {repeated[0].where} in bulk on {days} days, about the same hour"
        facts.append(Fact(Eye.LOGS, what, 0.8))
    others = [(find, other) for find in data for other in sorted(habits.get((who, find.where), Habit()).others)]
    against = tuple(f"{other} read {find.where} in bulk too" for find, other in others[:3])
    return _Case(Purpose.TRAINING, strongest(facts), against, bool(repeated))
