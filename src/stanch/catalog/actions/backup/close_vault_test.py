import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.ground import document, no_wait, survives_dying
from tests.recorded_aws import ACCOUNT, REGION, Operation, Recorded, RecordedAws

from stanch.catalog.actions.backup import close_vault as action
from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsAbsent, AwsError

ID = "backup/close_vault"
RESOURCE = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:weights"
THEIRS = "444455556666"


def grant(account: str) -> dict[str, Any]:
    who = {"AWS": f"arn:aws:iam::{account}:root"}
    return {"Effect": "Allow", "Principal": who, "Action": "backup:CopyFromBackupVault", "Resource": "*"}


def kept(*statements: dict[str, Any]) -> Recorded:
    """An account in memory with one policy."""

    def get(state: dict[str, Any], _asked: Mapping[str, Any]) -> dict[str, Any]:
        if state["policy"] is None:
            raise AwsAbsent("backup:GetBackupVaultAccessPolicy", "ResourceNotFoundException", "there is none")
        return {"Policy": state["policy"]}

    def put(state: dict[str, Any], asked: Mapping[str, Any]) -> None:
        state["policy"] = asked["Policy"]

    def delete(state: dict[str, Any], _asked: Mapping[str, Any]) -> None:
        state["policy"] = None

    operations: dict[str, Operation] = {
        "backup:GetBackupVaultAccessPolicy": get,
        "backup:PutBackupVaultAccessPolicy": put,
        "backup:DeleteBackupVaultAccessPolicy": delete,
        "backup:DescribeBackupVault": lambda _state, asked: {"BackupVaultName": asked["BackupVaultName"]},
    }
    return Recorded(RecordedAws(operations, {"policy": document(statements) if statements else None}))


def test_shuts_out_a_stranger_and_leaves_our_own() -> None:
    account = kept(grant(ACCOUNT), grant(THEIRS))
    text = account.aws.state["policy"]
    step = account.planned(ID, RESOURCE)
    action.apply(account.aws, step, no_wait)
    assert json.loads(account.aws.state["policy"]) == json.loads(document([grant(ACCOUNT)]))
    assert action.verify(account.aws, step, no_wait, None).holds
    action.undo(account.aws, step, no_wait)
    assert account.aws.state["policy"] == text


def test_has_nothing_to_do_where_no_stranger_is_let_in() -> None:
    with pytest.raises(Needless):
        kept(grant(ACCOUNT)).planned(ID, RESOURCE)
    with pytest.raises(Needless, match="no policy"):
        kept().planned(ID, RESOURCE)


def test_leaves_the_policy_alone_when_it_is_throttled() -> None:
    account = kept(grant(THEIRS))
    step = account.planned(ID, RESOURCE)
    account.aws.failing["backup:DeleteBackupVaultAccessPolicy"] = [
        AwsError("backup:DeleteBackupVaultAccessPolicy", "ThrottlingException", "slower")
    ]
    with pytest.raises(AwsError, match="ThrottlingException"):
        action.apply(account.aws, step, no_wait)
    assert action.read(account.aws, step) == step.before


def test_tells_a_vault_without_a_policy_from_no_vault() -> None:
    account = kept()
    gone = AwsAbsent("backup:DescribeBackupVault", "ResourceNotFoundException", "no such vault")
    account.aws.failing["backup:DescribeBackupVault"] = [gone]
    with pytest.raises(AwsAbsent, match="no such vault"):
        account.planned(ID, RESOURCE)


def test_survives_dying_before_each_change() -> None:
    ground = kept()

    def opened() -> str:
        ground.aws.state["policy"] = document([grant(THEIRS)])
        return RESOURCE

    assert survives_dying(ground, ID, opened) == 1
