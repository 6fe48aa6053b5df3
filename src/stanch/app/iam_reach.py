"""Who gets to a target, from a file of facts."""

from datetime import datetime

from stanch.app.iam_facts import organization_at
from stanch.iam.escalation import Reached, UnknownTarget, reach
from stanch.iam.reading import Missing


def who_reaches(
    target: str, path: str, missing: Missing = "error", *, start: str | None, most: int, moment: datetime
) -> list[Reached]:
    """Every principal of the file that gets to the target, or only `start`; `most` ways each.

    Raises FactsError when the file is none, UnknownTarget for a target or a start that is nobody in it.
    """
    organization = organization_at(path, missing)
    if start is not None and organization.identity(start) is None:
        raise UnknownTarget(f"{start} is no user or role in {path}; give its whole ARN, with its path")
    return list(reach(organization, target, start=start, most=most, moment=moment))
