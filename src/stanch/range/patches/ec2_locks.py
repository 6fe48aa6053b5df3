"""A locked snapshot is not deleted before its lock is opened or has ended."""

from datetime import timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.elastic_block_store import EBSBackend
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from stanch.range.patches.replacing import adds, replaces

_delete = EBSBackend.delete_snapshot


def install() -> None:
    """Give EC2 the locks of snapshots."""
    adds(ElasticBlockStore, "lock_snapshot")(lock_snapshot)
    adds(ElasticBlockStore, "unlock_snapshot")(unlock_snapshot)
    adds(ElasticBlockStore, "describe_locked_snapshots")(describe_locked_snapshots)
    replaces(EBSBackend, "delete_snapshot")(delete_snapshot)


def lock_snapshot(self: Any) -> ActionResult:
    """Lock for so many days, from now."""
    self.error_on_dryrun()
    snapshot = self.ec2_backend.get_snapshot(self._get_param("SnapshotId"))
    days, now = int(self._get_param("LockDuration")), utcnow()
    snapshot.lock = {
        "SnapshotId": snapshot.id,
        "OwnerId": snapshot.owner_id,
        "LockState": self._get_param("LockMode"),
        "LockDuration": days,
        "LockCreatedOn": now,
        "LockDurationStartTime": now,
        "LockExpiresOn": now + timedelta(days=days),
    }
    return ActionResult(snapshot.lock)


def unlock_snapshot(self: Any) -> ActionResult:
    """Open a lock in governance mode."""
    self.error_on_dryrun()
    snapshot = self.ec2_backend.get_snapshot(self._get_param("SnapshotId"))
    if getattr(snapshot, "lock", {}).get("LockState") == "compliance":
        raise EC2ClientError("OperationNotPermitted", f"Snapshot {snapshot.id} is locked in compliance mode")
    snapshot.lock = {}
    return ActionResult({"SnapshotId": snapshot.id})


def describe_locked_snapshots(self: Any) -> ActionResult:
    """Those that are locked, of the snapshots named or of all."""
    found = self.ec2_backend.describe_snapshots(snapshot_ids=self._get_param("SnapshotIds", []))
    return ActionResult({"Snapshots": [one.lock for one in found if getattr(one, "lock", {})]})


def delete_snapshot(self: Any, snapshot_id: str) -> Any:
    """Refused while it is locked."""
    if getattr(self.snapshots.get(snapshot_id), "lock", {}):
        raise EC2ClientError("OperationNotPermitted", f"Snapshot {snapshot_id} is locked")
    return _delete(self, snapshot_id)
