"""What runs: model servers loading weights, training at night, applications reading the same secrets every hour."""

from collections.abc import Iterator
from datetime import timedelta

from benchmarks.benign.pipelines import federation, web_identity
from benchmarks.benign.services import assume
from benchmarks.benign.world import BOTO, DATA, GO, HOME, JAVA, NAT, PROD, VENDORS, Record, Who, World

Burst = Iterator[Record]
SHARDS = 30


PODS = (
    (
        "kube-system:aws-load-balancer-controller",
        "alb-controller",
        "elasticloadbalancing:DescribeTargetHealth ec2:DescribeSecurityGroups elasticloadbalancing:RegisterTargets",
    ),
    (
        "kube-system:cluster-autoscaler",
        "cluster-autoscaler",
        "autoscaling:DescribeAutoScalingGroups autoscaling:SetDesiredCapacity ec2:DescribeLaunchTemplateVersions",
    ),
    (
        "external-secrets:external-secrets",
        "external-secrets",
        "secretsmanager:ListSecrets secretsmanager:GetSecretValue secretsmanager:DescribeSecret",
    ),
    (
        "kube-system:ebs-csi-controller-sa",
        "ebs-csi",
        "ec2:DescribeVolumes ec2:AttachVolume ec2:CreateVolume ec2:DetachVolume",
    ),
    (
        "karpenter:karpenter",
        "karpenter",
        "ec2:DescribeInstanceTypes ec2:CreateFleet pricing:GetProducts ssm:GetParameter iam:GetInstanceProfile",
    ),
)
"""The cluster's controllers: service account, role, and calls."""


def load_model(world: World) -> Burst:
    """A serving host starts and loads every shard of its model within minutes."""
    when = world.moment()
    who = world.host("vllm-serving", PROD, when)
    for number in range(1, SHARDS + 1):
        key = f"llama-70b-ft/model-{number:05}-of-{SHARDS:05}.safetensors"
        yield world.data(who, when + timedelta(seconds=6 * number), "GetObject", "acme-weights", key, 4_900_000_000)
    yield world.data(who, when, "GetObject", "acme-weights", "llama-70b-ft/tokenizer.json", 9_000_000)
    yield world.data(who, when, "HeadObject", "acme-weights", "llama-70b-ft/config.json", 0)


def retrain(world: World) -> Burst:
    """Training reads its data set each night and writes a checkpoint."""
    when = world.moment(night=True)
    who = world.host("retrain", PROD, when, index=20 + when.day % 2)
    for number in range(60):
        key = f"tickets/part-{number:05}.jsonl"
        yield world.data(who, when + timedelta(seconds=15 * number), "GetObject", "acme-training", key, 90_000_000)
    for number in range(1, 5):
        key = f"checkpoints/{when:%Y%m%d}/model-{number:05}-of-00004.safetensors"
        yield world.data(who, when + timedelta(hours=4), "PutObject", "acme-training", key, 4_000_000_000)


