"""A step is measured in a process of its own: nothing that another left in memory makes it quicker, or larger."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.memory import Peak

LOOK_EVERY = 0.02
"""Seconds between two looks at the memory of a step."""

Told = dict[str, Any]


class Missing(Exception):
    """What a step needs is not on this machine: one line that says what."""


class Broken(Exception):
    """A step failed: its last words."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a step told of itself, and the peak megabytes of its processes together; None where not known."""

    told: Told
    peak: float | None

    @property
    def rate(self) -> float:
        """Events a second."""
        return float(self.told["events"] / self.told["seconds"])


def alone(step: Callable[..., Told], *arguments: str | int | bool | None) -> Run:
    """Run a module's function by itself. Raises Missing as the step does, and Broken for whatever else it raises."""
    command = [sys.executable, "-m", "benchmarks.step", step.__module__, step.__name__, json.dumps(arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as child:
        try:
            said, peak = _attended(child)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            raise
    if child.returncode:
        raise Broken(f"{step.__module__}.{step.__name__} ended with {child.returncode}; what it said is above")
    told = json.loads(said)
    if "missing" in told:
        raise Missing(told["missing"])
    return Run(told, peak)


def _attended(child: "subprocess.Popen[str]") -> tuple[str, float | None]:
    peak = Peak(child.pid)
    while True:
        peak.look()
        try:
            said, _ = child.communicate(timeout=LOOK_EVERY)
        except subprocess.TimeoutExpired:
            continue
        return said, peak.megabytes
