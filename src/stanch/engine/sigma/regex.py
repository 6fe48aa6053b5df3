"""RE2 matches in linear time, whatever the pattern and the text; it has no lookaround and no backreference."""

import re
from collections.abc import Callable

import re2
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RegexEngine, RegexPattern

_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}


def searcher(pattern: str) -> Callable[[str], bool]:
    """A search for the pattern anywhere in a text; a lone surrogate in the text is read as `?`."""
    search = _compiled(pattern, captures=False).search

    def found(text: str) -> bool:
        return search(text.encode("utf-8", "replace")) is not None

    return found


class QuietRe2(RegexEngine):
    """pySigma's RE2 without the log lines that RE2 itself would write to stderr about a bad pattern."""

    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:
        """Compile for pySigma, which passes the flags of Python's `re`."""
        inline = "".join(letter for flag, letter in _FLAGS.items() if flags & flag)
        compiled: RegexPattern = _compiled(f"(?{inline}){pattern}" if inline else pattern)
        return compiled

    @property
    def error(self) -> type[Exception]:
        """What RE2 raises for a pattern it cannot compile."""
        error: type[Exception] = re2.error
        return error


POLICY = SigmaPolicy(regex_engine=QuietRe2())


def _compiled(pattern: str, *, captures: bool = True) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = not captures
    return re2.compile(pattern, options)
