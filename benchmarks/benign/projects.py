"""What happens once a day or once a week: images are baked, databases restored, keys made, patches rolled out."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from benchmarks.benign.pipelines import pipeline
from benchmarks.benign.world import BOTO, DATA, DEV, GO, HOME, NAT, ORGANIZATION, PROD, TERRAFORM, Record, Who, World

Burst = Iterator[Record]
Step = tuple[str, str, Record, Record | None]
PACKER = "APN/1.0 HashiCorp/1.0 packer-plugin-amazon/1.3.4 (+https://www.packer.io/) aws-sdk-go/1.55.5"
ORG_ONLY = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}


def steps(world: World, who: Who, when: datetime, calls: tuple[Step, ...], seconds: int = 4) -> Burst:
    """The calls one after the other."""
    for number, (service, name, asked, answer) in enumerate(calls):
        yield world.call(who, when + timedelta(seconds=seconds * number), service, name, asked, answer)


def bake_image(world: World) -> Burst:
    """Packer starts a builder, opens SSH to its runner alone, takes an image, and shares it inside the organisation."""
    when = world.moment(office=True)
    who, opened = pipeline(world, "packer", PACKER, DEV, when)
    builder, image, group = (f"{kind}-{world.chance.getrandbits(68):017x}" for kind in ("i", "ami", "sg"))
    ssh = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": f"{who.address}/32"}]}}
    launch = {
        "instancesSet": {"items": [{"imageId": "ami-0123456789abcdef0", "keyName": "packer"}]},
        "instanceType": "g5.xlarge",
    }
    share = {
        "imageId": image,
        "launchPermission": {"add": {"items": [{"userId": PROD}]}},
        "attributeType": "launchPermission",
    }
    yield opened
    yield from steps(world, who, when, (
        ("ec2", "CreateKeyPair", {"keyName": "packer_0a1b2c"}, {"keyName": "packer_0a1b2c"}),
        ("ec2", "CreateSecurityGroup", {"groupName": "packer_0a1b2c"}, {"groupId": group}),
        ("ec2", "AuthorizeSecurityGroupIngress", {"groupId": group, "ipPermissions": {"items": [ssh]}}, None),
        ("ec2", "RunInstances", launch, {"instancesSet": {"items": [{"instanceId": builder}]}}),
        ("ec2", "StopInstances", {"instancesSet": {"items": [{"instanceId": builder}]}}, None),
        ("ec2", "CreateImage", {"instanceId": builder, "name": f"vllm-{when:%Y%m%d}"}, {"imageId": image}),
        ("ec2", "ModifyImageAttribute", share, {"_return": True}),
        ("ec2", "TerminateInstances", {"instancesSet": {"items": [{"instanceId": builder}]}}, None),
        ("ec2", "DeleteSecurityGroup", {"groupId": group}, {"_return": True}),
        ("ec2", "DeleteKeyPair", {"keyName": "packer_0a1b2c"}, {"_return": True}),
    ), 30)  # fmt: skip


def platform(world: World) -> Burst:
    """Terraform looks after what all teams share: keys, repositories, queues, logs, records, launch templates."""
    when = world.moment(office=True)
    who, opened = pipeline(world, "terraform-apply", TERRAFORM, PROD, when)
    owner = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{PROD}:root"}, "Action": "kms:*", "Resource": "*"}
    inside = {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage", "Condition": ORG_ONLY}
    queue = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    template = {"LaunchTemplateId": "lt-0b1c2d3e4f5a6b7c8"}
    metadata = {"InstanceId": world.hosts[0], "HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    layered = {"functionName": "thumbnailer", "layers": [f"arn:aws:lambda:{HOME}:{PROD}:layer:tracing:12"]}
    copy = {"Bucket": "arn:aws:s3:::acme-weights", "Account": DATA}
    replicated = {"Role": f"arn:aws:iam::{PROD}:role/replicate", "Rule": {"Status": "Enabled", "Destination": copy}}
    yield opened
    yield from steps(world, who, when, (
        ("kms", "CreateKey", {"policy": _policy(owner)}, {"keyMetadata": {"keyId": "k"}}),
        ("kms", "PutKeyPolicy", {"keyId": "k", "policyName": "default", "policy": _policy(owner)}, None),
        ("kms", "EnableKeyRotation", {"keyId": "k"}, None),
        ("ecr", "SetRepositoryPolicy", {"repositoryName": "web", "policyText": _policy(inside)}, None),
        ("sqs", "SetQueueAttributes", {"queueUrl": "jobs", "attributes": {"Policy": _policy(queue)}}, None),
        ("ec2", "CreateFlowLogs", {"CreateFlowLogsRequest": {"ResourceType": "VPC", "TrafficType": "ALL"}}, None),
        ("ec2", "CreateLaunchTemplateVersion", {"CreateLaunchTemplateVersionRequest": template}, None),
        ("autoscaling", "UpdateAutoScalingGroup", {"autoScalingGroupName": "vllm", "desiredCapacity": 6}, None),
        ("autoscaling", "StartInstanceRefresh", {"autoScalingGroupName": "vllm"}, {"instanceRefreshId": "x"}),
        ("ec2", "ModifyInstanceMetadataOptions", {"ModifyInstanceMetadataOptionsRequest": metadata}, None),
        ("route53", "ChangeResourceRecordSets", {"hostedZoneId": "Z1"}, {"changeInfo": {"status": "PENDING"}}),
        ("ssm", "PutParameter", {"name": "/crm/url", "type": "String", "overwrite": True}, {"version": 9}),
        ("secretsmanager", "CreateSecret", {"name": "crm/new"}, {"name": "crm/new"}),
        ("monitoring", "PutMetricAlarm", {"alarmName": "latency"}, None),
        ("config", "PutConfigRule", {"configRule": {"configRuleName": "encrypted-volumes"}}, None),
        ("guardduty", "UpdateDetector", {"detectorId": "d", "enable": True}, None),
        ("eks", "CreateAccessEntry", {"name": "prod", "principalArn": f"arn:aws:iam::{PROD}:role/developers"}, None),
        ("lambda", "UpdateFunctionConfiguration20150331v2", layered, {"functionName": "thumbnailer"}),
        ("s3", "PutBucketReplication", {"bucketName": "acme-docs", "ReplicationConfiguration": replicated}, None),
    ))  # fmt: skip


def train_model(world: World) -> Burst:
    """A data scientist starts a training job, registers the model, and opens a notebook."""
    when = world.moment(office=True)
    who = world.admin(world.chance.choice(("lea.fischer", "nina.kraus")), DATA, when, set_="DataScientist")
    role = f"arn:aws:iam::{DATA}:role/service-role/sagemaker-train"
    name = f"tickets-{world.chance.getrandbits(16):04x}"
    yield from steps(world, who, when, (
        ("sagemaker", "CreateTrainingJob", {"trainingJobName": name, "roleArn": role}, {"trainingJobArn": name}),
        ("sagemaker", "CreateModel", {"modelName": name, "executionRoleArn": role}, {"modelArn": name}),
        ("sagemaker", "CreatePresignedDomainUrl", {"domainId": "d-1", "userProfileName": who.name}, None),
        ("ecr", "DescribeImages", {"repositoryName": "train"}, None),
        ("bedrock", "ListFoundationModels", {}, None),
    ), 60)  # fmt: skip


def restore_database(world: World) -> Burst:
    """A database administrator restores last night's snapshot for a test and deletes the copy."""
    when = world.moment(office=True)
    who = world.admin("tom.becker", DEV, when, set_="DatabaseAdmin")
    copy = {"dBInstanceIdentifier": "crm-test"}
    restored = {"dBSnapshotIdentifier": "awsbackup:job-1", "publiclyAccessible": False}
    yield from steps(world, who, when, (
        ("rds", "DescribeDBSnapshots", {}, None),
        ("rds", "RestoreDBInstanceFromDBSnapshot", copy | restored, None),
        ("rds", "ModifyDBInstance", copy | {"backupRetentionPeriod": 1}, None),
        ("rds", "DeleteDBInstance", copy | {"skipFinalSnapshot": True}, None),
    ), 900)  # fmt: skip


