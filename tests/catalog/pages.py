"""A unit's page, read as what it is: headings, and examples that can be executed."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """One section's example: the records of its JSON fences, and its estate if it shows one."""

    records: list[dict[str, Any]]
    estate: str | None


def title(page: Path) -> str:
    """The page's first heading."""
    first = page.read_text().splitlines()[0]
    assert first.startswith("# "), f"{page} does not begin with a title"
    return first[2:]


def sections(page: Path) -> dict[str, str]:
    """Headings of the second level, each with its text, in order."""
    parts = _SECTION.split(page.read_text())
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def example(text: str) -> Example:
    """The example in one section."""
    records: list[dict[str, Any]] = []
    estate = None
    for language, body in _FENCE.findall(text):
        if language == "json":
            value = json.loads(body)
            records += value if isinstance(value, list) else [value]
        elif language == "toml":
            estate = body
    return Example(records, estate)
