"""What containment breaks besides the intruder is said before it acts; what nobody looked at is never called low."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from stanch.contracts.action import Action, Affects
from stanch.domain.arn import ArnError, role_of_session
from stanch.domain.estate import Estate, Purpose
from stanch.domain.step import Collateral, Step

ALSO = "also used by "
"""How a line of `breaks` begins that says who else uses the resource."""
UNKNOWN = "who else uses it was not looked for"
_CROWD = 5
"""So many others using one resource are a crowd."""

Users = Mapping[str, Sequence[str]]
"""For each ARN that was looked for, in words, who else used it; `ARN from address (n calls)`.

Only roles, users, buckets and hosts are looked for; nobody knows who calls a function.
"""


def users_of(users: Users | None, *names: str) -> Sequence[str] | None:
    """Who else used the resource that has these names; None where it was not looked for."""
    found = [users[name] for name in names if name in users] if users is not None else []
    return next(filter(None, found), ()) if found else None


def weighed(step: Step, action: Action, own: Collateral | None, users: Sequence[str] | None, estate: Estate) -> Step:
    """The step with its collateral, and in `breaks` who else uses the resource.

    `own` is what the action itself knows better: a host whose Auto Scaling group replaces it is no loss.
    """
    if action.AFFECTS is not Affects.USERS:
        return _with(step, (), own or _HARMLESS[action.AFFECTS])
    others = None if users is None else [user for user in users if not _itself(user, step.resource)]
    told = tuple(f"{ALSO}{user}" for user in others or ())
    told += (UNKNOWN,) if others is None and own is None else ()
    return _with(step, told, own or _level(step, others, estate))


_HARMLESS = {Affects.NOBODY: Collateral.NONE, Affects.STRANGERS: Collateral.LOW}


def _level(step: Step, users: Sequence[str] | None, estate: Estate) -> Collateral:
    if users is None:
        return Collateral.HIGH if _declared(step.resource, estate) else Collateral.MEDIUM
    if not users:
        return Collateral.LOW
    at_work = any(_declared(_caller(user), estate) for user in users)
    return Collateral.HIGH if at_work or len(users) >= _CROWD else Collateral.MEDIUM


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


def _with(step: Step, told: tuple[str, ...], level: Collateral) -> Step:
    kept = tuple(line for line in step.breaks if not line.startswith(ALSO) and line != UNKNOWN)
    return replace(step, breaks=(*kept, *told), collateral=level)
