"""A Deny that covers an Allow leaves nothing of it to those whom it hits."""

from collections.abc import Iterable, Sequence

from stanch.iam.policy import Statement
from stanch.iam.wildcard import match_wildcard

PATTERNS_HEEDED = 256
"""Actions and resources of a policy's denials, taken in order. A bucket policy's 20 KB hold no more that matter; a
hostile document could make the comparison of all with all take minutes."""


def heeded(denials: Iterable[Statement]) -> Sequence[Statement]:
    """The denials to look at. To leave one out errs on the wide side."""
    taken: list[Statement] = []
    left = PATTERNS_HEEDED
    for denial in denials:
        left -= len(denial.actions or ()) + len(denial.resources or ())
        if left >= 0:
            taken.append(denial)
    return taken


def covers(denial: Statement, grant: Statement) -> bool:
    """Tell whether each action and resource of the grant is surely among the denial's. False when in doubt."""
    if denial.not_actions is not None or denial.not_resources is not None:
        return False
    actions = _all_within(grant.actions, denial.actions or (), fold=True)
    return actions and (denial.resources is None or _all_within(grant.resources, denial.resources, fold=False))


def _all_within(inner: Iterable[str] | None, outer: Iterable[str], *, fold: bool) -> bool:
    """Whether every pattern of `inner` (None: everything) lies within one of `outer`.

    A pattern lies within another when the other matches it letter by letter: what its `*` may stand for, the other's
    `*` may too. That holds for `*` alone, so patterns with `?` and `${...}` are left out.
    """
    usable = [pattern for pattern in outer if "?" not in pattern and "${" not in pattern]
    if inner is None:
        return "*" in usable
    return all(any(match_wildcard(wide, one, case_sensitive=not fold) for wide in usable) for one in inner)
