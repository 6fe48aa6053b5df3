"""What starts, runs and tells of a responder in AWS: functions, state machines, events and Security Hub."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from tests.ground import eventually

from stanch.aws import Credentials, Door
from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError
from stanch.range.process import Range
from stanch.range.stage import Staged, stage

CODE = """
import os, boto3
def handle(event, context):
    print("seen", event)
    if event.get("die"):
        os._exit(3)
    if event.get("hang"):
        import time; time.sleep(60)
    if event.get("fail"):
        raise ValueError("as told")
    served = globals().setdefault("served", []); served.append(1)
    return {"who": boto3.client("sts").get_caller_identity()["Arn"], "served": len(served)}
"""
PARTITION = "aws"


@pytest.fixture(scope="module")
def there() -> Iterator[tuple[Staged, Door]]:
    with Range() as emulator:
        staged = stage(emulator)
        admin = Door.using(staged.admin, region=staged.region, endpoint=emulator.endpoint)
        role(admin, "worker", "lambda")
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("main.py", CODE)
        admin.call(
            "lambda",
            "CreateFunction",
            FunctionName="worker",
            Runtime="python3.11",
            Role=f"arn:{admin.partition}:iam::{staged.account}:role/worker",
            Handler="main.handle",
            Code={"ZipFile": package.getvalue()},
            Timeout=30,
        )
        yield staged, admin


def role(admin: Door, name: str, service: str) -> str:
    trust = [{"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    return str(admin.call("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])


def invoked(admin: Door, **event: Any) -> tuple[dict[str, Any], bool]:
    answer = admin.call("lambda", "Invoke", FunctionName="worker", Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read()), "FunctionError" in answer


def test_a_function_acts_as_its_role_and_is_kept_warm(there: tuple[Staged, Door]) -> None:
    staged, admin = there
    first, failed = invoked(admin)
    assert not failed
    assert first["who"] == f"arn:{admin.partition}:sts::{staged.account}:assumed-role/worker/worker"
    assert invoked(admin)[0]["served"] == first["served"] + 1


def test_a_function_that_raises_or_dies_says_so_and_the_next_call_is_served(there: tuple[Staged, Door]) -> None:
    _, admin = there
    told, failed = invoked(admin, fail=True)
    assert failed
    assert (told["errorType"], told["errorMessage"]) == ("ValueError", "as told")
    told, failed = invoked(admin, die=True)
    assert failed
    assert told["errorType"] == "Runtime.ExitError"
    assert invoked(admin) == ({"who": invoked(admin)[0]["who"], "served": 1}, False)


def test_a_function_without_concurrency_is_throttled(there: tuple[Staged, Door]) -> None:
    _, admin = there
    admin.call("lambda", "PutFunctionConcurrency", FunctionName="worker", ReservedConcurrentExecutions=0)
    with pytest.raises(AwsError, match="TooManyRequestsException"):
        invoked(admin)
    admin.call("lambda", "DeleteFunctionConcurrency", FunctionName="worker")
    assert invoked(admin)[1] is False


def test_a_state_machine_may_do_what_its_role_may_and_no_more(there: tuple[Staged, Door]) -> None:
    _, admin = there
    arn = role(admin, "machine", "states")
    task = {"Type": "Task", "Resource": f"arn:{admin.partition}:states:::lambda:invoke", "End": True}
    task["Parameters"] = {"FunctionName": "worker", "Payload": {}}
    definition = json.dumps({"StartAt": "Work", "States": {"Work": task}})
    machine = admin.call("stepfunctions", "CreateStateMachine", name="m", definition=definition, roleArn=arn)
    assert ended(admin, machine["stateMachineArn"], "one")["error"] == "Lambda.AccessDeniedException"
    allow = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    admin.call("iam", "PutRolePolicy", RoleName="machine", PolicyName="work", PolicyDocument=document)
    assert ended(admin, machine["stateMachineArn"], "two")["status"] == "SUCCEEDED"
    with pytest.raises(AwsError, match="ExecutionAlreadyExists"):
        admin.call("stepfunctions", "StartExecution", stateMachineArn=machine["stateMachineArn"], name="two")


def ended(admin: Door, machine: str, name: str) -> dict[str, Any]:
    started = admin.call("stepfunctions", "StartExecution", stateMachineArn=machine, name=name)
    for _ in range(100):
        found = admin.call("stepfunctions", "DescribeExecution", executionArn=started["executionArn"])
        if found["status"] != "RUNNING":
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def finding(staged: Staged, id_: str, **changes: Any) -> dict[str, Any]:
    owner = f"arn:{PARTITION}:securityhub:{staged.region}:{staged.account}:product/{staged.account}/default"
    return {
        "SchemaVersion": "2018-10-08",
        "Id": id_,
        "ProductArn": owner,
        "GeneratorId": "a test",
        "AwsAccountId": staged.account,
        "Types": ["Effects/Data Exfiltration"],
        "CreatedAt": "2026-11-22T12:00:00Z",
        "UpdatedAt": "2026-11-22T12:00:00Z",
        "Severity": {"Label": "HIGH"},
        "Title": "A finding",
        "Description": "A finding.",
        "Resources": [{"Type": "Other", "Id": "x"}],
    } | changes


def test_a_finding_and_each_change_of_it_are_announced_to_who_listens_for_them(there: tuple[Staged, Door]) -> None:
    staged, admin = there
    queue = admin.call("sqs", "CreateQueue", QueueName="q")["QueueUrl"]
    arn = f"arn:{admin.partition}:sqs:{staged.region}:{staged.account}:q"
    grave = {"detail": {"findings": {"Severity": {"Label": ["CRITICAL", {"prefix": "HI"}]}}}}
    pattern = json.dumps({"source": ["aws.securityhub"], **grave})
    admin.call("events", "PutRule", Name="r", EventPattern=pattern)
    targets = [{"Id": "nobody-emulates-it", "Arn": arn.replace(":sqs:", ":firehose:")}, {"Id": "q", "Arn": arn}]
    admin.call("events", "PutTargets", Rule="r", Targets=targets)
    both = [finding(staged, "f-1"), finding(staged, "f-2", Severity={"Label": "LOW"})]
    admin.call("securityhub", "BatchImportFindings", Findings=both)
    named = [{"Id": "f-1", "ProductArn": both[0]["ProductArn"]}, {"Id": "f-9", "ProductArn": both[0]["ProductArn"]}]
    told = admin.call("securityhub", "BatchUpdateFindings", FindingIdentifiers=named, Workflow={"Status": "NOTIFIED"})
    assert [one["Id"] for one in told["ProcessedFindings"]] == ["f-1"]
    assert told["UnprocessedFindings"][0]["ErrorCode"] == "FindingNotFound"
    seen: list[tuple[str, str]] = []

    def both_came() -> bool:
        for message in admin.call("sqs", "ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            (one,) = json.loads(message["Body"])["detail"]["findings"]
            seen.append((one["Id"], one["Workflow"]["Status"]))
        return len(seen) >= 2

    assert eventually(both_came)
    assert sorted(seen) == [("f-1", "NEW"), ("f-1", "NOTIFIED")]


def test_a_transaction_needs_the_permission_of_each_of_its_parts(there: tuple[Staged, Door]) -> None:
    staged, admin = there
    admin.call("iam", "CreateUser", UserName="clerk")
    clerk = Door.using(
        Credentials.read(admin.call("iam", "CreateAccessKey", UserName="clerk")["AccessKey"]),
        region=staged.region,
        endpoint=staged.range_.endpoint,
    )
    put = [{"Put": {"TableName": "none", "Item": {"pk": {"S": "x"}}}}]
    with pytest.raises(AwsDenied, match="dynamodb:PutItem"):
        clerk.call("dynamodb", "TransactWriteItems", TransactItems=put)
    allow = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    admin.call("iam", "PutUserPolicy", UserName="clerk", PolicyName="work", PolicyDocument=document)
    with pytest.raises(AwsAbsent):
        clerk.call("dynamodb", "TransactWriteItems", TransactItems=put)
