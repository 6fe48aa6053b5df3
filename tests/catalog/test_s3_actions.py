"""What every action on a bucket owes when AWS does not play along: a clear end, and nothing half done unrecorded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from stanch.catalog.actions.s3._bucket import Bucket
from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError
from stanch.domain.step import Step
from stanch.engine.contain.compare import plain, same
from tests.ground import ACTIONS, Ground, Listening, document, no_wait
from tests.recorded_aws import RecordedAws

OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}


def open_bucket(ground: Ground) -> str:
    """Open in every way: by its policy, by its ACL, through an access point, by replication."""
    bucket = ground.bucket()
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    ground.admin.call("s3", "PutBucketOwnershipControls", Bucket=bucket, OwnershipControls=rules)
    ground.admin.call("s3", "PutBucketAcl", Bucket=bucket, ACL="public-read")
    ground.admin.call("s3", "PutBucketPolicy", Bucket=bucket, Policy=document([OPEN]))
    name, theirs = ground.name("door"), "arn:aws:s3:::their-store"
    ground.admin.call("s3control", "CreateAccessPoint", AccountId=ground.account, Name=name, Bucket=bucket)
    ground.admin.call("s3control", "PutAccessPointPolicy", AccountId=ground.account, Name=name, Policy=document([OPEN]))
    ground.admin.call("s3", "PutBucketVersioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ID": "theft", "Priority": 1, "Filter": {"Prefix": ""}, "Status": "Enabled"}
    rule |= {"Destination": {"Bucket": theirs}, "DeleteMarkerReplication": {"Status": "Disabled"}}
    configuration = {"Role": ground.role(service="s3.amazonaws.com"), "Rules": [rule]}
    ground.admin.call("s3", "PutBucketReplication", Bucket=bucket, ReplicationConfiguration=configuration)
    return bucket


@dataclass
class Refusing:
    """Refuses one call of a run, counted from 0; `met` says which it was."""

    turn: int
    error: type[AwsError]
    met: list[str] = field(default_factory=list)
    seen: int = 0

    def __call__(self, operation: str) -> None:
        self.seen += 1
        if self.seen == self.turn + 1:
            self.met.append(operation)
            raise self.error(operation, "AccessDenied" if self.error is AwsDenied else "SlowDown", "not now")


@contextmanager
def refusing(aws: Listening, turn: int, error: type[AwsError]) -> Iterator[Refusing]:
    hook = Refusing(turn, error)
    aws.before_call = hook
    try:
        yield hook
    finally:
        aws.before_call = lambda _: None


def tried(deed: Callable[[], Any]) -> None:
    """Only AWS's own no may come out."""
    try:
        deed()
    except AwsError:
        return


def planned(ground: Ground, action: str, bucket: str, aws: Listening) -> Step:
    thief = ground.outsider.caller
    return ground.planned(action, ground.arn("s3", bucket), aws, ground.case(actors=(thief,)))


BUCKET_ACTIONS = (
    "s3/close_access_points",
    "s3/close_bucket",
    "s3/deny_principal",
    "s3/own_objects",
    "s3/stop_copying",
)


@pytest.mark.parametrize("id_", BUCKET_ACTIONS)
def test_a_refusal_at_any_call_leaves_a_step_that_can_be_taken_up_again(ground: Ground, id_: str) -> None:
    action, aws, bucket = ACTIONS[id_], ground.responder(), open_bucket(ground)
    for turn in range(100):
        error = AwsDenied if turn % 2 else AwsError
        with refusing(aws, turn, error) as planning:
            tried(partial(planned, ground, id_, bucket, aws))
        step = planned(ground, id_, bucket, aws)
        with refusing(aws, turn, error) as applying:
            tried(partial(action.apply, aws, step, no_wait))
        action.apply(aws, step, no_wait)
        assert action.verify(aws, step, no_wait, None).holds
        with refusing(aws, turn, error) as undoing:
            tried(partial(action.undo, aws, step, no_wait))
        action.undo(aws, step, no_wait)
        assert same(plain(action.read(aws, step)), step.before or {}), (applying.met, undoing.met)
        if not (planning.met or applying.met or undoing.met):
            return
    raise AssertionError("a hundred calls")


@pytest.mark.parametrize("id_", BUCKET_ACTIONS)
def test_a_bucket_that_does_not_exist_is_absent(ground: Ground, id_: str) -> None:
    with pytest.raises(AwsAbsent):
        planned(ground, id_, ground.name("never-made"), ground.responder())


@pytest.mark.parametrize("id_", BUCKET_ACTIONS)
def test_a_bucket_that_changed_hands_since_the_plan_is_not_touched(ground: Ground, id_: str) -> None:
    aws, bucket = ground.responder(), open_bucket(ground)
    step = planned(ground, id_, bucket, aws)
    listed = ground.admin.call("s3", "ListObjectVersions", Bucket=bucket)
    for version in listed.get("Versions", []):
        ground.admin.call("s3", "DeleteObject", Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    ground.admin.call("s3", "DeleteBucket", Bucket=bucket)
    points = ground.admin.call("s3control", "ListAccessPoints", AccountId=ground.account, Bucket=bucket)
    for point in points["AccessPointList"]:
        ground.admin.call("s3control", "DeleteAccessPoint", AccountId=ground.account, Name=point["Name"])
    place = {"LocationConstraint": ground.staged.region}
    ground.outsider.call("s3", "CreateBucket", Bucket=bucket, CreateBucketConfiguration=place)
    with pytest.raises(AwsError):
        ACTIONS[id_].apply(aws, step, no_wait)
    with pytest.raises(AwsAbsent):
        ground.outsider.call("s3", "GetBucketPolicy", Bucket=bucket)


@pytest.mark.parametrize(
    ("said", "region"),
    [
        ({}, "us-east-1"),
        ({"LocationConstraint": "EU"}, "eu-west-1"),
        ({"LocationConstraint": "eu-south-2"}, "eu-south-2"),
    ],
)
def test_a_bucket_lies_where_s3_says_in_its_own_way(said: dict[str, str], region: str) -> None:
    aws = RecordedAws({"s3:GetBucketLocation": lambda _, __: said})
    assert Bucket(aws, "acme-store", aws.account).region() == region
