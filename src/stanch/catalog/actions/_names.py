"""A step acts on what its ARN names; what stanch makes beside it says by its name which incident it belongs to."""

import hashlib
import re

from stanch.domain.arn import Arn
from stanch.domain.step import Step

_LONGEST = 24


def short(incident: str) -> str:
    """The incident's id in letters and digits only, at most 24, fit for a Sid, a policy name or a group name."""
    bare = re.sub(r"[^A-Za-z0-9]", "", incident)
    if bare and len(bare) <= _LONGEST:
        return bare
    return bare[: _LONGEST - 8] + hashlib.sha256(incident.encode()).hexdigest()[:8]


def name_of(step: Step) -> str:
    """The bare name of a step's resource, as most APIs want it: `i-0abc`, `app` for arn:...:role/path/app."""
    return Arn.parse(step.resource).name
