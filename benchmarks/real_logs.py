"""What `stanch hunt` shows of real logs of known attacks: one file a technique, without an estate.

usage: python -m benchmarks.real_logs FOLDER     prints a Markdown table for docs/explanation/real-logs.md
"""

import sys
from collections import Counter
from pathlib import Path

from benchmarks.hunting import searched, shown
from stanch import app
from stanch.domain.estate import Estate
from stanch.stores.logs import found


def main() -> int:
    """Hunt each file of the folder by itself and print what fired, worst first."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    rules = app.rules()
    print("| technique (file) | events | incidents | detections that fired (events) |\n|---|---|---|---|")
    total: Counter[str] = Counter()
    for file in sorted(Path(sys.argv[1]).iterdir()):
        result = searched(list(found([file])), Estate(), rules)
        incidents = shown(result)
        fired = [finding for incident in incidents for finding in incident.findings]
        fired.sort(key=lambda finding: -finding.severity)
        told = "<br>".join(f"{each.severity.word} `{each.detection}` ({each.count})" for each in fired) or "-"
        print(f"| {file.stem} | {result.coverage.events} | {len(incidents)} | {told} |")
        total.update(files=1, fired=bool(fired), events=result.coverage.events, incidents=len(incidents))
    print(f"\n{total['fired']} of {total['files']} files; {total['incidents']} incidents in {total['events']} events.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
