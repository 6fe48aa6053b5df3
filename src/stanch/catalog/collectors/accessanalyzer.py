"""Access Analyzer proves by logic which resources policies open to outside its zone of trust.

Reads: analyzers, and the active findings of those that look for external access.
Blind to: findings that were archived or resolved; unused and internal access.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.collectors._answers import items
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = ("access-analyzer:ListAnalyzers", "access-analyzer:ListFindings")

_EXTERNAL = ("ACCOUNT", "ORGANIZATION")
"""The types of analyzers whose findings say who is let in from outside; the others' answer another question."""
_ACTIVE = {"status": {"eq": ["ACTIVE"]}}


def collect(look: Look) -> Iterator[Thing]:
    """Each analyzer, with `Findings`: those that are active, a marker, or none where it does not look outward."""
    listed = look.list("accessanalyzer", "ListAnalyzers", "analyzers", of=f"access-analyzer in {look.region}")

    def described(one: Mapping[str, Any]) -> Thing:
        return Thing("access-analyzer/analyzer", one["arn"], {**one, "Findings": _findings(look, one)})

    yield from look.each(described, items(listed))


def _findings(look: Look, analyzer: Mapping[str, Any]) -> Any:
    if analyzer["type"] not in _EXTERNAL:
        return None
    arn = analyzer["arn"]
    return look.list("accessanalyzer", "ListFindings", "findings", of=arn, analyzerArn=arn, filter=_ACTIVE)
