"""A snapshot says by its tags which incident and which host it is evidence of."""

from typing import Any

from stanch.contracts.action import Refused
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Step

COPY_OF = "stanch:copy-of"
PAUSES = (5.0,) * 12 + (15.0,) * 36
"""Seconds between looks at what takes EBS minutes; ten minutes together, then the next run goes on."""


def meant(aws: Aws, step: Step) -> dict[str, dict[str, Any]]:
    """The snapshots a step is about, by id: the one that it names, or all that its incident took of its instance.

    Without those that failed, and without copies.
    """
    arn = Arn.parse(step.resource)
    if arn.kind == "snapshot":
        found = aws.pages("ec2", "DescribeSnapshots", "Snapshots", SnapshotIds=[arn.name])
    else:
        found = aws.pages("ec2", "DescribeSnapshots", "Snapshots", OwnerIds=["self"], Filters=_of(step, arn.name))
    usable = (one for one in found if one.get("State") in {"pending", "completed"})
    return {str(one["SnapshotId"]): one for one in usable if COPY_OF not in tags(one)}


def refuse_what_is_not_ours(aws: Aws, snapshot: str) -> None:
    """Raises AwsAbsent where there is no such snapshot, Refused where it is another account's."""
    found = aws.pages("ec2", "DescribeSnapshots", "Snapshots", SnapshotIds=[snapshot])
    if not found:
        raise AwsAbsent("ec2:DescribeSnapshots", "InvalidSnapshot.NotFound", f"{snapshot} does not exist")
    owner = str(found[0].get("OwnerId"))
    if owner != aws.account:
        raise Refused(f"{snapshot} belongs to account {owner}: have it kept there, or copy it into this one by hand")


def tags(snapshot: dict[str, Any]) -> dict[str, str]:
    """The tags of a snapshot as DescribeSnapshots shows it."""
    return {str(tag["Key"]): str(tag["Value"]) for tag in snapshot.get("Tags") or ()}


def _of(step: Step, instance: str) -> list[dict[str, Any]]:
    wanted = {"stanch:incident": step.incident, "stanch:instance": instance}
    return [{"Name": f"tag:{name}", "Values": [value]} for name, value in wanted.items()]
