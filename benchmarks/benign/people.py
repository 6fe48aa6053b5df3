"""What people do in an organisation: rotate their own keys, look after a host, change a rule, read a data set."""

from collections.abc import Iterator
from datetime import timedelta

from benchmarks.benign.world import (
    BOTO,
    BROWSER,
    CLI,
    DATA,
    DEV,
    HOME,
    OFFICE,
    PROD,
    Record,
    World,
)  # fmt: skip

Burst = Iterator[Record]


def own_affairs(world: World) -> Burst:
    """A user changes his own password, enrols his second factor, renews his own key."""
    when = world.moment(office=True)
    who = world.user("erik.old", PROD, OFFICE, BROWSER, console=True, mfa=True)
    named = {"userName": who.name}
    what = world.chance.randrange(3)
    if what == 0:
        yield world.call(who, when, "iam", "ChangePassword", None, None)
    elif what == 1:
        serial = f"arn:aws:iam::{PROD}:mfa/erik-phone"
        yield world.call(
            who,
            when,
            "iam",
            "CreateVirtualMFADevice",
            {"virtualMFADeviceName": "erik-phone", "path": "/"},
            {"virtualMFADevice": {"serialNumber": serial}},
        )
        yield world.call(who, when + timedelta(seconds=40), "iam", "EnableMFADevice", named | {"serialNumber": serial})
    else:
        key = world.id_of("AKIA", f"new{when}")[:20]
        yield world.call(who, when, "iam", "ListAccessKeys", named)
        yield world.call(
            who,
            when + timedelta(seconds=9),
            "iam",
            "CreateAccessKey",
            named,
            {"accessKey": {"accessKeyId": key, "status": "Active", "userName": who.name}},
        )
        old = named | {"accessKeyId": world.id_of("AKIA", f"{PROD}erik.old")[:20]}
        yield world.call(who, when + timedelta(minutes=9), "iam", "UpdateAccessKey", old | {"status": "Inactive"})
        yield world.call(who, when + timedelta(days=1), "iam", "DeleteAccessKey", old)


def on_call(world: World) -> Burst:
    """The person on call looks at logs and opens a shell on one host by Session Manager."""
    when = world.moment()
    who = world.admin(world.chance.choice(world.people), PROD, when, console=False)
    host = world.chance.choice(world.hosts)
    yield world.call(who, when, "sts", "GetCallerIdentity")
    yield world.call(
        who, when + timedelta(seconds=9), "ec2", "DescribeInstances", {"filterSet": {"items": [{"name": "tag:Name"}]}}
    )
    for minute in range(4):
        yield world.call(
            who, when + timedelta(minutes=minute), "logs", "FilterLogEvents", {"logGroupName": "/vllm/prod"}
        )
    yield world.call(
        who,
        when + timedelta(minutes=5),
        "ssm",
        "StartSession",
        {"target": host},
        {"sessionId": f"{who.name}-0a1b2c3d4e5f6a7b8", "tokenValue": "Value hidden due to security reasons."},
    )
    yield world.call(
        who, when + timedelta(minutes=25), "ssm", "TerminateSession", {"sessionId": f"{who.name}-0a1b2c3d4e5f6a7b8"}
    )


