"""`stanch watch`: the hunt that does not end."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stanch import app
from stanch.cli import show, show_hunt
from stanch.cli.face import Exit, Face, Format, Stopped, WrongUse, stoppable
from stanch.cli.hunt import search_of
from stanch.cli.options import (
    STATE,
    Endpoint,
    EstateFile,
    Output,
    Profile,
    Region,
    RequesterPays,
    SigmaRules,
    StateDir,
    TellAll,
    rules_in,
    severity_of,
)
from stanch.cli.window import Accounts, Regions, window_of
from stanch.contracts import lines
from stanch.contracts.aws import AwsError
from stanch.contracts.store import StoreError
from stanch.domain.coverage import Coverage
from stanch.domain.event import Skipped
from stanch.domain.incident import Incident
from stanch.domain.severity import Severity
from stanch.engine.correlate import worth_telling
from stanch.engine.scan.span import Span
from stanch.stores.search import Search
from stanch.stores.text import require_writable

if TYPE_CHECKING:
    from stanch.app.watch import Cycle, Watching
    from stanch.aws.doorway import Doorway

_EXAMPLE = """
Examples:

- `stanch watch s3://acme-trail/AWSLogs --every 5m`: tell what is new or has grown where CloudTrail delivers

- `stanch watch /var/log/litellm --otlp 127.0.0.1:4318`: read a gateway's logs, and receive OpenTelemetry from here

- `stanch watch --otlp 10.0.1.5:4318 --tls-cert tls.pem --tls-key tls.key --token-file otlp.token`: from elsewhere too

- `stanch watch ./AWSLogs --cycles 1 --format json`: once, for a timer: only what no cycle told before
"""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_CENTURY = 36525 * 86400
"""Seconds; a longer window or pause is no other, and would leave the years that there are."""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="watch", epilog=_EXAMPLE)(stoppable(watch))


def watch(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Files and folders of logs, or s3://bucket/prefix, looked at each cycle.")
    ] = None,
    every: Annotated[
        str, typer.Option("--every", metavar="TIME", help="From one cycle's beginning to the next.")
    ] = "60s",
    otlp: Annotated[
        str | None,
        typer.Option("--otlp", metavar="HOST:PORT", help="Receive OpenTelemetry over HTTP here, as 127.0.0.1:4318."),
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option("--tls-cert", help="The receiver's certificates, as PEM.")] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help="The private key of --tls-cert, as PEM.")] = None,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", help="A file with the token that senders must know; or STANCH_OTLP_TOKEN."),
    ] = None,
    cycles: Annotated[int | None, typer.Option("--cycles", min=1, help="End after so many.")] = None,
    window: Annotated[
        str, typer.Option("--window", metavar="TIME", help="How far back is judged; what is older falls out.")
    ] = "7d",
    estate: EstateFile = None,
    account: Accounts = None,
    log_region: Regions = None,
    rules: SigmaRules = None,
    all_: TellAll = False,
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", metavar="SEVERITY", help="Exit 10 if --cycles told findings this severe.")
    ] = None,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
    requester_pays: RequesterPays = False,
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Search the same logs again and again; tell what is new or has grown, and read nothing twice."""
    face = Face(format_)
    threshold = severity_of(fail_on)
    pause, kept_for = _time("--every", every), _time("--window", window)
    paths = paths or []
    if not paths and otlp is None:
        raise WrongUse("there is nothing to watch", "give folders or s3://bucket/prefix, or --otlp 127.0.0.1:4318")
    if "-" in paths:
        raise WrongUse("standard input ends", "watch the folder that the logs come into; `stanch hunt -` reads a pipe")
    rules = rules_in(rules)
    from stanch.app.watch_opening import watching  # other verbs need no server
    from stanch.cli.watch_receiving import listening_at

    listening = listening_at(otlp, tls_cert, tls_key, token_file)
    ours = app.estate_at(estate)
    require_writable(state)
    logs = _logs(paths, account, log_region, lambda: app.doorway(profile, region, endpoint, log_region), requester_pays)
    logs(app.now())  # what is wrong with a path is told before anything is begun
    with ExitStack() as stack:
        try:
            running, where = stack.enter_context(
                watching(state, ours, rules, logs, window=timedelta(seconds=kept_for), listening=listening)
            )
        except OSError as error:
            if listening is None:
                raise
            raise WrongUse(f"--otlp {otlp}: {error.strerror or error}", "choose another, or end what has it") from None
        if where:
            face.say(f"Receiving OpenTelemetry at {where.url}/v1/traces and /v1/logs.")
        teller = _Teller(face, running, all_=all_, declared=bool(ours.assets or ours.perimeter.accounts))
        for number, _ in enumerate(_beats(pause, cycles), start=1):
            with _covered(face, last=number == cycles):
                teller.cycle()
    raise typer.Exit(teller.code(threshold))


