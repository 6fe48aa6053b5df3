"""pySigma reads the patterns of rules by the engine that will search with them, so that what it accepts can be run."""

import re

import re2
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RegexEngine, RegexPattern

from stanch.engine.sigma.regex import compiled

_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}


class QuietRe2(RegexEngine):
    """RE2, as pySigma asks for it."""

    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:
        """Compile for pySigma, which passes the flags of Python's `re`."""
        inline = "".join(letter for flag, letter in _FLAGS.items() if flags & flag)
        found: RegexPattern = compiled(f"(?{inline}){pattern}" if inline else pattern)
        return found

    @property
    def error(self) -> type[Exception]:
        """What RE2 raises for a pattern it cannot compile."""
        error: type[Exception] = re2.error
        return error


POLICY = SigmaPolicy(regex_engine=QuietRe2())
