"""Nobody reads an account more than those who guard it: AWS's own services, vendors, and our own scanner."""

from datetime import timedelta

from benchmarks.benign.company.places import (
    ACCOUNTS,
    AUDIT,
    PROD,
    STAGING,
    WORKING,
    Burst,
    Step,
    at,
    bare,
    steps,
    taken,
)
from benchmarks.benign.world import BOTO, GO, Who, World

_POSTURE = """iam:GenerateCredentialReport iam:GetCredentialReport iam:GetAccountSummary iam:GetAccountPasswordPolicy
    iam:ListUsers iam:ListRoles iam:ListPolicies iam:GetAccountAuthorizationDetails iam:ListAccessKeys
    iam:GetAccessKeyLastUsed iam:ListMFADevices iam:ListGroups iam:ListAttachedRolePolicies iam:ListInstanceProfiles
    s3:ListBuckets s3:GetBucketAcl s3:GetBucketPolicy s3:GetBucketPolicyStatus s3:GetBucketPublicAccessBlock
    s3:GetBucketEncryption s3:GetBucketLogging s3:GetBucketVersioning s3:GetBucketLocation s3:GetBucketReplication
    ec2:DescribeInstances ec2:DescribeSecurityGroups ec2:DescribeVolumes ec2:DescribeSnapshots
    ec2:DescribeSnapshotAttribute ec2:DescribeImages ec2:DescribeVpcs ec2:DescribeSubnets ec2:DescribeNetworkAcls
    ec2:DescribeFlowLogs ec2:DescribeInstanceAttribute ec2:DescribeKeyPairs ec2:DescribeRegions
    ec2:DescribeLaunchTemplateVersions ec2:GetEbsEncryptionByDefault ec2:DescribeVpcEndpoints rds:DescribeDBInstances
    rds:DescribeDBSnapshots rds:DescribeDBSnapshotAttributes lambda:ListFunctions20150331
    lambda:GetFunction20150331v2 lambda:GetPolicy20150331v2 kms:ListKeys kms:GetKeyPolicy kms:ListGrants
    secretsmanager:ListSecrets secretsmanager:DescribeSecret ssm:DescribeInstanceInformation ssm:DescribeParameters
    cloudtrail:DescribeTrails cloudtrail:GetTrailStatus cloudtrail:GetEventSelectors cloudtrail:LookupEvents
    config:DescribeConfigurationRecorders guardduty:ListDetectors guardduty:GetDetector securityhub:DescribeHub
    eks:ListClusters eks:DescribeCluster ecs:ListClusters ecs:DescribeTaskDefinition ecr:DescribeRepositories
    ecr:GetRepositoryPolicy sns:ListTopics sqs:ListQueues dynamodb:ListTables redshift:DescribeClusters
    cloudformation:DescribeStacks cloudformation:GetTemplate sagemaker:ListNotebookInstances sagemaker:ListEndpoints
    route53:ListHostedZones acm:ListCertificates backup:ListBackupVaults logs:DescribeLogGroups tagging:GetResources"""
_REFUSED = """bedrock:ListFoundationModels bedrock:GetModelInvocationLoggingConfiguration sso:ListInstances
    organizations:DescribeOrganization organizations:ListAccounts macie2:GetMacieSession glue:GetDatabases
    athena:ListWorkGroups elasticfilesystem:DescribeFileSystems codebuild:ListProjects"""
_COSTS = """ce:GetCostAndUsage ce:GetReservationUtilization ec2:DescribeReservedInstances ec2:DescribeRegions
    s3:ListBuckets ec2:DescribeInstances ec2:DescribeVolumes rds:DescribeDBInstances monitoring:GetMetricData"""
_VENDORS = (
    ("999977776666", "observability-vendor", "3.233.149.10", 26, False),
    ("999955554444", "posture-vendor", "18.116.10.7", 60, True),
    ("999933332222", "compliance-vendor", "44.226.33.8", 34, True),
)
_LINKED = (
    ("AWSServiceRoleForConfig", "config", 40), ("AWSServiceRoleForSecurityHub", "securityhub", 16),
    ("AWSServiceRoleForAccessAnalyzer", "access-analyzer", 12),
    ("AWSServiceRoleForTrustedAdvisor", "trustedadvisor", 12),
    ("AWSServiceRoleForAmazonInspector2", "inspector2", 10), ("AWSServiceRoleForAmazonMacie", "macie", 8),
)  # fmt: skip


