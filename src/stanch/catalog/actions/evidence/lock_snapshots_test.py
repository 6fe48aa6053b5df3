from dataclasses import replace
from typing import Any

import pytest
from tests.ground import Ground, Listening, no_wait, survives_dying

from stanch.catalog.actions.ec2 import snapshot_volumes
from stanch.catalog.actions.evidence import lock_snapshots as action
from stanch.contracts.action import Case, Needless, Refused
from stanch.contracts.aws import AwsAbsent, AwsError
from stanch.domain.arn import Arn
from stanch.domain.estate import EvidencePlace, Response

ID = "evidence/lock_snapshots"
INCIDENT = "inc-20261122-ab12"


def case(ground: Ground, **changes: Any) -> Case:
    return ground.case(INCIDENT, response=Response(evidence=EvidencePlace(lock_days=7)), **changes)


def taken(ground: Ground) -> tuple[str, list[str]]:
    """A host, and the snapshots that this incident took of it."""
    host = ground.arn("ec2", f"instance/{ground.host(elastic=False)}")
    step = ground.planned("ec2/snapshot_volumes", host, case=case(ground))
    snapshot_volumes.apply(ground.responder(), step, no_wait)
    mine = [{"Name": "tag:stanch:instance", "Values": [Arn.parse(host).name]}]
    found = ground.admin.pages("ec2", "DescribeSnapshots", "Snapshots", Filters=mine)
    return host, sorted(str(one["SnapshotId"]) for one in found)


def single(ground: Ground) -> str:
    """One snapshot that no incident took."""
    volume = ground.admin.call("ec2", "CreateVolume", AvailabilityZone=f"{ground.staged.region}a", Size=5)["VolumeId"]
    name = ground.admin.call("ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"]
    return ground.arn("ec2", f"snapshot/{name}")


def test_nobody_deletes_a_locked_snapshot_until_it_is_undone(ground: Ground) -> None:
    aws = ground.responder()
    host, snapshots = taken(ground)
    step = ground.planned(ID, host, aws, case(ground))
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds
    for snapshot in snapshots:
        with pytest.raises(AwsError, match="locked"):
            ground.admin.call("ec2", "DeleteSnapshot", SnapshotId=snapshot)
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before == {"locked": {}}
    for snapshot in snapshots:
        ground.admin.call("ec2", "DeleteSnapshot", SnapshotId=snapshot)


def test_is_planned_before_there_is_any_snapshot_and_locks_those_that_came(ground: Ground) -> None:
    aws = ground.responder()
    host = ground.arn("ec2", f"instance/{ground.host(elastic=False)}")
    step = ground.planned(ID, host, aws, case(ground))
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.what) == (False, ("there is no snapshot to lock",))
    snapshot_volumes.apply(aws, ground.planned("ec2/snapshot_volumes", host, aws, case(ground)), no_wait)
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds


class Pending(Listening):
    """An account in which no snapshot is complete yet."""

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        found = super().pages(service, operation, key, region=region, **params)
        return [{**one, "State": "pending"} for one in found] if operation == "DescribeSnapshots" else found


def test_locks_a_snapshot_that_is_still_being_taken(ground: Ground) -> None:
    host, (snapshot, _) = taken(ground)
    aws = Pending(ground.responder().door)
    step = ground.planned(ID, host, aws, case(ground))
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds
    with pytest.raises(AwsError, match="locked"):
        ground.admin.call("ec2", "DeleteSnapshot", SnapshotId=snapshot)


def test_leaves_the_lock_of_somebody_else_as_it_is(ground: Ground) -> None:
    aws = ground.responder()
    host, (first, second) = taken(ground)
    ground.admin.call("ec2", "LockSnapshot", SnapshotId=first, LockMode="compliance", LockDuration=2)
    step = ground.planned(ID, host, aws, case(ground))
    action.apply(aws, step, no_wait)
    assert action.read(aws, step) == {"locked": {first: "compliance", second: "governance"}}
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == {"locked": {first: "compliance"}}


def test_locks_the_one_snapshot_that_is_named_and_does_not_do_it_twice(ground: Ground) -> None:
    aws = ground.responder()
    snapshot = single(ground)
    action.apply(aws, ground.planned(ID, snapshot, aws, case(ground)), no_wait)
    with pytest.raises(Needless, match="locked already"):
        ground.planned(ID, snapshot, aws, case(ground))


def test_refuses_the_snapshot_of_another_account_and_knows_one_that_never_was(ground: Ground) -> None:
    zone = f"{ground.staged.region}a"
    volume = ground.outsider.call("ec2", "CreateVolume", AvailabilityZone=zone, Size=5)["VolumeId"]
    theirs = ground.outsider.call("ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"]
    with pytest.raises((Refused, AwsAbsent)):
        ground.planned(ID, ground.arn("ec2", f"snapshot/{theirs}"), case=case(ground))
    with pytest.raises(AwsAbsent):
        ground.planned(ID, ground.arn("ec2", "snapshot/snap-00000000000000000"), case=case(ground))


def test_does_not_hold_when_a_lock_was_opened(ground: Ground) -> None:
    aws = ground.responder()
    host, (first, _) = taken(ground)
    step = ground.planned(ID, host, aws, case(ground))
    action.apply(aws, step, no_wait)
    ground.admin.call("ec2", "UnlockSnapshot", SnapshotId=first)
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert f"{first}: not locked" in proof.what


def test_means_only_the_snapshots_of_its_own_incident(ground: Ground) -> None:
    aws = ground.responder()
    host, _ = taken(ground)
    other = replace(case(ground), incident="inc-20261122-ffff")
    assert action.verify(aws, ground.planned(ID, host, aws, other), no_wait, None).what == (
        "there is no snapshot to lock",
    )


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: taken(ground)[0]) == 2