def rotate_secret(world: World) -> Burst:
    """Secrets Manager calls its rotation function, which changes one database password."""
    when = world.moment()
    who = world.assumed("rotate-crm", "rotate-crm", PROD, when, NAT[0], BOTO)
    secret = {"secretId": f"arn:aws:secretsmanager:{HOME}:{PROD}:secret:crm/db-AbCdEf"}
    service = world.service("secretsmanager", PROD)
    yield world.call(service, when, "secretsmanager", "RotateSecret", None, eventType="AwsServiceEvent")
    yield from steps(world, who, when, (
        ("secretsmanager", "DescribeSecret", secret, None),
        ("secretsmanager", "GetSecretValue", secret, None),
        ("secretsmanager", "GetRandomPassword", {}, None),
        ("secretsmanager", "PutSecretValue", secret, {"name": "crm/db"}),
        ("secretsmanager", "UpdateSecretVersionStage", secret, None),
    ))  # fmt: skip


def patch(world: World) -> Burst:
    """A maintenance window patches the hosts: Systems Manager sends the command by itself, agents report."""
    when = world.moment(night=True)
    who = world.linked("AWSServiceRoleForAmazonSSM", "ssm", PROD, when)
    targets = {"documentName": "AWS-RunPatchBaseline", "targets": [{"key": "tag:Patch Group", "values": ["prod"]}]}
    yield world.call(who, when, "ssm", "SendCommand", targets, {"command": {"commandId": "c", "status": "Pending"}})
    for number in range(6):
        agent = world.host("vllm-serving", PROD, when, index=number, agent="amazon-ssm-agent/3.3.1345.0")
        for name in ("GetDeployablePatchSnapshotForInstance", "PutInventory", "PutComplianceItems"):
            yield world.call(agent, when + timedelta(minutes=number), "ssm", name, {"instanceId": agent.name})


