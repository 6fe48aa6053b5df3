"""The three templates are deployed on an independent emulator, and what stands there is looked at.

What it refuses or forgets is said by a test of its own: there cfn-lint and the templates' text are the only judges.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.deploy import emulator

from stanch.app import deploy
from stanch.aws import Door
from stanch.aws.door import Credentials
from stanch.deploy.reading import parsed
from stanch.deploy.render import Rendered
from stanch.domain.estate import Estate

pytestmark = pytest.mark.skipif(
    not emulator.PROGRAM.exists(), reason="the second emulator is not installed: make .venv-emulator/.stamp"
)
CODE = {"CodeBucket": "acme-code", "LayerArns": "", "LayerCount": "no"}
UNKNOWN = {"TrailKind": "none", "GuardDuty": "no", "SecurityHub": "no", "AnalyzerKind": "none", "Vpc1": ""}
"""Parameters that leave out what the emulator has not."""


@dataclass
class Deployed:
    """The emulator with the stacks in it."""

    endpoint: str
    rendered: Rendered

    def client(self, service: str, *, encrypted: bool = True) -> Any:
        return emulator.client(self.endpoint, service, encrypted=encrypted)

    def deploy(self, name: str, stack: str = "", **given: str) -> None:
        """Make the stack of a template; raises ClientError when it is refused outright."""
        stack = stack or f"stanch-{name}"
        known = {
            one["ParameterKey"]: one["ParameterValue"] for one in json.loads(self.rendered.files[f"{name}.prod.json"])
        }
        stacks = self.client("cloudformation")
        stacks.create_stack(
            StackName=stack,
            TemplateBody=self.rendered.files[f"{name}.yaml"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in (known | given).items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        waiter = stacks.get_waiter("stack_create_complete")
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    def ids(self, name: str) -> dict[str, str]:
        """The physical ids of a stack's resources by their logical ones."""
        listed = self.client("cloudformation").describe_stack_resources(StackName=f"stanch-{name}")["StackResources"]
        return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed}


@pytest.fixture(scope="module")
def stacks(rendered: Rendered) -> Iterator[Deployed]:
    with emulator.running() as endpoint:
        stacks = Deployed(endpoint, rendered)
        stacks.client("s3").create_bucket(
            Bucket="acme-code", CreateBucketConfiguration={"LocationConstraint": emulator.REGION}
        )
        stacks.client("s3").put_object(Bucket="acme-code", Key="stanch/responder.zip", Body=deploy.zipped())
        stacks.deploy("responder", **CODE)
        stacks.deploy("member-role")
        stacks.deploy("foundation", **UNKNOWN, FlowLogs="yes")
        yield stacks


def test_a_finding_that_cannot_be_handed_over_ends_in_the_dead_letter_queue(stacks: Deployed) -> None:
    queue = stacks.ids("responder")["Findings"]
    found = stacks.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    redrive = json.loads(found["RedrivePolicy"])
    assert redrive["maxReceiveCount"] == 5
    assert redrive["deadLetterTargetArn"].split(":")[-1] == stacks.ids("responder")["DeadLetters"].split("/")[-1]
    assert found["VisibilityTimeout"] == "360"
    assert ":key/" in found["KmsMasterKeyId"]


def test_without_tls_the_queue_refuses_even_the_accounts_root(stacks: Deployed) -> None:
    queue = stacks.ids("responder")["Findings"]
    with pytest.raises(ClientError, match="AccessDenied"):
        stacks.client("sqs", encrypted=False).send_message(QueueUrl=queue, MessageBody="{}")


def test_each_rule_that_begins_it_matches_its_event_and_sends_to_the_queue(stacks: Deployed) -> None:
    events, ids = stacks.client("events"), stacks.ids("responder")
    rules = {name: events.describe_rule(Name=ids[name]) for name in _EVENTS}
    for name, event in _EVENTS.items():
        matched = {
            other
            for other, rule in rules.items()
            if events.test_event_pattern(EventPattern=rule["EventPattern"], Event=json.dumps(_envelope(event)))[
                "Result"
            ]
        }
        assert matched == {name}
        (target,) = events.list_targets_by_rule(Rule=ids[name])["Targets"]
        assert ids["Findings"].endswith(target["Arn"].split(":")[-1])
        assert target["DeadLetterConfig"]["Arn"].endswith(ids["DeadLetters"].split("/")[-1])


