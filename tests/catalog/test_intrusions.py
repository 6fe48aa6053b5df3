"""An intruder is told by what he must do: recorded techniques are found, one story each, and honest work is not."""

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from stanch import app
from stanch.domain.estate import Estate
from stanch.domain.severity import Severity
from tests.catalog.test_request_forms import OURS, role

SHARED = Path(__file__).parents[3] / "shared"
RECORDED = SHARED / "data" / "cloudtrail" / "stratus"
BEGAN = datetime(2026, 5, 4, 9, tzinfo=UTC)
KEY: dict[str, Any] = {
    "type": "IAMUser", "arn": f"arn:aws:iam::{OURS}:user/mallory", "accountId": OURS, "userName": "mallory",
    "accessKeyId": "AKIAEXAMPLE",
}  # fmt: skip
DENIED = {"errorCode": "AccessDenied", "errorMessage": "not authorized"}
SSE_C = "x-amz-server-side-encryption-customer-algorithm"
BUCKETS = ("logs", "weights", "training", "backup", "web", "tickets")


@dataclass
class Log:
    """Records as a log file."""

    records: list[dict[str, Any]]
    path: str = f"AWSLogs/{OURS}/CloudTrail/x.json"
    size: int | None = None

    def open(self) -> BinaryIO:
        return io.BytesIO(json.dumps({"Records": self.records}).encode())


def host(session: str, **context: Any) -> dict[str, Any]:
    who = role("serving")
    who["arn"] = f"arn:aws:sts::{OURS}:assumed-role/serving/{session}"
    who["sessionContext"].update(context)
    return who


def pod(name: str) -> dict[str, Any]:
    who = role(name)
    provider = f"arn:aws:iam::{OURS}:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE"
    who["sessionContext"]["webIdFederationData"] = {"federatedProvider": provider}
    return who


def call(source: str, name: str, request: Any = None, who: Any = KEY, **more: Any) -> dict[str, Any]:
    return {
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "203.0.113.50",
        "userIdentity": who,
        "requestParameters": request,
        "recipientAccountId": OURS,
        **more,
    }


def told(calls: Iterable[dict[str, Any]], apart: int = 5) -> list[tuple[str, Severity]]:
    """What fires on these calls, made one after the other; each finding by its detection, with its severity."""
    records = [
        {**one, "eventID": f"00000000-0000-4000-8000-{at:012d}",
         "eventTime": f"{BEGAN + timedelta(seconds=apart * at):%Y-%m-%dT%H:%M:%SZ}"}
        for at, one in enumerate(calls)
    ]  # fmt: skip
    result = app.hunt([Log(records)], Estate(), app.rules(), watches=app.behaviours(), routines=app.routines())
    return [(finding.detection, finding.severity) for incident in result.incidents for finding in incident.findings]


def fired(calls: Iterable[dict[str, Any]], apart: int = 5) -> set[str]:
    return {detection for detection, severity in told(calls, apart) if severity >= Severity.MEDIUM}


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded techniques are not beside this repository")
@pytest.mark.parametrize("file", sorted(RECORDED.glob("*.json")), ids=lambda file: file.stem)
def test_a_recorded_technique_is_one_story_of_medium_or_above(file: Path) -> None:
    loaded = json.loads(file.read_text())
    records = loaded if isinstance(loaded, list) else loaded["Records"]
    result = app.hunt([Log(records, file.name)], Estate(), app.rules())
    assert [incident.severity >= Severity.MEDIUM for incident in result.incidents] == [True]


def ask(who: Any) -> list[dict[str, Any]]:
    names = (
        "GetAccountSummary",
        "ListUsers",
        "ListRoles",
        "ListGroups",
        "ListAccountAliases",
        "GetAccountPasswordPolicy",
    )
    return [call("iam", name, None, who) for name in names]


