"""Who pays for a model knows that it is on; who stole the key tries, region by region, and asks whether he is watched.

Reads: model calls of one principal, beside its questions about models, within two hours.
Blind to: prompts; an application whose own key is used at its own pace.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._questions import asked_by_hand, by_session, windows
from stanch.contracts.behaviour import HOUR, About, Cell, History, Sighting, Whose
from stanch.domain.baseline import day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="Models called by who first asked whether that is possible and logged",
    severity=Severity.MEDIUM,
    confidence=0.5,
    techniques=(
        Technique("attack", "T1496", "19"),
        Technique("atlas", "AML.T0034", "5.6"),
    ),
    playbook="stolen_user_key",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one session within two hours."""

    regions: int = 4
    """Regions in which models were called or listed that are a search by themselves."""
    usual_days: int = 3
    """Days with such calls that make them the caller's work."""
    window: int = 2 * HOUR
    """Seconds."""


LIMITS = Limits()
_CALLS = frozenset({"Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"})
_PROBES = frozenset(
    {
        "CreateFoundationModelAgreement", "GetFoundationModelAvailability", "GetModelInvocationLoggingConfiguration",
        "GetUseCaseForModelAccess", "ListFoundationModelAgreementOffers", "PutFoundationModelEntitlement",
        "PutUseCaseForModelAccess",
    }
)  # fmt: skip


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield the first session that called models after asking about them, or in many regions."""
    cells = [cell for cell in history.cells if cell.source.startswith("bedrock") and _by_hand(cell, history)]
    if len({day_of(cell.start) for cell in cells if cell.name in _CALLS}) > limits.usual_days:
        return
    for of_session in by_session(cells).values():
        for window in windows(of_session, limits.window):
            why = _why(window, limits)
            if why:
                yield Sighting(tuple(window), why)
                return


def _by_hand(cell: Cell, history: History) -> bool:
    return not cell.console and asked_by_hand(cell, history)


def _why(cells: Sequence[Cell], limits: Limits) -> str:
    called = [cell for cell in cells if cell.name in _CALLS]
    regions = {cell.region for cell in called}
    probes = {cell.name for cell in cells if cell.name in _PROBES}
    if not called:
        return ""
    if len(regions) >= limits.regions:
        return f"models called in {len(regions)} regions within two hours"
    return f"models called by who also asked {', '.join(sorted(probes))}" if probes else ""
