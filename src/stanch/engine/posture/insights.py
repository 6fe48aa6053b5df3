"""Security Hub's saved questions: one for each failure point of an LLM estate, over the findings of a scan."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from stanch.domain.estate import AssetKind
from stanch.domain.verdict import Row
from stanch.engine.posture.asff import GENERATOR
from stanch.engine.posture.judge import Asked

_KINDS = (AssetKind.WEIGHTS, AssetKind.TRAINING_DATA, AssetKind.EVIDENCE)
_MOST = 20
"""Values of one filter, at most."""


def insights(checks: Sequence[Asked]) -> str:
    """A CloudFormation template, as JSON."""
    resources = {f"Row{number}": _row(row, checks) for number, row in enumerate(Row) if _of(row, checks)}
    resources |= {f"Asset{kind.name.title().replace('_', '')}": _asset(kind) for kind in _KINDS}
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Security Hub insights over the findings that stanch scan imports",
        "Resources": resources,
    }
    return json.dumps(template, indent=1) + "\n"


def _of(row: Row, checks: Sequence[Asked]) -> list[str]:
    """The ids of a row's checks, a whole folder by its name where all of it is of that row."""
    mine = [one.id for one in checks if one.check.ABOUT.row is row]
    folders = {one.split("/")[0] for one in mine}
    whole = {
        folder
        for folder in folders
        if all(one.check.ABOUT.row is row for one in checks if one.id.startswith(f"{folder}/"))
    }
    return sorted({f"{one.split('/')[0]}/" if one.split("/")[0] in whole else one for one in mine})


def _row(row: Row, checks: Sequence[Asked]) -> dict[str, Any]:
    names = _of(row, checks)[:_MOST]
    filters = {"GeneratorId": [{"Value": f"{GENERATOR}{name}", "Comparison": "PREFIX"} for name in names]}
    return _insight(f"stanch: {row.value}", filters)


def _asset(kind: AssetKind) -> dict[str, Any]:
    holds = {"Key": "stanch/AssetKind", "Value": kind.value, "Comparison": "EQUALS"}
    return _insight(f"stanch: holes on {kind.value}", {"ProductFields": [holds]})


def _insight(name: str, filters: Mapping[str, Any]) -> dict[str, Any]:
    standing = {
        "ComplianceStatus": [{"Value": "FAILED", "Comparison": "EQUALS"}],
        "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
    }
    properties = {"Name": name, "GroupByAttribute": "ResourceId", "Filters": {**filters, **standing}}
    return {"Type": "AWS::SecurityHub::Insight", "Properties": properties}
