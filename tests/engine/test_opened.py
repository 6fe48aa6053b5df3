import itertools
from typing import Any

import pytest

from stanch.domain.arn import Arn
from stanch.engine.contain.targets import acted_on
from stanch.engine.enrich.opened import opened

HERE = "eu-central-1:111122223333"
KEY = f"arn:aws:kms:{HERE}:key/0a1b"
GROUP = f"arn:aws:logs:{HERE}:log-group:/prompts"
SHARE = f"arn:aws:ram:{HERE}:resource-share/0a1b"
FUNCTION = f"arn:aws:lambda:{HERE}:function:router"
TRAIL = f"arn:aws:cloudtrail:{HERE}:trail/org"
OIDC = "arn:aws:iam::111122223333:oidc-provider/idp.example.net"
SAML = "arn:aws:iam::111122223333:saml-provider/idp"
ANCHOR = f"arn:aws:rolesanywhere:{HERE}:trust-anchor/0a1b"
PROFILE = f"arn:aws:rolesanywhere:{HERE}:profile/0a1b"
HOST = f"arn:aws:ec2:{HERE}:instance/i-0123456789abcdef0"
TASK = f"arn:aws:ecs:{HERE}:task/gpu/0a1b"
SERVICE = f"arn:aws:ecs:{HERE}:service/gpu/vllm"
POD = f"arn:aws:eks:{HERE}:podidentityassociation/gpu/a-0a1b"
NOTEBOOK = f"arn:aws:sagemaker:{HERE}:notebook-instance/research"
GROUP_OF_MODELS = f"arn:aws:sagemaker:{HERE}:model-package-group/llama"
ROLE = "arn:aws:iam::111122223333:role/app/serving"
BUCKET = "arn:aws:s3:::acme-weights"
JOB = f"arn:aws:bedrock:{HERE}:model-customization-job/0a1b"
SUBSCRIPTION = f"arn:aws:sns:{HERE}:tickets:0a1b"
QUEUE = f"https://sqs.eu-central-1.amazonaws.com/{HERE.partition(':')[2]}/jobs"


def record(source: str, name: str, request: Any = None, answer: Any = None, **more: Any) -> dict[str, Any]:
    where = {"awsRegion": "eu-central-1", "recipientAccountId": "111122223333"}
    said = {"requestParameters": request, "responseElements": answer}
    return {"eventSource": f"{source}.amazonaws.com", "eventName": name, **said, **where, **more}


def named(event: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(opened(event, "aws")))


