"""The command line: a thin face over app; verbs in files of their own."""

try:
    from stanch.cli.main import main
except KeyboardInterrupt:  # nothing has begun, and a trace of half-loaded modules helps nobody
    raise SystemExit(130) from None

__all__ = ["main"]
