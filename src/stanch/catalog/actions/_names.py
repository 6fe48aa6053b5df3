"""What stanch makes in an account says by its name which incident it belongs to."""

import hashlib
import re

_LONGEST = 24


def short(incident: str) -> str:
    """The incident's id in letters and digits only, at most 24, fit for a Sid, a policy name or a group name."""
    bare = re.sub(r"[^A-Za-z0-9]", "", incident)
    if bare and len(bare) <= _LONGEST:
        return bare
    return bare[: _LONGEST - 8] + hashlib.sha256(incident.encode()).hexdigest()[:8]