def test_the_workflow_is_the_packages_own_with_nothing_left_to_substitute(stacks: Deployed) -> None:
    workflow = stacks.ids("responder")["Workflow"]
    definition = stacks.client("stepfunctions").describe_state_machine(stateMachineArn=workflow)["definition"]
    rendered = parsed(stacks.rendered.files["responder.yaml"])["Resources"]["Workflow"]["Properties"]
    assert set(json.loads(definition)["States"]) == set(rendered["Definition"]["States"])
    for name in rendered["DefinitionSubstitutions"]:
        assert f"${{{name}}}" not in definition


def test_the_functions_know_where_everything_is(stacks: Deployed) -> None:
    functions, ids = stacks.client("lambda"), stacks.ids("responder")
    responder = functions.get_function_configuration(FunctionName=ids["Responder"])
    assert responder["Handler"] == "stanch.responder.handle"
    assert responder["Environment"]["Variables"] == {
        "STANCH_ESTATE": "s3://acme-code/stanch/stanch.toml",
        "STANCH_TABLE": ids["Journal"],
        "STANCH_TOPIC": ids["Topic"],
        "STANCH_MEMBER_ROLE": "stanch-member",
    }
    starter = functions.get_function_configuration(FunctionName=ids["Starter"])
    assert starter["Environment"]["Variables"] == {"STANCH_WORKFLOW": ids["Workflow"]}
    (mapping,) = functions.list_event_source_mappings(FunctionName=ids["Starter"])["EventSourceMappings"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_journal_cannot_be_dropped(stacks: Deployed) -> None:
    tables, name = stacks.client("dynamodb"), stacks.ids("responder")["Journal"]
    table = tables.describe_table(TableName=name)["Table"]
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]
    with pytest.raises(ClientError, match=r"[Dd]eletion protection"):
        tables.delete_table(TableName=name)


def test_every_alarm_tells_the_topic(stacks: Deployed) -> None:
    alarms = stacks.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert len(alarms) == 10
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(stacks.ids("responder")["Topic"],)}


def test_the_member_role_carries_what_was_rendered_and_trusts_one_role(stacks: Deployed) -> None:
    iam = stacks.client("iam")
    attached = iam.list_attached_role_policies(RoleName="stanch-member")["AttachedPolicies"]
    made = {name for name in stacks.ids("member-role") if name != "MemberRole"}
    assert {one["PolicyName"].removeprefix("stanch-member-").capitalize() for one in attached} == made
    trust = iam.get_role(RoleName="stanch-member")["Role"]["AssumeRolePolicyDocument"]
    condition = trust["Statement"][0]["Condition"]
    assert condition["ArnEquals"] == {"aws:PrincipalArn": f"arn:aws:iam::{emulator.ACCOUNT}:role/stanch-responder"}
    assert condition["StringEquals"]["aws:PrincipalOrgID"] == "o-a1b2c3d4e5"


def an_administrator(stacks: Deployed) -> tuple[str, str]:
    """The key of a user who may do everything; the emulator's root is asked for no policy of a bucket."""
    iam = stacks.client("iam")
    iam.create_user(UserName="admin")
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=json.dumps(allow))
    key = iam.create_access_key(UserName="admin")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def test_evidence_and_logs_lie_in_closed_buckets(stacks: Deployed) -> None:
    s3 = stacks.client("s3")
    key = an_administrator(stacks)
    user, in_clear = (emulator.client(stacks.endpoint, "s3", encrypted=tls, key=key) for tls in (True, False))
    for bucket in ("acme-forensics", stacks.ids("foundation")["Logs"]):
        blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert set(blocked.values()) == {True}
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        user.list_objects_v2(Bucket=bucket)
        with pytest.raises(ClientError, match="AccessDenied"):
            in_clear.list_objects_v2(Bucket=bucket)


