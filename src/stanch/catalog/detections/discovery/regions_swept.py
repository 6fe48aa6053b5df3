"""Most accounts live in one region; who does not know which, asks in each.

Reads: the regions in which one session asked the same kind of question within an hour.
Blind to: one region after the other over days.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._questions import asked_by_hand, by_host, by_user_key, widest
from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="The same questions asked in region after region",
    severity=Severity.MEDIUM,
    confidence=0.5,
    techniques=(
        Technique("attack", "T1580", "19"),
        Technique("attack", "T1526", "19"),
    ),
    playbook="stolen_user_key",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one session within one hour."""

    regions: int = 5
    """Regions in which resources, limits or models were asked for."""
    regular_days: int = 3
    """Days with such a sweep from which on it is the caller's work, as an inventory's, and told low."""


LIMITS = Limits()
_ASKED = frozenset(
    {
        "DescribeInstances", "DescribeInstanceTypes", "DescribeImages", "DescribeSnapshots", "DescribeVolumes",
        "DescribeVpcs", "DescribeSecurityGroups", "DescribeKeyPairs", "DescribeAvailabilityZones",
        "DescribeAccountAttributes", "DescribeDBInstances", "DescribeDBSnapshots", "ListSecrets",
        "ListFunctions20150331", "ListClusters", "ListFoundationModels", "GetModelInvocationLoggingConfiguration",
        "InvokeModel", "Converse", "GetServiceQuota", "ListServiceQuotas", "GetSendQuota", "BatchGetSecretValue",
    }
)  # fmt: skip


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield the widest sweep of a user's key or a host."""
    asked = [cell for cell in history.cells if _asks(cell, history)]
    found = widest(asked, limits.regions, _regions)
    if found:
        cells, days = found
        severity = Severity.LOW if days >= limits.regular_days else None
        yield Sighting(tuple(cells), f"{_regions(cells)} regions asked within an hour", severity=severity)


def _asks(cell: Cell, history: History) -> bool:
    return cell.name in _ASKED and (by_user_key(cell) or by_host(cell)) and asked_by_hand(cell, history)


def _regions(cells: Sequence[Cell]) -> int:
    return len({cell.region for cell in cells})
