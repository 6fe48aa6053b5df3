"""People put passwords where programs are described: in functions, tasks, builds, templates, startup scripts.

Reads: the distinct calls of one session within an hour that show settings.
Blind to: settings shown in the console, and what the principal asks on other days too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._questions import asked_by_hand, widest
from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
from stanch.domain.baseline import day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="Settings of several services searched, as for passwords",
    severity=Severity.MEDIUM,
    confidence=0.4,
    techniques=(
        Technique("attack", "T1552.001", "19"),
        Technique("attack", "T1552.005", "19"),
    ),
    playbook="stolen_user_key",
    by_hand="rotate the passwords that the settings held",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one session within one hour."""

    places: int = 4
    """Distinct kinds of settings that were read."""
    usual_days: int = 2
    """Days on which the principal reads one of them that make it usual, as for deployment."""


LIMITS = Limits()
_SHOWS = frozenset(
    {
        "BatchGetProjects", "DescribeConfigurationSettings", "DescribeInstanceAttribute", "DescribeJobDefinitions",
        "DescribeLaunchConfigurations", "DescribeLaunchTemplateVersions", "DescribeNotebookInstanceLifecycleConfig",
        "DescribeTaskDefinition", "GetApiKeys", "GetApp", "GetConnections", "GetConsoleOutput", "GetJobs",
        "GetParametersByPath", "GetPipeline", "GetTemplate", "ListApps", "DescribeDocument", "GetDocument",
    }
)  # fmt: skip
_FUNCTIONS = ("GetFunction20150331", "GetFunctionConfiguration20150331")


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield the session that read most kinds of settings which its principal does not usually read."""
    asked = [cell for cell in history.cells if _shows(cell) and _by_hand(cell, history)]
    days: dict[str, set[int]] = {}
    for cell in asked:
        days.setdefault(cell.name, set()).add(day_of(cell.start))
    found = widest([cell for cell in asked if len(days[cell.name]) <= limits.usual_days], limits.places, _places)
    if found:
        cells, _ = found
        yield Sighting(tuple(cells), f"{_places(cells)} kinds of settings read within an hour")


def _shows(cell: Cell) -> bool:
    return cell.name in _SHOWS or cell.name.startswith(_FUNCTIONS)


def _by_hand(cell: Cell, history: History) -> bool:
    return not cell.console and asked_by_hand(cell, history)


def _places(cells: Sequence[Cell]) -> int:
    return len({(cell.source, cell.name) for cell in cells})
