from typing import Any

import pytest
from tests.ground import Ground, allowed, no_wait, survives_dying

from stanch.catalog.actions.ec2 import unshare_snapshot as action
from stanch.contracts.aws import AwsAbsent

ID = "ec2/unshare_snapshot"
INSIDE = "999988887777"


def shared(ground: Ground, *, users: tuple[str, ...] = (), everybody: bool = False) -> str:
    """The ARN of a snapshot that is shared with these accounts."""
    made = ground.admin.call("ec2", "CreateVolume", AvailabilityZone=f"{ground.staged.region}a", Size=1)
    snapshot = ground.admin.call("ec2", "CreateSnapshot", VolumeId=made["VolumeId"])["SnapshotId"]
    whom: dict[str, Any] = {"UserIds": list(users)} if users else {}
    if everybody:
        whom["GroupNames"] = ["all"]
    if whom:
        change = {"SnapshotId": snapshot, "Attribute": "createVolumePermission", "OperationType": "add"}
        ground.admin.call("ec2", "ModifySnapshotAttribute", **change, **whom)
    return f"arn:{ground.admin.partition}:ec2:{ground.staged.region}::snapshot/{snapshot}"


def test_takes_it_back_from_an_outside_account_and_leaves_ours(ground: Ground) -> None:
    aws = ground.responder()
    arn = shared(ground, users=(ground.outside_account, INSIDE))
    perimeter = ground.case().perimeter
    case = ground.case(perimeter=type(perimeter)(accounts=(ground.account, INSIDE)))
    step = ground.planned(ID, arn, aws, case)
    assert step.before == {"users": sorted([ground.outside_account, INSIDE]), "groups": []}
    action.apply(aws, step, no_wait)
    assert action.read(aws, step) == {"users": [INSIDE], "groups": []}
    assert action.verify(aws, step, no_wait, None).holds


def test_takes_a_public_snapshot_back_from_everybody(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, shared(ground, everybody=True), aws)
    assert "everybody (all)" in step.calls[0]
    action.apply(aws, step, no_wait)
    assert action.read(aws, step) == {"users": [], "groups": []}


def test_plans_no_call_for_a_snapshot_that_is_private(ground: Ground) -> None:
    step = ground.planned(ID, shared(ground))
    assert step.calls == ()


def test_does_not_verify_while_the_share_stands(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, shared(ground, users=(ground.outside_account,)), aws)
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert ground.outside_account in proof.what[0]


def test_says_that_a_snapshot_is_gone(ground: Ground) -> None:
    with pytest.raises(AwsAbsent):
        ground.planned(ID, f"arn:{ground.admin.partition}:ec2:{ground.staged.region}::snapshot/snap-0123456789abcdef0")


def test_survives_dying_before_each_change(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: shared(ground, users=(ground.outside_account,), everybody=True)) == 1


def test_asks_for_no_more_than_it_needs(ground: Ground) -> None:
    assert not allowed(ground.responder(), "ec2", "DeleteSnapshot", SnapshotId="snap-0123456789abcdef0")
