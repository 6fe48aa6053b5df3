"""What runs by itself: clusters, functions that keep house, copies, rotations, patches, and a new account once."""

from datetime import datetime, timedelta

from benchmarks.benign.company.places import (
    AUDIT,
    BACKUP,
    DATA,
    DEV,
    ENDPOINT,
    LOGS,
    MANAGEMENT,
    NEWBORN,
    PROD,
    STAGING,
    TOOLS,
    WAYS_OUT,
    WORKING,
    Burst,
    Step,
    at,
    bare,
    by_service,
    steps,
    taken,
)
from benchmarks.benign.pipelines import federation, web_identity
from benchmarks.benign.world import BOTO, GO, Record, Who, World

_CLUSTER = "oidc.eks.eu-central-1.amazonaws.com/id/5C0DE0123456789ABCDEF"
_LAMBDA = f"{BOTO} exec-env/AWS_Lambda_python3.12"
_TAKERS = ("ecs-tasks", "lambda", "apigateway", "events", "scheduler", "states", "firehose", "ec2", "rds", "ecs")
_SEALERS = ("logs", "delivery.logs", "cloudtrail", "secretsmanager", "ebs", "rds", "dynamodb", "sqs")


def _pod(world: World, account: str, role: str, when: datetime) -> tuple[Who, Record]:
    """A service account of the cluster takes its role with the cluster's token."""
    opened = web_identity(world, when, account, role, f"{when:%d%H%M%S}", f"system:serviceaccount:app:{role}", _CLUSTER)
    opened["sourceIPAddress"] = WAYS_OUT[account]
    who = world.assumed(role, f"{when:%d%H%M%S}", account, when, WAYS_OUT[account], GO)
    who.identity["sessionContext"]["webIdFederationData"] = federation(account, _CLUSTER)
    return who, opened


def _function(world: World, account: str, role: str, when: datetime) -> tuple[Who, Record]:
    """A function of ours; without a VPC it calls from any address of AWS."""
    address = WAYS_OUT.get(account, f"3.{world.chance.randint(64, 79)}.{world.chance.randint(1, 250)}.9")
    who = world.assumed(role, role, account, when, address, _LAMBDA)
    return who, taken(world, world.service("lambda", account), who, when)


def clusters(world: World, day: int) -> Burst:
    """Karpenter brings nodes and takes them away; controllers keep names, balancers, disks and secrets."""
    for account in (PROD, STAGING, DATA):
        who, opened = _pod(world, account, "karpenter", at(day, 0.5))
        yield opened
        looks = bare("ec2:DescribeInstanceTypes ec2:DescribeSpotPriceHistory ec2:DescribeImages pricing:GetProducts")
        yield from steps(world, who, at(day, 0.51), looks)
        for _ in range(world.chance.randint(2, 5)):
            when = at(day, 1 + 21 * world.chance.random())
            yield from steps(world, who, when, bare("ec2:CreateLaunchTemplate ec2:CreateFleet"))
            kind = world.chance.choice(("m6i.2xlarge", "g5.12xlarge") if account == DATA else ("c7g.4xlarge",))
            run: Step = ("ec2:RunInstances", {"instanceType": kind, "iamInstanceProfile": {"name": "eks-node"}})
            fleet = by_service(world, "karpenter", "ec2fleet", account, when)
            yield from steps(world, fleet, when + timedelta(seconds=5), [run])
            yield from _node(world, account, when + timedelta(seconds=50))
        yield from steps(world, who, at(day, 23), bare("ec2:TerminateInstances ec2:DeleteLaunchTemplate"))
    for account in (PROD, STAGING):
        yield from _controllers(world, account, day)


def _node(world: World, account: str, when: datetime) -> Burst:
    host = f"i-{world.chance.getrandbits(68):017x}"
    node = world.assumed("eks-node", host, account, when, WAYS_OUT[account], GO)
    yield taken(world, world.service("ec2", account), node, when)
    start = """ec2:DescribeInstances eks:DescribeCluster ecr:GetAuthorizationToken ecr:BatchGetImage
        ecr:GetDownloadUrlForLayer ec2:CreateNetworkInterface ec2:AttachNetworkInterface
        ec2:AssignPrivateIpAddresses ssm:UpdateInstanceInformation"""
    yield from steps(world, node, when, bare(start), 2)


def _controllers(world: World, account: str, day: int) -> Burst:
    for hour in range(0, 24, 6):
        secrets, opened = _pod(world, account, "external-secrets", at(day, hour))
        yield opened
        read: list[Step] = [("secretsmanager:GetSecretValue", {"secretId": f"k8s/{n}/app"}) for n in range(10)]
        path: Step = ("ssm:GetParametersByPath", {"path": "/k8s/", "withDecryption": True, "recursive": True})
        yield from steps(world, secrets, at(day, hour + 0.01), [*read, path], 0.3)
    others, opened = _pod(world, account, "cluster-controllers", at(day, 8))
    yield opened
    ranges = {"items": [{"cidrIp": "0.0.0.0/0"}]}
    web = {"items": [{"ipProtocol": "tcp", "fromPort": port, "toPort": port, "ipRanges": ranges} for port in (80, 443)]}
    made: list[Step] = [
        *bare("route53:ListHostedZones route53:ChangeResourceRecordSets ec2:CreateSecurityGroup"),
        ("ec2:AuthorizeSecurityGroupIngress", {"groupId": "sg-0k8s", "ipPermissions": web}),
        *bare("elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:RegisterTargets ec2:CreateVolume"),
        *bare("ec2:AttachVolume ec2:CreateSnapshot ec2:DetachVolume"),
    ]
    yield from steps(world, others, at(day, 8.1), made, 60)


