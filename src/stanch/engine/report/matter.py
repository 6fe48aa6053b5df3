"""A notification rests on what is known of one incident at one time, in one place, with the blanks it leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from stanch.domain.coverage import Coverage
from stanch.domain.estate import Asset, Estate
from stanch.domain.incident import Evidence, Incident
from stanch.domain.regime import Awareness, Deadline, Regime
from stanch.domain.step import Step, StepState
from stanch.engine.clocks import in_force
from stanch.engine.report.phrase import Blank


@dataclass(frozen=True)
class Matter:
    """Everything a report is made from. `now` is when it is drafted; all times are aware.

    `submitted` holds when each stage was filed. `detected_at` is when stanch first said so; without it the conservative
    bound counts from the first event. `coverage` is that of the search that found the incident. `head` is where the
    journal's hash chain ends now, in words: whoever cuts its end afterwards is shown by this.
    """

    incident: Incident
    steps: Sequence[Step]
    history: Sequence[Step]
    regime: Regime
    deadlines: Sequence[Deadline]
    awareness: Sequence[Awareness]
    estate: Estate
    evidence: Sequence[Evidence]
    now: datetime
    submitted: Mapping[str, datetime] = field(default_factory=dict)
    detected_at: datetime | None = None
    coverage: Coverage | None = None
    head: str | None = None
    blanks: list[Blank] = field(default_factory=list)

    def blank(self, what: str) -> Blank:
        """Mark something that a person must fill; numbered in the order of asking."""
        self.blanks.append(Blank(len(self.blanks) + 1, what))
        return self.blanks[-1]

    @cached_property
    def zone(self) -> ZoneInfo:
        """The authority's time zone."""
        return ZoneInfo(self.estate.reporting.authority_timezone)

    @cached_property
    def aware(self) -> Awareness | None:
        """The decision that holds."""
        return in_force(self.awareness)

    @cached_property
    def touched(self) -> tuple[Asset, ...]:
        """The estate's assets that the incident names, each once."""
        names = dict.fromkeys(ref.name for ref in self.incident.assets)
        return tuple(asset for name in names if (asset := self.estate.asset_named(name)))

    @cached_property
    def personal(self) -> tuple[Asset, ...]:
        """Those of them that hold personal data."""
        return tuple(asset for asset in self.touched if asset.personal_data)

    def at_most(self, what: str) -> int | None:
        """The upper bound of `persons` or `records`: the incident's own, else the sum over the touched assets."""
        known: int | None = getattr(self.incident.left, what)
        if known is not None:
            return known
        counts = [getattr(asset.personal_data, what) for asset in self.personal]
        return sum(counts) if counts and None not in counts else None

    def in_state(self, *states: StepState) -> list[Step]:
        """The steps in one of these states, in the order they were planned."""
        return [step for step in self.steps if step.state in states]

    @cached_property
    def contained_at(self) -> datetime | None:
        """When the last step was verified, if each that was not left out was at some time; some may be undone since."""
        verified = {row.key: row.at for row in (*self.history, *self.steps) if row.state is StepState.VERIFIED}
        asked = [step for step in self.steps if step.state is not StepState.SKIPPED]
        times = [at for step in asked if (at := verified.get(step.key))]
        failed = self.in_state(StepState.FAILED, StepState.PLANNED, StepState.APPLIED)
        return max(times) if times and not failed and len(times) == len(asked) else None
