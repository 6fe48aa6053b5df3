"""A responder that contains itself can neither go on nor undo: its own role or user is never its target.

STS drops a role's path from its sessions, and IAM's names are unique whatever their path and case: so the name decides.
"""

from stanch.contracts.action import Refused
from stanch.domain.arn import Arn, ArnError, role_of_session


def is_own(principal: str, *responders: str) -> bool:
    """Whether an IAM role or user is one of those that stanch acts as.

    A federated user is bound by the policies of the user that opened its session, and its ARN does not say which: then
    every user of the account may be the one.
    """
    return any(_same(principal, responder) for responder in responders)


def refuse_own(principal: str, *responders: str) -> None:
    """Raises Refused for the role or user stanch acts as."""
    if is_own(principal, *responders):
        raise Refused(f"{principal} is the {Arn.parse(principal).kind} stanch acts as: contain it from another one")


def refuse_own_place(place: Arn, *responders: str) -> None:
    """Raises Refused for the host, function or task stanch acts from: whoever goes dark half-way finishes nothing.

    AWS names the session that it opens for an instance, a function or a task after it.
    """
    kind = {"instance": "host"}.get(place.kind, place.kind)
    for responder in responders:
        if role_of_session(responder) is None:
            continue
        own = Arn.parse(responder)
        if (own.account, own.resource.rpartition("/")[2]) == (place.account, place.name):
            raise Refused(f"{place.name} is the {kind} stanch acts from: contain it from another one")


def own_role(responder: str) -> str | None:
    """The name of the role that the responder acts as; None for a user, a federated user or the root user."""
    try:
        arn = Arn.parse(role_of_session(responder) or responder)
    except ArnError:
        return None
    return arn.name if arn.service == "iam" and arn.kind == "role" else None


def _same(principal: str, responder: str) -> bool:
    try:
        its, own = Arn.parse(principal), Arn.parse(role_of_session(responder) or responder)
    except ArnError:
        return False
    if its.account != own.account:
        return False
    if own.kind == "federated-user":
        return its.kind == "user"
    return (its.kind, its.name.casefold()) == (own.kind, own.name.casefold())