def admin_work(world: World) -> Burst:
    """An administrator changes something by hand: a role for a new service, a rule of a security group, a sandbox."""
    when, account = world.moment(office=True), world.chance.choice((DEV, DEV, PROD))
    who = world.admin(world.chance.choice(world.people), account, when)
    what = world.chance.randrange(5)
    if what == 0:
        asked = {
            "groupId": "sg-0a1b2c3d4e5f60718",
            "ipPermissions": {
                "items": [
                    {
                        "ipProtocol": "tcp",
                        "fromPort": 22,
                        "toPort": 22,
                        "ipRanges": {"items": [{"cidrIp": f"{OFFICE}/32", "description": "office"}]},
                    }
                ]
            },
        }
        yield world.call(who, when, "ec2", "AuthorizeSecurityGroupIngress", asked, {"_return": True})
    elif what == 1:
        bucket = f"sandbox-{world.chance.getrandbits(32):08x}"
        yield world.call(
            who,
            when,
            "s3",
            "CreateBucket",
            {"bucketName": bucket, "CreateBucketConfiguration": {"LocationConstraint": HOME}},
        )
        yield world.call(who, when + timedelta(hours=3), "s3", "DeleteBucket", {"bucketName": bucket})
    elif what == 2:
        yield world.call(
            who,
            when,
            "ec2",
            "StopInstances",
            {"instancesSet": {"items": [{"instanceId": world.chance.choice(world.hosts)}]}},
        )
        yield world.call(
            who,
            when + timedelta(hours=1),
            "ec2",
            "StartInstances",
            {"instancesSet": {"items": [{"instanceId": world.chance.choice(world.hosts)}]}},
        )
    elif what == 3:
        yield world.call(who, when, "logs", "PutRetentionPolicy", {"logGroupName": "/vllm/prod", "retentionInDays": 90})
        yield world.call(
            who,
            when,
            "cloudtrail",
            "PutEventSelectors",
            {
                "trailName": "example-org-trail",
                "eventSelectors": [
                    {
                        "readWriteType": "All",
                        "includeManagementEvents": True,
                        "dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}],
                        "excludeManagementEventSources": [],
                    }
                ],
            },
        )
    else:
        yield world.call(
            who,
            when,
            "s3",
            "PutBucketPublicAccessBlock",
            {
                "bucketName": "acme-docs",
                "publicAccessBlock": "",
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
            },
        )
        yield world.call(who, when, "cloudshell", "CreateSession", {"environmentId": "2f1c7f4e"})


def notebook(world: World) -> Burst:
    """A data scientist reads a data set in a notebook."""
    when = world.moment(office=True)
    name = world.chance.choice(("lea.fischer", "nina.kraus"))
    who = world.assumed(
        "datascience-notebook", f"{name}-notebook", DATA, when, "10.30.4.21", BOTO, path="/service-role/"
    )
    inside = {"vpcEndpointId": "vpce-0a1b2c3d4e5f60718", "vpcEndpointAccountId": DATA}
    for number in range(world.chance.randint(3, 15)):
        key = f"curated/part-{world.chance.randint(1, 400):05}.parquet"
        yield world.data(
            who,
            when + timedelta(seconds=20 * number),
            "GetObject",
            "acme-datasets",
            key,
            world.chance.randint(1 << 20, 64 << 20),
            **inside,
        )


def command_line(world: World) -> Burst:
    """A developer works on the command line in the sandbox account."""
    when = world.moment(office=True)
    who = world.admin(world.chance.choice(world.people), DEV, when, console=False, set_="PowerUserAccess")
    calls = (
        ("sts", "GetCallerIdentity"),
        ("ecr", "GetAuthorizationToken"),
        ("s3", "ListObjects"),
        ("eks", "DescribeCluster"),
        ("ssm", "GetParameter"),
        ("logs", "GetLogEvents"),
        ("cloudformation", "DescribeStacks"),
        ("secretsmanager", "GetSecretValue"),
        ("ec2", "DescribeInstances"),
        ("iam", "ListRoles"),
    )
    for number, (service, name) in enumerate(world.chance.sample(calls, 4)):
        asked = {"secretId": "dev/crm/api", "name": "/dev/crm/url"} if service in ("secretsmanager", "ssm") else {}
        yield world.call(
            who, when + timedelta(seconds=30 * number), service, name, asked, userAgent=CLI + f"{service}.{name}"
        )


ROUTINES = ((own_affairs, 2), (on_call, 4), (admin_work, 6), (notebook, 10), (command_line, 10))
"""Each routine with its weight."""