SPOTTED: list[tuple[str, list[dict[str, Any]]]] = [
    ("credential_access/parameters_decrypted_in_bulk",
     [call("ssm", "GetParameter", {"name": f"/app/{k}", "withDecryption": True}) for k in range(10)]),
    ("credential_access/parameters_decrypted_in_bulk",
     [call("ssm", "GetParametersByPath", {"path": f"/app/{k}", "withDecryption": True}) for k in range(10)]),
    ("credential_access/secrets_read_in_bulk",
     [call("secretsmanager", "GetSecretValue", {"secretId": f"s{k}"}) for k in range(10)]),
    ("credential_access/secrets_refused_in_bulk",
     [call("secretsmanager", "GetSecretValue", {"secretId": f"s{k}"}, **DENIED) for k in range(10)]),
    ("credential_access/secrets_refused_in_bulk",
     [call("secretsmanager", "GetSecretValue", {"secretId": f"s{k}"}, pod("chat-api"), **DENIED) for k in range(10)]),
    ("credential_access/startup_scripts_refused_in_bulk",
     [call("ec2", "DescribeInstanceAttribute", {"attribute": "userData", "instanceId": f"i-{k}"}, role("web"),
           errorCode="Client.UnauthorizedOperation") for k in range(3)]),
    ("credential_access/roles_tried_in_turn", [call("sts", "AssumeRole", None, **DENIED) for _ in range(10)]),
    ("discovery/user_key_looks_around_the_account", ask(KEY)),
    ("discovery/instance_looks_around_the_account", ask(host("i-0123456789abcdef0"))),
    ("discovery/instance_looks_around_the_account", ask(host("i-00456A8D163f546Ff"))),
    ("discovery/instance_looks_around_the_account", ask(host("i-vgu76uxucxlpp04e", ec2RoleDelivery="2.0"))),
    ("discovery/workload_looks_around_the_account", ask(pod("chat-api"))),
    ("discovery/many_buckets_listed", [call("s3", "ListObjects", {"bucketName": name}) for name in BUCKETS]),
    ("discovery/models_refused_one_after_another",
     [call("bedrock", "Converse", {"modelId": f"m{k}"}, errorCode="ValidationException") for k in range(3)]),
    ("execution/costly_instances_launched", [call("ec2", "RunInstances", {"instanceType": "p5.48xlarge"})]),
    ("execution/costly_instances_launched", [call("ec2", "RunInstances", {"instanceType": "c7i.metal-48xl"})]),
    ("execution/costly_instances_launched",
     [call("ec2", "RequestSpotInstances", {"launchSpecification": {"instanceType": "g5.xlarge"}})]),
    ("execution/costly_instances_launched",
     [call("ec2", "RunInstances", {"instanceType": "g6.xlarge", "instancesSet": {"items": [{"maxCount": 20}]}},
           role("web"))]),
    ("execution/scripts_run_on_several_instances",
     [call("ssm", "SendCommand", {"documentName": "AWS-RunPowerShellScript", "instanceIds": [f"i-{k}"]})
      for k in range(3)]),
    ("execution/startup_script_replaced",
     [call("ec2", "ModifyInstanceAttribute", {"instanceId": "i-1", "attribute": "userData", "value": "x"})]),
    ("lateral_movement/shells_on_several_instances",
     [call("ecs", "ExecuteCommand", {"task": f"arn:aws:ecs:r:{OURS}:task/c/{k}"}) for k in range(3)]),
    ("lateral_movement/console_opened_with_session_keys",
     [call("signin", "ConsoleLogin", None, {**KEY, "type": "FederatedUser"},
           responseElements={"ConsoleLogin": "Success"})]),
    ("discovery/regions_swept",
     [call("ec2", "DescribeInstances", {}, awsRegion=f"eu-west-{k}") for k in range(5)]),
    ("discovery/role_session_looks_around_the_account",
     [*ask(role("web")), call("sts", "GetCallerIdentity", None, role("web"))]),
    ("execution/models_called_by_prober",
     [call("bedrock", name, {"modelId": "m"}) for name in ("GetModelInvocationLoggingConfiguration", "InvokeModel")]),
    ("execution/models_called_by_prober",
     [call("bedrock", "Converse", {"modelId": "m"}, awsRegion=f"eu-west-{k}") for k in range(4)]),
    ("privilege_escalation/powerful_role_passed",
     [call("codebuild", "CreateProject", {"serviceRole": f"arn:aws:iam::{OURS}:role/AdminRole"})]),
    ("privilege_escalation/powerful_role_passed",
     [call("scheduler", "CreateSchedule", {"target": {"roleArn": f"arn:aws:iam::{OURS}:role/ops-administrator"}})]),
    ("impact/objects_sealed_with_own_key",
     [call("s3", "PutObject", {"bucketName": "b", "key": f"k{k}", SSE_C: "AES256"}) for k in range(10)]),
    ("impact/store_deleted_piece_by_piece",
     [call("s3", "ListObjects", {"bucketName": "b"}, role("dev"))]
     + [call("s3", "DeleteObject", {"bucketName": "b", "key": f"k{k}"}, role("dev")) for k in range(50)]),
    ("exfiltration/store_swept_after_listing",
     [call("s3", "ListBuckets"), call("s3", "ListObjectsV2", {"bucketName": "b"})]
     + [call("s3", "GetObject", {"bucketName": "b", "key": f"k{k}"}) for k in range(30)]),
    ("collection/disks_and_databases_snapshotted_in_bulk",
     [call("rds", "CreateDBSnapshot", {"dBInstanceIdentifier": f"db{k}"}) for k in range(5)]),
]  # fmt: skip


