"""The collector of resource shares, against recorded answers: the emulator tells no other account's."""

from collections.abc import Mapping
from typing import Any

from tests.collecting import collected, survives_denials
from tests.listening import Listening
from tests.recorded_aws import ACCOUNT, Operation, RecordedAws, State

from stanch.catalog.collectors import ram

STRANGER = "444455556666"
OWN = f"arn:aws:ram:eu-central-1:{ACCOUNT}:resource-share/own"
EMPTY = f"arn:aws:ram:eu-central-1:{ACCOUNT}:resource-share/empty"
GIVEN = f"arn:aws:ram:eu-central-1:{STRANGER}:resource-share/given"
GROUP = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:model-package-group/llama"


def recorded(own: list[str], given: list[str]) -> Listening:
    """An account that shares one model package group with a stranger."""

    def shares(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        listed = own if asked["resourceOwner"] == "SELF" else given
        at = int(asked.get("nextToken", "0"))
        page: dict[str, Any] = {"resourceShares": [{"resourceShareArn": arn} for arn in listed[at : at + 1]]}
        return {**page, **({"nextToken": str(at + 1)} if at + 1 < len(listed) else {})}

    def associations(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        entity = STRANGER if asked["associationType"] == "PRINCIPAL" else GROUP
        one = {"resourceShareArn": OWN, "associatedEntity": entity, "associationType": asked["associationType"]}
        return {"resourceShareAssociations": [one]}

    operations: dict[str, Operation] = {
        "ram:GetResourceShares": shares,
        "ram:GetResourceShareAssociations": associations,
    }
    return Listening(RecordedAws(operations))


def test_a_share_is_told_with_what_is_shared_and_with_whom() -> None:
    aws = recorded([OWN, EMPTY], [GIVEN])
    things, unknowns = collected(ram, aws)
    assert unknowns == []
    assert aws.needed == set(ram.PERMISSIONS)
    assert [one["associatedEntity"] for one in things[OWN].data["Principals"]] == [STRANGER]
    assert [one["associatedEntity"] for one in things[OWN].data["Resources"]] == [GROUP]
    assert things[EMPTY].data["Principals"] == []
    assert things[GIVEN].data["resourceOwner"] == "OTHER-ACCOUNTS"


def test_each_denied_permission_is_a_gap() -> None:
    survives_denials(ram, recorded([OWN], [GIVEN]))


def test_an_account_that_shares_nothing_is_not_asked_for_associations() -> None:
    aws = recorded([], [])
    assert collected(ram, aws) == ({}, [])
    assert aws.needed == {"ram:GetResourceShares"}
