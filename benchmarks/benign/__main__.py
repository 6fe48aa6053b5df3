"""The hunt of nothing: all own rules on two seeded benign worlds, each without an estate and with one.

usage: python -m benchmarks.benign [EVENTS] [FOLDER]     default 30000; with FOLDER the trails are kept there

The first world is two weeks of as many events as are asked for, drawn at random. The second is a company's month by the
calendar: a part of a larger one, most of it written without a look at the rules, which were mended on it since.
"""

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.benign.company import month, places
from benchmarks.benign.trail import ESTATE, records, write
from stanch import app, estate
from stanch.domain.estate import Estate
from stanch.domain.finding import Finding
from stanch.domain.severity import Severity
from stanch.stores.logs import found


def main() -> int:
    """Write each world, hunt it twice, and print what fired."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    worlds = (
        ("of two weeks", "weeks", records(events), ESTATE),
        ("of a month", "month", month.records(), places.ESTATE),
    )
    with tempfile.TemporaryDirectory() as name:
        kept = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(name)
        for title, part, stream, declared in worlds:
            written = write(kept / part, stream)
            print(f"{written:,} benign events {title}")
            _hunt(kept / part, "without an estate", Estate())
            _hunt(kept / part, "with an estate", estate.read(declared, "benign"))
            print()
    return 0


def _hunt(folder: Path, title: str, ours: Estate) -> None:
    result = app.hunt(list(found([folder])), ours, app.rules(), watches=app.behaviours(), routines=app.routines())
    findings = [finding for incident in result.incidents for finding in incident.findings]
    told = [incident for incident in result.incidents if incident.severity >= Severity.MEDIUM]
    print(f"\n{title}: {len(told)} incidents at medium or above of {len(result.incidents)}")
    _print(findings)
    for folded in result.coverage.folded:
        print(f"folded by {folded.routine}: {folded.findings} findings, {folded.events} events")
    for failure in result.coverage.detections_failed:
        print(f"FAILED {failure.id}: {failure.why}")


def _print(findings: Iterable[Finding]) -> None:
    rows: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in findings:
        rows.setdefault((finding.severity, finding.detection), []).append(finding)
    print("| severity | detection | findings | events | actors |\n|---|---|---|---|---|")
    for (severity, detection), group in sorted(rows.items(), key=lambda row: (-row[0][0], row[0][1])):
        actors = ", ".join(sorted({finding.actor.arn.split(":", 5)[-1][:60] for finding in group})[:3])
        print(f"| {severity.word} | {detection} | {len(group)} | {sum(one.count for one in group)} | {actors} |")


if __name__ == "__main__":
    sys.exit(main())
