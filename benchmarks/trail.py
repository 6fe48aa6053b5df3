"""A generated trail in S3 delivery layout: seeded, so that every run measures the same bytes.

60 % S3 data events of a serving fleet and of retraining, 40 % management events of 293 kinds, in CloudTrail's own
order of fields and with its random parts (request ids, host ids) left random; nothing in it is an attack.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from isal import igzip

ACCOUNT = "111122223333"
REGION = "eu-central-1"
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
PER_HOUR = 60_000
"""Events an hour: two million are a day and a half."""

_CALLS = {
    "ec2": "DescribeInstances DescribeVolumes DescribeSecurityGroups DescribeSubnets DescribeVpcs DescribeTags "
    "DescribeImages DescribeSnapshots DescribeNetworkInterfaces DescribeRouteTables DescribeAddresses "
    "DescribeAvailabilityZones DescribeInstanceTypes DescribeInstanceStatus DescribeLaunchTemplates "
    "DescribeLaunchTemplateVersions DescribeNatGateways DescribeVpcEndpoints DescribeKeyPairs DescribeRegions "
    "DescribeAccountAttributes DescribeDhcpOptions DescribeInternetGateways DescribeNetworkAcls DescribeVolumeStatus "
    "CreateTags AttachVolume DetachVolume CreateNetworkInterface AttachNetworkInterface",
    "sts": "AssumeRole GetCallerIdentity AssumeRoleWithWebIdentity",
    "kms": "Decrypt GenerateDataKey DescribeKey ListAliases ListKeys GetKeyPolicy GetKeyRotationStatus Encrypt "
    "ListGrants ListResourceTags RetireGrant ReEncryptFrom",
    "logs": "CreateLogStream DescribeLogGroups DescribeLogStreams PutRetentionPolicy GetLogEvents FilterLogEvents "
    "DescribeMetricFilters DescribeSubscriptionFilters TagResource ListTagsForResource",
    "ecr": "GetAuthorizationToken BatchGetImage GetDownloadUrlForLayer BatchCheckLayerAvailability DescribeImages "
    "DescribeRepositories ListImages GetRepositoryPolicy GetLifecyclePolicy DescribeImageScanFindings",
    "eks": "DescribeCluster ListClusters DescribeNodegroup ListNodegroups DescribeAddon ListAddons "
    "DescribeFargateProfile ListFargateProfiles ListUpdates DescribeUpdate ListIdentityProviderConfigs",
    "autoscaling": "DescribeAutoScalingGroups DescribeAutoScalingInstances DescribeTags DescribeScalingActivities "
    "DescribeLaunchConfigurations DescribePolicies DescribeLifecycleHooks DescribeLoadBalancerTargetGroups",
    "elasticloadbalancing": "DescribeTargetHealth DescribeLoadBalancers DescribeTargetGroups DescribeListeners "
    "DescribeRules DescribeTags DescribeLoadBalancerAttributes DescribeTargetGroupAttributes RegisterTargets "
    "DeregisterTargets DescribeListenerCertificates DescribeSSLPolicies",
    "iam": "GetRole ListAttachedRolePolicies ListRolePolicies GetRolePolicy GetPolicy GetPolicyVersion ListRoles "
    "ListPolicies ListInstanceProfiles GetInstanceProfile ListUsers GetUser ListGroups ListRoleTags "
    "GetOpenIDConnectProvider ListAccountAliases GetAccountSummary ListAccessKeys ListMFADevices "
    "ListInstanceProfilesForRole ListEntitiesForPolicy GenerateCredentialReport",
    "s3": "ListBuckets GetBucketLocation GetBucketPolicy GetBucketAcl GetBucketVersioning GetBucketTagging "
    "GetBucketLogging GetBucketEncryption GetBucketPublicAccessBlock GetBucketReplication GetBucketLifecycle "
    "GetBucketNotification GetBucketCors GetBucketWebsite GetBucketOwnershipControls GetAccelerateConfiguration",
    "ssm": "UpdateInstanceInformation ListAssociations ListInstanceAssociations GetDocument DescribeDocument "
    "GetDeployablePatchSnapshotForInstance PutInventory DescribeInstanceInformation ListCommands "
    "GetParameter DescribeParameters ListDocuments UpdateInstanceAssociationStatus RequestManagedInstanceRoleToken",
    "secretsmanager": "GetSecretValue DescribeSecret ListSecrets GetResourcePolicy ListSecretVersionIds",
    "cloudtrail": "DescribeTrails GetTrailStatus LookupEvents GetEventSelectors ListTags GetInsightSelectors",
    "lambda": "ListFunctions20150331 GetFunction20150331v2 GetFunctionConfiguration20150331v2 ListTags20170331 "
    "GetPolicy20150331v2 ListVersionsByFunction20150331 ListAliases20150331 ListEventSourceMappings20150331 "
    "GetAccountSettings20160819 ListLayers20181031 GetFunctionCodeSigningConfig20200424",
    "rds": "DescribeDBInstances DescribeDBClusters DescribeDBSnapshots DescribeDBSubnetGroups ListTagsForResource "
    "DescribeDBParameterGroups DescribePendingMaintenanceActions DescribeEvents DescribeOrderableDBInstanceOptions",
    "dynamodb": "DescribeTable ListTables DescribeTimeToLive DescribeContinuousBackups ListTagsOfResource "
    "DescribeLimits DescribeEndpoints DescribeKinesisStreamingDestination",
    "sqs": "GetQueueAttributes ListQueues GetQueueUrl ListQueueTags",
    "sns": "GetTopicAttributes ListTopics ListSubscriptions ListSubscriptionsByTopic GetSubscriptionAttributes",
    "monitoring": "DescribeAlarms PutMetricAlarm ListTagsForResource DescribeAlarmHistory GetDashboard",
    "events": "ListRules DescribeRule ListTargetsByRule ListEventBuses DescribeEventBus ListTagsForResource",
    "config": "DescribeConfigurationRecorders DescribeDeliveryChannels DescribeConfigRules PutEvaluations "
    "DescribeComplianceByConfigRule GetResourceConfigHistory SelectResourceConfig BatchGetResourceConfig "
    "DescribeConfigurationRecorderStatus DescribeConfigurationAggregators",
    "guardduty": "ListDetectors GetDetector ListFindings GetFindings GetMasterAccount ListMembers GetMemberDetectors",
    "securityhub": "DescribeHub GetFindings BatchImportFindings GetEnabledStandards DescribeStandards GetInsights",
    "sagemaker": "DescribeEndpoint ListEndpoints DescribeModel ListModels DescribeTrainingJob ListTrainingJobs "
    "DescribeNotebookInstance ListNotebookInstances ListTags DescribeModelPackage ListModelPackageGroups "
    "DescribeProcessingJob ListProcessingJobs DescribeEndpointConfig",
    "cloudformation": "DescribeStacks DescribeStackEvents ListStacks GetTemplate DescribeStackResources "
    "ListStackResources DescribeChangeSet ListChangeSets ListExports GetTemplateSummary",
    "route53": "ListHostedZones ListResourceRecordSets GetHostedZone ListTagsForResource GetChange",
    "acm": "DescribeCertificate ListCertificates ListTagsForCertificate",
    "organizations": "DescribeOrganization ListAccounts ListRoots ListParents ListPolicies DescribePolicy "
    "ListDelegatedAdministrators ListAWSServiceAccessForOrganization",
    "ecs": "DescribeServices DescribeTasks ListTasks DescribeTaskDefinition ListServices DescribeClusters "
    "ListClusters DescribeContainerInstances Poll DiscoverPollEndpoint SubmitContainerStateChange",
    "glue": "GetTable GetTables GetDatabase GetDatabases GetPartitions GetJob GetJobs GetCrawler",
    "athena": "StartQueryExecution GetQueryExecution GetQueryResults ListWorkGroups GetWorkGroup",
    "backup": "ListBackupJobs DescribeBackupVault ListBackupVaults ListRecoveryPointsByBackupVault ListBackupPlans",
    "health": "DescribeEventAggregates DescribeEvents DescribeEventDetails",
}
CALLS = [(service, name) for service, names in _CALLS.items() for name in names.split()][:292]
"""With GetObject: 293 kinds of event."""
_AGENTS = (
    "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.165.1",
    "Boto3/1.34.144 md/Botocore#1.34.144 ua/2.0 os/linux#5.10.219 md/arch#x86_64 lang/python#3.11.9",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.2 (+https://www.terraform.io) terraform-provider-aws/5.58.0",
    "aws-sdk-java/2.26.21 Linux/5.10.219 OpenJDK_64-Bit_Server_VM/17.0.11 exec-env/AWS_ECS_FARGATE",
)


_WORKERS = {
    "eks-nodes": "ecr:GetAuthorizationToken ecr:BatchGetImage ecr:GetDownloadUrlForLayer eks:DescribeCluster "
    "ec2:DescribeInstances ec2:AttachVolume ec2:CreateNetworkInterface sts:AssumeRole",
    "web-app": "kms:Decrypt kms:GenerateDataKey logs:CreateLogStream dynamodb:DescribeTable sqs:GetQueueUrl",
    "autoscaler": "autoscaling:DescribeAutoScalingGroups ec2:DescribeInstances "
    "elasticloadbalancing:DescribeTargetHealth autoscaling:DescribeAutoScalingInstances "
    "elasticloadbalancing:RegisterTargets ec2:DescribeInstanceStatus",
    "batch": "logs:CreateLogStream glue:GetTable glue:GetPartitions athena:GetQueryExecution kms:Decrypt",
    "fleet-agent": "ssm:UpdateInstanceInformation ssm:ListInstanceAssociations ssm:PutInventory ssm:GetDocument",
    "observability": "monitoring:DescribeAlarms logs:FilterLogEvents logs:DescribeLogStreams ecs:DescribeServices",
}
"""What each kind of worker does all day; the survey of everything is AWS Config's."""


