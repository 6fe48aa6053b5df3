"""The collector of RDS against the range, and against recorded answers for pages and automatic snapshots."""

from datetime import UTC, datetime
from typing import Any

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import rds

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


def arn(what: str, name: str) -> str:
    return f"arn:aws:rds:{REGION}:{ACCOUNT}:{what}:{name}"


INSTANCES: list[dict[str, Any]] = [
    {"DBInstanceArn": arn("db", name), "PubliclyAccessible": True} for name in ("users", "tickets")
]
CLUSTERS: list[dict[str, Any]] = [
    {"DBClusterArn": arn("cluster", name), "StorageEncrypted": True} for name in ("vectors", "graphs")
]
HAND: dict[str, Any] = {
    "DBSnapshotArn": arn("snapshot", "copy"),
    "DBSnapshotIdentifier": "copy",
    "SnapshotType": "manual",
}
NIGHT = {"DBSnapshotArn": arn("snapshot", "rds:users"), "SnapshotType": "automated"}
SET: dict[str, Any] = {
    "DBClusterSnapshotArn": arn("cluster-snapshot", "copy"),
    "DBClusterSnapshotIdentifier": "copy",
    "SnapshotType": "manual",
}
SHARED = [{"AttributeName": "restore", "AttributeValues": ["all"]}]


def account() -> RecordedAws:
    moving = [{**one, "LatestRestorableTime": MOMENT} for one in INSTANCES]
    return RecordedAws(
        {
            "rds:DescribeDBInstances": turned("DBInstances", "Marker", "Marker", moving),
            "rds:DescribeDBClusters": turned("DBClusters", "Marker", "Marker", CLUSTERS),
            "rds:DescribeDBSnapshots": turned("DBSnapshots", "Marker", "Marker", [NIGHT, HAND]),
            "rds:DescribeDBClusterSnapshots": turned("DBClusterSnapshots", "Marker", "Marker", [SET]),
            "rds:DescribeDBSnapshotAttributes": says({"DBSnapshotAttributesResult": {"DBSnapshotAttributes": SHARED}}),
            "rds:DescribeDBClusterSnapshotAttributes": says(
                {"DBClusterSnapshotAttributesResult": {"DBClusterSnapshotAttributes": SHARED}}
            ),
        }
    )


def test_databases_and_shared_snapshots_are_told() -> None:
    things, unknowns = collected(rds, account())
    assert unknowns == []
    assert [things[one["DBInstanceArn"]].data for one in INSTANCES] == INSTANCES
    assert [things[one["DBClusterArn"]].data for one in CLUSTERS] == CLUSTERS
    assert things[HAND["DBSnapshotArn"]].data == {**HAND, "Attributes": SHARED}
    assert things[SET["DBClusterSnapshotArn"]].data == {**SET, "Attributes": SHARED}


def test_an_automatic_snapshot_is_not_asked_for_what_it_cannot_have() -> None:
    aws = account()
    things, _ = collected(rds, aws)
    assert things[NIGHT["DBSnapshotArn"]].data["Attributes"] is None
    assert [name for name, _ in aws.calls].count("rds:DescribeDBSnapshotAttributes") == 1


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(rds, account())


def test_the_declared_permissions_are_enough_where_they_are_enforced(ground: Ground) -> None:
    owner, name = ground.outsider, ground.name("users")
    login = {"MasterUsername": "admin", "MasterUserPassword": "not-for-a-snapshot"}
    owner.call(
        "rds",
        "CreateDBInstance",
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        PubliclyAccessible=True,
        **login,
    )
    owner.call("rds", "CreateDBCluster", DBClusterIdentifier=f"{name}-set", Engine="aurora-postgresql", **login)
    shot = owner.call("rds", "CreateDBSnapshot", DBSnapshotIdentifier=f"{name}-copy", DBInstanceIdentifier=name)
    owner.call(
        "rds",
        "CreateDBClusterSnapshot",
        DBClusterSnapshotIdentifier=f"{name}-set-copy",
        DBClusterIdentifier=f"{name}-set",
    )
    owner.call(
        "rds",
        "ModifyDBSnapshotAttribute",
        DBSnapshotIdentifier=f"{name}-copy",
        AttributeName="restore",
        ValuesToAdd=["all"],
    )
    aws = reader(owner, rds)
    things, unknowns = collected(rds, aws)
    assert unknowns == []
    assert things[shot["DBSnapshot"]["DBSnapshotArn"]].data["Attributes"] == SHARED
    (database,) = [
        one for one in things.values() if one.data.get("DBInstanceIdentifier") == name and one.kind[-1] == "e"
    ]
    assert database.data["PubliclyAccessible"] is True
    assert "not-for-a-snapshot" not in repr(things)
    assert aws.needed == set(rds.PERMISSIONS)
