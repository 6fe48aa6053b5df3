"""A program that starts a server must be able to end it, even when the program itself is killed.

The range lives in a child process. The child takes a free loopback port and prints it; it ends when asked to, when its
standard input closes, or when its parent is gone.
"""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from stanch.range.errors import RangeError

START_TIMEOUT = 30.0
"""Seconds to wait for the child to answer before giving up."""

STOP_TIMEOUT = 5.0
"""Seconds between asking the child to end and killing it."""

NEEDED = ("moto", "flask", "flask_cors")
"""What the extra `range` brings."""

INSTALL = "the range needs moto and flask: pip install 'stanch[range]' (in a clone: pip install '.[range]')"


LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks without a proxy, whatever the environment says: the range is on this machine."""


class Range:
    """A context manager around one emulator process.

    Attributes after `start()`:
        endpoint: base URL for boto3's `endpoint_url`, such as `http://127.0.0.1:40123`.
        trail: folder in which CloudTrail files appear, in the layout in which AWS delivers them to a bucket.
        pid: the child's process id.
    """

    def __init__(self, trail: Path | str | None = None) -> None:
        """With no `trail`, `start()` makes a temporary folder and `stop()` removes it."""
        self.trail = Path(trail) if trail is not None else Path()
        self.endpoint = ""
        self._own_trail = trail is None
        self._child: subprocess.Popen[str] | None = None
        self._belongings = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._running().pid

    def start(self) -> Self:
        """Start the child and wait until it answers. Raises RangeError."""
        if self._child is not None:
            raise RangeError("this range is already running: make a second Range for a second emulator")
        missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
        if missing:
            raise RangeError(f"{', '.join(missing)} not installed: {INSTALL}")
        if self._own_trail:
            self.trail = Path(self._belongings.enter_context(tempfile.TemporaryDirectory(prefix="stanch-range-")))
        self.trail.mkdir(parents=True, exist_ok=True)
        options = ["--remove-trail"] if self._own_trail else []
        # A file, not a pipe: nobody reads a pipe while the child runs, and a full one would stop the child.
        self._complaints = self._belongings.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - stop() closes it
        self._child = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-P", "-m", "stanch.range", "--trail", str(self.trail), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
        )
        try:
            self.endpoint = self._await_address()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the child, writing what the recorder still holds. Does nothing when already stopped."""
        child, self._child = self._child, None
        if child is not None:
            if child.stdin:
                with contextlib.suppress(BrokenPipeError):
                    child.stdin.close()
            try:
                child.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            if child.stdout:
                child.stdout.close()
        self._belongings.close()

    def enforce(self, *, trails: Sequence[str] = ()) -> None:
        """From now on each request needs permission, and is recorded.

        Args:
            trails: accounts whose trail is written; none means every account. A victim never sees the trail of the
                account that robs it.
        """
        self.control("enforce", {"trails": list(trails)})

    def flush(self) -> int:
        """Write what the recorder holds now; returns the number of files written."""
        return int(self.control("flush")["files"])

    def control(self, verb: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call of the range's own control interface, `/range/<verb>`: JSON in, JSON out. Raises RangeError."""
        answer: dict[str, Any] = json.loads(self._ask(verb, json.dumps(body or {}).encode()))
        return answer

    def metadata(self, instance_id: str, path: str) -> str:
        """What the instance metadata service tells a process on that host. Raises RangeError, also for a 404."""
        return self._ask(f"imds/{instance_id}/{path.lstrip('/')}").decode()

    def _ask(self, verb: str, body: bytes | None = None) -> bytes:
        self._running()
        try:
            with LOOPBACK.open(f"{self.endpoint}/range/{verb}", body, START_TIMEOUT) as answer:
                return bytes(answer.read())
        except OSError as error:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._running().wait(0.2)
            reason = self.complaint() if self._running().poll() is not None else ""
            raise RangeError(f"{self.endpoint}/range/{verb}: {reason or error}") from error

    def _running(self) -> subprocess.Popen[str]:
        if self._child is None:
            raise RangeError("the range is not running: call start(), or use it in a with statement")
        return self._child

    def _await_address(self) -> str:
        child = self._running()
        line = _first_line(child, START_TIMEOUT)
        if line.startswith("ready "):
            return f"http://127.0.0.1:{int(line.split()[1])}"
        if child.poll() is None:
            raise RangeError(f"the range did not answer within {START_TIMEOUT:.0f} s")
        raise RangeError(f"the range ended at once: {self.complaint() or 'no reason given'}")

    def complaint(self) -> str:
        """The last line that the child wrote to its standard error; empty when all is well."""
        # The child writes at the file's one offset, so it must not be moved.
        size = os.fstat(self._complaints.fileno()).st_size
        text = os.pread(self._complaints.fileno(), 65_536, max(0, size - 65_536)).decode("utf-8", "replace")
        return text.strip().rpartition("\n")[2]


def _first_line(child: subprocess.Popen[str], timeout: float) -> str:
    """The child's first line, or nothing when time is up: a plain read would wait for ever on a hung child."""
    import selectors

    if child.stdout is None:
        return ""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        return child.stdout.readline() if selector.select(timeout) else ""
