"""The collector of Roles Anywhere, against recorded answers: the emulator has no such service."""

from collections.abc import Mapping
from typing import Any

from tests.collecting import collected, survives_denials
from tests.listening import Listening
from tests.recorded_aws import ACCOUNT, Operation, RecordedAws, State

from stanch.catalog.collectors import rolesanywhere

BASE = f"arn:aws:rolesanywhere:eu-central-1:{ACCOUNT}"
ANCHORS: list[dict[str, Any]] = [
    {"trustAnchorArn": f"{BASE}:trust-anchor/{n}", "name": f"ca-{n}", "enabled": True} for n in range(3)
]
PROFILES: list[dict[str, Any]] = [
    {"profileArn": f"{BASE}:profile/1", "roleArns": [f"arn:aws:iam::{ACCOUNT}:role/build"], "enabled": True}
]


def paged(key: str, items: list[dict[str, Any]]) -> Operation:
    """One item a page."""

    def answer(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        at = int(asked.get("nextToken", "0"))
        return {key: items[at : at + 1], **({"nextToken": str(at + 1)} if at + 1 < len(items) else {})}

    return answer


def recorded(anchors: list[dict[str, Any]], profiles: list[dict[str, Any]]) -> Listening:
    """An account with these."""
    return Listening(
        RecordedAws(
            {
                "rolesanywhere:ListTrustAnchors": paged("trustAnchors", anchors),
                "rolesanywhere:ListProfiles": paged("profiles", profiles),
            }
        )
    )


def test_every_page_of_anchors_and_profiles_is_found() -> None:
    aws = recorded(ANCHORS, PROFILES)
    things, unknowns = collected(rolesanywhere, aws)
    assert unknowns == []
    assert aws.needed == set(rolesanywhere.PERMISSIONS)
    assert [things[one["trustAnchorArn"]].data for one in ANCHORS] == ANCHORS
    assert things[PROFILES[0]["profileArn"]].kind == "rolesanywhere/profile"


def test_a_denied_list_is_a_gap_and_the_other_is_still_told() -> None:
    survives_denials(rolesanywhere, recorded(ANCHORS, PROFILES))


def test_a_region_without_any_is_no_gap() -> None:
    assert collected(rolesanywhere, recorded([], [])) == ({}, [])
