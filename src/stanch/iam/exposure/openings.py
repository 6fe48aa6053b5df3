"""A grant opens an action on a resource; each denial either closes the very same, or leaves it.

Infinitely many names fit a pattern. One that nobody wrote down stands for all that no denial singles out; those that a
denial exempts (`NotAction`, `NotResource`) are tried by name.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from stanch.iam.exposure.meeting import FRESH, TooLong, instance, meet
from stanch.iam.matching import names_action, names_resource
from stanch.iam.policy import Statement
from stanch.iam.variables import Context, widened
from stanch.iam.wildcard import Token, tokens

_LOOKED_UP = 60_000
"""Pairs of names and patterns compared; a document that wants more is judged as though it denied nothing."""

_About = Callable[[Statement, str], bool]

_ABOUT_OBJECTS = re.compile(
    r"s3:(?!\w*bucket)(\w*object\w*|abortmultipartupload|listmultipartuploadparts)", re.IGNORECASE
)


def closings(grant: Statement, denials: Sequence[Statement], context: Context) -> list[tuple[Statement, ...]]:
    """For each thing that the grant opens, the denials about it; no set that holds another of the answer's.

    context: what is certain of the request, for the variables in resources.
    """
    actions, resources = _actions(grant, denials), _resources(grant, denials, context)
    width = sum(len(d.actions or d.not_actions or ()) + len(d.resources or d.not_resources or ()) for d in denials)
    if (len(actions) + len(resources)) * width > _LOOKED_UP:
        return [()]
    by_action = _grouped(actions, names_action, denials)
    by_resource = _grouped(resources, lambda d, name: names_resource(d, name, context), denials)
    found = {
        one & other
        for one, called in by_action.items()
        for other, placed in by_resource.items()
        if any(_goes_with(action, resource) for action in called for resource in placed)
    }
    least = [group for group in found if not any(other < group for other in found)]
    return [tuple(denials[index] for index in sorted(group)) for group in least]


def _grouped(names: Iterable[str], about: _About, denials: Sequence[Statement]) -> dict[frozenset[int], list[str]]:
    groups: dict[frozenset[int], list[str]] = {}
    for name in names:
        hit = frozenset(index for index, denial in enumerate(denials) if about(denial, name))
        groups.setdefault(hit, []).append(name)
    return groups


def _actions(grant: Statement, denials: Sequence[Statement]) -> list[str]:
    own = [tokens(pattern.lower()) for pattern in grant.actions or ("*",)]
    spared = [tokens(pattern.lower()) for denial in denials for pattern in denial.not_actions or ()]
    return [name for name in _instances(own, spared) if names_action(grant, name)]


def _resources(grant: Statement, denials: Sequence[Statement], context: Context) -> list[str]:
    if grant.resources is None and grant.not_resources is None:
        return [f"arn:{FRESH}"]
    own = [widened(pattern) if grant.variables else tokens(pattern) for pattern in grant.resources or ("*",)]
    spared = [tokens(pattern) for denial in denials for pattern in denial.not_resources or ()]
    found = _instances(own, spared)
    return found if grant.resources is not None else [name for name in found if names_resource(grant, name, context)]


def _instances(own: Sequence[tuple[Token, ...]], spared: Sequence[tuple[Token, ...]]) -> list[str]:
    found = [instance(pattern) for pattern in own]
    if len(own) * len(spared) <= _LOOKED_UP // 100:
        for pattern in own:
            for exempt in spared:
                try:
                    met = meet(pattern, exempt)
                except TooLong:
                    met = None
                if met is not None:
                    found.append(met)
    return list(dict.fromkeys(found))


def _goes_with(action: str, resource: str) -> bool:
    """Whether S3 knows the action on such a resource: what is about objects needs a key."""
    if not action.startswith("s3:") or ":s3:::" not in resource:
        return True
    has_key = "/" in resource or FRESH in resource
    if _ABOUT_OBJECTS.fullmatch(action):
        return has_key
    return "*" in action or FRESH in action or "/" not in resource
