"""The scan as one file for a browser: no script, nothing from elsewhere, and hostile text is inert."""

import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from stanch.domain.coverage import Coverage
from stanch.domain.severity import Severity
from stanch.domain.verdict import Row, Ruling, Verdict
from stanch.engine.report.phrase import visible
from stanch.engine.report.quantities import utc

_MOST_SIMILAR = 50


@dataclass(frozen=True, slots=True)
class Group:
    """Verdicts of one check that are told together; `more` are those that are not listed."""

    first: Verdict
    verdicts: tuple[Verdict, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Tally:
    """One failure point: how many verdicts of each kind."""

    row: Row
    failed: int
    unknown: int
    passed: int
    asked: bool = True

    @property
    def state(self) -> str:
        """What the row as a whole is."""
        return "fail" if self.failed else "unknown" if self.unknown else "pass" if self.passed else "none"


def page(
    verdicts: Sequence[Verdict], coverage: Coverage, made_at: datetime, asked: Collection[Row] = tuple(Row)
) -> str:
    """The whole report as HTML; `asked` are the failure points that were asked about."""
    failed = [one for one in verdicts if one.ruling is Ruling.FAIL]
    counts = [(severity, sum(one.severity is severity for one in failed)) for severity in reversed(Severity)]
    return (
        _environment()
        .get_template("scan.html.j2")
        .render(
            groups=_groups(failed),
            holes=len(failed),
            kinds=len({one.check for one in failed}),
            unknowns=_alike([one for one in verdicts if one.ruling is Ruling.UNKNOWN]),
            unknown=sum(one.ruling is Ruling.UNKNOWN for one in verdicts),
            passed=sum(one.ruling is Ruling.PASS for one in verdicts),
            counts=counts,
            tallies=[_tally(row, verdicts, asked=row in asked) for row in Row],
            coverage=coverage,
            made_at=made_at,
            accounts=sorted({one.account for one in verdicts}),
        )
    )


def _groups(failed: Sequence[Verdict]) -> list[Group]:
    found: dict[tuple[int, str], list[Verdict]] = {}
    for one in failed:
        found.setdefault((-one.severity, one.check), []).append(one)
    groups = []
    for _, same in sorted(found.items()):
        ordered = sorted(same, key=lambda one: (not one.assets, not one.way))
        groups.append(Group(ordered[0], tuple(ordered[:_MOST_SIMILAR]), max(0, len(ordered) - _MOST_SIMILAR)))
    return groups


def _alike(unknowns: Sequence[Verdict]) -> list[Group]:
    """What could not be judged for the same reason, together: a denied permission is one gap on many things."""
    found: dict[tuple[str, str], list[Verdict]] = {}
    for one in unknowns:
        found.setdefault((one.check, one.why), []).append(one)
    return [Group(same[0], tuple(same), len(same) - 1) for same in found.values()]


def _tally(row: Row, verdicts: Sequence[Verdict], *, asked: bool) -> Tally:
    mine = [one.ruling for one in verdicts if one.row is row]
    return Tally(row, mine.count(Ruling.FAIL), mine.count(Ruling.UNKNOWN), mine.count(Ruling.PASS), asked)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("stanch.engine.posture"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda item: visible(item) if type(item) is str else item,
    )
    made.filters |= {"utc": utc, "shell": shlex.join, "seen": _seen, "counted": _counted, "thousands": "{:,}".format}
    return made


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _seen(value: object) -> str:
    """A fact as AWS told it, short enough to read."""
    import json

    said = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return said if len(said) <= 2000 else f"{said[:2000]} ..."
