"""A long reading says how far it is: files of all files, events a second, time left; who reads a pipe is spared it."""

from datetime import timedelta
from math import ceil
from time import perf_counter
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from stanch.cli.face import Face


class Bar:
    """A bar on the terminal, from `expect` on with figures; nothing where people's output is no terminal."""

    def __init__(self, face: Face, first: str) -> None:
        """`first` is what is done before it is known how many files there are."""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            _Left(Column(no_wrap=True)),
            console=face.err,
            transient=True,
            disable=not face.err.is_terminal,
        )
        self._task = self._progress.add_task(first, total=None, told="")
        self._files = 0
        self._began = perf_counter()

    def __enter__(self) -> Self:
        """Draw it."""
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Take it away, whatever ended the reading."""
        self.stop()

    def expect(self, files: int, doing: str) -> None:
        """So many files are read from now on; until the first is done the bar only shows that something goes on."""
        self._files, self._began = files, perf_counter()
        self._progress.reset(self._task, total=None, description=doing, told=f"0/{files:,} files")

    def move(self, files: int, events: int, then: str = "") -> None:
        """So many files and events are read in all; `then` is what is done after the last file."""
        done = min(files, self._files)
        rate = events / max(perf_counter() - self._began, 0.001)
        told = f"{done:,}/{self._files:,} files, {rate:,.0f} events/s"
        doing = then if then and done == self._files else None
        self._progress.update(self._task, completed=done, total=self._files, description=doing, told=told)

    def stop(self) -> None:
        """Take it away, so that what is said next stands alone."""
        self._progress.stop()


class _Left(ProgressColumn):
    """The time left in whole seconds; nothing while it cannot be known."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        """As `0:01:30 left`."""
        left = None if task.finished else task.time_remaining
        return Text("" if left is None else f"{timedelta(seconds=ceil(left))} left", style="progress.remaining")
