"""The other side of `alone`: does one step and tells what came of it.

usage: python -m benchmarks.step MODULE STEP ARGUMENTS     ARGUMENTS are a JSON list; prints one JSON object
"""

import importlib
import json
import sys

from benchmarks.alone import Missing


def main(module: str, step: str, arguments: str) -> None:
    """Do the step and print what it tells; what it lacks is told, and any other error is its own."""
    try:
        told = getattr(importlib.import_module(module), step)(*json.loads(arguments))
    except Missing as error:
        told = {"missing": str(error)}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
