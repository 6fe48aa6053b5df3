"""The collector of S3 against the range, and against recorded answers for access grants and for pages."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.collecting import collected, lacks, reader, says, survives_denials
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, Operation, RecordedAws, State

from stanch.catalog.collectors import s3
from stanch.contracts.aws import AwsError
from stanch.contracts.collector import unseen

BUCKET = "acme-models"
ARN = f"arn:aws:s3:::{BUCKET}"
POINT = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/readers"
GRANTS = f"arn:aws:s3:{REGION}:{ACCOUNT}:access-grants/default"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OPEN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*"}]}
BLOCK = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}
OWNER = {"ID": "1f2e"}
ACL = {"Owner": OWNER, "Grants": [{"Grantee": {"Type": "CanonicalUser", "ID": "9c8d"}, "Permission": "READ"}]}
ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
REPLICATION = {"Role": "arn:aws:iam::111122223333:role/copy", "Rules": []}
LOCK = {"ObjectLockEnabled": "Enabled"}
LOGGING = {"TargetBucket": "acme-logs", "TargetPrefix": "s3/"}
QUEUE = {"QueueConfigurations": [{"QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:new", "Events": ["s3:ObjectCreated:*"]}]}
RULES = [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}]
LISTED = {"Name": BUCKET, "BucketRegion": REGION}
INVENTORY = {
    "Id": "daily",
    "IsEnabled": True,
    "IncludedObjectVersions": "All",
    "Schedule": {"Frequency": "Daily"},
    "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::acme-lists", "Format": "CSV"}},
}
GRANT = {"AccessGrantId": "g-1", "Permission": "READ", "Grantee": {"GranteeType": "IAM", "GranteeIdentifier": ROOT}}
ALL: dict[str, Mapping[str, Any]] = {
    "s3:ListBuckets": {"Buckets": [LISTED]},
    "s3:GetBucketLocation": {"LocationConstraint": REGION},
    "s3:GetBucketPolicy": {"Policy": json.dumps(OPEN)},
    "s3:GetPublicAccessBlock": {"PublicAccessBlockConfiguration": BLOCK},
    "s3:GetBucketOwnershipControls": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
    "s3:GetBucketAcl": ACL,
    "s3:GetBucketEncryption": {"ServerSideEncryptionConfiguration": ENCRYPTION},
    "s3:GetBucketVersioning": {"Status": "Enabled"},
    "s3:GetBucketReplication": {"ReplicationConfiguration": REPLICATION},
    "s3:GetObjectLockConfiguration": {"ObjectLockConfiguration": LOCK},
    "s3:GetBucketLogging": {"LoggingEnabled": LOGGING},
    "s3:GetBucketNotificationConfiguration": QUEUE,
    "s3:ListBucketInventoryConfigurations": {"InventoryConfigurationList": [INVENTORY], "IsTruncated": False},
    "s3:GetBucketLifecycleConfiguration": {"Rules": RULES},
    "s3control:GetPublicAccessBlock": {"PublicAccessBlockConfiguration": BLOCK},
    "s3control:ListAccessPoints": {
        "AccessPointList": [
            {"Name": "readers", "NetworkOrigin": "Internet", "Bucket": BUCKET, "AccessPointArn": POINT, "Alias": "r-s3"}
        ]
    },
    "s3control:GetAccessPoint": {"Name": "readers", "PublicAccessBlockConfiguration": BLOCK},
    "s3control:GetAccessPointPolicy": {"Policy": json.dumps(OPEN)},
    "s3control:ListAccessGrantsInstances": {"AccessGrantsInstancesList": [{"AccessGrantsInstanceArn": GRANTS}]},
    "s3control:GetAccessGrantsInstanceResourcePolicy": {"Policy": json.dumps(OPEN)},
    "s3control:ListAccessGrants": {"AccessGrantsList": [GRANT]},
}
ABSENT = {
    "s3:GetBucketPolicy": "NoSuchBucketPolicy",
    "s3:GetPublicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
    "s3:GetBucketOwnershipControls": "OwnershipControlsNotFoundError",
    "s3:GetBucketEncryption": "ServerSideEncryptionConfigurationNotFoundError",
    "s3:GetBucketReplication": "ReplicationConfigurationNotFoundError",
    "s3:GetObjectLockConfiguration": "ObjectLockConfigurationNotFoundError",
    "s3:GetBucketLifecycleConfiguration": "NoSuchLifecycleConfiguration",
    "s3control:GetPublicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
    "s3control:GetAccessPointPolicy": "NoSuchAccessPointPolicy",
    "s3control:GetAccessGrantsInstanceResourcePolicy": "AccessGrantsInstanceResourcePolicyNotExists",
}


def account(**changes: Operation) -> RecordedAws:
    """An account with one of everything; `changes` are keyed by the operation without its service."""
    operations = {name: says(answer) for name, answer in ALL.items()}
    replaced = {name: changes[short] for name in ALL if (short := name.partition(":")[2]) in changes}
    return RecordedAws({**operations, **replaced})


def unnamed(aws: RecordedAws) -> RecordedAws:
    """The same where the listing does not tell regions, as some of S3's likes do not."""
    return RecordedAws({**aws.operations, "s3:ListBuckets": says({"Buckets": [{"Name": BUCKET}]})})