@pytest.mark.parametrize(
    ("event", "arn", "kind"),
    [
        (record("backup", "PutBackupVaultAccessPolicy", {"backupVaultName": "daily"}),
         f"arn:aws:backup:{HERE}:backup-vault:daily", "backup-vault"),
        (record("bedrock", "CreateModelCustomizationJob", {}, {"jobArn": JOB}), JOB, "model-customization-job"),
        (record("cloudtrail", "StopLogging", {"name": "org"}), TRAIL, "trail"),
        (record("cloudtrail", "DeleteTrail", {"name": TRAIL}), TRAIL, "trail"),
        (record("cloudtrail", "UpdateTrail", {"name": "org"}, {"trailARN": TRAIL}), TRAIL, "trail"),
        (record("cloudtrail", "PutEventSelectors", {"trailName": "org"}, {"trailARN": TRAIL}), TRAIL, "trail"),
        (record("codebuild", "StartBuild", {}, {"build": {"serviceRole": ROLE}}), ROLE, "role"),
        (record("datasync", "StartTaskExecution", {"taskArn": f"arn:aws:datasync:{HERE}:task/task-0a"}),
         f"arn:aws:datasync:{HERE}:task/task-0a", "transfer-task"),
        (record("ec2", "AttachVolume", {"instanceId": "i-0123456789abcdef0"}), HOST, "instance"),
        (record("ec2", "CreateReplaceRootVolumeTask",
                {"CreateReplaceRootVolumeTaskRequest": {"InstanceId": "i-0123456789abcdef0"}}), HOST, "instance"),
        (record("ec2", "ExportImage", {"ExportImageRequest": {"ImageId": "ami-0a"}}),
         "arn:aws:ec2:eu-central-1::image/ami-0a", "image"),
        (record("ec2-instance-connect", "SendSSHPublicKey", {"instanceId": "i-0123456789abcdef0"}), HOST, "instance"),
        (record("ecr", "PutReplicationConfiguration", {}), f"arn:aws:ecr:{HERE}:registry", "image-registry"),
        (record("ecs", "ExecuteCommand", {"cluster": f"arn:aws:ecs:{HERE}:cluster/gpu", "task": "0a1b"}), TASK, "task"),
        (record("ecs", "RunTask", {}, {"tasks": [{"taskArn": TASK}]}), TASK, "task"),
        (record("ecs", "UpdateService", {"cluster": "gpu", "service": "vllm"}), SERVICE, "service"),
        (record("ecs", "CreateService", {"serviceName": "vllm"}, {"service": {"serviceArn": SERVICE}}),
         SERVICE, "service"),
        (record("ecs", "RegisterTaskDefinition", {"taskRoleArn": ROLE}), ROLE, "role"),
        (record("eks", "UpdatePodIdentityAssociation", {"clusterName": "gpu", "associationId": "a-0a1b"}),
         POD, "podidentityassociation"),
        (record("iam", "CreateOpenIDConnectProvider", {"url": "https://idp.example.net"},
                {"openIDConnectProviderArn": OIDC}), OIDC, "oidc-provider"),
        (record("iam", "UpdateSAMLProvider", {"sAMLProviderArn": SAML}), SAML, "saml-provider"),
        (record("iam", "CreateSAMLProvider", {"name": "idp"}), SAML, "saml-provider"),
        (record("kms", "CreateGrant", {"keyId": "0a1b"}), KEY, "key"),
        (record("kms", "PutKeyPolicy", {"keyId": KEY}), KEY, "key"),
        (record("lambda", "UpdateFunctionCode20150331v2", {"functionName": "router"}), FUNCTION, "function"),
        (record("lambda", "AddPermission20150331v2", {"functionName": "router:live"}), FUNCTION, "function"),
        (record("lambda", "AddPermission20150331v2", {"functionName": "function:router"}), FUNCTION, "function"),
        (record("lambda", "CreateFunctionUrlConfig", {"functionName": "111122223333:function:router:7"}),
         FUNCTION, "function"),
        (record("lambda", "PutResourcePolicy", {"resourceArn": f"{FUNCTION}:live"}), FUNCTION, "function"),
        (record("logs", "CreateExportTask", {"logGroupName": "/prompts"}), GROUP, "log-group"),
        (record("ram", "CreateResourceShare", {}, {"resourceShare": {"resourceShareArn": SHARE}}),
         SHARE, "resource-share"),
        (record("rds", "StartExportTask", {"sourceArn": f"arn:aws:rds:{HERE}:cluster:chat"}),
         f"arn:aws:rds:{HERE}:cluster:chat", "db-cluster"),
        (record("rolesanywhere", "EnableTrustAnchor", {"trustAnchorId": "0a1b"}), ANCHOR, "trust-anchor"),
        (record("rolesanywhere", "CreateProfile", {}, {"profile": {"profileArn": PROFILE}}), PROFILE, "profile"),
        (record("s3", "PutBucketReplication", {"bucketName": "acme-weights"}), BUCKET, "bucket"),
        (record("s3", "PutBucketInventoryConfiguration", {"bucketName": "acme-weights"}), BUCKET, "bucket"),
        (record("s3", "CreateAccessPoint", {"CreateAccessPointRequest": {"Bucket": "acme-weights"}}), BUCKET, "bucket"),
        (record("s3", "CreateJob", {"CreateJobRequest": {"ManifestGenerator": {
            "S3JobManifestGenerator": {"SourceBucket": BUCKET}}}}), BUCKET, "bucket"),
        (record("s3", "CreateJob", {"manifest": {"location": {"objectArn": f"{BUCKET}/manifest.csv"}}}),
         BUCKET, "bucket"),
        (record("sagemaker", "CreatePresignedNotebookInstanceUrl", {"notebookInstanceName": "research"}),
         NOTEBOOK, "notebook-instance"),
        (record("sagemaker", "UpdateEndpoint", {"endpointName": "chat"}),
         f"arn:aws:sagemaker:{HERE}:endpoint/chat", "endpoint"),
        (record("sagemaker", "PutModelPackageGroupPolicy", {}, {"modelPackageGroupArn": GROUP_OF_MODELS}),
         GROUP_OF_MODELS, "model-package-group"),
        (record("sns", "Subscribe", {}, {"subscriptionArn": SUBSCRIPTION}), SUBSCRIPTION, "subscription"),
        (record("sqs", "SetQueueAttributes", {"queueUrl": QUEUE}), f"arn:aws:sqs:{HERE}:jobs", "queue"),
        (record("ssm", "SendCommand", {"instanceIds": ["i-0123456789abcdef0", "mi-0123456789abcdef0"]}),
         HOST, "instance"),
        (record("ssm", "CreateAssociation", {"targets": [{"key": "InstanceIds", "values": ["i-0123456789abcdef0"]}]}),
         HOST, "instance"),
        (record("ssm", "StartSession", {"target": "i-0123456789abcdef0"}), HOST, "instance"),
        (record("ssm", "StartSession", {"target": "ecs:gpu_0a1b_0a1b-9"}), TASK, "task"),
    ],
)  # fmt: skip
def test_names_what_a_call_opened_changed_or_set_copying(event: dict[str, Any], arn: str, kind: str) -> None:
    (found,) = named(event)
    assert str(acted_on(found)).startswith(arn)
    assert acted_on(found).kind == kind


def test_names_a_function_with_the_role_that_its_new_code_holds() -> None:
    event = record("lambda", "UpdateFunctionCode20150331v2", {"functionName": FUNCTION}, {"role": ROLE})
    assert set(named(event)) == {FUNCTION, ROLE}


