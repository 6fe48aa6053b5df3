"""A wrong configuration file is told whole: every problem with its line and remedy, not only the first."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in an estate file. `line` counts from 1; 0 means the file as a whole."""

    path: str
    line: int
    where: str
    what: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return ": ".join(part for part in (place, self.where, self.what) if part)


class EstateError(Exception):
    """The estate file cannot be used; `problems` is never empty and `str()` gives one line each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