def vendors(world: World, day: int) -> Burst:
    """Each vendor's account takes the role that we gave it, and reads; of what is new it is refused a part."""
    for home, role, address, amount, refused in _VENDORS:
        for account in world.chance.sample(WORKING, 1):
            when = at(day, 24 * world.chance.random())
            who = world.assumed(role, "scan", account, when, address, GO)
            vendor = Who({"principalId": world.id_of("AROA", home), "accountId": home}, address, GO, home)
            yield taken(world, vendor, who, when)
            calls = world.chance.sample(bare(_POSTURE), amount)
            if refused:
                calls += [(f"{name}!", {}) for name in _REFUSED.split()]
            yield from steps(world, who, when, calls, 0.6)
    cost = world.assumed("cost-reader", "costs", PROD, at(day, 6), "54.87.203.5", "aws-sdk-ruby3/3.197.0")
    yield from steps(world, cost, at(day, 6), bare(_COSTS))


def native(world: World, day: int) -> Burst:
    """AWS's own services of assurance, in roles that only they can take."""
    for role, name, amount in _LINKED:
        account, when = world.chance.choice(ACCOUNTS), at(day, 23 * world.chance.random())
        who = world.linked(role, name, account, when)
        yield from steps(world, who, when, world.chance.sample(bare(_POSTURE), amount), 0.5)


def own_scanner(world: World, day: int) -> Burst:
    """The security team's function enters every account each morning and reads."""
    fn = world.assumed("posture-reader", "posture-reader", AUDIT, at(day, 4.5), "52.208.9.17", BOTO)
    yield taken(world, world.service("lambda", AUDIT), fn, at(day, 4.5))
    for number, account in enumerate(ACCOUNTS):
        when = at(day, 4.5) + timedelta(seconds=5 * number)
        member = world.assumed("posture-member", "posture", account, when, fn.address, BOTO)
        yield taken(world, fn, member, when)
        yield from steps(world, member, when, world.chance.sample(bare(_POSTURE), 5), 0.5)


def disk_scans(world: World, day: int) -> Burst:
    """Inspector reads the blocks of a snapshot in place; GuardDuty's malware scan shares one with AWS's own account."""
    if day % 3:
        return
    when, account = at(day, 1.5), world.chance.choice((PROD, STAGING))
    scan = world.linked("AWSServiceRoleForAmazonInspector2Agentless", "agentless.inspector2", account, when)
    blocks: list[Step] = [("ebs:GetSnapshotBlock", {"snapshotId": "snap-0scan", "blockIndex": n}) for n in range(12)]
    yield from steps(world, scan, when, [("ec2:CreateSnapshots", {}), ("ebs:ListSnapshotBlocks", {}), *blocks])
    malware = "malware-protection.guardduty"
    scan = world.linked("AWSServiceRoleForAmazonGuardDutyMalwareProtection", malware, account, when)
    key, theirs = f"arn:aws:kms:eu-central-1:{account}:key/00000000-0000-4000-8000-0000000000aa", "999988887777"
    shared = {"add": {"items": [{"userId": theirs}]}}
    calls: list[Step] = [
        ("ec2:CreateSnapshot", {"volumeId": "vol-0aa11bb22cc33dd44"}),
        ("ec2:ModifySnapshotAttribute", {"snapshotId": "snap-0malware", "createVolumePermission": shared}),
        ("kms:CreateGrant", {"keyId": key, "granteePrincipal": f"arn:aws:iam::{theirs}:role/scan"}),
        ("ec2:DeleteSnapshot", {"snapshotId": "snap-0malware"}),
    ]
    yield from steps(world, scan, when + timedelta(seconds=300), calls, 60)


DAILY = (vendors, native, own_scanner, disk_scans)
"""What happens each day, or knows by the day whether it does."""
