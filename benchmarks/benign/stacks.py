"""Infrastructure as code makes and unmakes roles, functions and rules all day, as an attacker would once."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from benchmarks.benign.pipelines import pipeline
from benchmarks.benign.world import DEV, HOME, PROD, TERRAFORM, Record, Who, World

Burst = Iterator[Record]


def apply(world: World) -> Burst:
    """Terraform makes a service: a role with its policies, a security group, a function that a gateway calls."""
    when, account = world.moment(office=True), world.chance.choice((DEV, PROD))
    who, opened = pipeline(world, "terraform-apply", TERRAFORM, account, when)
    name = f"svc-{world.chance.choice(('billing', 'search', 'chat', 'ingest'))}-{world.chance.getrandbits(16):04x}"
    yield opened
    for source, read in (
        ("iam", "GetRole"),
        ("ec2", "DescribeVpcs"),
        ("iam", "ListRolePolicies"),
        ("s3", "GetBucketPolicy"),
    ):
        when += timedelta(seconds=1)
        missing = world.call(who, when, source, read, {})
        yield (
            missing | {"errorCode": "NoSuchEntityException", "errorMessage": "not found"}
            if read == "GetRole"
            else missing
        )
    for source, call, asked, answer in (*_role(name, account), *_network(world, account), *_function(name, account)):
        when += timedelta(seconds=world.chance.randint(1, 5))
        yield world.call(who, when, source, call, asked, answer)


def _role(name: str, account: str) -> Iterator[tuple[str, str, Record, Record | None]]:
    trust = json.dumps(_statement("sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"}))
    own = json.dumps(_statement("s3:GetObject", Resource=f"arn:aws:s3:::{name}/*"))
    role = {
        "roleName": name,
        "path": "/",
        "arn": f"arn:aws:iam::{account}:role/{name}",
        "roleId": "AROAEXAMPLEEXAMPLE000",
    }
    yield "iam", "CreateRole", {"roleName": name, "assumeRolePolicyDocument": trust, "tags": []}, {"role": role}
    yield "iam", "PutRolePolicy", {"roleName": name, "policyName": "data", "policyDocument": own}, None
    basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    yield "iam", "AttachRolePolicy", {"roleName": name, "policyArn": basic}, None
    policy = {"policyName": f"{name}-kms", "policyDocument": own.replace("s3:GetObject", "kms:Decrypt")}
    arn = f"arn:aws:iam::{account}:policy/{name}-kms"
    yield "iam", "CreatePolicy", policy, {"policy": {"arn": arn}}
    yield "iam", "AttachRolePolicy", {"roleName": name, "policyArn": arn}, None
    yield (
        "iam",
        "CreateInstanceProfile",
        {"instanceProfileName": name},
        {"instanceProfile": {"instanceProfileName": name}},
    )
    yield "iam", "AddRoleToInstanceProfile", {"instanceProfileName": name, "roleName": name}, None


def _network(world: World, account: str) -> Iterator[tuple[str, str, Record, Record | None]]:
    group = f"sg-{world.chance.getrandbits(68):017x}"
    yield (
        "ec2",
        "CreateSecurityGroup",
        {"groupName": "alb", "vpcId": "vpc-0a1b2c3d"},
        {"groupId": group, "_return": True},
    )
    world_443 = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}
    yield (
        "ec2",
        "AuthorizeSecurityGroupIngress",
        {"groupId": group, "ipPermissions": {"items": [world_443]}},
        {"_return": True},
    )
    out = {"ipProtocol": "-1", "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}
    yield (
        "ec2",
        "AuthorizeSecurityGroupEgress",
        {"groupId": group, "ipPermissions": {"items": [out]}},
        {"_return": True},
    )
    launch = {
        "instancesSet": {"items": [{"imageId": "ami-0123456789abcdef0", "minCount": 1, "maxCount": 1}]},
        "instanceType": "t3.medium",
        "iamInstanceProfile": {"name": "web"},
        "userData": "<sensitiveDataRemoved>",
        "metadataOptions": {"httpTokens": "required"},
    }
    id_ = f"i-{world.chance.getrandbits(68):017x}"
    yield "ec2", "RunInstances", launch, {"instancesSet": {"items": [{"instanceId": id_}]}}
    yield "elasticloadbalancing", "CreateLoadBalancer", {"name": "web", "scheme": "internet-facing"}, None


def _function(name: str, account: str) -> Iterator[tuple[str, str, Record, Record | None]]:
    arn = f"arn:aws:lambda:{HOME}:{account}:function:{name}"
    role = f"arn:aws:iam::{account}:role/{name}"
    made = {"functionName": name, "functionArn": arn, "role": role, "runtime": "python3.13"}
    yield (
        "lambda",
        "CreateFunction20150331",
        {"functionName": name, "role": role, "runtime": "python3.13", "code": {}},
        made,
    )
    for number, service in enumerate(("apigateway", "s3", "events")):
        source = f"arn:aws:{service}:{HOME}:{account}:x" if service != "s3" else f"arn:aws:s3:::{name}"
        asked = {
            "functionName": name,
            "statementId": f"allow-{number}",
            "action": "lambda:InvokeFunction",
            "principal": f"{service}.amazonaws.com",
            "sourceArn": source,
            "sourceAccount": account,
        }
        yield "lambda", "AddPermission20150331v2", asked, None
    yield "logs", "CreateLogGroup", {"logGroupName": f"/aws/lambda/{name}"}, None
    yield (
        "events",
        "PutRule",
        {"name": name, "scheduleExpression": "rate(5 minutes)"},
        {"ruleArn": f"arn:aws:events:{HOME}:{account}:rule/{name}"},
    )
    yield "events", "PutTargets", {"rule": name, "targets": [{"id": "1", "arn": arn}]}, None


def destroy(world: World) -> Burst:
    """Terraform takes a stack of its own away again."""
    when = world.moment(office=True)
    who, opened = pipeline(world, "terraform-apply", TERRAFORM, DEV, when)
    name = f"svc-preview-{world.chance.getrandbits(16):04x}"
    yield opened
    steps: tuple[tuple[str, str, Record], ...] = (
        ("lambda", "DeleteFunction20150331", {"functionName": name}),
        ("logs", "DeleteLogGroup", {"logGroupName": f"/aws/lambda/{name}"}),
        (
            "iam",
            "DetachRolePolicy",
            {"roleName": name, "policyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
        ),
        ("iam", "DeleteRolePolicy", {"roleName": name, "policyName": "data"}),
        ("iam", "DeleteRole", {"roleName": name}),
        (
            "ec2",
            "RevokeSecurityGroupIngress",
            {"groupId": "sg-0a1b2c3d", "ipPermissions": {"items": [{"fromPort": 443, "toPort": 443}]}},
        ),
        ("ec2", "DeleteSecurityGroup", {"groupId": "sg-0a1b2c3d"}),
        ("ec2", "TerminateInstances", {"instancesSet": {"items": [{"instanceId": "i-0a1b2c3d4e5f60718"}]}}),
        ("s3", "DeleteBucket", {"bucketName": name}),
        ("kms", "ScheduleKeyDeletion", {"keyId": f"arn:aws:kms:{HOME}:{DEV}:key/preview", "pendingWindowInDays": 30}),
        ("secretsmanager", "DeleteSecret", {"secretId": f"preview/{name}", "recoveryWindowInDays": 7}),
    )
    for service, call, asked in steps:
        when += timedelta(seconds=2)
        yield world.call(who, when, service, call, asked)


def stack(world: World) -> Burst:
    """CloudFormation updates a stack in its own service role: CDK's deployments look like this."""
    when, account = world.moment(office=True), world.chance.choice((DEV, PROD))
    host = "cloudformation.amazonaws.com"
    identity = world.session("cdk-hnb659fds-cfn-exec-role", "AWSCloudFormation", account, when) | {"invokedBy": host}
    who = Who(identity, host, host, account)
    name = f"app-{world.chance.getrandbits(16):04x}"
    for service, call, asked, answer in (*_role(name, account), *_function(name, account)):
        when += timedelta(seconds=2)
        yield world.call(who, when, service, call, asked, answer)
    yield world.call(
        who,
        when,
        "lambda",
        "UpdateFunctionCode20150331v2",
        {"functionName": name, "s3Bucket": "cdk-assets"},
        {"functionName": name, "role": f"arn:aws:iam::{account}:role/{name}"},
    )


