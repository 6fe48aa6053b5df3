"""What a check reads is what a collector tells: facts are made in a range, collected there, and judged."""

import io
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from stanch.catalog.collectors import cloudtrail, cloudwatch, events, functions, kms, s3, sns, ssm, stepfunctions
from stanch.domain.verdict import Ruling
from tests.collecting import collected
from tests.ground import Ground
from tests.posturing import posture, rulings

FREEZE = Path(__file__).parents[2] / "deploy" / "freeze-policy.json"
ROOT_USE = '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'


def judged(ground: Ground, check: str, toml: str | None, *modules: ModuleType) -> dict[str, Ruling]:
    """What a check says of what these collectors tell of the range."""
    lines = list(lined(ground, modules))
    return rulings(check, posture(lines, toml, accounts=[ground.account], regions=[ground.admin.region]))


def lined(ground: Ground, modules: Iterable[ModuleType]) -> Iterable[dict[str, Any]]:
    for module in modules:
        things, _ = collected(module, ground.admin)
        for thing in things.values():
            data = json.loads(json.dumps(thing.data, default=str))
            yield {"kind": thing.kind, "arn": thing.arn, "account": ground.account, "data": data}


def bucket(ground: Ground) -> str:
    name = ground.name("store")
    where = {"LocationConstraint": ground.admin.region}
    ground.admin.call("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=where)
    return name


def asset(name: str, kind: str = "weights") -> str:
    return f'[[asset]]\nname = "{name}"\nkind = "{kind}"\nwhere = "s3://{name}/"\n'


def test_a_store_is_judged_before_and_after_it_was_mended(ground: Ground) -> None:
    name, admin = bucket(ground), ground.admin
    arn, toml = f"arn:aws:s3:::{name}", asset(name)
    key = admin.call("kms", "CreateKey")["KeyMetadata"]["Arn"]
    checks = [f"encryption/{one}" for one in ("transit_plain", "rest_unforced", "versions_off", "versions_lost")]
    expiring = {
        "ID": "r",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }
    admin.call("s3", "PutBucketLifecycleConfiguration", Bucket=name, LifecycleConfiguration={"Rules": [expiring]})
    for check in checks:
        assert judged(ground, check, toml, s3)[arn] is Ruling.FAIL, check
    plain = {
        "Sid": "a",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    other = {
        "Sid": "b",
        "Action": "s3:PutObject",
        "Resource": f"{arn}/*",
        "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key}},
    }
    denied = [{"Effect": "Deny", "Principal": "*", **one} for one in (plain, other)]
    admin.call("s3", "PutBucketPolicy", Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": denied}))
    how = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    admin.call("s3", "PutBucketEncryption", Bucket=name, ServerSideEncryptionConfiguration={"Rules": [how]})
    admin.call("s3", "PutBucketVersioning", Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    admin.call("s3", "DeleteBucketLifecycle", Bucket=name)
    for check in checks:
        assert judged(ground, check, toml, s3)[arn] is Ruling.PASS, check
    assert judged(ground, "encryption/key_unrotated", toml, s3, kms)[key] is Ruling.FAIL
    assert judged(ground, "encryption/key_dying", toml, s3, kms)[key] is Ruling.PASS
    admin.call("kms", "ScheduleKeyDeletion", KeyId=key.rpartition("/")[2], PendingWindowInDays=7)
    assert judged(ground, "encryption/key_dying", toml, s3, kms)[key] is Ruling.FAIL
    assert judged(ground, "encryption/evidence_unlocked", asset(name, "evidence"), s3)[arn] is Ruling.FAIL
    inside = f'{toml}[perimeter]\nregions = ["{admin.region}"]\n'
    assert judged(ground, "perimeter/lies_outside", inside, s3)[arn] is Ruling.PASS
    assert (
        judged(ground, "perimeter/lies_outside", inside.replace(admin.region, "xx-nowhere-1"), s3)[arn] is Ruling.FAIL
    )


def test_an_alarm_is_heard_by_nobody_until_somebody_confirms(ground: Ground) -> None:
    admin, name = ground.admin, ground.name("calls")
    place = f"{admin.region}:{ground.account}"
    admin.call("logs", "CreateLogGroup", logGroupName=name)
    store = bucket(ground)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{store}", f"arn:aws:s3:::{store}/*"],
    }
    admin.call(
        "s3", "PutBucketPolicy", Bucket=store, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    group, role = f"arn:aws:logs:{place}:log-group:{name}:*", f"arn:aws:iam::{ground.account}:role/trail"
    written = {"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role}
    admin.call("cloudtrail", "CreateTrail", Name=name, S3BucketName=store, IsMultiRegionTrail=True, **written)
    counted = [{"metricName": name, "metricNamespace": "calls", "metricValue": "1"}]
    filter_: dict[str, Any] = {
        "logGroupName": name,
        "filterName": name,
        "filterPattern": ROOT_USE,
        "metricTransformations": counted,
    }
    admin.call("logs", "PutMetricFilter", **filter_)
    topic = admin.call("sns", "CreateTopic", Name=name)["TopicArn"]
    told: dict[str, Any] = {
        "MetricName": name,
        "Namespace": "calls",
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
    }
    told |= {"ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 5.0, "AlarmActions": [topic]}
    admin.call("cloudwatch", "PutMetricAlarm", AlarmName=name, **told)
    arn = f"arn:aws:cloudwatch:{place}:alarm:{name}"
    looked = (cloudtrail, cloudwatch, sns, events)
    assert judged(ground, "alarms/wakes_nobody", None, *looked)[arn] is Ruling.FAIL
    assert judged(ground, "alarms/never_rings", None, *looked)[arn] is Ruling.FAIL
    admin.call("sns", "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{place}:{name}")
    admin.call("cloudwatch", "PutMetricAlarm", AlarmName=name, **{**told, "Threshold": 1.0})
    assert judged(ground, "alarms/wakes_nobody", None, *looked)[arn] is Ruling.PASS
    assert judged(ground, "alarms/never_rings", None, *looked)[arn] is Ruling.PASS


def test_a_playbook_that_asks_first_is_found(ground: Ground) -> None:
    admin, name = ground.admin, ground.name("contain")
    ask: dict[str, Any] = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish.waitForTaskToken",
        "TimeoutSeconds": 600,
        "Next": "Isolate",
    }
    cut: dict[str, Any] = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ec2:modifyNetworkInterfaceAttribute",
        "End": True,
    }
    definition = json.dumps({"StartAt": "Ask", "States": {"Ask": ask, "Isolate": cut}})
    made = admin.call(
        "stepfunctions",
        "CreateStateMachine",
        name=name,
        definition=definition,
        roleArn=f"arn:aws:iam::{ground.account}:role/contain",
    )
    steps: list[Any] = [
        {"name": "Approve", "action": "aws:approve", "inputs": {}},
        {
            "name": "Cut",
            "action": "aws:executeAwsApi",
            "inputs": {"Service": "ec2", "Api": "ModifyNetworkInterfaceAttribute"},
        },
    ]
    content = json.dumps({"schemaVersion": "0.3", "mainSteps": steps})
    admin.call("ssm", "CreateDocument", Name=name, Content=content, DocumentType="Automation", DocumentFormat="JSON")
    found = judged(ground, "response/waits_for_person", None, stepfunctions, ssm)
    assert found[made["stateMachineArn"]] is Ruling.FAIL
    assert found[f"arn:aws:ssm:{admin.region}:{ground.account}:document/{name}"] is Ruling.FAIL


def test_a_function_with_a_secret_on_an_old_runtime_is_found(ground: Ground) -> None:
    admin, name = ground.admin, ground.name("embed")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = admin.call("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as packed:
        packed.writestr("index.py", "def h(e, c):\n    return 1\n")
    variables = {"Variables": {"DB_PASSWORD": "hunter2hunter2"}}
    made = admin.call(
        "lambda",
        "CreateFunction",
        FunctionName=name,
        Runtime="python3.7",
        Role=role,
        Handler="index.h",
        Code={"ZipFile": code.getvalue()},
        Environment=variables,
    )
    arn = made["FunctionArn"].removesuffix(":$LATEST")
    assert judged(ground, "functions/secret_in_environment", None, functions)[arn] is Ruling.FAIL
    assert judged(ground, "functions/runtime_ended", None, functions)[arn] is Ruling.FAIL


def test_a_rule_that_sends_to_a_stranger_is_found(ground: Ground) -> None:
    admin, name = ground.admin, ground.name("leak")
    admin.call("events", "PutRule", Name=name, EventPattern=json.dumps({"source": ["aws.guardduty"]}))
    far = f"arn:aws:events:{admin.region}:{ground.outside_account}:event-bus/default"
    admin.call("events", "PutTargets", Rule=name, Targets=[{"Id": "1", "Arn": far}])
    inside = f'[perimeter]\nregions = ["{admin.region}"]\naccounts = ["{ground.account}"]\n'
    found = judged(ground, "perimeter/events_sent_outside", inside, events)
    assert found[f"arn:aws:events:{admin.region}:{ground.account}:rule/{name}"] is Ruling.FAIL


def test_the_freeze_that_stanch_renders_is_one() -> None:
    at = "arn:aws:organizations::111122223333"
    told = {"Id": "p-1", "Name": "freeze", "Type": "SERVICE_CONTROL_POLICY", "Content": json.loads(FREEZE.read_text())}
    lines: list[dict[str, Any]] = [
        {
            "kind": "organizations/organization",
            "arn": f"{at}:organization/o-1",
            "data": {"SERVICE_CONTROL_POLICY": ["p-1"]},
        },
        {"kind": "organizations/policy", "arn": f"{at}:policy/o-1/service_control_policy/p-1", "data": told},
    ]
    found = rulings("response/freeze_unplaced", posture(lines, '[response]\nfreeze_policy = "freeze"\n'))
    assert found == {f"{at}:organization/o-1": Ruling.PASS}
