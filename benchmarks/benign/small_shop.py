"""A small shop works with users' keys and passwords: what a stolen key would do is what its own keys do each day."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from benchmarks.benign.world import (
    BEGIN,
    BOTO,
    BROWSER,
    CLI,
    DATA,
    DAYS,
    DEV,
    NAT,
    OFFICE,
    TERRAFORM,
    Record,
    Who,
    World,
)

Burst = Iterator[Record]
PARTNER = "999944445555"
_PLANNED = (
    ("sts", "GetCallerIdentity"), ("iam", "GetAccountPasswordPolicy"), ("iam", "ListAccountAliases"),
    ("iam", "ListAccessKeys"), ("iam", "ListGroupsForUser"), ("iam", "ListAttachedUserPolicies"),
    ("iam", "ListOpenIDConnectProviders"), ("iam", "GetRole"), ("s3", "ListBuckets"), ("ec2", "DescribeVpcs"),
    ("ec2", "DescribeInstances"), ("ec2", "DescribeFlowLogs"), ("cloudtrail", "DescribeTrails"),
    ("cloudtrail", "GetTrailStatus"), ("cloudtrail", "GetEventSelectors"), ("guardduty", "GetDetector"),
    ("config", "DescribeConfigurationRecorders"), ("ecs", "DescribeTaskDefinition"),
    ("codebuild", "BatchGetProjects"), ("organizations", "DescribeOrganization"),
)  # fmt: skip
_TIDIED: tuple[tuple[str, str, Record], ...] = (
    ("monitoring", "DeleteAlarms", {"alarmNames": ["old-cpu"]}),
    ("logs", "DeleteLogGroup", {"logGroupName": "/aws/lambda/old-report"}),
    ("ses", "VerifyEmailIdentity", {"emailAddress": "news@example.org"}),
    ("bedrock", "PutUseCaseForModelAccess", {}),
    ("ec2", "CreateKeyPair", {"keyName": "laptop"}),
    ("ec2", "StopInstances", {"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}}),
)


def _on_days(when: datetime, days: int) -> Iterator[datetime]:
    """That moment, and the same on the days after it, or before in the second week."""
    step = 1 if when < BEGIN + timedelta(days=DAYS // 2) else -1
    return (when + timedelta(days=step * number) for number in range(days))


def plan_by_key(world: World) -> Burst:
    """Infrastructure code runs on a build server with a user's key, and refreshes all that it manages."""
    who = world.user("terraform", DEV, NAT[0], TERRAFORM)
    for when in _on_days(world.moment(office=True), 4):
        yield from _plan(world, who, when)


def _plan(world: World, who: Who, when: datetime) -> Burst:
    for number, (service, name) in enumerate(_PLANNED):
        yield world.call(who, when + timedelta(seconds=number), service, name, {})
    for number in range(12):
        at = when + timedelta(seconds=30 + number)
        script = {"instanceId": f"i-0000000000000000{number % 4}", "attribute": "userData"}
        yield world.call(who, at, "ec2", "DescribeInstanceAttribute", script)
        yield world.call(who, at, "secretsmanager", "GetSecretValue", {"secretId": f"dev/{number}"})
        yield world.call(who, at, "ssm", "GetParameter", {"name": f"/dev/{number}", "withDecryption": True})
        yield world.call(who, at, "lambda", "GetFunction20150331v2", {"functionName": f"function-{number}"})


def ship_by_key(world: World) -> Burst:
    """A script ships a function's code with a user's key."""
    when = world.moment(office=True)
    who = world.user("deploybot", DEV, NAT[1], BOTO)
    yield world.call(who, when, "lambda", "UpdateFunctionCode20150331v2", {"functionName": "shop", "dryRun": False})


def sign_in_alone(world: World) -> Burst:
    """One of two people signs in with a password alone, looks around and tidies up."""
    when = world.moment(office=True)
    who = world.user(world.chance.choice(("olga", "paul")), DEV, OFFICE, BROWSER, console=True)
    identity = {key: value for key, value in who.identity.items() if key not in ("accessKeyId", "sessionContext")}
    yield world.call(
        replace(who, identity=identity, more={}), when, "signin", "ConsoleLogin", None, {"ConsoleLogin": "Success"},
        eventType="AwsConsoleSignIn", readOnly=False,
        additionalEventData={"LoginTo": "https://console.aws.amazon.com/", "MobileVersion": "No", "MFAUsed": "No"},
    )  # fmt: skip
    for number, (service, name) in enumerate(_PLANNED):
        yield world.call(who, when + timedelta(seconds=60 + number), service, name, {})
    service, name, asked = world.chance.choice(_TIDIED)
    yield world.call(who, when + timedelta(minutes=5), service, name, asked)


def backup_by_key(world: World) -> Burst:
    """A storage box in the office lists all buckets and fetches what is new, each night."""
    who = world.user("backup-box", DATA, OFFICE, CLI + "s3.sync")
    for when in _on_days(world.moment(night=True), 4):
        yield from _backup(world, who, when)


def _backup(world: World, who: Who, when: datetime) -> Burst:
    yield world.call(who, when, "s3", "ListBuckets")
    for bucket in ("web", "invoices", "uploads", "mail", "hr", "media"):
        yield world.data(who, when + timedelta(seconds=5), "ListObjects", bucket, "", 0)
    for number in range(35):
        at = when + timedelta(seconds=10 + number)
        yield world.data(who, at, "GetObject", "uploads", f"{when:%m%d}/{number}.jpg", 200_000)


def partner_fetches(world: World) -> Burst:
    """Another company fetches its files each night: an account outside reads thirty objects."""
    identity = {"type": "AWSAccount", "principalId": world.id_of("AIDA", PARTNER), "accountId": PARTNER}
    who = Who(identity, "52.28.7.9", BOTO, DATA)
    for when in _on_days(world.moment(night=True), 4):
        for number in range(30):
            key = f"feed/{when:%m%d}/{number}.csv"
            yield world.data(who, when + timedelta(seconds=number), "GetObject", "acme-partner-feed", key, 40_000)


ROUTINES = ((plan_by_key, 2), (ship_by_key, 6), (sign_in_alone, 5), (backup_by_key, 2), (partner_fetches, 1))
"""Each routine with its weight."""