@dataclass(frozen=True, slots=True)
class _Host:
    """One instance or task: a session that a role lends it, at one address, with one client."""

    role: str
    session: str
    address: str
    agent: str
    calls: Sequence[tuple[str, str]] = ()

    def identity(self, hour: int) -> str:
        """Its userIdentity; the credentials change every six hours."""
        key = f"ASIA{hash_of(self.session, hour // 6):016X}"[:20]
        return (
            f'{{"type":"AssumedRole","principalId":"AROA{hash_of(self.role):017X}:{self.session}",'
            f'"arn":"arn:aws:sts::{ACCOUNT}:assumed-role/{self.role}/{self.session}","accountId":"{ACCOUNT}",'
            f'"accessKeyId":"{key}","sessionContext":{{"sessionIssuer":{{"type":"Role",'
            f'"principalId":"AROA{hash_of(self.role):017X}","arn":"arn:aws:iam::{ACCOUNT}:role/{self.role}",'
            f'"accountId":"{ACCOUNT}","userName":"{self.role}"}},"attributes":{{"creationDate":'
            f'"2026-11-01T{hour % 24 // 6 * 6:02}:00:00Z","mfaAuthenticated":"false"}}}}}}'
        )


class _Surveyor(_Host):
    """AWS Config, which asks for everything there is."""

    def identity(self, hour: int) -> str:
        """A service-linked role's."""
        linked = "aws-service-role/config.amazonaws.com/"
        return super().identity(hour)[:-1].replace(f":role/{self.role}", f":role/{linked}{self.role}") + (
            ',"invokedBy":"config.amazonaws.com"}'
        )


