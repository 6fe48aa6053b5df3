"""The collector of tags against recorded answers, and against the range."""

from tests.collecting import collected, reader, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import tags

BUCKET, TABLE = "arn:aws:s3:::acme-weights", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/jobs"
LISTED = [
    {"ResourceARN": BUCKET, "Tags": [{"Key": "data", "Value": "weights"}, {"Key": "db-password", "Value": "hunter2x"}]},
    {"ResourceARN": TABLE, "Tags": []},
]
AWS = RecordedAws(
    {
        "resourcegroupstaggingapi:GetResources": turned(
            "ResourceTagMappingList", "PaginationToken", "PaginationToken", LISTED
        )
    }
)


def test_tags_are_told_by_their_keys_and_what_has_none_left_is_left_out() -> None:
    things, unknowns = collected(tags, AWS)
    assert unknowns == []
    assert things.keys() == {BUCKET}
    assert things[BUCKET].data["Tags"]["data"] == "weights"
    assert "hunter2x" not in repr(things)


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(tags, AWS)


def test_the_declared_permission_is_enough_where_it_is_enforced(ground: Ground) -> None:
    owner, bucket = ground.outsider, ground.name("acme-tagged")
    place = {"LocationConstraint": owner.region}
    owner.call("s3", "CreateBucket", Bucket=bucket, CreateBucketConfiguration=place)
    owner.call("s3", "PutBucketTagging", Bucket=bucket, Tagging={"TagSet": [{"Key": "data", "Value": "weights"}]})
    aws = reader(owner, tags)
    things, unknowns = collected(tags, aws)
    assert unknowns == []
    assert things[ground.arn("s3", bucket)].data["Tags"] == {"data": "weights"}
    assert aws.needed == set(tags.PERMISSIONS)
