"""Most changes are made by code: Terraform through two roles, CloudFormation by its own hand, packer, and CI."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from benchmarks.benign.company.places import (
    AUDIT,
    BACKUP,
    DATA,
    DEV,
    PROD,
    SANDBOX,
    STAGING,
    TOOLS,
    WORKING,
    Burst,
    Step,
    at,
    bare,
    by_service,
    is_weekend,
    steps,
    taken,
)
from benchmarks.benign.pipelines import ACTIONS, DOCKER, pipeline
from benchmarks.benign.world import TERRAFORM, Record, World

PACKER = "packer-plugin-amazon/1.3.2 (+https://www.packer.io/) APN/1.0 HashiCorp/1.0 Packer/1.11.2 aws-sdk-go/1.44.114"
_REFRESH = """iam:GetRole iam:ListRolePolicies iam:ListAttachedRolePolicies iam:GetPolicy iam:GetPolicyVersion
    iam:GetRolePolicy iam:GetInstanceProfile iam:GetOpenIDConnectProvider s3:GetBucketPolicy s3:GetBucketAcl
    s3:GetBucketVersioning s3:GetBucketEncryption s3:GetBucketPublicAccessBlock s3:GetBucketLogging
    ec2:DescribeSecurityGroups ec2:DescribeVpcs ec2:DescribeSubnets ec2:DescribeRouteTables ec2:DescribeFlowLogs
    ec2:DescribeLaunchTemplates ec2:DescribeInstances kms:DescribeKey kms:GetKeyPolicy kms:GetKeyRotationStatus
    lambda:GetFunction20150331v2 lambda:GetPolicy20150331v2 events:DescribeRule rds:DescribeDBInstances
    logs:DescribeLogGroups secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy ssm:GetParameter
    route53:ListResourceRecordSets ecr:DescribeRepositories eks:DescribeCluster cloudtrail:DescribeTrails
    cloudtrail:GetTrailStatus guardduty:GetDetector secretsmanager:GetSecretValue apigateway:GetApiKeys"""


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _trust(principal: Record, action: str = "sts:AssumeRole") -> str:
    return _policy({"Effect": "Allow", "Principal": principal, "Action": action})


def _ports(port: int, network: str) -> Record:
    ranges = {"items": [{"cidrIp": network}]}
    item = {"ipProtocol": "tcp", "fromPort": port, "toPort": port, "groups": {}, "ipRanges": ranges}
    return {"groupId": "sg-0aa11bb22cc33dd44", "ipPermissions": {"items": [item]}}


def terraform(world: World, account: str, when: datetime, calls: Sequence[Step]) -> Burst:
    """A run: the runner's token opens a role of the tools account, which takes the executing role of another."""
    gate, opened = pipeline(world, "github-terraform", TERRAFORM, TOOLS, when)
    who = world.assumed("TerraformExecution", f"tf-{when:%d%H%M%S}", account, when, gate.address, TERRAFORM)
    yield opened
    yield taken(world, gate, who, when + timedelta(seconds=2))
    plan = bare(_REFRESH)
    yield from steps(world, who, when + timedelta(seconds=5), world.chance.sample(plan, 22), 0.4)
    yield from steps(world, who, when + timedelta(seconds=120), calls)