def test_every_way_into_a_bucket_is_told() -> None:
    things, unknowns = collected(s3, account())
    assert unknowns == []
    assert things[ROOT].data == {"PublicAccessBlock": BLOCK}
    assert things[ARN].data == {
        **LISTED,
        "Policy": OPEN,
        "PublicAccessBlock": BLOCK,
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
        "Acl": ACL,
        "Encryption": ENCRYPTION,
        "Versioning": {"Status": "Enabled"},
        "Replication": REPLICATION,
        "ObjectLock": LOCK,
        "Logging": LOGGING,
        "Notification": QUEUE,
        "Inventory": [INVENTORY],
        "Lifecycle": RULES,
    }
    assert things[POINT].data["Policy"] == OPEN
    assert things[POINT].data["PublicAccessBlock"] == BLOCK
    assert things[GRANTS].data == {"AccessGrantsInstanceArn": GRANTS, "Policy": OPEN, "Grants": [GRANT]}


def test_what_there_is_not_is_none_and_never_a_gap() -> None:
    aws = RecordedAws({**account().operations, **{name: lacks(name, code) for name, code in ABSENT.items()}})
    things, unknowns = collected(s3, aws)
    assert unknowns == []
    bucket = things[ARN].data
    none = {"Policy", "PublicAccessBlock", "OwnershipControls", "Encryption", "Replication", "ObjectLock", "Lifecycle"}
    none |= {"Logging"}  # without a policy none may receive the logs
    assert {key for key, value in bucket.items() if value is None} == none
    assert bucket["Acl"] == ACL, "without ownership controls an ACL counts"
    assert things[POINT].data["Policy"] is None
    assert things[GRANTS].data["Policy"] is None


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(s3, unnamed(account()))


def test_a_bucket_that_went_while_it_was_looked_at_is_a_gap() -> None:
    aws = account(GetBucketPolicy=lacks("s3:GetBucketPolicy", "NoSuchBucket"))
    things, unknowns = collected(s3, aws)
    assert unseen(things[ARN].data["Policy"]) == "s3:GetBucketPolicy: NoSuchBucket"
    assert [(one.code, one.permission, one.of) for one in unknowns] == [("NoSuchBucket", None, ARN)]


def test_an_acl_is_not_asked_for_where_it_counts_for_nothing() -> None:
    enforced = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
    aws = account(GetBucketOwnershipControls=says(enforced))
    things, _ = collected(s3, aws)
    assert things[ARN].data["Acl"] is None
    assert "s3:GetBucketAcl" not in {name for name, _ in aws.calls}


