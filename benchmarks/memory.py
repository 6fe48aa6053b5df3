"""What a machine must have for a search: the high-water marks of all its processes, added up.

Each process keeps its own mark, so a short peak is not missed; pages that a fork shares count in each, so the sum is an
upper bound.
"""

from pathlib import Path

_PROC = Path("/proc")


class Peak:
    """The resident memory of a process and of all that it starts, looked at while they live."""

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self._marks: dict[int, int] = {}

    def look(self) -> None:
        """Note the marks as they stand now; a process that has ended keeps its last one."""
        for process in _with_children(self._leader):
            mark = _high_water(process)
            if mark:
                self._marks[process] = max(mark, self._marks.get(process, 0))

    @property
    def megabytes(self) -> float | None:
        """The sum so far; None where the system does not tell, as it does below /proc on Linux."""
        return sum(self._marks.values()) / 1024 if self._marks else None


def _with_children(process: int) -> list[int]:
    found = [process]
    for known in found:
        for thread in _listed(_PROC / str(known) / "task"):
            found += map(int, _text(thread / "children").split())
    return found


def _high_water(process: int) -> int:
    """Kibibytes; 0 when it has ended."""
    for line in _text(_PROC / str(process) / "status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended in between
        return ""