class _Teller:
    """Tells each cycle once."""

    def __init__(self, face: Face, watching: "Watching", *, all_: bool, declared: bool) -> None:
        self._face = face
        self._watching = watching
        self._all = all_
        self._declared = declared
        self._worst: Severity | None = None
        self._complete = True
        self._skips: frozenset[Skipped] = frozenset()

    def cycle(self) -> None:
        """Run one and tell it."""
        done = self._watching.cycle(app.now())
        for one in done.incidents:
            self._incident(one)
        self._face.emit(lines.coverage(done.coverage))
        if not self._declared and done.coverage.events:
            show_hunt.undeclared(self._face, done.accounts)
            self._declared = True  # once is enough
        self._coverage(done)
        self._complete = done.coverage.complete and bool(done.coverage.detections_run)
        if done.stopped:
            raise KeyboardInterrupt

    def code(self, threshold: Severity | None) -> Exit:
        """What the watch came to."""
        if threshold is not None and self._worst is not None and self._worst >= threshold:
            return Exit.FOUND
        return Exit.DONE if self._complete else Exit.PARTIAL

    def _incident(self, one: Incident) -> None:
        findings = [finding for finding in one.findings if self._all or finding.folded is None]
        for finding in findings:
            self._worst = max(self._worst or finding.severity, finding.severity)
            self._face.emit(lines.finding(finding))
        if findings:
            self._face.emit(lines.incident(one))
        if self._all or (findings and worth_telling(one)):
            self._face.say(show.incident(one))
        self._watching.told(one)

    def _coverage(self, done: "Cycle") -> None:
        """One line for people, and what could not be read when it is first known."""
        whole = done.coverage
        new = ", ".join(
            part
            for part in (
                show.counted(done.files - done.received, "file") if done.files > done.received else "",
                show.counted(done.received, "request") if done.received else "",
                show.counted(done.events, "event") if done.events else "",
            )
            if part
        )
        unread = sum(skip.fault for skip in whole.files_skipped)
        self._face.say(
            f"{app.now():%Y-%m-%d %H:%M:%S} UTC  new: {new or 'nothing'}; "
            f"the window holds {show.counted(whole.files_read, 'file')}, {show.counted(whole.events, 'event')}; "
            f"{show.counted(whole.detections_run, 'detection')} in {whole.seconds:.2f} s"
            + (f"; {unread:,} could not be read" if unread else ""),
            style="yellow" if unread else "dim",
        )
        fresh = [skip for skip in whole.files_skipped if skip not in self._skips]
        for line in show.skips(fresh):
            self._face.say(line)
        self._skips = frozenset(whole.files_skipped)


@contextmanager
def _covered(face: Face, *, last: bool) -> Iterator[None]:
    """A cycle that fails ends with its line of coverage all the same, and the next one tries again."""
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped("what was read is kept; the same command goes on with it") from None
    except (StoreError, AwsError, OSError, WrongUse) as error:
        if last:
            raise
        why = f"this cycle failed, and the next one tries again: {error}"
        face.emit(lines.coverage(Coverage(0, (Skipped("all", why),), 0, None, None, 0, (), 0.0)))
        face.say(why, style="bold red")


def _beats(pause: float, cycles: int | None) -> Iterator[None]:
    """One for each cycle; a cycle that took longer than the pause is followed by the next at once."""
    number = 0
    while True:
        began = time.monotonic()
        yield
        number += 1
        if number == cycles:
            return
        try:
            time.sleep(max(0.0, pause - (time.monotonic() - began)))
        except KeyboardInterrupt:
            raise Stopped("what was read is kept; the same command goes on with it") from None


def _logs(
    paths: list[str],
    accounts: list[str] | None,
    regions: list[str] | None,
    way: Callable[[], "Doorway"],
    requester_pays: bool,
) -> Callable[[datetime], Search]:
    """What finds the logs since a moment."""
    opened: list[Doorway] = []

    def once() -> "Doorway":
        if not opened:
            opened.append(way())
        return opened[0]

    def search(since: datetime) -> Search:
        return search_of(paths, window_of(Span(since), accounts or (), regions or ()), once, requester_pays)

    return search


def _time(option: str, text: str) -> float:
    match = re.fullmatch(r"(\d{1,9})([smhd])", text.strip())
    if not match or not int(match[1]):
        raise WrongUse(f"{option} {text!r} is no time", "give it as 60s, 5m, 12h or 7d")
    return float(min(int(match[1]) * _UNITS[match[2]], _CENTURY))
