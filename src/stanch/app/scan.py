"""The scan wired: a snapshot, the estate, the events at hand, and every check."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from stanch.app.knowledge import every_source
from stanch.app.posture import Seen, checks
from stanch.contracts.source import LogFile
from stanch.domain.coverage import Coverage
from stanch.domain.estate import Estate
from stanch.domain.event import Event, Skipped
from stanch.domain.verdict import Row, Ruling, Verdict
from stanch.engine.posture import Asked, judged
from stanch.engine.read import Tally, read

if TYPE_CHECKING:
    from stanch.estate.snapshot import Snapshot

_CALLS = "cloudtrail"


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan says: all verdicts, the gravest failure first, and what it could not look at."""

    verdicts: tuple[Verdict, ...]
    coverage: Coverage
    rows: tuple[Row, ...] = tuple(Row)
    """The failure points that were asked about."""

    @property
    def complete(self) -> bool:
        """False when anything could not be judged."""
        return self.coverage.complete and not any(one.ruling is Ruling.UNKNOWN for one in self.verdicts)


def asked(only: Sequence[str] = (), rows: Sequence[Row] = ()) -> list[Asked]:
    """The checks of these ids (or all), of these rows (or all)."""
    return [one for one in checks(only) if not rows or one.check.ABOUT.row in rows]


def calls_in(files: Iterable[LogFile], tally: Tally) -> list[Event]:
    """The events that checks are replayed against, oldest first: calls of CloudTrail's logs alone."""
    return sorted(
        (event for event in read(files, every_source(), tally) if event.log == _CALLS), key=lambda one: one.time
    )


def scan(
    snapshot: "Snapshot",
    estate: Estate,
    todo: Sequence[Asked],
    *,
    events: Sequence[Event] | None = None,
    tally: Tally | None = None,
    on_check: Callable[[str], None] = lambda _: None,
) -> Scanned:
    """Judge a snapshot; `tally` is what reading the events came to."""
    began = perf_counter()
    posture = Seen(snapshot, estate, events)
    verdicts, broken = judged(todo, posture, on_check)
    skipped = [
        *(tally.skipped if tally else ()),
        *(Skipped(name, "edited since it was written; `stanch snapshot` makes it anew") for name in snapshot.edited),
        *(Skipped(name, "an older stanch kept no hash of it; make the snapshot anew") for name in snapshot.unhashed),
        *(Skipped(f"{one.of} {one.operation}", _gap(one.code, one.permission)) for one in snapshot.unknowns),
        *(Skipped(one.of, f"{one.code}: {one.why}") for one in posture.malformed),
    ]
    times = [event.time for event in events or ()]
    coverage = Coverage(
        files_read=len({place.file for place in snapshot.places}) + (len(tally.digests) if tally else 0),
        files_skipped=tuple(skipped),
        events=len(times),
        first_event=times[0] if times else None,
        last_event=times[-1] if times else None,
        detections_run=len(todo) - len(broken),
        detections_failed=tuple(broken),
        seconds=perf_counter() - began,
    )
    return Scanned(
        tuple(verdicts), coverage, tuple(row for row in Row if any(one.check.ABOUT.row is row for one in todo))
    )


def _gap(code: str, permission: str | None) -> str:
    return f"{code}: needs {permission}" if permission else code


def page(result: Scanned, snapshot: "Snapshot") -> str:
    """The scan for a browser."""
    from stanch.engine.posture.page import page as rendered

    return rendered(result.verdicts, result.coverage, snapshot.made_at, result.rows)


def asff(result: Scanned, snapshot: "Snapshot") -> str:
    """The scan for Security Hub, a batch a line."""
    from stanch.engine.posture.asff import asff as findings

    return findings(result.verdicts, snapshot.made_at)


def ocsf(result: Scanned, snapshot: "Snapshot") -> str:
    """The scan for a SIEM, a finding a line."""
    from importlib.metadata import version

    from stanch.engine.posture.ocsf import ocsf as findings

    return findings(result.verdicts, snapshot.made_at, version("stanch"))


def insights() -> str:
    """The insights over all checks, as CloudFormation."""
    from stanch.engine.posture.insights import insights as template

    return template(checks())
