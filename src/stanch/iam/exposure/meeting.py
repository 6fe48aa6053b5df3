"""Two patterns have a string in common or they have none; where they leave it open, it is one that nobody wrote down.

That string stands for all the others: a third pattern that fits it fits them too, for only its wildcards can.
"""

from functools import lru_cache

from stanch.iam.wildcard import Token, Wild, match_tokens

FRESH = "\ue000"
"""A character that no policy holds: Unicode keeps it for private use."""

_RUN = FRESH * 48  # longer than any row of `?` in earnest
_LONGEST = 250_000  # product of the lengths; beyond it the wider answer is cheaper


class TooLong(Exception):
    """The patterns are longer than any in earnest; whoever asked takes the wider answer."""


def instance(pattern: tuple[Token, ...]) -> str:
    """The string that stands for all that fit the pattern."""
    return "".join(_RUN if token is Wild.ANY else FRESH if token is Wild.ONE else str(token) for token in pattern)


@lru_cache(maxsize=4096)
def meet(one: tuple[Token, ...], other: tuple[Token, ...]) -> str | None:
    """A string that fits both patterns; None when there is none. Raises TooLong."""
    for first, second in ((one, other), (other, one)):
        if first == (Wild.ANY,):
            return instance(second)
        if all(isinstance(token, str) for token in first):
            literal = "".join(map(str, first))
            return literal if match_tokens(second, literal) else None
    return _woven(_spelled(one), _spelled(other))


def _spelled(pattern: tuple[Token, ...]) -> list[str | Wild]:
    return [one for token in pattern for one in (token if isinstance(token, str) else (token,))]


def _woven(one: list[str | Wild], other: list[str | Wild]) -> str | None:
    if len(one) * len(other) > _LONGEST:
        raise TooLong
    ends = _ends(one, other)
    if not ends[0][0]:
        return None
    found: list[str] = []
    i = j = 0
    while i < len(one) or j < len(other):
        a, b = (one[i] if i < len(one) else None), (other[j] if j < len(other) else None)
        if a is Wild.ANY and b is Wild.ANY:
            found.append(_RUN)
        if a is Wild.ANY and ends[i + 1][j]:
            i += 1
        elif b is Wild.ANY and ends[i][j + 1]:
            j += 1
        else:
            found.append(next((c for c in (a, b) if isinstance(c, str)), FRESH))
            i, j = i + (a is not Wild.ANY), j + (b is not Wild.ANY)
    return "".join(found)


def _ends(one: list[str | Wild], other: list[str | Wild]) -> list[list[bool]]:
    """For each pair of positions, whether what is left of both patterns has a string in common."""
    ends = [[False] * (len(other) + 1) for _ in range(len(one) + 1)]
    ends[len(one)][len(other)] = True
    for i in range(len(one), -1, -1):
        for j in range(len(other), -1, -1):
            a, b = (one[i] if i < len(one) else None), (other[j] if j < len(other) else None)
            if (a is Wild.ANY and (ends[i + 1][j] or (b is not None and ends[i][j + 1]))) or (
                b is Wild.ANY and (ends[i][j + 1] or (a is not None and ends[i + 1][j]))
            ):
                ends[i][j] = True
            elif a is not None and b is not None and (a == b or a is Wild.ONE or b is Wild.ONE):
                ends[i][j] = ends[i][j] or (a is not Wild.ANY and b is not Wild.ANY and ends[i + 1][j + 1])
    return ends