def test_access_logs_are_asked_for_only_in_a_region_where_a_bucket_may_receive_them() -> None:
    names = [{**LISTED, "Name": "acme-here"}, {**LISTED, "Name": "acme-far", "BucketRegion": "eu-west-1"}]
    alone = {"Grants": [{"Grantee": {"Type": "CanonicalUser", "ID": "1f2e"}, "Permission": "FULL_CONTROL"}]}
    writer = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}

    def policies(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        statements = [writer] if asked["Bucket"] == "acme-here" else []
        return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": statements})}

    doors = {"ListAccessPoints": says({}), "ListAccessGrantsInstances": says({})}
    listed = says({"Buckets": names})
    aws = account(ListBuckets=listed, GetBucketAcl=says(alone), GetBucketPolicy=policies, **doors)
    things, unknowns = collected(s3, aws)
    assert unknowns == []
    assert things["arn:aws:s3:::acme-here"].data["Logging"] == LOGGING
    assert things["arn:aws:s3:::acme-far"].data["Logging"] is None
    asked = [params["Bucket"] for name, params in aws.calls if name == "s3:GetBucketLogging"]
    assert asked == ["acme-here"]


@pytest.mark.parametrize("versions", [{}, {"Status": "Suspended"}])
def test_a_bucket_without_versions_is_not_asked_for_what_needs_them(versions: Mapping[str, str]) -> None:
    aws = account(GetBucketVersioning=says(versions))
    things, unknowns = collected(s3, aws)
    assert things[ARN].data["Versioning"] == versions
    assert things[ARN].data["Replication"] is things[ARN].data["ObjectLock"] is None
    assert not {"s3:GetBucketReplication", "s3:GetObjectLockConfiguration"} & {name for name, _ in aws.calls}
    assert unknowns == []


def test_lists_are_read_to_their_last_page() -> None:
    def buckets(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        if "ContinuationToken" in asked:
            return {"Buckets": [{"Name": "acme-second", "BucketRegion": REGION}]}
        return {"Buckets": [LISTED], "ContinuationToken": "more"}

    def lists(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        if "ContinuationToken" in asked:
            return {"InventoryConfigurationList": [{**INVENTORY, "Id": "weekly"}]}
        return {"InventoryConfigurationList": [INVENTORY], "NextContinuationToken": "more"}

    def grants(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"AccessGrantsList": [GRANT]} if "NextToken" in asked else {"AccessGrantsList": [], "NextToken": "more"}

    things, _ = collected(
        s3, account(ListBuckets=buckets, ListBucketInventoryConfigurations=lists, ListAccessGrants=grants)
    )
    assert "arn:aws:s3:::acme-second" in things
    assert [one["Id"] for one in things[ARN].data["Inventory"]] == ["daily", "weekly"]
    assert things[GRANTS].data["Grants"] == [GRANT]


def test_half_a_list_is_a_gap_and_not_a_list() -> None:
    def lists(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        if "ContinuationToken" in asked:
            raise AwsError("s3:ListBucketInventoryConfigurations", "SlowDown", "reduce your rate")
        return {"InventoryConfigurationList": [INVENTORY], "NextContinuationToken": "more"}

    things, unknowns = collected(s3, account(ListBucketInventoryConfigurations=lists))
    assert unseen(things[ARN].data["Inventory"]) == "s3:ListBucketInventoryConfigurations: SlowDown"
    assert [(one.code, one.permission) for one in unknowns] == [("SlowDown", None)]


def test_the_oldest_region_has_no_name_of_its_own() -> None:
    aws = unnamed(account(ListAccessPoints=says({}), ListAccessGrantsInstances=says({})))
    for told, region in (({}, "us-east-1"), ({"LocationConstraint": "EU"}, "eu-west-1")):
        things, _ = collected(s3, RecordedAws({**aws.operations, "s3:GetBucketLocation": says(told)}))
        assert things[ARN].data["BucketRegion"] == region


def test_the_declared_permissions_are_enough_where_they_are_enforced(ground: Ground) -> None:
    owner, name, account_id = ground.outsider, ground.name("acme-weights"), ground.outside_account
    arn = str(ground.arn("s3", name))
    place = {"LocationConstraint": owner.region}
    owner.call("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=place, ObjectLockEnabledForBucket=True)
    owner.call("s3", "DeletePublicAccessBlock", Bucket=name)
    writer = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    owner.call("s3", "PutBucketOwnershipControls", Bucket=name, OwnershipControls=writer)
    owner.call("s3", "PutBucketAcl", Bucket=name, ACL="public-read")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{arn}/*"}
    principal = {"Service": "logging.s3.amazonaws.com"}
    logs = {"Effect": "Allow", "Principal": principal, "Action": "s3:PutObject", "Resource": f"{arn}/*"}
    policy = {"Version": "2012-10-17", "Statement": [statement, logs]}
    owner.call("s3", "PutBucketPolicy", Bucket=name, Policy=json.dumps(policy))
    owner.call("s3control", "CreateAccessPoint", AccountId=account_id, Name=name, Bucket=name)
    aws = reader(owner, s3)
    things, unknowns = collected(s3, aws)
    assert unknowns == []
    bucket = things[arn].data
    assert bucket["BucketRegion"] == owner.region
    assert bucket["Policy"] == policy
    assert bucket["PublicAccessBlock"] is None
    assert {grant["Grantee"].get("URI") for grant in bucket["Acl"]["Grants"]} >= {
        "http://acs.amazonaws.com/groups/global/AllUsers"
    }
    assert bucket["ObjectLock"] == LOCK
    (point,) = [thing for thing in things.values() if thing.data.get("Name") == name and thing.arn != arn]
    assert point.kind == "s3/access-point"
    assert point.data["Bucket"] == name
    assert point.data["Policy"] is None
    others = {"s3:GetBucketLocation", "s3:GetAccessGrantsInstanceResourcePolicy", "s3:ListAccessGrants"}
    assert aws.needed == set(s3.PERMISSIONS) - others
