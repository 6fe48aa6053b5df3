"""A rule set of any size: SigmaHQ's rules for AWS as they are, then variants of them that have work to do.

Each variant asks for another call, one that the trail holds, and for a client, an address, an error or a parameter that
nobody there has: it is tried again and again and never matches, as most rules on most days. Without SigmaHQ's rules
beside the repository, ours are varied.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml

from benchmarks import trail
from benchmarks.alone import Missing
from stanch import app

COMMUNITY = Path(__file__).parents[2] / "shared" / "data" / "sigma-aws"
VARIANT = "variant"
EVERYTHING = frozenset({"aws_sts_assumerole_misuse"})
"""SigmaHQ's rules that each event of an assumed role matches: with them a search tells all there is."""


def community() -> Sequence[Path]:
    """SigmaHQ's rule files. Raises Missing."""
    if not COMMUNITY.is_dir():
        raise Missing("../shared/data/sigma-aws, SigmaHQ's rules, is absent")
    return sorted(COMMUNITY.rglob("*.yml"))


def write(folder: Path, count: int, but: Collection[str] = ()) -> int:
    """Write `count` rules below `folder`, SigmaHQ's first but for those named; returns how many are SigmaHQ's."""
    try:
        known = [path.read_text(encoding="utf-8") for path in community() if path.stem not in but]
    except Missing:
        known = []
    patterns = [pattern for text in known or _ours() if (pattern := _single(text)) is not None]
    folder.mkdir(parents=True)
    for number in range(count):
        text = known[number] if number < len(known) else _variant(patterns[number % len(patterns)], number)
        (folder / f"rule_{number:04}.yml").write_text(text, encoding="utf-8")
    return min(count, len(known))


def _ours() -> Sequence[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((app.CATALOG / "detections").rglob("*.yml"))]


def _single(text: str) -> dict[str, Any] | None:
    """The one rule that a file holds; None for correlations, and for what takes several documents."""
    documents = list(yaml.safe_load_all(text))
    return documents[0] if len(documents) == 1 and "detection" in documents[0] else None


def _variant(rule: dict[str, Any], number: int) -> str:
    service, name = trail.CALLS[number % len(trail.CALLS)]
    asked = {"eventSource": f"{service}.amazonaws.com", "eventName": name}
    detection = {part: _asking(said, asked) for part, said in rule["detection"].items()}
    condition = detection.pop("condition")
    either = " or ".join(f"({one})" for one in ([condition] if isinstance(condition, str) else condition))
    detection[VARIANT] = _nobody(number)
    detection["condition"] = f"({either}) and {VARIANT}"
    title = f"{rule['title']}, variant {number}"
    varied = {**rule, "title": title, "id": str(uuid5(NAMESPACE_URL, title)), "detection": detection}
    varied.pop("name", None)
    return yaml.safe_dump(varied, sort_keys=False, allow_unicode=True)


def _asking(said: Any, asked: dict[str, str]) -> Any:
    """A selection for another call: whatever it asked of source and name, it asks for these."""
    if isinstance(said, list):
        return [_asking(one, asked) for one in said]
    if not isinstance(said, dict):
        return said
    named = {field.partition("|")[0]: (field, value) for field, value in said.items()}
    return {
        name if name in asked else field: asked.get(name, _asking(value, asked))
        for name, (field, value) in named.items()
    }


def _nobody(number: int) -> dict[str, str]:
    """What no event of the trail holds, in one of four fields in turn; the last is in the part that is read last."""
    return (
        {"userAgent|contains": f"tool-{number}/"},
        {"sourceIPAddress|startswith": f"198.51.{number}."},
        {"errorCode": f"Client.Refused{number}"},
        {"requestParameters|contains": f"drop-{number}"},
    )[number % 4]