def read_secrets(world: World) -> Burst:
    """An application in ECS reads its own three secrets, the same each hour."""
    when = world.moment().replace(minute=5)
    task = f"{world.chance.getrandbits(128):032x}"
    who = world.assumed("web", task, PROD, when, NAT[0], JAVA)
    for name in ("crm/db", "crm/api-key", "crm/smtp"):
        arn = f"arn:aws:secretsmanager:{HOME}:{PROD}:secret:{name}-AbCdEf"
        yield world.call(who, when, "secretsmanager", "GetSecretValue", {"secretId": arn})
        yield world.call(
            who,
            when,
            "kms",
            "Decrypt",
            {"encryptionContext": {"SecretARN": arn}, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
        )
    asked = {"names": ["/crm/url", "/crm/flags"], "withDecryption": True}
    yield world.call(who, when, "ssm", "GetParameters", asked)


def pod(world: World) -> Burst:
    """A pod takes its service account's role and does its work."""
    when = world.moment()
    host = f"oidc.eks.{HOME}.amazonaws.com/id/A1B2C3D4E5F60718A1B2C3D4E5F60718"
    name, role, calls = world.chance.choice(PODS)
    session = f"{1762000000 + world.chance.randrange(10**6)}{world.chance.randrange(10**9):09}"
    yield web_identity(world, when, PROD, role, session, f"system:serviceaccount:{name}", host) | {
        "sourceIPAddress": NAT[1],
        "userAgent": GO,
    }
    who = world.assumed(role, session, PROD, when, NAT[1], GO)
    who.identity["sessionContext"]["webIdFederationData"] = federation(PROD, host)
    for number in range(world.chance.randint(4, 16)):
        service, _, call = calls.split()[number % len(calls.split())].partition(":")
        asked = (
            {"secretId": "crm/db", "name": "/aws/service/eks/optimized-ami"}
            if service in ("secretsmanager", "ssm")
            else {}
        )
        yield world.call(who, when + timedelta(seconds=5 * number), service, call, asked)


def denied_each_minute(world: World) -> Burst:
    """An application was deployed without a permission and asks for the same thing every minute."""
    when = world.moment()
    who = world.assumed("metrics-shipper", "shipper", PROD, when, NAT[0], GO)
    for minute in range(40):
        yield world.denied(
            world.call(who, when + timedelta(minutes=minute), "cloudwatch", "PutMetricData"), "cloudwatch:PutMetricData"
        )


def query(world: World) -> Burst:
    """Athena reads a table: S3 sees the analyst's role, called by Athena."""
    when = world.moment(office=True)
    who = world.assumed("analyst", "dashboards", DATA, when, NAT[1], JAVA)
    yield world.call(
        who,
        when,
        "athena",
        "StartQueryExecution",
        {"queryString": "***", "workGroup": "primary"},
        {"queryExecutionId": "x"},
    )
    yield world.call(who, when, "glue", "GetTable", {"databaseName": "crm", "name": "tickets"})
    called = Who(
        who.identity | {"invokedBy": "athena.amazonaws.com"}, "athena.amazonaws.com", "athena.amazonaws.com", DATA
    )
    for number in range(world.chance.randint(5, 25)):
        key = f"curated/part-{number:05}.parquet"
        yield world.data(called, when + timedelta(seconds=number), "GetObject", "acme-datasets", key, 30_000_000)
    yield world.call(who, when + timedelta(seconds=40), "athena", "GetQueryResults", {"queryExecutionId": "x"})


def transform(world: World) -> Burst:
    """A Glue job of the night reads the raw tables and writes the curated ones."""
    when = world.moment(night=True)
    who = world.assumed(
        "glue-etl",
        "GlueJobRunnerSession",
        DATA,
        when,
        "10.30.9.14",
        "aws-sdk-java/1.12.777 Linux/5.10 OpenJDK_64-Bit_Server_VM",
    )
    inside = {"vpcEndpointId": "vpce-0a1b2c3d4e5f60718", "vpcEndpointAccountId": DATA}
    for number in range(40):
        yield world.data(
            who,
            when + timedelta(seconds=8 * number),
            "GetObject",
            "acme-raw",
            f"crm/{when:%Y%m%d}/{number:05}.json.gz",
            12_000_000,
            **inside,
        )
        if number % 4 == 0:
            yield world.data(
                who,
                when + timedelta(seconds=8 * number),
                "PutObject",
                "acme-datasets",
                f"curated/part-{number:05}.parquet",
                40_000_000,
                **inside,
            )


def vendor(world: World) -> Burst:
    """A known vendor assumes its role with its external id and reads."""
    when = world.moment()
    account, role = world.chance.choice(list(VENDORS.items()))
    address = f"54.{int(account[-3:]) % 200}.9.44"
    identity = {"type": "AWSAccount", "principalId": f"AROAVENDOREXAMPLE0000:{role}", "accountId": account}
    opened = assume(world, identity, address, when, f"arn:aws:iam::{PROD}:role/{role}", role, PROD)
    opened["requestParameters"]["externalId"] = "5f0c3f3a-2a60-4a3e-9a0e-1f2e3d4c5b6a"
    yield opened | {"sharedEventID": "0d1e2f3a-4b5c-4d6e-8f7a-8b9c0d1e2f3a", "userAgent": BOTO}
    who = world.assumed(role, role, PROD, when, address, BOTO)
    for number, (service, name) in enumerate(
        (
            ("ec2", "DescribeInstances"),
            ("monitoring", "GetMetricData"),
            ("lambda", "ListFunctions20150331"),
            ("rds", "DescribeDBInstances"),
            ("iam", "ListRoles"),
            ("s3", "GetBucketPolicy"),
            ("s3", "ListBuckets"),
            ("tagging", "GetResources"),
        )
    ):
        yield world.call(who, when + timedelta(seconds=number), service, name, {})


def infer(world: World) -> Burst:
    """An application asks a foundation model."""
    when = world.moment()
    who = world.assumed("chat-backend", "chat", PROD, when, NAT[1], BOTO)
    for number in range(world.chance.randint(2, 8)):
        asked = {"modelId": "eu.anthropic.claude-sonnet-4-20250514-v1:0"}
        yield world.call(who, when + timedelta(seconds=4 * number), "bedrock", "InvokeModel", asked, readOnly=True)


ROUTINES = (
    (load_model, 3), (retrain, 2), (read_secrets, 12), (pod, 20), (denied_each_minute, 2), (query, 4), (transform, 2),
    (vendor, 5), (infer, 8),
)  # fmt: skip
"""Each routine with its weight."""
