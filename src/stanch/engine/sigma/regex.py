"""RE2 matches in linear time, whatever the pattern and the text; it has no lookaround and no backreference."""

from collections.abc import Callable

import re2


def searcher(pattern: str) -> Callable[[str], bool]:
    """A search for the pattern anywhere in a text; a lone surrogate in the text is read as `?`."""
    search = compiled(pattern, captures=False).search

    def found(text: str) -> bool:
        return search(text.encode("utf-8", "replace")) is not None

    return found


def compiled(pattern: str, *, captures: bool = True) -> re2._Regexp:
    """RE2's own pattern; raises re2.error in plain words, without the log lines that RE2 itself writes to stderr."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = not captures
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise re2.error(_words(error)) from None


def _words(error: re2.error) -> str:
    """RE2 gives its reason as bytes."""
    return "; ".join(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said) for said in error.args)
