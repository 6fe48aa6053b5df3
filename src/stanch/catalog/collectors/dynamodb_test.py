"""The collector of DynamoDB against the range, and against recorded answers for pages."""

import json
from datetime import UTC, datetime

from tests.collecting import collected, lacks, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, Operation, RecordedAws

from stanch.catalog.collectors import dynamodb

ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/sessions"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "dynamodb:*"}]}
TABLE = {"TableArn": ARN, "TableName": "sessions", "Replicas": [{"RegionName": "us-east-1"}]}
KEPT = {"PointInTimeRecoveryStatus": "ENABLED", "EarliestRestorableDateTime": datetime(2026, 11, 1, tzinfo=UTC)}
RECOVERY = {**KEPT, "LatestRestorableDateTime": datetime(2026, 11, 23, tzinfo=UTC)}
BACKUPS = {"ContinuousBackupsStatus": "ENABLED"}


def account(**changes: Operation) -> RecordedAws:
    told = {"ContinuousBackupsDescription": {**BACKUPS, "PointInTimeRecoveryDescription": RECOVERY}}
    names = turned("TableNames", "ExclusiveStartTableName", "LastEvaluatedTableName", ["sessions"])
    operations = {
        "ListTables": names,
        "DescribeTable": says({"Table": TABLE}),
        "DescribeContinuousBackups": says(told),
        "GetResourcePolicy": says({"Policy": json.dumps(POLICY)}),
    }
    return RecordedAws({f"dynamodb:{name}": operation for name, operation in {**operations, **changes}.items()})


def test_every_table_is_told_with_its_policy_and_its_past() -> None:
    things, unknowns = collected(dynamodb, account())
    assert unknowns == []
    assert things[ARN].data == {
        "TableName": "sessions",
        "Table": TABLE,
        "ContinuousBackups": {**BACKUPS, "PointInTimeRecoveryDescription": KEPT},
        "Policy": POLICY,
    }


def test_no_policy_is_none() -> None:
    aws = account(GetResourcePolicy=lacks("dynamodb:GetResourcePolicy", "PolicyNotFoundException"))
    things, unknowns = collected(dynamodb, aws)
    assert unknowns == []
    assert things[ARN].data["Policy"] is None


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(dynamodb, account())


def test_the_declared_permissions_are_enough_where_they_are_enforced(ground: Ground) -> None:
    owner, name = ground.outsider, ground.name("sessions")
    made = owner.call(
        "dynamodb",
        "CreateTable",
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]
    owner.call("dynamodb", "PutResourcePolicy", ResourceArn=made["TableArn"], Policy=json.dumps(POLICY))
    aws = reader(owner, dynamodb)
    things, unknowns = collected(dynamodb, aws)
    assert unknowns == []
    table = things[made["TableArn"]].data
    assert table["Table"]["TableStatus"] == "ACTIVE"
    assert table["Policy"] == POLICY
    recovery = table["ContinuousBackups"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "DISABLED"
    assert aws.needed == set(dynamodb.PERMISSIONS)
