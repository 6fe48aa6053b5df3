"""`${aws:username}` in a policy of version 2012-10-17 stands for the request's own value, with optional default.

IAM User Guide, "IAM policy elements: Variables and tags". What a variable brings in is literal: a user named `*` is
not everyone.
"""

import re
from collections.abc import Mapping

from stanch.iam.wildcard import Token, Wild, joined, tokens

Context = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case, each with its values; an absent key is absent."""

# Never scans past the next brace or dollar, so a hostile run of "${" costs no more than its length.
_SPECIAL = re.compile(r"\$\{(\$|[^{}$]*)\}|([*?])")
_LITERALS = {"*": "*", "?": "?", "$": "$"}


def resolve(text: str, context: Context, *, variables: bool) -> tuple[Token, ...] | None:
    """Split a policy's string into literals and wildcards with its variables filled in.

    None when a variable has no value in this request, more than one, and no default: such a string equals nothing.
    """
    if not variables or "${" not in text:
        return tokens(text)
    found: list[Token] = []
    start = 0
    for special in _SPECIAL.finditer(text):
        found.append(text[start : special.start()])
        start = special.end()
        if special[2]:
            found.append(Wild(special[2]))
            continue
        value = _value(special[1], context)
        if value is None:
            return None
        found.append(value)
    found.append(text[start:])
    return joined(found)


def widened(text: str) -> tuple[Token, ...]:
    """The pattern with any value in the place of each variable: what it does not fit, no value makes it fit."""
    found: list[Token] = []
    start = 0
    for special in _SPECIAL.finditer(text):
        found.append(text[start : special.start()])
        start = special.end()
        found.append(Wild(special[2]) if special[2] else _LITERALS.get(special[1], Wild.ANY))
    return joined([*found, text[start:]])


def names_in(text: str) -> frozenset[str]:
    """The condition keys, in lower case, that a policy's string takes its variables from."""
    found = (special[1] for special in _SPECIAL.finditer(text) if special[1] and special[1] not in _LITERALS)
    return frozenset(name.partition(",")[0].strip().lower() for name in found)


def _value(name: str, context: Context) -> str | None:
    if name in _LITERALS:
        return _LITERALS[name]
    key, _, default = name.partition(",")
    values = context.get(key.strip().lower(), ())
    if len(values) == 1 and values[0]:
        return values[0]
    default = default.strip()
    quoted = len(default) >= 2 and default[0] == default[-1] == "'"
    return default[1:-1] if quoted else None