@dataclass(frozen=True, slots=True)
class _World:
    """Everybody who makes the trail."""

    serving: Sequence[_Host]
    retrain: Sequence[_Host]
    workers: Sequence[_Host]
    surveyor: _Host

    def caller(self, dice: float) -> _Host:
        """Who makes the next call: 60 % are reads, and of the rest AWS Config makes half."""
        if dice < 0.6:
            return random_of(self.serving if dice < 0.42 else self.retrain, dice)
        return random_of(self.workers, dice) if dice < 0.8 else self.surveyor


def random_of(hosts: Sequence[_Host], dice: float) -> _Host:
    """One of them, chosen by the lower digits of a throw."""
    return hosts[int(dice * 1_000_003) % len(hosts)]


def hash_of(*parts: object) -> int:
    """A number that is the same in every run: Python's own hash of a text is not."""
    return random.Random(repr(parts)).getrandbits(60)


def _fleet(chance: random.Random, role: str, count: int, agent: str, calls: str = "") -> list[_Host]:
    pairs = [(service, name) for service, _, name in (call.partition(":") for call in calls.split())]
    return [
        _Host(
            role,
            f"i-{chance.getrandbits(68):017x}",
            f"10.0.{chance.randint(0, 9)}.{chance.randint(4, 250)}",
            agent,
            pairs,
        )
        for _ in range(count)
    ]


