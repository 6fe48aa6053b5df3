"""A selector records an event when each of its fields fits; for all the objects below a prefix it may fit some alone.

CloudTrail User Guide, "Filtering data events by using advanced event selectors", and "Basic event selectors".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from stanch.catalog.checks._things import mappings, texts

_CALLS = "AwsApiCall"


class Cover(IntEnum):
    """How much of what is asked about is recorded."""

    NONE = 0
    SOME = 1
    ALL = 2


@dataclass(frozen=True, slots=True)
class Probe:
    """Events that should be recorded: one call, of one kind of resource, on everything whose ARN begins so.

    `kind` is CloudTrail's `resources.type`, empty for a management event; `whole` is False for one thing by its ARN.
    """

    name: str
    source: str
    read: bool
    kind: str = ""
    arn: str = ""
    whole: bool = True

    @property
    def category(self) -> str:
        """`Data`, or `Management`."""
        return "Data" if self.kind else "Management"


def advanced(selectors: object, probe: Probe) -> Cover:
    """What advanced selectors record of it; each records what fits all its fields."""
    found = [
        min((_field(field, probe) for field in mappings(one.get("FieldSelectors"))), default=Cover.NONE)
        for one in mappings(selectors)
    ]
    return max(found, default=Cover.NONE)


def basic(selectors: object, probe: Probe) -> Cover:
    """What basic selectors record of it."""
    return max((_basic(one, probe) for one in mappings(selectors)), default=Cover.NONE)


def _basic(selector: Mapping[str, Any], probe: Probe) -> Cover:
    kind = selector.get("ReadWriteType", "All")
    if kind not in ("All", "ReadOnly" if probe.read else "WriteOnly"):
        return Cover.NONE
    if not probe.kind:
        excluded = probe.source in texts(selector.get("ExcludeManagementEventSources"))
        return Cover.ALL if selector.get("IncludeManagementEvents") and not excluded else Cover.NONE
    named = [one for one in mappings(selector.get("DataResources")) if one.get("Type") == probe.kind]
    values = [value for one in named for value in texts(one.get("Values"))]
    return max((_starts(probe, [value]) for value in values), default=Cover.NONE)


def _field(selector: Mapping[str, Any], probe: Probe) -> Cover:
    field = str(selector.get("Field"))
    if field == "resources.ARN":
        return min(
            (test(probe, texts(selector[key])) for key, test in _OF_ARNS.items() if key in selector), default=_ALL
        )
    exact = {
        "eventCategory": probe.category,
        "eventName": probe.name,
        "eventSource": probe.source,
        "eventType": _CALLS,
        "readOnly": "true" if probe.read else "false",
        "resources.type": probe.kind,
    }.get(field)
    if exact is None:  # who called, from where: of what is asked about, some calls fit and some do not
        return Cover.SOME
    fits = all(test(exact, texts(selector[key])) for key, test in _OF_TEXTS.items() if key in selector)
    return Cover.ALL if fits else Cover.NONE


_OF_TEXTS: Mapping[str, Callable[[str, Sequence[str]], bool]] = {
    "Equals": lambda value, told: value in told,
    "StartsWith": lambda value, told: value.startswith(tuple(told)),
    "EndsWith": lambda value, told: value.endswith(tuple(told)),
    "NotEquals": lambda value, told: value not in told,
    "NotStartsWith": lambda value, told: not value.startswith(tuple(told)),
    "NotEndsWith": lambda value, told: not value.endswith(tuple(told)),
}
_ALL = Cover.ALL


def _starts(probe: Probe, told: Iterable[str]) -> Cover:
    """How many of the ARNs that begin as the probe's begin as one of these."""
    values = list(told)
    if any(probe.arn.startswith(value) for value in values):
        return Cover.ALL
    inside = probe.whole and any(value.startswith(probe.arn) for value in values)
    return Cover.SOME if inside else Cover.NONE


def _equals(probe: Probe, told: Sequence[str]) -> Cover:
    if not probe.whole:
        return Cover.ALL if probe.arn in told else Cover.NONE
    return Cover.SOME if any(value.startswith(probe.arn) for value in told) else Cover.NONE


def _ends(probe: Probe, told: Sequence[str]) -> Cover:
    if not probe.whole:
        return Cover.ALL if probe.arn.endswith(tuple(told)) else Cover.NONE
    return Cover.SOME


def _not(test: Callable[[Probe, Sequence[str]], Cover]) -> Callable[[Probe, Sequence[str]], Cover]:
    return lambda probe, told: Cover(Cover.ALL - test(probe, told))


_OF_ARNS: Mapping[str, Callable[[Probe, Sequence[str]], Cover]] = {
    "Equals": _equals,
    "StartsWith": _starts,
    "EndsWith": _ends,
    "NotEquals": _not(_equals),
    "NotStartsWith": _not(_starts),
    "NotEndsWith": _not(_ends),
}
