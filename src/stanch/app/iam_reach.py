"""Who gets to a target, from the facts of an organisation."""

from datetime import datetime

from stanch.app.iam_facts import Facts
from stanch.iam.escalation import Reached, UnknownTarget, reach


def who_reaches(target: str, facts: Facts, *, start: str | None, most: int, moment: datetime) -> list[Reached]:
    """Every principal of the facts that gets to the target, or only `start`; `most` ways each.

    Raises UnknownTarget for a target or a start that is nobody in them.
    """
    organization = facts.organization
    if start is not None and organization.identity(start) is None:
        raise UnknownTarget(f"{start} is no user or role in {facts.where}; give its whole ARN, with its path")
    return list(reach(organization, target, start=start, most=most, moment=moment))
