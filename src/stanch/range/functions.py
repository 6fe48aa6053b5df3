"""A function's code runs in a process of its own, which serves one event at a time and is kept for the next one."""

import io
import json
import selectors
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
LOG_BYTES = 4096
"""As much of the log as Invoke returns."""

ENDING = 5.0
"""Seconds that a process may take to end once it has closed its output."""

_open: "set[Environment]" = set()
_guard = threading.Lock()


def close_all() -> None:
    """End all processes and take their files away: whoever ends at once leaves nothing to be tidied later."""
    with _guard:
        remaining = list(_open)
    for environment in remaining:
        environment.close()


@dataclass(frozen=True)
class Answered:
    """What came of one invocation: the payload as JSON, whether it is an error, and the end of the log."""

    payload: str
    failed: bool
    log: str = ""


class Environment:
    """One process with one function's code, handler and variables."""

    def __init__(self, code: bytes, variables: Mapping[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="stanch-function-")
        with zipfile.ZipFile(io.BytesIO(code)) as package:
            package.extractall(self._folder.name)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it
        self._process = subprocess.Popen(  # noqa: S603 - the interpreter that runs the range
            [sys.executable, "-P", str(BOOTSTRAP)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=self._folder.name,
            env=dict(variables),
        )
        with _guard:
            _open.add(self)

    def invoke(self, event: Any, context: Mapping[str, Any], seconds: float) -> Answered | None:
        """The handler's answer; None where the process ended or did not answer in time: then it is of no more use."""
        process = self._process
        if process.stdin is None or process.stdout is None:
            return None
        try:
            process.stdin.write(json.dumps({"event": event, "context": dict(context)}) + "\n")
            process.stdin.flush()
        except OSError:
            return None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            line = process.stdout.readline() if selector.select(seconds) else None
        if line == "":  # it has closed its end, so it is about to be gone
            process.wait(ENDING)
        if not line:
            return None
        said = json.loads(line)
        return Answered(json.dumps(said.get("answer", said.get("error"))), "error" in said, self.log())

    def log(self) -> str:
        """The end of what the handler printed."""
        end = self._log.seek(0, io.SEEK_END)
        self._log.seek(max(0, end - LOG_BYTES))
        text = self._log.read().decode("utf-8", "replace")
        self._log.seek(0, io.SEEK_END)
        return text

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def close(self) -> None:
        """End the process and take its files away."""
        with _guard:
            _open.discard(self)
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        self._log.close()
        self._folder.cleanup()


class Fleet:
    """The environments of all functions: idle ones are used again, as many run as events come at once."""

    def __init__(self) -> None:
        self._idle: dict[str, list[Environment]] = {}
        self._running: dict[str, int] = {}
        self._guard = threading.Lock()

    def running(self, function: str) -> int:
        """How many invocations of this function are under way."""
        return self._running.get(function, 0)

    def invoke(
        self,
        function: str,
        version: str,
        make: Callable[[], Environment],
        event: Any,
        context: Mapping[str, Any],
        seconds: float,
    ) -> Answered:
        """One event served; `version` tells this code and its settings from any other of the same function."""
        name = f"{function} {version}"
        with self._guard:
            self._running[function] = self.running(function) + 1
            idle = self._idle.setdefault(name, [])
            environment = idle.pop() if idle else None
        try:
            environment = environment or make()
            answered = environment.invoke(event, context, seconds)
            if answered is None:
                return _lost(environment, seconds)
            with self._guard:
                self._idle[name].append(environment)
            return answered
        finally:
            with self._guard:
                self._running[function] -= 1


def _lost(environment: Environment, seconds: float) -> Answered:
    log = environment.log()
    if environment.exit_code is None:
        told = {"errorType": "Sandbox.Timedout", "errorMessage": f"Task timed out after {seconds:.2f} seconds"}
    else:
        told = {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited without providing a reason"}
    environment.close()
    return Answered(json.dumps(told), True, log)
