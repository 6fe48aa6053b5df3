"""Other people's unit tests: which of their evil events we find, and on which of their near misses we fire.

usage: python -m benchmarks.panther_tests TESTS.jsonl     prints a Markdown table, one row a rule of theirs

Each test is one CloudTrail event, hunted alone and without an estate; found means a finding of medium or above. What
only many events can show is not found here, and many of their rules report what happens every day: read the rows.
"""

import io
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.hunting import Rules, searched
from stanch import app
from stanch.domain.estate import Estate
from stanch.domain.severity import Severity

LOG = "AWS.CloudTrail"
_ABSENT = {
    "eventVersion": "1.08",
    "eventID": "00000000-0000-4000-8000-000000000001",
    "eventTime": "2026-05-04T09:12:00Z",
    "eventSource": "unknown.amazonaws.com",
    "awsRegion": "eu-central-1",
    "recipientAccountId": "111122223333",
}
"""What every real record has and some of the tests leave out."""


@dataclass(frozen=True, slots=True)
class Test:
    """One event, and whether its authors want an alert of it."""

    rule: str
    name: str
    evil: bool
    severity: str
    event: Mapping[str, Any]


@dataclass
class Log:
    """One event as a log file."""

    event: Mapping[str, Any]
    path: str = "test.json"
    size: int | None = None

    def open(self) -> BinaryIO:
        """The file's bytes."""
        return io.BytesIO(json.dumps({"Records": [{**_ABSENT, **self.event}]}).encode())


def tests_in(path: Path) -> Iterator[Test]:
    """The tests of CloudTrail events in a file of one JSON object a line."""
    for line in path.read_text().splitlines():
        given = json.loads(line)
        if LOG in (given["logtypes"] or ()):
            yield Test(given["rule"], given["name"], given["expected"], given["severity"], given["event"])


def main() -> int:
    """Hunt each test by itself and print what was found, their rule by their rule."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        print(__doc__, file=sys.stderr)
        return 2
    rules = app.rules()
    rows: dict[tuple[str, str], list[tuple[Test, set[str]]]] = defaultdict(list)
    for test in tests_in(Path(sys.argv[1])):
        rows[test.rule, test.severity].append((test, _found(test, rules)))
    print("| their rule (severity) | evil found | near misses that fire | our detections |\n|---|---|---|---|")
    total: Counter[str] = Counter()
    for (rule, severity), told in sorted(rows.items()):
        evil = [found for test, found in told if test.evil]
        misses = [found for test, found in told if not test.evil]
        names = sorted({name for found in (*evil, *misses) for name in found})
        total.update(evil=len(evil), found=sum(map(bool, evil)), misses=len(misses), fire=sum(map(bool, misses)))
        ours = "<br>".join(f"`{name}`" for name in names) or "-"
        print(
            f"| {rule} ({severity}) | {sum(map(bool, evil))} of {len(evil)} | "
            f"{sum(map(bool, misses))} of {len(misses)} | {ours} |"
        )
    print(f"\n{total['found']} of {total['evil']} evil events found, {total['fire']} of {total['misses']} near misses.")
    return 0


def _found(test: Test, rules: Rules) -> set[str]:
    result = searched([Log(test.event)], Estate(), rules)
    findings = (finding for incident in result.incidents for finding in incident.findings if finding.folded is None)
    return {finding.detection for finding in findings if finding.severity >= Severity.MEDIUM}


if __name__ == "__main__":
    sys.exit(main())