def _made(name: str, account: str) -> list[Step]:
    """What a new service needs."""
    bucket, role, key = f"fjordline-{name}-{account}", f"svc-{name}", "00000000-0000-4000-8000-0000000000aa"
    function = f"arn:aws:lambda:eu-central-1:{account}:function:{name}"
    read = {"Effect": "Allow", "Action": ["s3:GetObject", "kms:Decrypt"], "Resource": f"arn:aws:s3:::{bucket}/*"}
    tls: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    tls["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    cdn = {"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject"}
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}
    reader = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{DATA}:role/feature-builder"}, "Action": "kms:*"}
    return [
        ("iam:CreateRole", {"roleName": role, "assumeRolePolicyDocument": _trust({"Service": "lambda.amazonaws.com"})}),
        ("iam:CreatePolicy", {"policyName": name, "policyDocument": _policy(read)}),
        ("iam:AttachRolePolicy", {"roleName": role, "policyArn": f"arn:aws:iam::{account}:policy/{name}"}),
        ("iam:PutRolePolicy", {"roleName": role, "policyName": "inline", "policyDocument": _policy(read)}),
        ("ec2:CreateSecurityGroup", {"groupName": f"{name}-lb", "groupDescription": "Managed by Terraform"}),
        ("ec2:AuthorizeSecurityGroupIngress", _ports(443, "0.0.0.0/0")),
        ("ec2:AuthorizeSecurityGroupIngress", _ports(5432, "10.0.0.0/8")),
        ("kms:CreateKey", {"description": name, "policy": _policy(root)}),
        ("kms:PutKeyPolicy", {"keyId": key, "policyName": "default", "policy": _policy(root, reader)}),
        ("kms:CreateAlias", {"aliasName": f"alias/{name}", "targetKeyId": key}),
        ("s3:CreateBucket", {"bucketName": bucket}),
        ("s3:PutBucketPublicAccessBlock", {"bucketName": bucket, "PublicAccessBlockConfiguration": block}),
        ("s3:PutBucketEncryption", {"bucketName": bucket, "encryption": ""}),
        ("s3:PutBucketPolicy", {"bucketName": bucket, "bucketPolicy": {"Statement": [tls, cdn]}}),
        ("logs:CreateLogGroup", {"logGroupName": f"/aws/lambda/{name}"}),
        ("logs:PutSubscriptionFilter", {"destinationArn": f"arn:aws:logs:eu-central-1:{AUDIT}:destination:central"}),
        ("lambda:CreateFunction20150331", {"functionName": name, "role": f"arn:aws:iam::{account}:role/{role}"}),
        ("lambda:AddPermission20150331v2", {"functionName": function, "principal": "events.amazonaws.com"}),
        ("events:PutRule", {"name": name, "scheduleExpression": "rate(1 hour)"}),
        ("events:PutTargets", {"rule": name, "targets": [{"id": "fn", "arn": function}]}),
        ("secretsmanager:CreateSecret", {"name": f"{name}/db"}),
        ("ssm:PutParameter", {"name": f"/{name}/config", "type": "SecureString"}),
        ("rds:CreateDBInstance", {"dBInstanceIdentifier": name, "publiclyAccessible": False, "engine": "postgres"}),
        ("wafv2:AssociateWebACL", {"webACLArn": "arn", "resourceArn": "arn"}),
        ("route53:ChangeResourceRecordSets", {"hostedZoneId": "Z0ABCDEF1"}),
    ]


