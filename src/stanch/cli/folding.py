"""A long id is broken where it has a seam, as after a `/`, and a name without end is cut in its middle."""

from collections.abc import Iterator
from re import finditer

from rich.cells import cell_len, chop_cells
from rich.console import Console, JustifyMethod, OverflowMethod
from rich.containers import Lines
from rich.text import Text

_SEAMS = ("/:", "_-.,;@=+&?|~%")
"""Between parts of an ARN or a path first, between words of a name if no such seam is near."""
_CUT = "..."


class Folding(Text):
    """Text whose words, where one is wider than its column, are broken at their seams."""

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        """As of any text, with breaks put into the words that need them."""
        whole = no_wrap or overflow in {"ignore", "crop", "ellipsis"}
        breaks = [] if whole else list(_breaks(self.plain, width))
        text = Text("\n").join(self.divide(breaks)) if breaks else self
        return Text.wrap(text, console, width, justify=justify, overflow=overflow, tab_size=tab_size, no_wrap=no_wrap)


def shortened(text: str, limit: int) -> str:
    """The text, or its beginning and its end where it has more characters than `limit`."""
    if len(text) <= limit:
        return text
    kept = limit - len(_CUT)
    return f"{text[: kept - kept // 2]}{_CUT}{text[len(text) - kept // 2 :]}"


def widest(text: str) -> int:
    """Cells of the longest word."""
    return max(map(cell_len, text.split()), default=0)


def _breaks(text: str, width: int) -> Iterator[int]:
    """Where to break the words that are wider than a line."""
    for word in finditer(r"\S+", text):
        at, end = word.span()
        while cell_len(text[at:end]) > width:
            at += _fitting(text[at:end], width)
            yield at


def _fitting(word: str, width: int) -> int:
    """Characters of a word that stand on one line: up to a seam in the line's second half, or all that fit."""
    piece = chop_cells(word, width)[0]
    for seams in _SEAMS:
        at = 1 + max(piece.rfind(seam) for seam in seams)
        if at > len(piece) // 2 or (at and cell_len(word[at:]) <= width):
            return at
    return max(1, len(piece))
