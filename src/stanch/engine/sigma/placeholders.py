"""A rule that says `%admins%` with the modifier `expand` means the site's own list of them.

The lists stand in `placeholders.yml` in the folder of the rules: a mapping from name to values.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from sigma.types import Placeholder, SigmaRegularExpression, SigmaString, SigmaType, SpecialChars

from stanch.engine.sigma.documents import LARGEST_FILE, refusal, refuse_depth
from stanch.engine.sigma.policy import POLICY
from stanch.engine.sigma.rule import RuleError

Placeholders = Mapping[str, tuple[str, ...]]
"""The values of each placeholder, as texts in which `*` and `?` are wildcards."""

NONE: Placeholders = MappingProxyType({})
FILES = ("placeholders.yml", "placeholders.yaml")
MOST = 10_000
"""Values that one value of a rule may expand to: some placeholders in a text multiply."""

Part = str | SpecialChars | Placeholder
S = TypeVar("S", bound=SigmaString)


def placeholders_of(text: str, path: str) -> Placeholders:
    """Read the lists. Raises RuleError, which names the file by `path`."""
    try:
        if len(text) > LARGEST_FILE:
            raise RuleError(f"longer than {LARGEST_FILE} characters; shorten its lists")
        refuse_depth(text)
        given = yaml.load(text, Loader=yaml.CSafeLoader)
        if not isinstance(given, dict):
            raise RuleError("must be a mapping from names to lists of values")
        return {str(name): _values(str(name), values) for name, values in given.items()}
    except (ValueError, yaml.YAMLError) as error:
        raise refusal(path, error) from error


def expanded(value: SigmaType, placeholders: Placeholders) -> Iterator[SigmaType]:
    """The values that one value of a rule means: itself, or one for each value of its placeholders.

    Raises RuleError for a placeholder that has no list.
    """
    if isinstance(value, SigmaRegularExpression) and value.contains_placeholder():
        for text in _expanded(value.regexp, placeholders, as_written=True):
            yield SigmaRegularExpression(text, value.flags, POLICY)
    elif isinstance(value, SigmaString) and value.contains_placeholder():
        yield from _expanded(value, placeholders, as_written=False)
    else:
        yield value


def _expanded(text: S, placeholders: Placeholders, *, as_written: bool) -> Iterator[S]:
    choices: list[list[list[Part]]] = []
    count = 1
    for part in text.s:
        choices.append(_choices(part, placeholders, as_written))
        count *= len(choices[-1])
    if count > MOST:
        raise RuleError(f"its placeholders mean {count} values, more than {MOST}; shorten their lists")
    for chosen in product(*choices):
        one = type(text)()
        one.s = [part for parts in chosen for part in parts]
        yield one


def _choices(part: Part, placeholders: Placeholders, as_written: bool) -> list[list[Part]]:
    if not isinstance(part, Placeholder):
        return [[part]]
    if part.name not in placeholders:
        remedy = f"write `{part.name}:` with its values into {FILES[0]}, in the folder of the rules"
        raise RuleError(f"%{part.name}% has no list; {remedy}")
    values = placeholders[part.name]
    return [[value] if as_written else list(SigmaString(value).s) for value in values]


def _values(name: str, given: Any) -> tuple[str, ...]:
    values = given if isinstance(given, list) else [given]
    if not values or not all(isinstance(value, str | int | float) for value in values):
        raise RuleError(f"{name!r} must be a text or a number, or a list of them")
    return tuple(str(value) for value in values)
