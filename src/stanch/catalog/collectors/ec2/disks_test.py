"""The collector of disks against the range, and against recorded answers for pages and for AWS's own key."""

from typing import Any

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.aws import Door
from stanch.catalog.collectors.ec2 import disks

ELSEWHERE = "eu-west-1"
STRANGER = "999988887777"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/"


def furnished(aws: Door) -> dict[str, str]:
    """A volume, a snapshot of it for everybody, an encrypted one for nobody and an image for one stranger."""
    made: dict[str, Any] = {"AvailabilityZone": f"{ELSEWHERE}a", "Size": 1}
    plain = aws.call("ec2", "CreateVolume", **made)["VolumeId"]
    sealed = aws.call("ec2", "CreateVolume", Encrypted=True, **made)["VolumeId"]
    public = aws.call("ec2", "CreateSnapshot", VolumeId=plain)["SnapshotId"]
    private = aws.call("ec2", "CreateSnapshot", VolumeId=sealed)["SnapshotId"]
    share: dict[str, Any] = {"Attribute": "createVolumePermission", "OperationType": "add", "GroupNames": ["all"]}
    aws.call("ec2", "ModifySnapshotAttribute", SnapshotId=public, **share)
    root = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": public}}]
    image = aws.call("ec2", "RegisterImage", Name=f"model-{public}", BlockDeviceMappings=root)["ImageId"]
    aws.call("ec2", "ModifyImageAttribute", ImageId=image, LaunchPermission={"Add": [{"UserId": STRANGER}]})
    return {
        "volume": f"arn:aws:ec2:{ELSEWHERE}:{aws.account}:volume/{plain}",
        "public": f"arn:aws:ec2:{ELSEWHERE}::snapshot/{public}",
        "private": f"arn:aws:ec2:{ELSEWHERE}::snapshot/{private}",
        "image": f"arn:aws:ec2:{ELSEWHERE}::image/{image}",
    }


def test_disks_and_their_shares_are_found_with_the_declared_permissions_alone(ground: Ground) -> None:
    owner = ground.admin.at(ELSEWHERE)
    made = furnished(owner)
    aws = reader(owner, disks)
    things, unknowns = collected(disks, aws)
    assert unknowns == []
    assert aws.needed == set(disks.PERMISSIONS)
    assert things[made["volume"]].data["Encrypted"] is False
    assert things[made["public"]].data["CreateVolumePermissions"] == [{"Group": "all"}]
    assert things[made["private"]].data["CreateVolumePermissions"] == []
    assert things[made["image"]].data["LaunchPermissions"] == [{"UserId": STRANGER}]


def test_each_denied_permission_is_told_and_nothing_is_invented(ground: Ground) -> None:
    owner = ground.admin.at(ELSEWHERE)
    furnished(owner)
    survives_denials(disks, reader(owner, disks))


def snapshot(name: str, key: str | None) -> dict[str, Any]:
    return {"SnapshotId": name, "OwnerId": ACCOUNT, "Encrypted": bool(key), **({"KmsKeyId": KEY + key} if key else {})}


def account(snapshots: list[dict[str, Any]]) -> RecordedAws:
    alias = {"AliasName": "alias/aws/ebs", "TargetKeyId": "of-aws"}
    other = {"AliasName": "alias/disks", "TargetKeyId": "of-ours"}
    return RecordedAws(
        {
            "ec2:DescribeVolumes": turned(
                "Volumes", "NextToken", "NextToken", [{"VolumeId": "vol-1"}, {"VolumeId": "vol-2"}]
            ),
            "ec2:DescribeSnapshots": turned("Snapshots", "NextToken", "NextToken", snapshots),
            "ec2:DescribeSnapshotAttribute": says({"CreateVolumePermissions": [{"UserId": STRANGER}]}),
            "ec2:DescribeImages": says({"Images": []}),
            "kms:ListAliases": turned("Aliases", "Marker", "NextMarker", [other, alias]),
        }
    )


def test_a_snapshot_under_the_key_of_aws_is_shared_with_nobody_without_asking() -> None:
    aws = account([snapshot("snap-1", "of-aws"), snapshot("snap-2", "of-ours"), snapshot("snap-3", None)])
    things, unknowns = collected(disks, aws)
    assert unknowns == []
    shares = {arn: thing.data["CreateVolumePermissions"] for arn, thing in things.items() if "snapshot" in arn}
    assert shares == {
        f"arn:aws:ec2:{REGION}::snapshot/snap-1": [],
        f"arn:aws:ec2:{REGION}::snapshot/snap-2": [{"UserId": STRANGER}],
        f"arn:aws:ec2:{REGION}::snapshot/snap-3": [{"UserId": STRANGER}],
    }
    asked = [params["SnapshotId"] for name, params in aws.calls if name == "ec2:DescribeSnapshotAttribute"]
    assert sorted(asked) == ["snap-2", "snap-3"]


def test_aliases_are_listed_only_where_a_snapshot_is_encrypted() -> None:
    aws = account([snapshot("snap-1", None), snapshot("snap-2", None)])
    things, _ = collected(disks, aws)
    assert len(things) == 4
    assert not [name for name, _ in aws.calls if name == "kms:ListAliases"]


def test_only_what_the_account_owns_is_listed() -> None:
    aws = account([snapshot("snap-1", None)])
    collected(disks, aws)
    asked = dict(aws.calls)
    assert asked["ec2:DescribeSnapshots"]["OwnerIds"] == ["self"]
    assert asked["ec2:DescribeImages"]["Owners"] == ["self"]
