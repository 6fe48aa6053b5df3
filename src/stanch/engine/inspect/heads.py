"""A search engine tells where a match ends; of a pattern that is always as wide, that is where it begins, too.

So each pattern begins with a head of one width, written in a small part of the language of regular expressions:
characters, classes, `{n}`, and groups of alternatives that are as wide as each other. The engine looks for heads only,
without keeping track of where they began, at its full speed; what follows a head is read where one is found.
"""

import re
from collections.abc import Iterator

_ATOM = re.compile(
    r"(?P<edge>\\b)|(?P<open>\(\?:)|(?P<close>\))|(?P<or>\|)|(?P<times>\{(?P<n>\d+)\})"
    r"|(?P<one>\\[^\Wa-zA-Z0-9]|\\[^\w]|\[(?:\\.|[^\]\\])+\]|[^\\\[\](){}|*+?.^$])"
)


class HeadError(ValueError):
    """A head that has no one width."""


def width(head: str) -> int:
    """Bytes that a match of this head has; raises HeadError where it could have more or fewer."""
    stack: list[list[int]] = [[0]]
    last = 0
    for atom in _atoms(head):
        kind = atom.lastgroup
        if kind == "one":
            last = 1 if atom["one"][0] in "\\[" else len(atom["one"].encode())
            stack[-1][-1] += last
        elif kind == "times":
            stack[-1][-1] += last * (int(atom["n"]) - 1)
            last = 0
        elif kind == "open":
            stack.append([0])
        elif kind == "or":
            stack[-1].append(0)
        elif kind == "close":
            last = _one(stack.pop(), head)
            stack[-1][-1] += last
    if len(stack) != 1:
        raise HeadError(f"{head!r}: a group that is not closed")
    return _one(stack[0], head)


def _atoms(head: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(head):
        atom = _ATOM.match(head, at)
        if atom is None:
            raise HeadError(f"{head!r}: {head[at:]!r} has no one width")
        yield atom
        at = atom.end()


def _one(widths: list[int], head: str) -> int:
    if len(set(widths)) != 1:
        raise HeadError(f"{head!r}: its alternatives have several widths: {widths}")
    return widths[0]
