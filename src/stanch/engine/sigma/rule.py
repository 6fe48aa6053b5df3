"""A rule as the engine holds it: what it says of itself, which log it reads, and the condition or the correlation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from stanch.contracts.detection import Detection
from stanch.engine.sigma.tree import Node, Order


class RuleError(ValueError):
    """A rule that cannot be used: one line with the file, what is wrong in it, and the remedy."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """The log a rule is written for, in Sigma's words; None where the rule does not say."""

    category: str | None = None
    product: str | None = None
    service: str | None = None


class Kind(StrEnum):
    """What a correlation measures in each window of a group."""

    EVENT_COUNT = "event_count"  # events
    VALUE_COUNT = "value_count"  # distinct values of a field
    VALUE_SUM = "value_sum"  # the sum of a field
    VALUE_AVG = "value_avg"  # the mean of a field
    VALUE_MEDIAN = "value_median"  # the median of a field
    VALUE_PERCENTILE = "value_percentile"  # a percentile of a field
    TEMPORAL = "temporal"  # base rules that matched, in any order
    TEMPORAL_ORDERED = "temporal_ordered"  # all base rules, one after the other


@dataclass(frozen=True, slots=True)
class Bound:
    """A measure must stand in this order to the threshold."""

    order: Order
    threshold: int | float


@dataclass(frozen=True, slots=True)
class Correlation:
    """What a correlation asks of the events that its base rules match.

    `steps` maps the id of each base rule to its place in an ordered correlation; alternatives share a place. A base may
    itself be a correlation. A window fires when its measure is within all `bounds`, or when the `wanted` expression
    holds, in which `Present(base id)` says that the base matched in the window. `group_by` and `measured` are field
    names, and `aliases[name][base id]` is what such a name stands for in the events of one base. `percentile` is 0 to
    100.
    """

    kind: Kind
    steps: Mapping[str, int]
    timespan: timedelta
    bounds: tuple[Bound, ...]
    wanted: Node | None = None
    group_by: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    percentile: int = 50
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def bases(self) -> tuple[str, ...]:
        """The ids of the base rules, in the order the correlation names them."""
        return tuple(self.steps)

    @property
    def orderly(self) -> bool:
        """Whether the base rules must match one after the other."""
        return self.kind is Kind.TEMPORAL_ORDERED

    def field_of(self, name: str, base: str) -> str:
        """The field that `name` means in an event of this base rule."""
        return self.aliases.get(name, {}).get(base, name)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule: a condition on single events, or a correlation of the events of others; never both.

    `generates` says whether a match is a finding of its own: the bases of a correlation are none unless it says
    `generate: true`.
    """

    detection: Detection
    logsource: LogSource
    condition: Node | None = None
    correlation: Correlation | None = None
    generates: bool = True

    @property
    def id(self) -> str:
        """The path-id of the file; of a base rule, with `#` and the base's name."""
        return self.detection.id
