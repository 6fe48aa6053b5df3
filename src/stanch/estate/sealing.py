"""Whoever may read a snapshot must not learn a secret from it, wherever in an account somebody wrote one down.

Every thing and every gap passes here on its way to the disk, so that no collector can forget. A collector that knows
more of its texts, such as what user data is, has masked them already.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from stanch.contracts.collector import Thing, Unknown
from stanch.domain.masking import DEEPEST, NESTED, mask, masked_surely, shaped
from stanch.domain.secret import is_named_so

Mask = Callable[[str], str]
"""A text without its secrets; a text without any comes back as it is."""

_NAMED = (
    *(("Key", "Value"), ("key", "value"), ("Name", "Value"), ("name", "value"), ("ParameterKey", "ParameterValue")),
    *(("OutputKey", "OutputValue"), ("TagKey", "TagValue")),
)
"""Under which members AWS writes a name of people's making, and its value."""
_PEOPLES = {
    "arguments", "defaultarguments", "environment", "environmentvariables", "hyperparameters",
    "nonoverridablearguments", "parameters", "tagmap", "tags", "variables",
}  # fmt: skip
"""Members whose own members are named by people, in small letters; all others are named by AWS."""
_SHORTEST = 8
"""Characters; a name and a value that are short are judged by the name."""
_NOT_IN_A_NAME = " \n="
"""What has none of these may be a condition's key, in which `token:owner` is no secret."""
_SHORT = 200
"""Characters of a text that is likely to stand in many things."""


class Sealing:
    """What makes things and gaps fit to be written."""

    def __init__(self, further: Mask = lambda text: text) -> None:
        """`further` knows more secrets than `masked_surely` does."""
        self._further = further
        self._often = lru_cache(1 << 14)(self._whole)

    def thing(self, one: Thing) -> Thing:
        """A thing without secrets, and without what is nested deeper than anybody looks."""
        return Thing(one.kind, self._text(one.arn), self._value(one.data))

    def gap(self, one: Unknown) -> Unknown:
        """A gap without secrets: AWS's messages repeat what they were asked."""
        return replace(one, of=self._text(one.of), why=self._text(one.why))

    def _value(self, value: Any, name: str = "", *, of_people: bool = False, depth: int = DEEPEST) -> Any:
        """A value with every text in it masked; `name` is what people called it, `of_people` that they name members."""
        if isinstance(value, str):
            made = self._text(value)
            return mask("named-so", value) if made == value and name and is_named_so(value, name) else made
        if isinstance(value, Mapping | list | tuple) and not depth:
            return NESTED
        if isinstance(value, Mapping):
            named = {inner: str(value[outer]) for outer, inner in _NAMED if isinstance(value.get(outer), str)}
            return {
                self._key(str(key)): self._value(
                    inner,
                    named.get(str(key), str(key) if of_people else ""),
                    of_people=str(key).lower() in _PEOPLES,
                    depth=depth - 1,
                )
                for key, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._value(inner, name, depth=depth - 1) for inner in value]
        return self._text(value.decode("utf-8", "replace")) if isinstance(value, bytes) else value

    def _key(self, name: str) -> str:
        """A member's name: AWS's own, a condition's key, or one that people gave."""
        if any(sign in name for sign in _NOT_IN_A_NAME):
            return self._text(name)
        return name if len(name) < _SHORTEST else shaped(self._further(name))

    def _text(self, text: str) -> str:
        if len(text) < _SHORTEST:
            return text
        return self._often(text) if len(text) <= _SHORT else self._whole(text)

    def _whole(self, text: str) -> str:
        return masked_surely(self._further(text))


def is_deep(value: Any, above: int = 0) -> bool:
    """Whether a value, that lies so many levels deep itself, goes deeper than what is written does."""
    level: list[Any] = [value]
    for _ in range(DEEPEST + above):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return any(isinstance(one, dict | list) for one in level)
