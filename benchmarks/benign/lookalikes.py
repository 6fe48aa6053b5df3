"""What is nobody's fault and looks worst: downloads by signed links, a laptop that travels, every secret every hour."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from benchmarks.benign.pipelines import federation
from benchmarks.benign.services import assume
from benchmarks.benign.world import (
    ACCOUNTS,
    BROWSER,
    DATA,
    DEV,
    GO,
    HOME,
    NAT,
    OFFICE,
    PROD,
    TERRAFORM,
    Record,
    Who,
    World,
)  # fmt: skip

Burst = Iterator[Record]
SECRETS = tuple(f"{team}/{name}" for team in ("crm", "chat", "search", "billing", "ingest") for name in "abcdef")


def signed_links(world: World) -> Burst:
    """Customers download their attachments by links that the application signed with its own session."""
    when = world.moment()
    who = world.assumed("web", "attachments", PROD, when, NAT[0], BROWSER)
    for number in range(world.chance.randint(3, 12)):
        address = f"{world.chance.choice((79, 87, 93, 109))}.{world.chance.randint(2, 250)}.7.{number + 2}"
        key = f"customers/{world.chance.randint(1, 5000):05}/invoice.pdf"
        at = when + timedelta(minutes=number)
        record = world.data(replace(who, address=address), at, "GetObject", "acme-attachments", key, 90_000)
        record["additionalEventData"]["AuthenticationMethod"] = "QueryString"
        yield record


def every_secret(world: World) -> Burst:
    """The cluster's secret operator refreshes each secret that some pod mounts, every hour."""
    when = world.moment().replace(minute=0)
    who = world.assumed("external-secrets", "external-secrets", PROD, when, NAT[1], GO)
    host = f"oidc.eks.{HOME}.amazonaws.com/id/A1B2C3D4E5F60718A1B2C3D4E5F60718"
    who.identity["sessionContext"]["webIdFederationData"] = federation(PROD, host)
    for number, name in enumerate(SECRETS):
        yield world.call(who, when + timedelta(seconds=number), "secretsmanager", "GetSecretValue", {"secretId": name})


def secrets_in_a_plan(world: World) -> Burst:
    """Terraform refreshes the secret versions that it manages, and the parameters."""
    when = world.moment(office=True)
    who = world.assumed("terraform-plan", "plan", PROD, when, NAT[1], TERRAFORM)
    for number, name in enumerate(SECRETS[:14]):
        at = when + timedelta(seconds=number)
        yield world.call(who, at, "secretsmanager", "DescribeSecret", {"secretId": name})
        yield world.call(who, at, "secretsmanager", "GetSecretValue", {"secretId": name, "versionId": "v"})
        yield world.call(who, at, "ssm", "GetParameter", {"name": f"/{name}", "withDecryption": True})


def roam(world: World) -> Burst:
    """A person goes home and clicks on in the same session; CloudShell runs it from an address of AWS."""
    when = world.moment(office=True)
    who = world.admin(world.chance.choice(world.people), DEV, when)
    shell = replace(who, address="3.66.12.9", agent="aws-cli/2.22.12 exec-env/CloudShell md/command#s3.ls")
    for number, address in enumerate((OFFICE, OFFICE, world.homes[who.name.partition("@")[0]])):
        at = when + timedelta(minutes=25 * number)
        yield world.call(replace(who, address=address), at, "ec2", "DescribeInstances", {})
        yield world.call(replace(who, address=address), at, "s3", "ListBuckets", {})
    yield world.call(shell, when + timedelta(minutes=9), "s3", "ListBuckets", {})
    yield world.call(shell, when + timedelta(minutes=10), "sts", "GetCallerIdentity", None)


