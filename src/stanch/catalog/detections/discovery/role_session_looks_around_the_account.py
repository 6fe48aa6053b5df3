"""A program knows its account; who holds its session and does not, asks who he is and what is there.

Reads: the distinct account-wide questions of one role session within an hour.
Blind to: questions that the principal asks on other days too; the console.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._questions import asked_by_hand, by_role, widest
from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
from stanch.domain.baseline import day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A role's session asks whose account this is and what is in it",
    severity=Severity.MEDIUM,
    confidence=0.5,
    techniques=(
        Technique("attack", "T1087.004", "19"),
        Technique("attack", "T1069.003", "19"),
        Technique("attack", "T1580", "19"),
    ),
    playbook="stolen_role_session",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one session within one hour."""

    questions: int = 5
    """Distinct account-wide questions beside the first, "who am I"."""
    usual_days: int = 2
    """Other days on which the principal asks one of them that make it usual."""


LIMITS = Limits()
_WHO_AM_I = "GetCallerIdentity"
_ACCOUNT_WIDE = frozenset(
    {
        "DescribeOrganization", "DescribeSnapshots", "DescribeTrails", "GenerateCredentialReport",
        "GetAccountAuthorizationDetails", "GetAccountPasswordPolicy", "GetAccountSummary", "GetCostAndUsage",
        "GetCredentialReport", "GetSendQuota", "ListAccessKeys", "ListAccountAliases", "ListAccounts",
        "ListAttachedRolePolicies", "ListAttachedUserPolicies", "ListBuckets", "ListDetectors",
        "ListFoundationModels", "ListFunctions20150331", "ListGroups", "ListGroupsForUser", "ListKeys",
        "ListMFADevices", "ListOpenIDConnectProviders", "ListPolicies", "ListRolePolicies", "ListRoles",
        "ListSAMLProviders", "ListSecrets", "ListTables", "ListUserPolicies", "ListUsers", "LookupEvents",
        "SimulatePrincipalPolicy",
    }
)  # fmt: skip


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield the session that asked most, "who am I" among it, of what its principal does not usually ask."""
    asked = [cell for cell in history.cells if _asks(cell, history)]
    days: dict[str, set[int]] = {}
    for cell in asked:
        days.setdefault(cell.name, set()).add(day_of(cell.start))
    fresh = [cell for cell in asked if cell.name == _WHO_AM_I or len(days[cell.name]) <= limits.usual_days]
    found = widest(fresh, limits.questions, _questions)
    if found:
        cells, _ = found
        yield Sighting(tuple(cells), f"asked who it is, and {_questions(cells)} other questions of the whole account")


def _asks(cell: Cell, history: History) -> bool:
    return (cell.name == _WHO_AM_I or cell.name in _ACCOUNT_WIDE) and by_role(cell) and asked_by_hand(cell, history)


def _questions(cells: Sequence[Cell]) -> int:
    names = {cell.name for cell in cells}
    return len(names) - 1 if _WHO_AM_I in names else 0
