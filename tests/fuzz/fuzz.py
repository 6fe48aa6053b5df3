"""Coverage-guided fuzzing: `python -m tests.fuzz.fuzz s3_access -max_total_time=300`, with atheris installed.

What it finds is kept in `stanch-fuzz/<target>` among the temporary files; copy into the corpus what broke.
"""

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

USE = "use: python -m tests.fuzz.fuzz TARGET [libFuzzer's options, as in -max_total_time=300]"
ABSENT = (
    "atheris is not installed, so nothing was fuzzed; install it into an environment of its own (pip install atheris)"
)


def main(arguments: list[str]) -> int:
    """Run one target until it is stopped or something breaks; returns an exit code where it could not begin."""
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        sys.stderr.write(ABSENT + "\n")
        return 0
    with atheris.instrument_imports(include=["stanch"]):
        targets = importlib.import_module("tests.fuzz.targets")
    if not arguments or arguments[0] not in targets.TARGETS:
        sys.stderr.write(f"{USE}\ntargets: {', '.join(targets.TARGETS)}\n")
        return 2
    name, *options = arguments
    found = Path(tempfile.gettempdir(), "stanch-fuzz", name)
    found.mkdir(parents=True, exist_ok=True)
    # Two folders: the first is written to, the second is the committed corpus and only read.
    atheris.Setup([sys.argv[0], *options, str(found), str(targets.CORPUS / name)], targets.TARGETS[name])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
