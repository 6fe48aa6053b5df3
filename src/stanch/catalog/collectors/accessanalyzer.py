"""Access Analyzer proves by logic which resources policies open to outside its zone of trust, and sees who is unused.

Reads: analyzers, and the active findings of those that look for external or for unused access.
Blind to: findings that were archived or resolved; internal access; which single actions a role does not use.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.collectors._answers import items
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = ("access-analyzer:ListAnalyzers", "access-analyzer:ListFindings")

_FINDINGS = {
    "ACCOUNT": "ListFindings",
    "ORGANIZATION": "ListFindings",
    "ACCOUNT_UNUSED_ACCESS": "ListFindingsV2",
    "ORGANIZATION_UNUSED_ACCESS": "ListFindingsV2",
}
"""How the findings of each type of analyzer are listed: who is let in from outside, or what nobody uses."""
_ACTIVE = {"status": {"eq": ["ACTIVE"]}}


def collect(look: Look) -> Iterator[Thing]:
    """Each analyzer, with `Findings`: those that are active, a marker, or none where it looks for internal access."""
    listed = look.list("accessanalyzer", "ListAnalyzers", "analyzers", of=f"access-analyzer in {look.region}")

    def described(one: Mapping[str, Any]) -> Thing:
        return Thing("access-analyzer/analyzer", one["arn"], {**one, "Findings": _findings(look, one)})

    yield from look.each(described, items(listed))


def _findings(look: Look, analyzer: Mapping[str, Any]) -> Any:
    operation, arn = _FINDINGS.get(analyzer["type"]), analyzer["arn"]
    if operation is None:
        return None
    return look.list("accessanalyzer", operation, "findings", of=arn, analyzerArn=arn, filter=_ACTIVE)