def housekeeping(world: World, day: int) -> Burst:
    """Functions that stop, mute, clean, copy and share, each at its hour."""
    backup = {"add": {"items": [{"userId": BACKUP}]}}
    old: Step = ("rds:DeleteDBSnapshot", {"dBSnapshotIdentifier": f"dr-orders-{day - 7}"})
    disk: Step = ("ec2:DeleteSnapshot", {"snapshotId": f"snap-0{day:016x}"})
    copies: list[Step] = [
        ("ec2:CopySnapshot", {"sourceSnapshotId": "snap-0src", "sourceRegion": "eu-west-1"}),
        ("rds:CopyDBSnapshot", {"sourceDBSnapshotIdentifier": "rds:orders", "sourceRegion": "eu-west-1"}),
    ]
    window = "events:DisableRule monitoring:DisableAlarmActions events:EnableRule monitoring:EnableAlarmActions"
    images = "ecr:ListImages ecr:BatchDeleteImage ec2:DeregisterImage"
    jobs: list[tuple[str, str, float, list[Step]]] = [
        ("night-stopper", DEV, 20, bare("ec2:DescribeInstances ec2:StopInstances rds:StopDBInstance")),
        ("image-cleaner", TOOLS, 2, [*bare(images), disk]),
        ("window-keeper", PROD, 3, [(name, {"name": "nightly", "alarmNames": ["lag"]}) for name in window.split()]),
        ("dr-copy", PROD, 3.3, [*copies, old, disk]),
    ]
    if day % 7 == 1:
        share: Step = ("rds:ModifyDBSnapshotAttribute", {"attributeName": "restore", "valuesToAdd": [BACKUP]})
        jobs.append(("share-db-snapshots", PROD, 5, [("rds:CreateDBSnapshot", {}), share, old]))
        many: list[Step] = [("ec2:DeleteSnapshot", {"snapshotId": f"snap-0{day:02}{n:014x}"}) for n in range(24)]
        jobs.append(("custodian", DEV, 6, [("ec2:DescribeSnapshots", {}), *many]))
    for role, account, hour, calls in jobs:
        who, opened = _function(world, account, role, at(day, hour))
        yield opened
        yield from steps(world, who, at(day, hour), calls, 2)
    lifecycle = by_service(world, "AWSDataLifecycleManagerDefaultRole", "dlm", STAGING, at(day, 4), "/service-role/")
    shared: Step = ("ec2:ModifySnapshotAttribute", {"snapshotId": "snap-0dlm", "createVolumePermission": backup})
    yield from steps(world, lifecycle, at(day, 4), [("ec2:CreateSnapshots", {}), shared, disk], 100)


def backups(world: World, day: int) -> Burst:
    """AWS Backup by night, with a copy in the account for backups."""
    vault = f"arn:aws:iam::{BACKUP}:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
    key = "arn:aws:kms:eu-central-1:{}:key/00000000-0000-4000-8000-0000000000aa"
    for account in (PROD, DATA):
        hand = by_service(world, "AWSBackupDefaultServiceRole", "backup", account, at(day, 1), "/service-role/")
        yield taken(world, world.service("backup", account), hand, at(day, 1))
        grant: Step = ("kms:CreateGrant", {"keyId": key.format(account), "granteePrincipal": vault})
        calls = [*bare("ec2:CreateSnapshot ec2:DescribeSnapshots rds:CreateDBSnapshot backup:StartCopyJob"), grant]
        yield from steps(world, hand, at(day, 1), [*calls, ("ec2:DeleteSnapshot", {"snapshotId": "snap-0b"})], 60)