def _unmade(name: str, account: str) -> list[Step]:
    """The same, taken away with its branch."""
    bucket = {"bucketName": f"fjordline-{name}-{account}"}
    return [
        ("events:RemoveTargets", {"rule": name, "ids": ["fn"]}),
        ("events:DeleteRule", {"name": name}),
        ("lambda:DeleteFunction20150331", {"functionName": name}),
        ("monitoring:DeleteAlarms", {"alarmNames": [f"{name}-errors"]}),
        ("logs:DeleteLogGroup", {"logGroupName": f"/aws/lambda/{name}"}),
        ("secretsmanager:DeleteSecret", {"secretId": f"{name}/db", "forceDeleteWithoutRecovery": True}),
        ("rds:ModifyDBInstance", {"dBInstanceIdentifier": name, "deletionProtection": False}),
        ("rds:DeleteDBInstance", {"dBInstanceIdentifier": name, "skipFinalSnapshot": True}),
        ("s3:DeleteBucketPolicy", bucket),
        ("s3:DeleteBucketEncryption", bucket),
        ("s3:PutBucketVersioning", {**bucket, "VersioningConfiguration": {"Status": "Suspended"}}),
        ("s3:DeleteBucketPublicAccessBlock", bucket),
        ("s3:DeleteBucket", bucket),
        ("ec2:DeleteFlowLogs", {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-0aa11bb22cc33dd44"}}}),
        ("kms:ScheduleKeyDeletion", {"keyId": "00000000-0000-4000-8000-0000000000aa", "pendingWindowInDays": 7}),
        ("iam:DetachRolePolicy", {"roleName": f"svc-{name}", "policyArn": f"arn:aws:iam::{account}:policy/{name}"}),
        ("iam:DeleteRole", {"roleName": f"svc-{name}"}),
        ("wafv2:DisassociateWebACL", {"resourceArn": "arn"}),
        ("ec2:DeleteVpc", {"vpcId": "vpc-0aa11bb22cc33dd44"}),
    ]


def _changes(account: str) -> list[list[Step]]:
    """Small changes, of which each run applies one."""
    bucket, github = f"fjordline-assets-{account}", f"arn:aws:iam::{account}:oidc-provider/token.actions"
    data, vault = {"AWS": f"arn:aws:iam::{DATA}:root"}, {"Bucket": f"arn:aws:s3:::fjordline-vault-{BACKUP}"}
    tmp = {"Rule": {"ID": "tmp", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}}
    pull = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{PROD}:root"}, "Action": ["ecr:BatchGetImage"]}
    layers = ["arn:aws:lambda:eu-central-1:999977776666:layer:observability:63"]
    oidc = {"Federated": f"arn:aws:iam::{account}:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/5C0DE"}
    return [
        [("iam:CreatePolicyVersion", {"policyDocument": _policy({"Effect": "Allow", "Action": "sqs:SendMessage"})})],
        [("iam:UpdateAssumeRolePolicy", {"roleName": "reporting", "policyDocument": _trust(data)})],
        [("iam:CreateRole", {"roleName": "irsa", "assumeRolePolicyDocument": _trust(oidc)})],
        [("iam:UpdateOpenIDConnectProviderThumbprint", {"openIDConnectProviderArn": github, "thumbprintList": []})],
        [("ec2:AuthorizeSecurityGroupIngress", _ports(22, "185.47.60.16/28"))],
        [("ec2:CreateFlowLogs", {}), ("ec2:DeleteFlowLogs", {"DeleteFlowLogsRequest": {}})],
        [("ec2:CreateLaunchTemplateVersion", {}), ("autoscaling:StartInstanceRefresh", {})],
        [("lambda:UpdateFunctionConfiguration20150331v2", {"functionName": "orders", "layers": layers})],
        [("s3:PutBucketReplication", {"bucketName": bucket, "ReplicationConfiguration": {"Destination": vault}})],
        [("s3:PutBucketLifecycle", {"bucketName": "fjordline-tmp", "LifecycleConfiguration": tmp})],
        [("ecr:SetRepositoryPolicy", {"repositoryName": "orders", "policyText": _policy(pull)})],
        [("wafv2:UpdateWebACL", {"name": "main"}), ("wafv2:UpdateIPSet", {"name": "partners"})],
        [("eks:UpdateAddon", {"name": "main", "addonName": "vpc-cni"})],
        [("config:DeleteConfigRule", {"configRuleName": "old"}), ("config:PutConfigRule", {})],
        [("guardduty:CreateFilter", {"detectorId": "12ab", "name": "own-scanner", "action": "ARCHIVE"})],
        [("rds:ModifyDBInstance", {"dBInstanceIdentifier": "orders", "masterUserPassword": "****"})],
        [("events:PutTargets", {"targets": [{"arn": f"arn:aws:events:eu-central-1:{AUDIT}:event-bus/default"}]})],
    ]


def runs_of_terraform(world: World, day: int) -> Burst:
    """Several a day: most apply a small change; twice a week a preview environment comes and goes."""
    for _ in range(world.chance.randint(2, 5)):
        account = world.chance.choice((*WORKING, TOOLS, SANDBOX))
        change = world.chance.choice(_changes(account)) if world.chance.random() < 0.6 else []
        yield from terraform(world, account, at(day, 8 + 10 * world.chance.random()), change)
    if day % 7 in (1, 4):
        yield from terraform(world, DEV, at(day, 9.5), _made(f"pr-{day}", DEV))
        yield from terraform(world, DEV, at(day, 16.2), _unmade(f"pr-{day}", DEV))
    if day in (5, 19):
        yield from terraform(world, PROD, at(day, 10), _made(f"service{day}", PROD))


def stacks(world: World, day: int) -> Burst:
    """CDK hands a template over; CloudFormation makes what it says, in the executing role."""
    if day % 3:
        return
    account = world.chance.choice((PROD, STAGING, DEV))
    when = at(day, 9 + 8 * world.chance.random())
    gate, opened = pipeline(world, "github-cdk", ACTIONS, account, when)
    yield opened
    yield from steps(world, gate, when, bare("cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet"))
    hands = by_service(world, f"cdk-hnb659fds-cfn-exec-role-{account}", "cloudformation", account, when)
    trust = _trust({"Service": "lambda.amazonaws.com"})
    calls: list[Step] = [
        ("iam:CreateRole", {"roleName": "Mobile-Custom-1A2B", "assumeRolePolicyDocument": trust}),
        ("iam:PutRolePolicy", {"roleName": "Mobile-Custom-1A2B", "policyName": "Default"}),
        ("lambda:UpdateFunctionCode20150331v2", {"functionName": "Mobile-Api"}),
        ("lambda:AddPermission20150331v2", {"functionName": "Mobile-Api", "principal": "apigateway.amazonaws.com"}),
        ("lambda:DeleteFunction20150331", {"functionName": "Mobile-Old"}),
        ("iam:DeleteRole", {"roleName": "Mobile-Old"}),
    ]
    yield from steps(world, hands, when + timedelta(seconds=30), calls)


def images(world: World, day: int) -> Burst:
    """CI pushes images and rolls services out; each Saturday packer opens its builder's port to the world."""
    for _ in range(1 if is_weekend(day) else world.chance.randint(3, 6)):
        when = at(day, 7 + 12 * world.chance.random())
        who, opened = pipeline(world, "github-images", DOCKER, TOOLS, when)
        yield opened
        push = "ecr:InitiateLayerUpload ecr:UploadLayerPart ecr:CompleteLayerUpload ecr:PutImage"
        yield from steps(world, who, when, bare(f"ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability {push}"))
        hands = world.assumed("rollout", "GitHubActions", PROD, when, who.address, ACTIONS)
        yield taken(world, who, hands, when + timedelta(seconds=40))
        yield from steps(world, hands, when + timedelta(seconds=42), bare("ecs:UpdateService ecs:DescribeServices"))
        code: Step = ("lambda:UpdateFunctionCode20150331v2", {"functionName": "orders-worker"})
        yield from steps(world, hands, when + timedelta(seconds=60), [code])
    if at(day, 0).weekday() == 5:
        yield from _packed(world, at(day, 3))


def _packed(world: World, when: datetime) -> Burst:
    who, opened = pipeline(world, "github-packer", PACKER, TOOLS, when)
    yield opened
    ours = {"add": {"items": [{"userId": account} for account in WORKING]}}
    builder = {"instancesSet": {"items": [{"imageId": "ami-0base", "minCount": 1, "maxCount": 1}]}}
    calls: list[Step] = [
        ("ec2:CreateKeyPair", {"keyName": "packer_1"}),
        ("ec2:CreateSecurityGroup", {"groupName": "packer_1", "groupDescription": "Temporary group for Packer"}),
        ("ec2:AuthorizeSecurityGroupIngress", _ports(22, "0.0.0.0/0")),
        ("ec2:RunInstances", {**builder, "instanceType": "m6i.large"}),
        *bare("ec2:DescribeInstances ec2:DescribeInstances ec2:StopInstances ec2:CreateImage ec2:DescribeImages"),
        ("ec2:ModifyImageAttribute", {"imageId": "ami-0new", "launchPermission": ours}),
        ("ec2:ModifySnapshotAttribute", {"snapshotId": "snap-0new", "createVolumePermission": ours}),
        *bare("ec2:TerminateInstances ec2:DeleteSecurityGroup ec2:DeleteKeyPair ec2:DeregisterImage"),
        ("ec2:DeleteSnapshot", {"snapshotId": "snap-0old"}),
    ]
    yield from steps(world, who, when, calls, 40)


DAILY = (runs_of_terraform, stacks, images)
"""What happens each day, or knows by the day whether it does."""