def help_a_host(world: World) -> Burst:
    """An administrator cannot reach one host: console output, an SSH key for a minute, a shell in a task."""
    when = world.moment(office=True)
    who = world.admin(world.chance.choice(world.people), PROD, when, console=False)
    host = world.chance.choice(world.hosts)
    key = {"instanceId": host, "instanceOSUser": "ec2-user", "sSHPublicKey": "ssh-ed25519 AAAA"}
    yield from steps(world, who, when, (
        ("ec2", "DescribeInstanceStatus", {}, None),
        ("ec2", "GetConsoleOutput", {"instanceId": host}, None),
        ("ec2-instance-connect", "SendSSHPublicKey", key, {"success": True}),
        ("ec2", "RebootInstances", {"instancesSet": {"items": [{"instanceId": host}]}}, {"_return": True}),
        ("ecs", "ExecuteCommand", {"cluster": "prod", "container": "web", "command": "/bin/sh"}, None),
        ("sts", "DecodeAuthorizationMessage", {"encodedMessage": "x"}, None),
    ), 40)  # fmt: skip


def empty_sandbox(world: World) -> Burst:
    """Terraform empties a sandbox bucket before it removes it."""
    when = world.moment(office=True)
    who, opened = pipeline(world, "terraform-apply", TERRAFORM, DEV, when)
    bucket = f"sandbox-{world.chance.getrandbits(32):08x}"
    yield opened
    for number in range(5):
        yield world.call(
            who,
            when + timedelta(seconds=number),
            "s3",
            "DeleteObjects",
            {"bucketName": bucket, "delete": ""},
            managementEvent=False,
            eventCategory="Data",
        )
    yield world.call(who, when + timedelta(seconds=9), "s3", "DeleteBucket", {"bucketName": bucket})


def synchronise(world: World) -> Burst:
    """A job copies yesterday's curated files from one bucket of ours to another."""
    when = world.moment(night=True)
    who = world.assumed("data-sync", "sync", DATA, when, "10.30.9.20", GO)
    inside = {"vpcEndpointId": "vpce-0a1b2c3d4e5f60718", "vpcEndpointAccountId": DATA}
    for number in range(12):
        key = f"curated/part-{number:05}.parquet"
        record = world.data(who, when + timedelta(seconds=number), "CopyObject", "acme-datasets-copy", key, 0, **inside)
        record["requestParameters"]["x-amz-copy-source"] = f"acme-datasets/{key}"
        yield record


def _policy(statement: Record) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


ROUTINES = (
    (bake_image, 2), (platform, 2), (train_model, 4), (restore_database, 1), (rotate_secret, 4), (patch, 1),
    (help_a_host, 2), (empty_sandbox, 1), (synchronise, 2),
)  # fmt: skip
"""Each routine with its weight."""
