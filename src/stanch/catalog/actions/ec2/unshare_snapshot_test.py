from typing import Any

import pytest
from tests.ground import Ground, allowed, no_wait, survives_dying

from stanch.catalog.actions.ec2 import unshare_snapshot as action
from stanch.contracts.action import Needless, Refused
from stanch.contracts.aws import AwsAbsent
from stanch.domain.estate import Perimeter

ID = "ec2/unshare_snapshot"
INSIDE = "999988887777"


def shared(ground: Ground, *, users: tuple[str, ...] = (), everybody: bool = False) -> str:
    """The ARN of a snapshot that is shared with these accounts."""
    made = ground.admin.call("ec2", "CreateVolume", AvailabilityZone=f"{ground.staged.region}a", Size=1)
    snapshot = ground.admin.call("ec2", "CreateSnapshot", VolumeId=made["VolumeId"])["SnapshotId"]
    share(ground, snapshot, users=users, everybody=everybody)
    return f"arn:{ground.admin.partition}:ec2:{ground.staged.region}::snapshot/{snapshot}"


def share(ground: Ground, snapshot: str, *, users: tuple[str, ...] = (), everybody: bool = False) -> None:
    whom: dict[str, Any] = {"UserIds": list(users)} if users else {}
    if everybody:
        whom["GroupNames"] = ["all"]
    if whom:
        change = {"SnapshotId": snapshot, "Attribute": "createVolumePermission", "OperationType": "add"}
        ground.admin.call("ec2", "ModifySnapshotAttribute", **change, **whom)


def test_takes_it_back_from_an_outside_account_and_leaves_ours(ground: Ground) -> None:
    aws = ground.responder()
    arn = shared(ground, users=(ground.outside_account, INSIDE))
    case = ground.case(perimeter=Perimeter(accounts=(ground.account, INSIDE)))
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


def test_has_nothing_to_do_for_a_snapshot_that_is_private(ground: Ground) -> None:
    with pytest.raises(Needless, match="nobody outside"):
        ground.planned(ID, shared(ground))


def test_does_not_verify_while_the_share_stands(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, shared(ground, users=(ground.outside_account,)), aws)
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert ground.outside_account in proof.what[0]


def test_does_not_verify_when_another_stranger_was_let_in_since_the_plan(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, shared(ground, users=(ground.outside_account,)), aws)
    share(ground, step.resource.rpartition("/")[2], everybody=True)
    action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert "everybody" in proof.what[0]


def test_touches_no_snapshot_of_another_account(ground: Ground) -> None:
    made = ground.outsider.call("ec2", "CreateVolume", AvailabilityZone=f"{ground.staged.region}a", Size=1)
    theirs = ground.outsider.call("ec2", "CreateSnapshot", VolumeId=made["VolumeId"])["SnapshotId"]
    open_to_all = {"SnapshotId": theirs, "Attribute": "createVolumePermission", "OperationType": "add"}
    ground.outsider.call("ec2", "ModifySnapshotAttribute", **open_to_all, GroupNames=["all"])
    arn = f"arn:{ground.admin.partition}:ec2:{ground.staged.region}::snapshot/{theirs}"
    with pytest.raises((Refused, AwsAbsent)):
        ground.planned(ID, arn)


def test_says_that_a_snapshot_is_gone(ground: Ground) -> None:
    with pytest.raises(AwsAbsent):
        ground.planned(ID, f"arn:{ground.admin.partition}:ec2:{ground.staged.region}::snapshot/snap-0123456789abcdef0")


def test_survives_dying_before_each_change(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: shared(ground, users=(ground.outside_account,), everybody=True)) == 1


def test_asks_for_no_more_than_it_needs(ground: Ground) -> None:
    assert not allowed(ground.responder(), "ec2", "DeleteSnapshot", SnapshotId="snap-0123456789abcdef0")