@pytest.mark.parametrize(("detection", "calls"), SPOTTED)
def test_what_an_intruder_must_do_is_found(detection: str, calls: list[dict[str, Any]]) -> None:
    assert detection in fired(calls)


SPARED: list[list[dict[str, Any]]] = [
    [call("secretsmanager", "GetSecretValue", {"secretId": "prod/db"}, pod("api")) for _ in range(30)],
    [call("secretsmanager", "GetSecretValue", {"secretId": f"s{k}"}, pod("secret-operator")) for k in range(30)],
    [call("secretsmanager", "GetSecretValue", {"secretId": f"s{k}"}, role("terraform-plan")) for k in range(30)],
    [call("ssm", "GetParameters", {"names": [f"/app/{k}" for k in range(9)], "withDecryption": True}, role("app"))],
    [call("ec2", "DescribeInstanceAttribute", {"attribute": "userData", "instanceId": f"i-{k}"}, role("infra"))
     for k in range(20)],
    [call("ec2", name, {}, host("i-0123456789abcdef0"))
     for name in ("DescribeInstances", "DescribeTags", "DescribeVolumes", "DescribeSubnets", "AttachVolume")],
    [call("iam", name, None, role("infra")) for name in ("GetRole", "ListRolePolicies", "ListAttachedRolePolicies")],
    [call("ec2", "RunInstances", {"instanceType": "g5.xlarge", "instancesSet": {"items": [{"maxCount": 1}]}},
          role("infra"))],
    [call("ssm", "SendCommand", {"documentName": "AWS-RunShellScript", "instanceIds": ["i-1"]}, role("ops"))],
    [call("signin", "ConsoleLogin", None, role("people"), responseElements={"ConsoleLogin": "Success"},
          additionalEventData={"MFAUsed": "No"})],
    [call("payments", "UpdatePaymentPreferences", {}, {"type": "Root", "arn": f"arn:aws:iam::{OURS}:root"},
          readOnly=False)],
    [call("sts", "GetCallerIdentity"), call("s3", "ListBuckets"), call("iam", "ListUsers")],
]  # fmt: skip


@pytest.mark.parametrize("calls", SPARED)
def test_work_that_resembles_it_is_quiet(calls: list[dict[str, Any]]) -> None:
    assert fired(calls) == set()


def failed(user: str) -> dict[str, Any]:
    who = {"type": "IAMUser", "principalId": f"AIDA{user}", "accountId": OURS, "userName": user}
    return call("signin", "ConsoleLogin", None, who, responseElements={"ConsoleLogin": "Failure"})


def test_a_spray_over_many_users_is_told_once_by_each_rule_not_for_each_user() -> None:
    spray = told([failed(f"user{k}") for k in range(12)])
    one_address = "credential_access/console_passwords_sprayed"
    assert sorted(spray) == [(one_address, Severity.MEDIUM), (f"{one_address}_from_many_addresses", Severity.MEDIUM)]


