"""Every check is asked once about the whole estate; one that breaks is told, and stops no other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from stanch.contracts.check import Check, Judged, Posture, Unjudgeable
from stanch.domain.coverage import Failure
from stanch.domain.finding import AssetRef
from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling, Verdict
from stanch.engine.posture.weight import weighed

_ORDER = {Ruling.FAIL: 0, Ruling.UNKNOWN: 1, Ruling.PASS: 2}


@dataclass(frozen=True, slots=True)
class Asked:
    """A check with its id."""

    id: str
    check: Check


def judged(
    checks: Iterable[Asked], posture: Posture, on_check: Callable[[str], None] = lambda _: None
) -> tuple[list[Verdict], list[Failure]]:
    """All verdicts, the gravest failure first, and the checks that broke, with why."""
    verdicts: list[Verdict] = []
    broken: list[Failure] = []
    for asked in checks:
        try:
            verdicts += _verdicts(asked, posture)
        except Unjudgeable as error:
            broken.append(Failure(asked.id, str(error)))
        except Exception as error:  # noqa: BLE001 - a check may raise anything; it becomes a line that names it
            broken.append(Failure(asked.id, f"a defect of stanch: {type(error).__name__}: {error}"))
        on_check(asked.id)
    verdicts.sort(key=lambda one: (_ORDER[one.ruling], -one.severity, one.row, one.check, one.account, one.resource))
    return verdicts, broken


def _verdicts(asked: Asked, posture: Posture) -> Iterator[Verdict]:
    about = asked.check.ABOUT
    for one in asked.check.judge(posture):
        yield Verdict(
            check=asked.id,
            title=about.title,
            resource=one.resource,
            account=one.account,
            region=one.region,
            ruling=one.ruling,
            severity=_severity(one, about.severity, posture),
            why=one.why,
            row=about.row,
            assets=tuple(AssetRef(asset.name, asset.kind.value, one.resource) for asset in one.assets),
            evidence=one.evidence,
            way=one.way,
            remedy=one.remedy,
            controls=about.controls,
        )


def _severity(one: Judged, usual: Severity, posture: Posture) -> Severity:
    """A pass weighs nothing; a hole weighs what lies behind it."""
    if one.ruling is Ruling.PASS:
        return Severity.INFORMATIONAL
    return weighed(one.severity if one.severity is not None else usual, one.assets, posture.estate)