def test_names_the_roles_that_pods_tasks_and_certificates_are_given() -> None:
    other = "arn:aws:iam::111122223333:role/other"
    pods = record(
        "eks", "CreatePodIdentityAssociation", {"roleArn": ROLE, "targetRoleArn": other},
        {"association": {"associationArn": POD}},
    )  # fmt: skip
    task = record("ecs", "RunTask", {"overrides": {"taskRoleArn": ROLE, "executionRoleArn": other}})
    profile = record("rolesanywhere", "UpdateProfile", {"profileId": "0a1b", "roleArns": [ROLE, other]})
    assert set(named(pods)) == {POD, ROLE, other}
    assert set(named(task)) == {ROLE, other}
    assert set(named(profile)) == {PROFILE, ROLE, other}


def test_keeps_the_partition_and_region_that_a_whole_arn_of_a_function_tells() -> None:
    arn = "arn:aws-eusc:lambda:eusc-de-east-1:444455556666:function:router"
    assert named(record("lambda", "AddPermission", {"functionName": f"{arn}:live"})) == [arn]


def test_reads_a_name_in_the_partition_of_the_caller() -> None:
    found = list(opened(record("kms", "CreateGrant", {"keyId": "0a1b"}), "aws-eusc"))
    assert found == [KEY.replace("arn:aws:", "arn:aws-eusc:")]


def test_names_nothing_for_a_call_that_was_refused_or_only_read() -> None:
    assert not named(record("kms", "CreateGrant", {"keyId": "0a1b"}, errorCode="AccessDenied"))
    assert not named(record("kms", "CreateGrant", {"keyId": "0a1b"}, errorMessage="failed"))
    assert not named(record("kms", "Decrypt", {"keyId": "0a1b"}, readOnly=True))


def test_names_no_trail_for_a_store_of_events_and_no_host_for_what_only_reads_like_one() -> None:
    assert not named(record("cloudtrail", "CreateEventDataStore", {"name": "lake"}))
    assert not named(record("ssm", "SendCommand", {"instanceIds": ["*", "i-0a", "i-0123456789abcdef0/../x"]}))


def test_takes_no_arn_of_another_service_for_its_own() -> None:
    for source, name, parameter in (
        ("kms", "CreateGrant", "keyId"),
        ("lambda", "AddPermission", "functionName"),
        ("sagemaker", "UpdateEndpoint", "endpointName"),
        ("ec2", "AttachVolume", "instanceId"),
    ):
        assert not named(record(source, name, {parameter: "arn:aws:iam::111122223333:role/admin"})), source


def test_waits_for_the_arn_of_a_subscription_that_nobody_has_confirmed() -> None:
    assert not named(record("sns", "Subscribe", {}, {"subscriptionArn": "pending confirmation"}))


def test_takes_no_odd_address_for_a_queue() -> None:
    for url in ("jobs", "https://x/y/jobs", "https://x/111122223333/", ""):
        assert not named(record("sqs", "SetQueueAttributes", {"queueUrl": url}))


def test_names_at_most_a_hundred_things_of_one_call() -> None:
    hosts = [f"i-{number:017x}" for number in range(5000)]
    assert len(named(record("ssm", "SendCommand", {"instanceIds": hosts}))) == 100


SERVICES = (
    "backup", "bedrock", "cloudtrail", "codebuild", "datasync", "ec2", "ecr", "ecs", "eks", "iam", "kms", "lambda",
    "logs", "ram", "rds", "rolesanywhere", "s3", "sagemaker", "sns", "sqs", "ssm",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, 7, "", "x", "arn:", "arn:::::", "arn:aws:lambda", ":function:", "{v}{0}", [], {}, [None, {"a": 1}],
    {"items": 3},
)  # fmt: skip
NAMES = (
    "name", "trailName", "taskArn", "instanceId", "instanceIds", "targets", "target", "imageId", "task", "service",
    "cluster", "keyId", "functionName", "resourceArn", "logGroupName", "sourceArn", "roleArns", "bucketName",
    "topicArn", "queueUrl", "manifest", "role", "sAMLProviderArn", "trustAnchor", "association", "tasks", "build",
    "overrides",
)  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
def test_takes_any_shape_of_parameters(service: str) -> None:
    for odd, name in itertools.product(ODD, ("", "CreateJob", "RunTask", "CreateAccessPoint", "StopLogging")):
        for values in (odd, dict.fromkeys(NAMES, odd)):
            for arn in named(record(service, name, values, values, eventName=name or odd)):
                assert Arn.parse(arn).kind


@pytest.mark.parametrize("odd", ODD)
def test_takes_any_shape_of_a_record(odd: Any) -> None:
    for field in ("eventSource", "eventName", "awsRegion", "recipientAccountId", "readOnly"):
        for arn in named({**record("kms", "CreateGrant", {"keyId": "0a1b"}), field: odd}):
            assert arn.endswith(":key/0a1b")
