"""CloudTrail records, GuardDuty findings and Security Hub findings are all JSON: the outermost names tell which.

One function decides for all three, so that no file is two logs at once. Only names at a record's own level count: what
lies deeper (tags, request parameters) is an attacker's to choose, and could hide a whole file from its source.
"""

import re
from functools import lru_cache

from stanch.catalog.sources._carried import carried
from stanch.catalog.sources._json import BOM
from stanch.catalog.sources._model_logs import model_log
from stanch.catalog.sources._outline import Levels, outline
from stanch.catalog.sources._stamped import stamped

CLOUDTRAIL, GUARDDUTY, SECURITY_HUB = "cloudtrail", "guardduty", "securityhub"

_DELIVERED = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"Records"\s*:')
_CLOUDTRAIL_NAMES = (
    b'"Records"', b'"eventSource"', b'"eventVersion"', b'"eventName"', b'"digestStartTime"', b'"detail-type"'
)  # fmt: skip


@lru_cache(maxsize=2)  # three sources ask the same of each file, one after the other
def json_log(path: str, head: bytes) -> str | None:
    """Which log a JSON file is, from its path and its first bytes; None when it is none of the three."""
    if head.removeprefix(BOM).lstrip()[:1] not in (b"{", b"["):
        return CLOUDTRAIL if stamped(head) and not model_log(head) else None
    if _DELIVERED.match(head):  # nearly every file is one: nothing more need be looked at
        return CLOUDTRAIL
    if model_log(head):  # a log record of OpenTelemetry has an eventName too
        return None
    levels = outline(head)
    outer = levels.get((), {})
    if "Records" not in outer:
        if finding := _announced(outer.get("detail-type", "")) or _finding(levels):
            return finding
        if "/GuardDuty/" in path and "eventSource" not in outer:
            return GUARDDUTY
    named = any(name in head for name in _CLOUDTRAIL_NAMES)
    return CLOUDTRAIL if named or "/CloudTrail" in path or carried(head) else None


def _announced(detail_type: str) -> str | None:
    if detail_type == "GuardDuty Finding":
        return GUARDDUTY
    return SECURITY_HUB if detail_type.startswith(("Security Hub Findings", "Findings Imported")) else None


def _finding(levels: Levels) -> str | None:
    for names in levels.values():
        if "ProductArn" in names and names.keys() & {"AwsAccountId", "GeneratorId", "SchemaVersion"}:
            return SECURITY_HUB
        arn = names.get("arn") or names.get("Arn") or ""
        if ":guardduty:" in arn or {"schemaVersion", "accountId", "type"} <= names.keys():
            return GUARDDUTY
    return None