def test_the_flow_table_projects_its_partitions(stacks: Deployed) -> None:
    table = stacks.client("glue").get_table(DatabaseName="stanch", Name="flow_logs")["Table"]
    parameters = table["Parameters"]
    assert parameters["projection.enabled"] == "true"
    assert parameters["projection.log_account.values"] == "111122223333,444455556666"
    assert parameters["storage.location.template"].endswith("/month=${month}/day=${day}/hour=${hour}")
    named = {key["Name"] for key in table["PartitionKeys"]}
    assert all(f"projection.{name}.type" in parameters for name in named)
    assert not named & {column["Name"] for column in table["StorageDescriptor"]["Columns"]}


def test_what_is_deployed_is_compared_with_what_would_be_rendered(stacks: Deployed, ours: Estate) -> None:
    door = Door.using(Credentials(emulator.ACCOUNT, "x"), region=emulator.REGION, endpoint=stacks.endpoint)
    assert deploy.compared_with_stacks(stacks.rendered.files, door) == deploy.Compared({})
    narrow = deploy.rendered(ours, "prod", ["open_bucket"])
    compared = deploy.compared_with_stacks(narrow.files, door)
    assert list(compared.differences) == ["member-role.yaml"]
    assert "-              - iam:PutRolePolicy" in compared.differences["member-role.yaml"]


@pytest.mark.parametrize(
    ("part", "types"),
    [
        ({"TrailKind": "account"}, "AWS::CloudTrail::Trail"),
        ({"GuardDuty": "yes"}, "AWS::GuardDuty::Detector"),
        ({"SecurityHub": "yes"}, "AWS::SecurityHub::ActionTarget, AWS::SecurityHub::Hub, AWS::SecurityHub::Insight"),
        ({"AnalyzerKind": "account"}, "AWS::AccessAnalyzer::Analyzer"),
        ({"Vpc1": "vpc-0123456789abcdef0"}, "AWS::EC2::FlowLog"),
        ({"FreezePolicy": "yes"}, "AWS::Organizations::Policy"),
    ],
)
def test_what_the_emulator_does_not_know_it_refuses_so_only_the_linter_judges_it(
    stacks: Deployed, part: dict[str, str], types: str
) -> None:
    with pytest.raises(ClientError, match="Unrecognized resource types") as refused:
        stacks.deploy("foundation", "again", **{**UNKNOWN, "Evidence": "no", "FlowLogs": "yes", **part})
    assert f"[{types}]" in str(refused.value)


def test_what_the_emulator_forgets_stands_in_the_template(stacks: Deployed) -> None:
    # It takes these and reads nothing of them back; on AWS they hold.
    table = parsed(stacks.rendered.files["responder.yaml"])["Resources"]["Journal"]["Properties"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"]["SSEEnabled"] is True
    store = parsed(stacks.rendered.files["foundation.yaml"])["Resources"]["EvidenceStore"]["Properties"]
    assert store["ObjectLockEnabled"] is True
    assert store["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Days"] == {"Ref": "EvidenceLockDays"}


def _envelope(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "1",
        "account": emulator.ACCOUNT,
        "time": "2026-11-22T10:00:00Z",
        "region": emulator.REGION,
        "resources": [],
        **event,
    }


_CUSTOM = f"arn:aws:securityhub:{emulator.REGION}:{emulator.ACCOUNT}:action/custom/StanchContain"
_EVENTS: dict[str, dict[str, Any]] = {
    "Imported": {
        "source": "aws.securityhub",
        "detail-type": "Security Hub Findings - Imported",
        "detail": {"findings": [{"RecordState": "ACTIVE", "Workflow": {"Status": "NEW"}}]},
    },
    "ImportedV2": {"source": "aws.securityhub", "detail-type": "Findings Imported V2", "detail": {"findings": [{}]}},
    "ByHand": {
        "source": "aws.securityhub",
        "detail-type": "Security Hub Findings - Custom Action",
        "resources": [_CUSTOM],
        "detail": {"actionName": "Contain with stanch", "findings": [{}]},
    },
    "GuardDuty": {
        "source": "aws.guardduty",
        "detail-type": "GuardDuty Finding",
        "detail": {"severity": 8, "service": {"archived": False}},
    },
    "Ours": {"source": "stanch", "detail-type": "stanch incident", "detail": {"incident": "inc-20261122-3f9a1c"}},
}


def test_a_repository_path_is_no_part_of_what_is_rendered(rendered: Rendered) -> None:
    root = str(Path(__file__).parents[2])
    assert [name for name, text in rendered.files.items() if root in text] == []
