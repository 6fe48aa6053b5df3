"""`python -m stanch.range --trail FOLDER` serves one range until its standard input closes."""

import argparse
from pathlib import Path

from stanch.range.server import serve


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m stanch.range", description=__doc__)
    parser.add_argument("--trail", type=Path, required=True, help="folder for the recorded CloudTrail files")
    parser.add_argument("--port", type=int, default=0, help="loopback port; 0 takes a free one")
    parser.add_argument("--remove-trail", action="store_true", help="remove the folder at the end")
    arguments = parser.parse_args()
    serve(arguments.trail, arguments.port, remove_trail=arguments.remove_trail)


if __name__ == "__main__":
    main()
