"""The collector of Access Analyzer, against recorded answers: the emulator has no such service."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.collecting import collected, says, survives_denials
from tests.listening import Listening
from tests.recorded_aws import ACCOUNT, RecordedAws, State

from stanch.catalog.collectors import accessanalyzer

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BASE = f"arn:aws:access-analyzer:eu-central-1:{ACCOUNT}:analyzer"
UNUSED = {
    "id": "u-1",
    "findingType": "UnusedPermission",
    "resource": f"arn:aws:iam::{ACCOUNT}:role/app",
    "resourceType": "AWS::IAM::Role",
    "resourceOwnerAccount": ACCOUNT,
    "status": "ACTIVE",
    **dict.fromkeys(("createdAt", "analyzedAt", "updatedAt"), NOON),
}


def analyzer(name: str, type_: str) -> dict[str, Any]:
    return {"arn": f"{BASE}/{name}", "name": name, "type": type_, "createdAt": NOON, "status": "ACTIVE"}


def finding(id_: str) -> dict[str, Any]:
    told = {"id": id_, "resourceType": "AWS::S3::Bucket", "status": "ACTIVE", "resourceOwnerAccount": ACCOUNT}
    return {**told, "condition": {}, "isPublic": True, **dict.fromkeys(("createdAt", "analyzedAt", "updatedAt"), NOON)}


def recorded(*analyzers: dict[str, Any]) -> Listening:
    """An account with these analyzers, each with two findings on two pages."""

    def findings(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        assert asked["filter"] == {"status": {"eq": ["ACTIVE"]}}
        if "nextToken" in asked:
            return {"findings": [finding("second")]}
        return {"findings": [finding("first")], "nextToken": "more"}

    return Listening(
        RecordedAws(
            {
                "accessanalyzer:ListAnalyzers": lambda *_: {"analyzers": list(analyzers)},
                "accessanalyzer:ListFindings": findings,
                "accessanalyzer:ListFindingsV2": says({"findings": [UNUSED]}),
            }
        )
    )


def test_the_findings_of_an_analyzer_that_looks_outward_are_told_to_the_last_page() -> None:
    aws = recorded(analyzer("outward", "ACCOUNT"), analyzer("inward", "ACCOUNT_INTERNAL_ACCESS"))
    things, unknowns = collected(accessanalyzer, aws)
    assert unknowns == []
    assert aws.needed == set(accessanalyzer.PERMISSIONS)
    assert [one["id"] for one in things[f"{BASE}/outward"].data["Findings"]] == ["first", "second"]
    assert things[f"{BASE}/inward"].data["Findings"] is None


def test_what_nobody_uses_is_told_by_the_analyzer_that_looks_for_it() -> None:
    aws = recorded(analyzer("unused", "ACCOUNT_UNUSED_ACCESS"))
    things, unknowns = collected(accessanalyzer, aws)
    assert (unknowns, things[f"{BASE}/unused"].data["Findings"]) == ([], [UNUSED])
    survives_denials(accessanalyzer, aws)


def test_denied_findings_are_a_gap_at_the_analyzer() -> None:
    survives_denials(accessanalyzer, recorded(analyzer("outward", "ORGANIZATION")))


def test_a_region_without_an_analyzer_is_no_gap() -> None:
    assert collected(accessanalyzer, recorded()) == ({}, [])
