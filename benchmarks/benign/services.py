"""What AWS does by itself in every account: services with roles of their own, sweeping, scaling, backing up."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from benchmarks.benign.world import (
    ACCOUNTS,
    DATA,
    DEV,
    GO,
    MANAGEMENT,
    NAT,
    ORGANIZATION,
    PROD,
    REGIONS,
    SECURITY,
    Record,
    Who,
    World,
)

Burst = Iterator[Record]
SWEEPS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("AWSServiceRoleForConfig", "config"): (
        ("ec2", "DescribeInstances"), ("ec2", "DescribeSecurityGroups"), ("ec2", "DescribeSnapshotAttribute"),
        ("ec2", "DescribeVolumes"), ("s3", "GetBucketPolicy"), ("s3", "GetBucketAcl"), ("s3", "GetBucketEncryption"),
        ("iam", "GetAccountAuthorizationDetails"), ("iam", "ListUsers"), ("iam", "GetCredentialReport"),
        ("rds", "DescribeDBInstances"), ("rds", "DescribeDBSnapshots"), ("lambda", "ListFunctions20150331"),
        ("lambda", "GetPolicy20150331v2"), ("kms", "ListKeys"), ("kms", "GetKeyPolicy"),
        ("cloudtrail", "DescribeTrails"),
        ("secretsmanager", "ListSecrets"), ("ssm", "DescribeParameters"), ("ecr", "DescribeRepositories"),
        ("eks", "DescribeCluster"), ("sagemaker", "ListNotebookInstances"), ("config", "PutEvaluations"),
    ),
    ("AWSServiceRoleForSecurityHub", "securityhub"): (
        ("iam", "GetAccountPasswordPolicy"), ("iam", "GetAccountSummary"), ("guardduty", "ListDetectors"),
        ("config", "DescribeConfigurationRecorders"), ("cloudtrail", "GetTrailStatus"), ("ec2", "DescribeFlowLogs"),
        ("s3", "GetBucketPublicAccessBlock"), ("cloudtrail", "GetEventSelectors"), ("kms", "ListAliases"),
    ),
    ("AWSServiceRoleForAmazonInspector2", "inspector2"): (
        ("ecr", "DescribeImages"), ("ecr", "BatchGetImage"), ("ecr", "GetDownloadUrlForLayer"),
        ("lambda", "GetFunction20150331v2"), ("ssm", "DescribeInstanceInformation"), ("ec2", "DescribeImages"),
        ("ssm", "DescribeAssociation"), ("ec2", "DescribeVpcs"), ("ec2", "DescribeRouteTables"),
    ),
    ("AWSServiceRoleForAccessAnalyzer", "access-analyzer"): (
        ("iam", "ListRoles"), ("iam", "GetRole"), ("iam", "ListAttachedRolePolicies"), ("kms", "ListGrants"),
        ("s3", "GetBucketPolicyStatus"), ("s3", "ListAccessPoints"), ("ec2", "DescribeSnapshotAttribute"),
        ("secretsmanager", "GetResourcePolicy"), ("sqs", "GetQueueAttributes"), ("sns", "GetTopicAttributes"),
    ),
    ("AWSServiceRoleForResourceExplorer", "resource-explorer-2"): (
        ("ec2", "DescribeInstances"), ("ecs", "ListClusters"), ("rds", "DescribeDBClusters"), ("s3", "ListBuckets"),
        ("dynamodb", "ListTables"), ("elasticloadbalancing", "DescribeLoadBalancers"), ("iam", "ListPolicies"),
    ),
    ("AWSServiceRoleForTrustedAdvisor", "trustedadvisor"): (
        ("ec2", "DescribeAddresses"), ("iam", "GetAccountSummary"), ("iam", "ListServerCertificates"),
        ("rds", "DescribeDBInstances"), ("s3", "GetBucketVersioning"), ("iam", "GenerateCredentialReport"),
        ("servicequotas", "ListServiceQuotas"), ("autoscaling", "DescribeAccountLimits"), ("ses", "GetSendQuota"),
    ),
    ("AWSServiceRoleForAmazonGuardDuty", "guardduty"): (
        ("ec2", "DescribeInstances"), ("ec2", "DescribeImages"), ("ec2", "DescribeVpcEndpoints"),
        ("organizations", "ListAccounts"), ("eks", "DescribeCluster"), ("ecs", "ListClusters"),
    ),
    ("AWSServiceRoleForSupport", "support"): (
        ("ec2", "DescribeInstanceStatus"), ("cloudwatch", "DescribeAlarms"), ("health", "DescribeEvents"),
    ),
    ("AWSServiceRoleForAmazonMacie", "macie"): (
        ("s3", "ListBuckets"), ("s3", "GetBucketPolicy"), ("s3", "GetBucketAcl"), ("s3", "GetBucketReplication"),
    ),
}  # fmt: skip


def sweep(world: World) -> Burst:
    """A service looks at everything in one account."""
    (role, service), calls = world.chance.choice(list(SWEEPS.items()))
    when, account, region = world.moment(), world.chance.choice(ACCOUNTS), world.chance.choice(REGIONS)
    who = world.linked(role, service, account, when)
    for number in range(world.chance.randint(4, 14)):
        source, name = calls[number % len(calls)]
        yield world.call(who, when + timedelta(seconds=number), source, name, {}, region=region)


def delegated_sweep(world: World) -> Burst:
    """The security team's posture scanner reads every account from the delegated administrator's."""
    when = world.moment()
    scanner = world.assumed("posture-scanner", "posture", SECURITY, when, NAT[0], GO)
    for number, account in enumerate(ACCOUNTS):
        at = when + timedelta(seconds=30 * number)
        role = f"arn:aws:iam::{account}:role/security-audit"
        yield assume(world, scanner.identity, scanner.address, at, role, "posture", account)
        who = world.assumed("security-audit", "posture", account, at, NAT[0], GO)
        for second, (source, name) in enumerate(SWEEPS["AWSServiceRoleForConfig", "config"][:12]):
            yield world.call(who, at + timedelta(seconds=second), source, name, {})


def assume(world: World, identity: Record, address: str, when: datetime, role: str, name: str, account: str) -> Record:
    """An AssumeRole call with the session it hands out."""
    short = role.rsplit("/", 1)[-1]
    session = world.session(short, name, account, when)
    answer = {
        "credentials": {
            "accessKeyId": session["accessKeyId"],
            "sessionToken": "HIDDEN_DUE_TO_SECURITY_REASONS",
            "expiration": f"{when + timedelta(hours=1):%b %d, %Y, %I:%M:%S %p}",
        },
        "assumedRoleUser": {"assumedRoleId": session["principalId"], "arn": session["arn"]},
    }
    asked = {"roleArn": role, "roleSessionName": name, "durationSeconds": 3600}
    resources = [{"accountId": account, "type": "AWS::IAM::Role", "ARN": role}]
    return world.call(
        Who(identity, address, GO, account), when, "sts", "AssumeRole", asked, answer, resources=resources
    )


def service_assumes(world: World) -> Burst:
    """EC2, Lambda, ECS or EKS fetches a session for a workload: the most frequent call of all."""
    when, account = world.moment(), world.chance.choice((PROD, DATA, DEV))
    service, role, name = world.chance.choice((
        ("ec2", "vllm-serving", world.chance.choice(world.hosts)), ("lambda", "thumbnailer", "thumbnailer"),
        ("ecs-tasks", "web", f"{world.chance.getrandbits(128):032x}"), ("eks", "eks-cluster", "aws-go-sdk-1762"),
        ("config", "AWSServiceRoleForConfig", "configLambdaExecution"),
        ("cloudformation", "cfn-exec", "AWSCloudFormation"),
        ("backup", "AWSBackupDefaultServiceRole", "AWSBackup-AWSBackupDefaultServiceRole"),
    ))  # fmt: skip
    arn = f"arn:aws:iam::{account}:role/{role}"
    who = world.service(service, account)
    yield assume(world, who.identity, who.address, when, arn, name, account) | {"userAgent": who.agent}


def scale(world: World) -> Burst:
    """Auto Scaling launches and ends serving hosts."""
    when = world.moment()
    who = world.linked("AWSServiceRoleForAutoScaling", "autoscaling", PROD, when)
    id_ = f"i-{world.chance.getrandbits(68):017x}"
    asked = {
        "instancesSet": {"items": [{"minCount": 1, "maxCount": 1}]},
        "launchTemplate": {"launchTemplateId": "lt-0b1c2d3e4f5a6b7c8", "version": "14"},
        "instanceType": "g6e.12xlarge",
    }
    answer = {
        "reservationId": "r-0a1b2c3d",
        "instancesSet": {
            "items": [
                {
                    "instanceId": id_,
                    "imageId": "ami-0123456789abcdef0",
                    "iamInstanceProfile": {"arn": f"arn:aws:iam::{PROD}:instance-profile/vllm-serving"},
                }
            ]
        },
    }
    yield world.call(who, when, "ec2", "RunInstances", asked, answer)
    yield world.call(
        who,
        when + timedelta(seconds=3),
        "ec2",
        "CreateTags",
        {"resourcesSet": {"items": [{"resourceId": id_}]}},
        {"_return": True},
    )
    targets = {
        "targetGroupArn": f"arn:aws:elasticloadbalancing:eu-central-1:{PROD}:targetgroup/vllm/73e2d6bc24d8a067",
        "targets": [{"id": id_}],
    }
    yield world.call(who, when + timedelta(seconds=40), "elasticloadbalancing", "RegisterTargets", targets)
    yield world.call(
        who, when + timedelta(hours=5), "ec2", "TerminateInstances", {"instancesSet": {"items": [{"instanceId": id_}]}}
    )


def back_up(world: World) -> Burst:
    """AWS Backup snapshots volumes and databases and copies them to the backup account of the organisation."""
    when = world.moment(night=True)
    identity = world.session(
        "AWSBackupDefaultServiceRole", "AWSBackup-AWSBackupDefaultServiceRole", PROD, when, path="/service-role/"
    )
    who = world.service("backup", PROD)
    snapshot = f"snap-{world.chance.getrandbits(68):017x}"
    as_role = type(who)(identity | {"invokedBy": "backup.amazonaws.com"}, who.address, who.agent, PROD)
    volume = f"vol-{world.chance.getrandbits(68):017x}"
    yield world.call(
        as_role,
        when,
        "ec2",
        "CreateSnapshot",
        {"volumeId": volume, "description": "AWS Backup"},
        {"snapshotId": snapshot, "volumeId": volume},
    )
    shared = {
        "snapshotId": snapshot,
        "createVolumePermission": {"add": {"items": [{"userId": DATA}]}},
        "attributeType": "CREATE_VOLUME_PERMISSION",
    }
    yield world.call(as_role, when + timedelta(minutes=4), "ec2", "ModifySnapshotAttribute", shared, {"_return": True})
    copied = {"sourceRegion": "eu-central-1", "sourceSnapshotId": snapshot, "encrypted": True}
    yield world.call(
        as_role,
        when + timedelta(minutes=9),
        "ec2",
        "CopySnapshot",
        copied,
        {"snapshotId": f"snap-{world.chance.getrandbits(68):017x}"},
    )
    database = {"dBSnapshotIdentifier": "awsbackup:job-1", "attributeName": "restore", "valuesToAdd": [DATA]}
    yield world.call(
        as_role,
        when + timedelta(minutes=12),
        "rds",
        "CreateDBSnapshot",
        {"dBInstanceIdentifier": "crm", "dBSnapshotIdentifier": "awsbackup:job-1"},
    )
    yield world.call(as_role, when + timedelta(minutes=20), "rds", "ModifyDBSnapshotAttribute", database)
    yield world.call(
        as_role,
        when + timedelta(minutes=30),
        "ec2",
        "DeleteSnapshot",
        {"snapshotId": f"snap-{world.chance.getrandbits(68):017x}"},
    )


def agents(world: World) -> Burst:
    """The SSM agent of each host reports itself."""
    when = world.moment()
    who = world.host(
        "vllm-serving", PROD, when, agent="aws-sdk-go/1.55.5 (go1.22; linux; amd64) amazon-ssm-agent/3.3.1345.0"
    )
    asked = {"instanceId": who.name, "agentVersion": "3.3.1345.0", "agentStatus": "Active", "platformType": "Linux"}
    yield world.call(who, when, "ssm", "UpdateInstanceInformation", asked)
    for number, name in enumerate(
        ("ListAssociations", "ListInstanceAssociations", "PutInventory", "UpdateInstanceAssociationStatus")
    ):
        yield world.call(who, when + timedelta(seconds=number), "ssm", name, {"instanceId": who.name})


def grants(world: World) -> Burst:
    """A service takes a KMS grant for a volume, a database or a function of its caller, and retires it."""
    when, account = world.moment(), world.chance.choice((PROD, DATA))
    service = world.chance.choice(("autoscaling", "rds", "lambda", "ebs"))
    role = {"autoscaling": "AWSServiceRoleForAutoScaling", "rds": "AWSServiceRoleForRDS"}.get(service)
    who = world.linked(role, service, account, when) if role else world.service(service, account)
    key = f"arn:aws:kms:eu-central-1:{account}:key/1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f"
    asked = {
        "keyId": key,
        "granteePrincipal": who.identity.get("sessionContext", {})
        .get("sessionIssuer", {})
        .get("arn", f"{service}.eu-central-1.amazonaws.com"),
        "retiringPrincipal": f"{service}.eu-central-1.amazonaws.com",
        "operations": ["Decrypt", "GenerateDataKeyWithoutPlaintext", "CreateGrant"],
        "constraints": {"encryptionContextSubset": {"aws:ebs:id": "vol-0a1b2c3d4e5f60718"}},
    }
    yield world.call(
        who, when, "kms", "CreateGrant", asked, {"grantId": f"{world.chance.getrandbits(128):032x}", "keyId": key}
    )
    yield world.call(
        who,
        when + timedelta(seconds=2),
        "kms",
        "Decrypt",
        {"encryptionContext": {"aws:ebs:id": "vol-0a1b2c3d4e5f60718"}},
    )
    yield world.call(world.service(service, account), when + timedelta(minutes=9), "kms", "RetireGrant", None)


def deliver(world: World) -> Burst:
    """CloudTrail, the load balancer and flow logs write into the log bucket."""
    when, account = world.moment(), world.chance.choice(ACCOUNTS)
    service = world.chance.choice(("cloudtrail", "delivery.logs", "config"))
    who = world.service(service, MANAGEMENT)
    place = f"AWSLogs/{ORGANIZATION}/{account}/CloudTrail/eu-central-1/{when:%Y/%m/%d}"
    key = f"{place}/{world.chance.getrandbits(64):x}.json.gz"
    yield world.data(who, when, "PutObject", "example-org-trail", key, world.chance.randint(2000, 90000))
    yield world.call(who, when, "s3", "GetBucketAcl", {"bucketName": "example-org-trail", "acl": ""})
    yield world.call(
        who,
        when,
        "kms",
        "GenerateDataKey",
        {"keySpec": "AES_256", "keyId": f"arn:aws:kms:eu-central-1:{MANAGEMENT}:key/trail"},
    )


ROUTINES = (
    (sweep, 20),
    (delegated_sweep, 2),
    (service_assumes, 60),
    (scale, 5),
    (back_up, 4),
    (agents, 25),
    (grants, 10),
    (deliver, 20),
)
"""Each routine with its weight."""