def test_a_password_guessed_in_vain_is_an_attempt_and_a_hit_is_high() -> None:
    guessed = "credential_access/console_password_guessed"
    tries = [failed("alice") for _ in range(5)]
    alice = {**KEY, "arn": f"arn:aws:iam::{OURS}:user/alice", "userName": "alice", "accessKeyId": ""}
    hit = call("signin", "ConsoleLogin", None, alice, responseElements={"ConsoleLogin": "Success"})
    assert told(tries) == [(guessed, Severity.MEDIUM)]
    assert told([*tries, hit]) == [(guessed, Severity.HIGH)]


def test_credentials_carried_off_a_host_are_one_finding_that_names_host_and_commander() -> None:
    sent = call("ssm", "SendCommand", {"documentName": "AWS-RunShellScript", "instanceIds": ["i-0123456789abcdef0"]})
    used = call("sts", "GetCallerIdentity", None, host("i-0123456789abcdef0"))
    stolen = "credential_access/instance_credentials_used_by_commander"
    assert told([sent, used]) == [(stolen, Severity.HIGH)]
    assert fired([used, sent]) == set(), "the other way round nothing was carried off"


def daily(name: str, source: str, request: Any, days: int, **more: Any) -> list[dict[str, Any]]:
    return [call(source, name, request, **more) for _ in range(days)]


def test_a_users_key_that_ships_code_on_four_days_is_at_work_and_on_three_is_asked() -> None:
    """A finding of the fourth day is folded, with the reason kept; before, somebody must look."""
    shipped = "persistence/function_overwritten"
    request = {"functionName": "web", "dryRun": False}
    assert shipped in shown(daily("UpdateFunctionCode20150331v2", "lambda", request, 3), apart=86_400)
    assert shipped not in shown(daily("UpdateFunctionCode20150331v2", "lambda", request, 4), apart=86_400)


def test_a_person_without_second_factor_is_told_until_it_is_the_habit_of_the_house() -> None:
    who = {key: value for key, value in KEY.items() if key != "accessKeyId"}
    more = {"responseElements": {"ConsoleLogin": "Success"}, "additionalEventData": {"MFAUsed": "No"}, "who": who}
    alone = "initial_access/console_login_without_second_factor"
    assert alone in shown(daily("ConsoleLogin", "signin", None, 1, **more), apart=86_400)
    assert alone not in shown(daily("ConsoleLogin", "signin", None, 3, **more), apart=86_400)


def shown(calls: list[dict[str, Any]], apart: int) -> set[str]:
    """What is told and not folded."""
    records = [
        {**one, "eventID": f"00000000-0000-4000-8000-{at:012d}",
         "eventTime": f"{BEGAN + timedelta(seconds=apart * at):%Y-%m-%dT%H:%M:%SZ}"}
        for at, one in enumerate(calls)
    ]  # fmt: skip
    result = app.hunt([Log(records)], Estate(), app.rules(), watches=app.behaviours(), routines=app.routines())
    return {one.detection for incident in result.incidents for one in incident.findings if one.folded is None}


HANDED = f"arn:aws:iam::{OURS}:role/etl"


@pytest.mark.parametrize(
    ("source", "name", "request_"),
    [
        ("ssm", "StartAutomationExecution", {"documentName": "d", "parameters": {"AutomationAssumeRole": [HANDED]}}),
        ("pipes", "CreatePipe", {"name": "p", "roleArn": HANDED}),
        ("codepipeline", "CreatePipeline", {"pipeline": {"name": "p", "roleArn": HANDED}}),
        ("bedrock", "CreateAgent", {"agentName": "a", "agentResourceRoleArn": HANDED}),
        ("emr-serverless", "StartJobRun", {"applicationId": "a", "executionRoleArn": HANDED}),
        ("glue", "CreateSession", {"id": "s", "role": HANDED}),
        ("omics", "StartRun", {"workflowId": "1", "roleArn": HANDED}),
    ],
)
def test_a_role_found_by_looking_and_handed_to_work_is_told(source: str, name: str, request_: dict[str, Any]) -> None:
    climb = "privilege_escalation/role_passed_after_looking_around"
    assert climb in fired([call("iam", "ListRoles"), call(source, name, request_)])
    assert climb not in fired([call(source, name, request_)])
    bare = {key: value for key, value in request_.items() if HANDED not in json.dumps(value)}
    assert climb not in fired([call("iam", "ListRoles"), call(source, name, bare)])
