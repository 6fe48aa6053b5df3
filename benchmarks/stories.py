"""Alerts per incident: what a person reads of one attack is one story, and of two quiet weeks nothing.

usage: python -m benchmarks.stories FOLDER     one row a file of real attack logs, then the benign stream
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.benign.trail import ESTATE, records, write
from benchmarks.hunting import Rules, searched, shown
from stanch import app, estate
from stanch.contracts.source import LogFile
from stanch.domain.estate import Estate
from stanch.stores.logs import found

BENIGN = 30_000


def main() -> int:
    """Hunt each file by itself without an estate, then the benign stream without and with one."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    print("| logs | events | incidents | of these worth telling | findings | matched events | findings an incident |")
    print("|---|---|---|---|---|---|---|")
    total: Counter[str] = Counter()
    rules = app.rules()
    for file in sorted(Path(sys.argv[1]).iterdir()):
        total.update(_row(file.stem, list(found([file])), Estate(), rules))
        total["files"] += 1
    findings, alerts = (total[name] / max(1, total["told"]) for name in ("findings", "alerts"))
    counts = f"{total['files']} attacks, {total['told']} stories"
    print(f"\n{counts}: {findings:.1f} findings and {alerts:.1f} events in each\n")
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), records(BENIGN))
        files = list(found([Path(name)]))
        _row("benign, no estate", files, Estate(), rules)
        _row("benign, estate", files, estate.read(ESTATE, "benign"), rules)
    return 0


def _row(name: str, files: Sequence[LogFile], ours: Estate, rules: Rules) -> Counter[str]:
    result = searched(files, ours, rules)
    told = shown(result)
    findings = [finding for incident in told for finding in incident.findings]
    alerts = sum(finding.count for finding in findings)
    each = f"{len(findings) / len(told):.1f}" if told else "-"
    counts = (result.coverage.events, len(result.incidents), len(told), len(findings), alerts, each)
    print(f"| {name} | {' | '.join(map(str, counts))} |")
    for folded in result.coverage.folded:
        print(f"| folded there: {folded.routine} | | | | {folded.findings} | {folded.events} | |")
    return Counter(told=len(told), findings=len(findings), alerts=alerts)


if __name__ == "__main__":
    sys.exit(main())