def _world(chance: random.Random) -> _World:
    return _World(
        _fleet(chance, "vllm-serving", 40, "Boto3/1.34.144 md/Botocore#1.34.144 ua/2.0 os/linux lang/python"),
        _fleet(chance, "retrain", 16, "aws-sdk-cpp/1.11.352 ua/2.0 md/aws-crt# os/Linux/5.10.219 lang/C++"),
        [
            host
            for number, (role, calls) in enumerate(_WORKERS.items())
            for host in _fleet(chance, role, 12, _AGENTS[number % len(_AGENTS)], calls)
        ],
        _Surveyor(
            "AWSServiceRoleForConfig",
            "ConfigResourceCompositionSession",
            "config.amazonaws.com",
            "config.amazonaws.com",
            CALLS,
        ),
    )


def write(folder: Path, events: int, per_file: int = 5000, seed: int = 7) -> int:
    """Write the trail below `folder`; returns the bytes of the records before compression."""
    chance = random.Random(seed)
    world = _world(chance)
    raw = 0
    for number, start in enumerate(range(0, events, per_file)):
        when = BEGIN + timedelta(hours=start / PER_HOUR)
        count = min(per_file, events - start)
        text = '{"Records":[' + ",".join(_records(chance, when, count, world)) + "]}"
        raw += len(text)
        place = folder / "AWSLogs" / ACCOUNT / "CloudTrail" / REGION / f"{when:%Y/%m/%d}"
        place.mkdir(parents=True, exist_ok=True)
        name = f"{ACCOUNT}_CloudTrail_{REGION}_{when:%Y%m%dT%H%MZ}_{number:016}.json.gz"
        (place / name).write_bytes(igzip.compress(text.encode(), 2, mtime=0))
    return raw


def _records(chance: random.Random, when: datetime, count: int, world: _World) -> Iterator[str]:
    hour = int((when - BEGIN).total_seconds() // 3600)
    identities: dict[str, str] = {}
    for index in range(count):
        moment = when + timedelta(seconds=3600 / PER_HOUR * index)
        dice = chance.random()
        host = world.caller(dice)
        identity = identities.get(host.session) or identities.setdefault(host.session, host.identity(hour))
        body = _read(chance, host) if dice < 0.6 else _call(chance, host)
        yield (
            f'{{"eventVersion":"1.11","userIdentity":{identity},'
            f'"eventTime":"{moment:%Y-%m-%dT%H:%M:%SZ}",{body[0]},"awsRegion":"{REGION}",'
            f'"sourceIPAddress":"{host.address}","userAgent":"{host.agent}",{body[1]},'
            f'"requestID":"{chance.getrandbits(64):016X}","eventID":"{_uuid(chance)}",{body[2]},'
            f'"eventType":"AwsApiCall",{body[3]},"recipientAccountId":"{ACCOUNT}",{body[4]}}}'
        )


def _uuid(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _read(chance: random.Random, host: _Host) -> tuple[str, str, str, str, str]:
    if host.role == "vllm-serving":
        bucket, key = "acme-weights", f"llama-70b-ft/model-{chance.randint(1, 42):05}-of-00042.safetensors"
    else:
        bucket, key = "acme-training", f"tickets/part-{chance.randint(1, 9999):04}.jsonl"
    asked = (
        f'"requestParameters":{{"bucketName":"{bucket}","Host":"{bucket}.s3.{REGION}.amazonaws.com","key":"{key}"}},'
        '"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":'
        f'"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader",'
        f'"x-amz-id-2":"{chance.getrandbits(128):032x}","bytesTransferredOut":{chance.randint(1 << 16, 8 << 20)}}}'
    )
    touched = (
        f'"readOnly":true,"resources":[{{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::{bucket}/{key}"}},'
        f'{{"accountId":"{ACCOUNT}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::{bucket}"}}]'
    )
    endpoint = f'"vpcEndpointId":"vpce-0a1b2c3d4e5f60718","vpcEndpointAccountId":"{ACCOUNT}","eventCategory":"Data"'
    call = '"eventSource":"s3.amazonaws.com","eventName":"GetObject"'
    return call, asked, touched, '"managementEvent":false', endpoint


def _call(chance: random.Random, host: _Host) -> tuple[str, str, str, str, str]:
    service, name = chance.choice(host.calls)
    asked = (
        '{"filterSet":{"items":[{"name":"tag:env","valueSet":{"items":[{"value":"'
        f'{chance.getrandbits(24):x}"}}]}}}}]}}}}'
    )
    return (
        f'"eventSource":"{service}.amazonaws.com","eventName":"{name}"',
        f'"requestParameters":{asked},"responseElements":null',
        '"readOnly":true',
        '"managementEvent":true',
        '"eventCategory":"Management"',
    )