def upkeep(world: World, day: int) -> Burst:
    """Agents report, secrets rotate, a window patches the hosts each week, users' keys are renewed thrice a month."""
    for account in (PROD, STAGING):
        for number in range(4):
            host = world.assumed("web", f"i-0{account}{number:04}", account, at(day, 0), WAYS_OUT[account], GO)
            calls = bare("ssm:UpdateInstanceInformation ssm:PutInventory ssm:ListInstanceAssociations ec2:DescribeTags")
            yield from steps(world, host, at(day, 6 * number), calls, 4000)
        if day % 7 == 5:
            window = world.linked("AWSServiceRoleForAmazonSSM", "ssm", account, at(day, 2))
            patch = {"documentName": "AWS-RunPatchBaseline", "targets": [{"key": "tag:Patch", "values": ["weekly"]}]}
            yield from steps(world, window, at(day, 2), [("ssm:SendCommand", patch)])
    if day % 5 == 0:
        fn, opened = _function(world, PROD, "rotate-postgres", at(day, 4))
        yield opened
        names = ("DescribeSecret", "GetSecretValue", "GetRandomPassword", "PutSecretValue", "UpdateSecretVersionStage")
        rotated: list[Step] = [(f"secretsmanager:{name}", {"secretId": "orders/db"}) for name in names]
        yield from steps(world, fn, at(day, 4), rotated, 1)
    bridge = world.user("svc-sftp-bridge", TOOLS, "185.47.60.19", BOTO)
    for number in range(10):
        when = at(day, 5) + timedelta(seconds=4 * number)
        yield world.data(bridge, when, "PutObject", "fjordline-partners", f"in/{day:02}/{number}.csv", 50_000)
    if day in (3, 13, 23):
        own = {"userName": "svc-sftp-bridge"}
        keys = "ListAccessKeys CreateAccessKey UpdateAccessKey DeleteAccessKey"
        yield from steps(world, bridge, at(day, 6), [(f"iam:{name}", own) for name in keys.split()], 30)


def platform(world: World, day: int) -> Burst:
    """AWS calls itself: roles for services, keys for what they store, the trail's own files, scaling."""
    for name in _TAKERS * 3:
        account, when = world.chance.choice(WORKING), at(day, 24 * world.chance.random())
        yield taken(world, world.service(name, account), world.assumed(f"for-{name}", "x", account, when, "", ""), when)
    for name in _SEALERS * 5:
        account, when = world.chance.choice(WORKING), at(day, 24 * world.chance.random())
        use = world.chance.choice(("GenerateDataKey", "Decrypt", "GenerateDataKeyWithoutPlaintext"))
        yield world.call(world.service(name, account), when, "kms", use, {"encryptionContext": {}}, readOnly=True)
    trail = world.service("cloudtrail", LOGS)
    for hour in range(0, 24, 3):
        yield world.data(trail, at(day, hour), "PutObject", "fjordline-trail", f"AWSLogs/{day}/{hour}.json.gz", 90_000)
    scaling = world.linked("AWSServiceRoleForAutoScaling", "autoscaling", PROD, at(day, 7))
    yield from steps(world, scaling, at(day, 7), bare("ec2:RunInstances ec2:CreateTags ec2:TerminateInstances"), 7000)


def shop(world: World, day: int) -> Burst:
    """Pods read and write their own buckets; customers follow links that the shop signed."""
    orders, opened = _pod(world, PROD, "svc-orders", at(day, 0.1))
    yield opened
    for _ in range(60):
        when, number = at(day, 24 * world.chance.random()), world.chance.randrange(4000)
        name = world.chance.choice(("GetObject", "GetObject", "PutObject"))
        key, size = f"2026/10/{number}.json", world.chance.randint(2_000, 400_000)
        yield world.data(orders, when, name, "fjordline-orders", key, size, vpcEndpointId=ENDPOINT)
    for _ in range(20):
        when = at(day, 24 * world.chance.random())
        address = f"{world.chance.randint(77, 95)}.{world.chance.randint(1, 250)}.{world.chance.randint(1, 250)}.7"
        link = world.assumed(
            "svc-invoices", "web", PROD, when, address, "Mozilla/5.0 (X11; Linux x86_64) Firefox/143.0"
        )
        key = f"invoices/{world.chance.randrange(10**6)}.pdf"
        record = world.data(link, when, "GetObject", "fjordline-documents", key, 90_000)
        record["additionalEventData"]["AuthenticationMethod"] = "QueryString"
        yield record


def newborn(world: World, day: int) -> Burst:
    """Control Tower makes an account, and sets it up through CloudFormation's hand."""
    if day != 15:
        return
    tower = by_service(world, "AWSControlTowerAdmin", "controltower", MANAGEMENT, at(day, 10), "/service-role/")
    made = "organizations:CreateAccount organizations:MoveAccount organizations:TagResource"
    yield from steps(world, tower, at(day, 10), bare(made))
    hand = by_service(world, "AWSControlTowerExecution", "cloudformation", NEWBORN, at(day, 10.1))
    role = {"roleName": "aws-controltower-AdministratorExecutionRole"}
    admin = {**role, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    trust = f'{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{AUDIT}:root"}},"Action":"sts:*"}}]}}'
    calls: list[Step] = [
        *bare("ec2:DeleteInternetGateway ec2:DeleteSubnet ec2:DeleteVpc config:StartConfigurationRecorder"),
        ("iam:CreateRole", {**role, "assumeRolePolicyDocument": trust}),
        ("iam:AttachRolePolicy", admin),
        *bare("guardduty:CreateDetector securityhub:EnableSecurityHub s3:PutAccountPublicAccessBlock"),
    ]
    yield from steps(world, hand, at(day, 10.1), calls)


DAILY = (clusters, housekeeping, backups, upkeep, platform, shop, newborn)
"""What happens each day, or knows by the day whether it does."""
