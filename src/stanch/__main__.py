"""`python -m stanch` is the command `stanch`."""

from stanch.cli import main

main()
