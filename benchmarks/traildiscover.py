"""Which API calls that attackers are known to use set off a detection, each call by itself and without an estate.

usage: python -m benchmarks.traildiscover FOLDER     FOLDER holds one JSON file a service, as TrailDiscover publishes

Most recorded examples are refused calls. Each is hunted as it is and again as if AWS had allowed it: the error taken
away, the parameters as they are (a refused call often has none). One call cannot show a burst or a sequence: what only
a correlation sees counts as silent here. Calls that only read are counted apart from those that change something.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.hunting import Rules, searched
from stanch import app
from stanch.domain.estate import Estate
from stanch.domain.severity import Severity

_READS = re.compile(r"^(?:Get|List|Describe|Lookup|Search|Simulate|Head)")
_ERROR = ("errorCode", "errorMessage")


@dataclass
class Lone:
    """One record as a log file."""

    record: dict[str, Any]
    path: str = "traildiscover.json"
    size: int | None = None

    def open(self) -> BinaryIO:
        """The file's bytes."""
        return BytesIO(json.dumps({"Records": [self.record]}).encode())


def calls(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The first example of each call as ("service:Call", record), an allowed one where there is one."""
    known: dict[str, dict[str, Any]] = {}
    for file in sorted(folder.glob("*.json")):
        for record in json.loads(file.read_text())["Records"]:
            name = f"{record['eventSource'].partition('.')[0]}:{record['eventName']}"
            if name not in known or (known[name].get("errorCode") and not record.get("errorCode")):
                known[name] = record
    yield from sorted(known.items())


def fired(record: dict[str, Any], rules: Rules) -> dict[str, Severity]:
    """The detections that one record sets off and no routine folds, with the severity of each."""
    result = searched([Lone(record)], Estate(), rules)
    findings = (finding for one in result.incidents for finding in one.findings)
    return {finding.detection: finding.severity for finding in findings if finding.folded is None}


def main() -> int:
    """Print the share of calls that are told, and those that are not."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    rules = app.rules()
    total: Counter[tuple[str, str]] = Counter()
    silent: dict[str, list[str]] = {"changing": [], "reading": []}
    for name, record in calls(Path(sys.argv[1])):
        kind = "reading" if _READS.match(record["eventName"]) else "changing"
        recorded = fired(record, rules)
        allowed = fired({key: value for key, value in record.items() if key not in _ERROR}, rules)
        total[kind, "calls"] += 1
        total[kind, "refused"] += bool(record.get("errorCode"))
        total[kind, "recorded"] += bool(recorded)
        total[kind, "allowed"] += bool(allowed)
        total[kind, "medium"] += any(severity >= Severity.MEDIUM for severity in allowed.values())
        if not allowed:
            silent[kind].append(name)
    print("| calls | known | refused when recorded | told as recorded | told if allowed | of these medium or above |")
    print("|---|---|---|---|---|---|")
    for kind, names in silent.items():
        row = (total[kind, column] for column in ("calls", "refused", "recorded", "allowed", "medium"))
        print(f"| {kind} | {' | '.join(map(str, row))} |")
        print(f"\nsilent, {kind}: {', '.join(names)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
