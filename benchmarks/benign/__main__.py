"""The hunt of nothing: all own rules on a seeded benign stream, without an estate and with one.

usage: python -m benchmarks.benign [EVENTS] [FOLDER]     default 30000; with FOLDER the trail is kept there
"""

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.benign.trail import ESTATE, records, write
from stanch import app, estate
from stanch.domain.estate import Estate
from stanch.domain.finding import Finding
from stanch.domain.severity import Severity
from stanch.stores.logs import found


def main() -> int:
    """Write the stream, hunt it twice, and print what fired."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(name)
        written = write(folder, records(events))
        print(f"{written:,} benign events of two weeks")
        for title, ours in (("without an estate", Estate()), ("with an estate", estate.read(ESTATE, "benign"))):
            result = app.hunt(
                list(found([folder])), ours, app.rules(), watches=app.behaviours(), routines=app.routines()
            )
            findings = [finding for incident in result.incidents for finding in incident.findings]
            told = [incident for incident in result.incidents if incident.severity >= Severity.MEDIUM]
            print(f"\n{title}: {len(told)} incidents at medium or above of {len(result.incidents)}")
            _print(findings)
            for folded in result.coverage.folded:
                print(f"folded by {folded.routine}: {folded.findings} findings, {folded.events} events")
            for failure in result.coverage.detections_failed:
                print(f"FAILED {failure.id}: {failure.why}")
    return 0


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
