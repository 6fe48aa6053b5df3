"""What containment breaks besides the intruder is said before it acts; what nobody looked at is never called low."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from stanch.contracts.action import Action, Affects
from stanch.domain.arn import ArnError, pathless, role_of_session
from stanch.domain.estate import Estate, Purpose
from stanch.domain.step import Collateral, Step

UNKNOWN = "who else uses it was not looked for"
_ALSO = "also used by "
_NOBODY = "nobody else was seen using it: "
_SEEN = "its users are known from "
_NOT_KNOWN = "who else uses it is not known: "
_DEPENDS = "depends on it, though not seen using it: "
_DOUBT = "what else depends on it is not known: "
_OF_OTHERS = (UNKNOWN, _ALSO, _NOBODY, _SEEN, _NOT_KNOWN, _DEPENDS, _DOUBT)
_CROWD = 5
"""So many others using one resource are a crowd."""
_NAMED = 10
"""Users, and dependents, that a plan names; the rest it counts."""

Users = Mapping[str, Sequence[str]]
"""For each ARN that was looked for, in words, who else used it; `ARN from address (n calls)`."""


@dataclass(frozen=True, slots=True)
class Dependent:
    """Something of the estate that depends on a resource, whether or not it was seen using it.

    `how` says it in words; `declared` that stanch.toml gives it work to do.
    """

    who: str
    how: str
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of those who use one resource.

    `users` are others who were seen using it, None where nobody looked or nothing tells. `looked` says where they were
    looked for and how far back, or why it is not known. `doubt` says why there may be more `dependents`, "" if not.
    """

    users: Sequence[str] | None = None
    looked: str = ""
    dependents: Sequence[Dependent] = ()
    doubt: str = ""


class Around(Protocol):
    """What is known of those around the incident; asked only for what others can lose, for an answer may be dear."""

    def known(self, names: Sequence[str]) -> Known:
        """Of the users of the resource that has these names."""

    def rules(self, identity: str) -> bool:
        """Whether a user or role, by its ARN, is an administrator; False where that is not known."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known where nobody but the logs was asked: who used what; None means that nobody looked."""

    users: Users | None = None

    def known(self, names: Sequence[str]) -> Known:
        """See `Around`; a resource that was not looked for has users whom nobody knows."""
        users = self.users if self.users is not None else {}
        found = [users[name] for name in names if name in users]
        return Known(next(filter(None, found), ()) if found else None)

    def rules(self, identity: str) -> bool:
        """See `Around`; logs do not tell."""
        return False


def weighed(step: Step, action: Action, own: Collateral | None, known: Callable[[], Known], estate: Estate) -> Step:
    """The step with its collateral, and in `breaks` who else uses the resource and what depends on it.

    `own` is what the action itself knows better: a host whose Auto Scaling group replaces it is no loss.
    """
    if action.AFFECTS is not Affects.USERS:
        return _with(step, (), own or _HARMLESS[action.AFFECTS])
    about = known()
    users = None if about.users is None else [user for user in about.users if not _itself(user, step.resource)]
    idle = _unseen(about.dependents, users or ())
    told = [*_told_of_users(users, about.looked, quiet=own is not None)]
    told += _first([f"{_DEPENDS}{one.who} {one.how}" for one in idle], _DEPENDS)
    told += [f"{_DOUBT}{about.doubt}"] if about.doubt else []
    level = max(_level(step, users, estate), _level_of(idle, users), key=lambda one: one.rank)
    return _with(step, told, own or level)


def about_others(line: str) -> bool:
    """Whether a line of `breaks` says who else uses or needs the resource."""
    return line.startswith(_OF_OTHERS)


_HARMLESS = {Affects.NOBODY: Collateral.NONE, Affects.STRANGERS: Collateral.LOW}


def _told_of_users(users: Sequence[str] | None, looked: str, *, quiet: bool) -> Iterator[str]:
    if users is None:
        if looked or not quiet:
            yield f"{_NOT_KNOWN}{looked}" if looked else UNKNOWN
        return
    yield from _first([f"{_ALSO}{user}" for user in users], _ALSO)
    if looked:
        yield f"{_SEEN if users else _NOBODY}{looked}"


def _first(lines: Sequence[str], of: str) -> Iterator[str]:
    """The first lines, and how many more there are."""
    yield from lines[:_NAMED]
    if len(lines) > _NAMED:
        yield f"{of}{len(lines) - _NAMED} more"


def _level(step: Step, users: Sequence[str] | None, estate: Estate) -> Collateral:
    if users is None:
        return Collateral.HIGH if _declared(step.resource, estate) else Collateral.MEDIUM
    if not users:
        return Collateral.LOW
    at_work = any(_declared(_caller(user), estate) for user in users)
    return Collateral.HIGH if at_work or len(users) >= _CROWD else Collateral.MEDIUM


def _level_of(idle: Sequence[Dependent], users: Sequence[str] | None) -> Collateral:
    """What may need it and was not seen weighs less than what was, unless nobody looked."""
    if not idle:
        return Collateral.LOW
    unwatched = users is None and any(one.declared for one in idle)
    return Collateral.HIGH if unwatched or len(idle) >= _CROWD else Collateral.MEDIUM


def _unseen(dependents: Iterable[Dependent], users: Iterable[str]) -> list[Dependent]:
    """The dependents that are none of those who were seen."""
    callers = [_caller(user) for user in users]
    seen = {*callers, *filter(None, map(role_of_session, callers))}
    sessions = {caller.rpartition("/")[2] for caller in callers if role_of_session(caller)}
    unseen = (one for one in dependents if not {one.who, pathless(one.who)} & seen)
    return [one for one in unseen if re.split("[/:]", one.who)[-1] not in sessions]


def _itself(user: str, resource: str) -> bool:
    """Whether the user is the host itself, whose session bears its id: a host in a thief's hands is no loss."""
    host = resource.rpartition("/")[2]
    return host.startswith("i-") and _caller(user).endswith(f"/{host}")


def _declared(arn: str, estate: Estate) -> bool:
    """Whether the estate says that this principal has work to do."""
    try:
        names = (arn, role_of_session(arn) or arn)
    except ArnError:
        return False
    return estate.purpose_of(names) is not Purpose.UNKNOWN


def _caller(user: str) -> str:
    return user.split(" from ", 1)[0]


def _with(step: Step, told: Iterable[str], level: Collateral) -> Step:
    kept = tuple(line for line in step.breaks if not about_others(line))
    return replace(step, breaks=(*kept, *told), collateral=level)
