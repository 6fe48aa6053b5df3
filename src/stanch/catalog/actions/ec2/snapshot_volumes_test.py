from typing import Any

import pytest
from tests.ground import Ground, no_wait, survives_dying

from stanch.catalog.actions.ec2 import snapshot_volumes as action
from stanch.contracts.action import Refused
from stanch.contracts.aws import AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Step

ID = "ec2/snapshot_volumes"


def host(ground: Ground) -> str:
    return ground.arn("ec2", f"instance/{ground.host(elastic=False)}")


def snapshots(ground: Ground, step: Step) -> list[dict[str, Any]]:
    mine = [{"Name": "tag:stanch:instance", "Values": [Arn.parse(step.resource).name]}]
    return ground.admin.pages("ec2", "DescribeSnapshots", "Snapshots", Filters=mine)


def test_takes_every_volume_once_and_tags_it_with_the_incident(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, host(ground), aws)
    for _ in range(3):
        action.apply(aws, step, no_wait)
    taken = snapshots(ground, step)
    assert sorted(snapshot["VolumeId"] for snapshot in taken) == step.settings["volumes"]
    for snapshot in taken:
        tags = {tag["Key"]: tag["Value"] for tag in snapshot["Tags"]}
        assert (tags["stanch:incident"], tags["stanch:action"]) == (step.incident, ID)
    assert action.verify(aws, step, no_wait, None).holds


def test_takes_a_volume_that_was_added_later_by_itself(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, host(ground), aws)
    action.apply(aws, step, no_wait)
    zone = f"{ground.staged.region}a"
    volume = ground.admin.call("ec2", "CreateVolume", AvailabilityZone=zone, Size=5)["VolumeId"]
    name = Arn.parse(step.resource).name
    ground.admin.call("ec2", "AttachVolume", VolumeId=volume, InstanceId=name, Device="/dev/sdg")
    assert not action.verify(aws, step, no_wait, None).holds
    action.apply(aws, step, no_wait)
    assert len(snapshots(ground, step)) == 3
    assert not aws.needed - set(action.PERMISSIONS)


def test_takes_what_is_attached_at_one_moment_though_a_volume_was_taken_off_since(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, host(ground), aws)
    off = step.settings["volumes"][0]
    ground.admin.call("ec2", "DetachVolume", VolumeId=off, InstanceId=Arn.parse(step.resource).name)
    calls: list[str] = []
    aws.before_call = calls.append
    action.apply(aws, step, no_wait)
    assert [call for call in calls if call.startswith("ec2:Create")] == ["ec2:CreateSnapshots", "ec2:CreateSnapshot"]
    assert sorted(snapshot["VolumeId"] for snapshot in snapshots(ground, step)) == step.settings["volumes"]


def test_keeps_the_snapshots_when_it_is_undone(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, host(ground), aws)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before
    assert len(snapshots(ground, step)) == 2


def test_does_not_hold_when_a_snapshot_was_deleted(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, host(ground), aws)
    action.apply(aws, step, no_wait)
    gone = snapshots(ground, step)[0]
    ground.admin.call("ec2", "DeleteSnapshot", SnapshotId=gone["SnapshotId"])
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert f"{gone['VolumeId']}: none" in proof.what


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: host(ground)) == 1


def test_refuses_a_terminated_instance_and_knows_one_that_never_was(ground: Ground) -> None:
    arn = host(ground)
    ground.admin.call("ec2", "TerminateInstances", InstanceIds=[Arn.parse(arn).name])
    with pytest.raises(Refused, match="terminated"):
        ground.planned(ID, arn)
    with pytest.raises(AwsAbsent):
        ground.planned(ID, ground.arn("ec2", "instance/i-00000000000000000"))
