"""Each step adds its own statement to a policy, known by its Sid, and sees the policy as if the others' were not there.

Two steps on one bucket can then be proven and undone in any order. Only a Deny is passed over: whatever an intruder
names, nothing that opens the bucket is.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from stanch.catalog.actions._document import same, written
from stanch.iam import Policy, PolicyError, Statement, parse

LARGEST = 20 * 1024
"""Bytes: the most that S3 takes as the policy of a bucket or an access point."""

_MARK = "Stanch"

Raw = Mapping[str, Any]
"""One statement as JSON."""


def apart(text: str | None, own: Collection[str] = ()) -> tuple[str | None, list[Raw]]:
    """The policy without what other steps of stanch added, and what they added; `own` are the Sids of this step.

    The text comes back as it is where nobody else added anything, and where it is no policy.
    """
    policy = _read(text)
    others = [s for s in policy.statements if _marked(s) and s.sid not in own] if policy else []
    if policy is None or not others:
        return text, []
    rest = [s.raw for s in policy.statements if s not in others]
    return (written(rest, policy) if rest else None), [s.raw for s in others]


def together(text: str | None, others: Sequence[Raw]) -> str | None:
    """The policy with what other steps of stanch added at its end."""
    if not others:
        return text
    policy = parse(text) if text is not None else None
    return written([*(s.raw for s in (policy.statements if policy else ())), *others], policy)


def own(text: str | None, sids: Collection[str]) -> list[Raw]:
    """The statements with these Sids, in their order."""
    policy = _read(text)
    return [dict(s.raw) for s in policy.statements if s.sid in sids] if policy else []


def replaced(text: str | None, sids: Collection[str], by: Sequence[Raw], first: str | None = None) -> str | None:
    """The policy with `by` at its end in the place of the statements with these Sids; None when none are left.

    Where this comes to the same as `first`, it is that text, byte for byte. Raises PolicyError for what is no policy.
    """
    policy = parse(text) if text is not None else None
    statements = [*(s.raw for s in (policy.statements if policy else ()) if s.sid not in sids), *by]
    changed = written(statements, policy) if statements else None
    return first if same(changed, first) else changed


def size(text: str | None) -> int:
    """Bytes of a policy as S3 counts them against LARGEST."""
    return len((text or "").encode())


def _marked(statement: Statement) -> bool:
    return statement.effect == "Deny" and (statement.sid or "").startswith(_MARK)


def _read(text: str | None) -> Policy | None:
    try:
        return parse(text) if text is not None else None
    except PolicyError:
        return None