def publish(world: World) -> Burst:
    """A site behind CloudFront, and log delivery: bucket policies that admit a service and nobody else."""
    when = world.moment(office=True)
    who, opened = pipeline(world, "terraform-apply", TERRAFORM, PROD, when)
    yield opened
    front = _policy(
        "acme-site",
        "cloudfront.amazonaws.com",
        "s3:GetObject",
        {"StringEquals": {"AWS:SourceArn": f"arn:aws:cloudfront::{PROD}:distribution/E1ABCDEF"}},
    )
    logs = _policy(
        "acme-alb-logs", "delivery.logs.amazonaws.com", "s3:PutObject", {"StringEquals": {"aws:SourceAccount": PROD}}
    )
    for bucket, policy in (("acme-site", front), ("acme-alb-logs", logs)):
        when += timedelta(seconds=3)
        yield world.call(
            who, when, "s3", "PutBucketPolicy", {"bucketName": bucket, "bucketPolicy": policy, "policy": ""}
        )
        block = {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        }
        yield world.call(
            who,
            when,
            "s3",
            "PutBucketPublicAccessBlock",
            {"bucketName": bucket, "publicAccessBlock": "", "PublicAccessBlockConfiguration": block},
        )
        yield world.call(who, when, "s3", "PutBucketEncryption", {"bucketName": bucket, "encryption": ""})
    rule = {
        "LifecycleConfiguration": {
            "Rule": {"ID": "old", "Status": "Enabled", "Expiration": {"Days": 400}, "Filter": {"Prefix": ""}}
        }
    }
    yield world.call(who, when, "s3", "PutBucketLifecycle", {"bucketName": "acme-alb-logs", "lifecycle": ""} | rule)
    host = "token.actions.githubusercontent.com"
    trusted = {f"{host}:aud": "sts.amazonaws.com", f"{host}:sub": "repo:example-org/search:ref:refs/heads/main"}
    provider = {"Federated": f"arn:aws:iam::{PROD}:oidc-provider/{host}"}
    condition = {"StringEquals": trusted}
    trust = _statement("sts:AssumeRoleWithWebIdentity", Principal=provider, Condition=condition)
    subject = json.dumps(trust)
    yield world.call(
        who, when, "iam", "UpdateAssumeRolePolicy", {"roleName": "search-deploy", "policyDocument": subject}
    )


def _policy(bucket: str, service: str, action: str, condition: Record) -> Record:
    things = f"arn:aws:s3:::{bucket}/*"
    return _statement(action, Principal={"Service": service}, Resource=things, Condition=condition)


def _statement(action: str, **more: Any) -> Record:
    """A policy of one statement that allows an action."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **more}]}


ROUTINES = ((apply, 3), (destroy, 2), (stack, 3), (publish, 1))
"""Each routine with its weight."""