def stack_by_hand(world: World) -> Burst:
    """An administrator makes a stack, and CloudFormation goes on in his session."""
    when = world.moment(office=True)
    who = world.admin(world.chance.choice(world.people), DEV, when)
    host = "cloudformation.amazonaws.com"
    acting = Who(who.identity | {"invokedBy": host}, host, host, DEV)
    name = f"trial-{world.chance.getrandbits(16):04x}"
    asked = {"stackName": name, "capabilities": ["CAPABILITY_IAM"]}
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}
    trust["Statement"][0]["Principal"] = {"Service": "lambda.amazonaws.com"}  # type: ignore[index]
    yield world.call(who, when, "cloudformation", "CreateStack", asked, {"stackId": name})
    for second, (service, call, request) in enumerate((
        ("iam", "CreateRole", {"roleName": name, "assumeRolePolicyDocument": str(trust).replace("'", '"')}),
        ("lambda", "CreateFunction20150331", {"functionName": name, "role": f"arn:aws:iam::{DEV}:role/{name}"}),
        ("dynamodb", "CreateTable", {"tableName": name}),
    )):  # fmt: skip
        yield world.call(acting, when + timedelta(seconds=second), service, call, request)
    yield world.call(who, when + timedelta(hours=2), "cloudformation", "DeleteStack", {"stackName": name})


def lifecycle_manager(world: World) -> Burst:
    """The lifecycle manager's role shares its nightly snapshots with the data account."""
    when = world.moment(night=True)
    who = world.assumed(
        "AWSDataLifecycleManagerDefaultRole", "dlm", PROD, when, "dlm.amazonaws.com", "dlm.amazonaws.com"
    )
    for number in range(3):
        snapshot = f"snap-{world.chance.getrandbits(68):017x}"
        at = when + timedelta(minutes=number)
        yield world.call(who, at, "ec2", "CreateSnapshots", {}, {"snapshotSet": [{"snapshotId": snapshot}]})
        share = {"add": {"items": [{"userId": DATA}]}}
        asked = {"snapshotId": snapshot, "createVolumePermission": share, "attributeType": "CREATE_VOLUME_PERMISSION"}
        yield world.call(who, at, "ec2", "ModifySnapshotAttribute", asked, {"_return": True})


def site_traffic(world: World) -> Burst:
    """CloudFront fetches the site; a key rotates; a pod takes its identity; a runner asks who it is."""
    when = world.moment()
    front = world.service("cloudfront", PROD)
    for number in range(6):
        yield world.data(
            front, when + timedelta(seconds=number), "GetObject", "acme-site", f"assets/{number}.js", 40_000
        )
    service = world.service("kms", world.chance.choice(ACCOUNTS))
    yield world.call(service, when, "kms", "RotateKey", None, None, eventType="AwsServiceEvent")
    node = world.host("eks-node", PROD, when, agent=GO)
    yield world.call(node, when, "eks-auth", "AssumeRoleForPodIdentity", {"clusterName": "prod", "token": "***"})
    runner = world.assumed("ci-deploy", "GitHubActions", PROD, when, world.runner(), GO)
    yield world.call(runner, when, "sts", "GetCallerIdentity", None)


def switch_account(world: World) -> Burst:
    """An administrator goes from the hub account into a project's account by a second role."""
    when = world.moment(office=True)
    hub = world.admin(world.chance.choice(world.people), ACCOUNTS[0], when, console=False)
    role = f"arn:aws:iam::{DATA}:role/OrganizationAccountAccessRole"
    name = hub.name.partition("@")[0]
    yield assume(world, hub.identity, hub.address, when, role, name, DATA) | {"userAgent": hub.agent}
    who = world.assumed("OrganizationAccountAccessRole", name, DATA, when, hub.address, hub.agent)
    for second, (service, call) in enumerate((("s3", "ListBuckets"), ("iam", "ListRoles"), ("ec2", "DescribeVpcs"))):
        yield world.call(who, when + timedelta(seconds=second), service, call, {})


ROUTINES = (
    (signed_links, 6), (every_secret, 3), (secrets_in_a_plan, 1), (roam, 2), (stack_by_hand, 2), (lifecycle_manager, 1),
    (site_traffic, 4), (switch_account, 2),
)  # fmt: skip
"""Each routine with its weight."""
