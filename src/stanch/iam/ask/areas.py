"""Two patterns may share no string, share some, or one may hold all of the other: that is known without trying any.

An area is what a statement is about: actions and resources, or all but those.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from stanch.iam.wildcard import Token, Wild, match_tokens, tokens

Pattern = tuple[Token, ...]

_WILD = re.compile(r"[*?]|\$(?=\{)")
_ANY, _ONE = "\ue002", "\ue003"  # stand for the wildcards of a pattern that another one is asked to hold


class Part(IntEnum):
    """How much of one thing another one holds."""

    NONE = 0
    SOME = 1
    ALL = 2


def held(wide: Pattern, narrow: Pattern) -> Part:
    """How much of `narrow` lies within `wide`. Where that is hard to say, SOME."""
    if wide in ((Wild.ANY,), narrow):
        return Part.ALL
    doubtful = Wild.ONE in wide and Wild.ANY in narrow
    if not doubtful and match_tokens(wide, "".join(_letter(token) for token in narrow)):
        return Part.ALL
    if Wild.ANY not in narrow and Wild.ONE not in narrow:
        return Part.NONE if not doubtful else Part.SOME
    return Part.SOME if _meet(_letters(wide), _letters(narrow)) else Part.NONE


def written(pattern: Pattern) -> str:
    """The pattern as a policy has it; what a variable brought in is literal, and is written so, as `${*}`."""
    return "".join(token.value if isinstance(token, Wild) else _WILD.sub(r"${\g<0>}", token) for token in pattern)


@dataclass(frozen=True, slots=True)
class Area:
    """Patterns, or all but those (`but`). As given, and made ready."""

    patterns: tuple[Pattern, ...]
    but: bool = False

    def holds(self, narrow: Pattern) -> Part:
        """How much of a pattern lies within the area."""
        most = max((held(pattern, narrow) for pattern in self.patterns), default=Part.NONE)
        return Part(Part.ALL - most) if self.but else most

    def cut(self, wide: Pattern) -> list[tuple[Pattern, str]]:
        """What the area leaves of a pattern: narrower patterns, each with what else must be true of it, in words."""
        if self.holds(wide) is Part.ALL:
            return [(wide, "")]
        if self.but:
            left_out = [written(pattern) for pattern in self.patterns if held(pattern, wide)]
            return [(wide, f"is none of {' or '.join(left_out)}")]
        found: list[tuple[Pattern, str]] = []
        for pattern in self.patterns:
            if held(wide, pattern) is Part.ALL:
                found.append((pattern, ""))
            elif held(pattern, wide):
                found.append((wide, f"is one of {written(pattern)}"))
        return found

    def __str__(self) -> str:
        listed = ", ".join(map(written, self.patterns)) or "nothing"
        return f"all but {listed}" if self.but else listed


EVERYTHING = Area(((Wild.ANY,),))


def action_area(actions: Sequence[str], *, but: bool) -> Area:
    """An area of actions; how they are written does not matter to AWS, and small letters are compared."""
    return Area(tuple(tokens(action.lower()) for action in actions), but)


def _letter(token: Token) -> str:
    return (_ANY if token is Wild.ANY else _ONE) if isinstance(token, Wild) else token


def _letters(pattern: Pattern) -> str:
    return "".join(map(_letter, pattern))


def _meet(one: str, other: str) -> bool:
    """Whether two patterns share a string. With a `*` in each, all between the first and the last can be arranged."""
    if _ANY not in one and _ANY not in other:
        return len(one) == len(other) and _agree(one, other)
    head, tail = _fixed(one), _fixed(one[::-1])
    return _agree(head, _fixed(other)) and _agree(tail, _fixed(other[::-1]))


def _fixed(pattern: str) -> str:
    return pattern.partition(_ANY)[0]


def _agree(one: str, other: str) -> bool:
    return all(a == b or _ONE in (a, b) for a, b in zip(one, other, strict=False))
