"""OCSF's compliance finding (class 2003, version 1.3), which a SIEM reads without a translator: one line a verdict."""

import json
import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from stanch.domain.arn import Arn, ArnError
from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling, Verdict
from stanch.engine.posture.asff import identity

VERSION = "1.3.0"
_CATEGORY, _CLASS, _CREATE = 2, 2003, 1
_STATUS = {Ruling.UNKNOWN: (0, "Unknown"), Ruling.PASS: (1, "Pass"), Ruling.FAIL: (3, "Fail")}
_SEVERITY = {
    Severity.INFORMATIONAL: (1, "Informational"),
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}


def ocsf(verdicts: Sequence[Verdict], made_at: datetime, version: str) -> str:
    """Lines of JSON, one compliance finding each, in ASCII, so that no name ends a line; `version` is stanch's own."""
    return "".join(json.dumps(_finding(one, made_at, version), separators=(",", ":")) + "\n" for one in verdicts)


def _finding(one: Verdict, made_at: datetime, version: str) -> dict[str, Any]:
    when = int(made_at.timestamp() * 1000)
    status_id, status = _STATUS[one.ruling]
    severity_id, severity = _SEVERITY[one.severity if one.ruling is Ruling.FAIL else Severity.INFORMATIONAL]
    found: dict[str, Any] = {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Compliance Finding",
        "type_uid": _CLASS * 100 + _CREATE,
        "time": when,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 4 if one.ruling is Ruling.PASS else 1,
        "status": "Resolved" if one.ruling is Ruling.PASS else "New",
        "message": one.why,
        "metadata": {
            "version": VERSION,
            "profiles": ["cloud"],
            "product": {"name": "stanch", "vendor_name": "stanch", "version": version},
        },
        "finding_info": {
            "uid": identity(one),
            "title": one.title,
            "desc": one.why,
            "created_time": when,
            "types": [one.row.value],
        },
        "compliance": {
            "control": one.check,
            "status_id": status_id,
            "status": status,
            "standards": sorted(one.controls or {}),
            "requirements": [control for controls in (one.controls or {}).values() for control in controls],
        },
        "cloud": {"provider": "AWS", "account": {"uid": one.account}, **({"region": one.region} if one.region else {})},
        "resources": [_resource(one)],
    }
    if one.remedy is not None:
        commands = "".join(f"\n{shlex.join(command)}" for command in one.remedy.commands)
        found["remediation"] = {"desc": f"{one.remedy.words}{commands}"}
    return found


def _resource(one: Verdict) -> dict[str, Any]:
    told: dict[str, Any] = {"uid": one.resource}
    try:
        arn = Arn.parse(one.resource)
    except ArnError:
        pass
    else:
        told |= {"name": arn.name, "type": f"{arn.service}:{arn.kind}", "cloud_partition": arn.partition}
    if one.region:
        told["region"] = one.region
    if one.assets:
        told["labels"] = [f"{asset.kind}:{asset.name}" for asset in one.assets]
    return told
