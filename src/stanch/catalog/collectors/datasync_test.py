"""The collector of DataSync against the range, and against recorded answers for pages."""

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import datasync


def arn(resource: str) -> str:
    return f"arn:aws:datasync:{REGION}:{ACCOUNT}:{resource}"


HERE = {"LocationArn": arn("location/loc-0a"), "LocationUri": "s3://acme-models/weights/"}
THERE = {"LocationArn": arn("location/loc-0b"), "LocationUri": "nfs://203.0.113.7/take/"}
TASKS = [{"TaskArn": arn(f"task/task-0{name}"), "Status": "AVAILABLE"} for name in ("a", "b")]
TASK = {"SourceLocationArn": HERE["LocationArn"], "DestinationLocationArn": THERE["LocationArn"]}


def account() -> RecordedAws:
    return RecordedAws(
        {
            "datasync:ListLocations": turned("Locations", "NextToken", "NextToken", [HERE, THERE]),
            "datasync:ListTasks": turned("Tasks", "NextToken", "NextToken", TASKS),
            "datasync:DescribeTask": says(TASK),
        }
    )


def test_every_task_is_told_with_both_its_ends() -> None:
    things, unknowns = collected(datasync, account())
    assert unknowns == []
    assert {arn: thing.data for arn, thing in things.items()} == {
        HERE["LocationArn"]: HERE,
        THERE["LocationArn"]: THERE,
        **{task["TaskArn"]: {**task, "Task": TASK} for task in TASKS},
    }


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(datasync, account())


def test_the_declared_permissions_are_enough_where_they_are_enforced(ground: Ground) -> None:
    owner, role = ground.outsider, {"BucketAccessRoleArn": f"arn:aws:iam::{ground.outside_account}:role/mover"}
    ends = [
        owner.call("datasync", "CreateLocationS3", S3BucketArn=f"arn:aws:s3:::acme-{name}", S3Config=role)
        for name in ("here", "there")
    ]
    made = owner.call(
        "datasync",
        "CreateTask",
        SourceLocationArn=ends[0]["LocationArn"],
        DestinationLocationArn=ends[1]["LocationArn"],
    )
    aws = reader(owner, datasync)
    things, unknowns = collected(datasync, aws)
    assert unknowns == []
    assert things[made["TaskArn"]].data["Task"]["DestinationLocationArn"] == ends[1]["LocationArn"]
    assert things[ends[1]["LocationArn"]].data["LocationUri"].startswith("s3://acme-there")
    assert aws.needed == set(datasync.PERMISSIONS)
