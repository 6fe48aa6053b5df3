"""A role's trust says who may become it; of roles that AWS makes and keeps, nobody can change a word."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from stanch.contracts.check import Posture
from stanch.contracts.collector import Place
from stanch.iam import PolicyError, parse
from stanch.iam.binding import firm
from stanch.iam.policy import Statement

_LINKED, _RESERVED = ":role/aws-service-role/", ":role/aws-reserved/"
_CALLERS = ("aws:principalaccount", "aws:principalarn")
FORGOTTEN = timedelta(days=90)
"""How long a credential or a role may lie unused: FSBP's IAM.3 and IAM.8."""


def roles(posture: Posture) -> Iterator[Place]:
    """The roles whose trust is somebody's own to write."""
    return (place for place in permitted(posture) if place.thing.kind == "iam/role" and not is_reserved(place))


def permitted(posture: Posture) -> Iterator[Place]:
    """The users and roles whose permissions are somebody's own to write, as those of a permission set are."""
    return (place for place in posture.of("iam/role", "iam/user") if _LINKED not in place.thing.arn)


def is_reserved(place: Place) -> bool:
    """Whether a role is what Identity Center makes of a permission set."""
    return _RESERVED in place.thing.arn


def grants(place: Place) -> list[tuple[int, Statement]]:
    """What a role's trust allows, with each statement's position; nothing where the trust cannot be read."""
    document = place.thing.data.get("AssumeRolePolicyDocument")
    if not isinstance(document, dict):
        return []
    try:
        policy = parse(document)
    except PolicyError:
        return []
    return [(at, one) for at, one in enumerate(policy.statements) if one.effect == "Allow"]


def trusted(place: Place, kind: str) -> set[str]:
    """The principals of one kind, `AWS`, `Service` or `Federated`, that a trust names."""
    return {one.value for _, grant in grants(place) for one in grant.principals or () if one.kind == kind}


def meant(grant: Statement) -> set[str]:
    """The principals of AWS that a statement names: as such, or, where that is a star, by a condition on who calls."""
    named = {one.value for one in grant.principals or () if one.kind == "AWS"}
    if "*" not in named:
        return named
    told = (condition for condition in firm(grant) if condition.key.lower() in _CALLERS)
    return named | {value for condition in told for value in condition.values}


def names_everyone(place: Place) -> bool:
    """Whether a trust lets in a star, or all but some; an identity provider is another matter."""
    return any(grant.not_principals is not None or "*" in meant(grant) for _, grant in grants(place))


def doors(posture: Posture, place: Place) -> list[str]:
    """The networks and endpoints through which everyone gets in, and which are not known to be ours."""
    found = posture.open(place).exposure.unplaced if names_everyone(place) else ()
    return sorted(set(found) - trusted(place, "Federated"))


def conditioned(grant: Statement, *keys: str) -> bool:
    """Whether a statement is held to values of one of these keys, in lower case, that are not all wild."""
    return any(
        condition.key.lower().startswith(keys) and all(value.strip("*?") for value in condition.values)
        for condition in firm(grant)
    )


def instant(text: object) -> datetime | None:
    """A time as the snapshot or the credential report writes it; None for `N/A` and its like."""
    if isinstance(text, datetime):
        return text
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else None
