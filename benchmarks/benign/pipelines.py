"""Pipelines arrive with a token of their identity provider, ship what was built, and plan what will be."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from benchmarks.benign.world import DATA, DEV, HOME, NAT, PROD, TERRAFORM, Record, Who, World

Burst = Iterator[Record]
ACTIONS = "aws-sdk-js/3.726.1 ua/2.1 os/linux#6.8.0-1017-azure lang/js md/nodejs#20.19.1 api/sts#3.726.1"
DOCKER = "docker/27.3.1 go/go1.22.7 kernel/6.8.0-1017-azure os/linux arch/amd64 UpstreamClient(Docker-Client)"


def web_identity(world: World, when: datetime, account: str, role: str, name: str, subject: str, host: str) -> Record:
    """A workload shows the token of its identity provider and receives a session."""
    provider = f"arn:aws:iam::{account}:oidc-provider/{host}"
    identity = {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:sts.amazonaws.com:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }
    session = world.session(role, name, account, when)
    answer = {
        "credentials": {"accessKeyId": session["accessKeyId"], "sessionToken": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        "subjectFromWebIdentityToken": subject,
        "assumedRoleUser": {"assumedRoleId": session["principalId"], "arn": session["arn"]},
        "provider": provider,
        "audience": "sts.amazonaws.com",
    }
    asked = {"roleArn": f"arn:aws:iam::{account}:role/{role}", "roleSessionName": name, "durationSeconds": 3600}
    return world.call(
        Who(identity, world.runner(), ACTIONS, account), when, "sts", "AssumeRoleWithWebIdentity", asked, answer
    )


def federation(account: str, host: str) -> Record:
    """What the sessionContext of a session says that was opened with a provider's token."""
    return {"federatedProvider": f"arn:aws:iam::{account}:oidc-provider/{host}", "attributes": {}}


def pipeline(world: World, role: str, agent: str, account: str, when: datetime) -> tuple[Who, Record]:
    """A CI run with its session, from a hosted runner."""
    host, subject = "token.actions.githubusercontent.com", "repo:example-org/platform:ref:refs/heads/main"
    opened = web_identity(world, when, account, role, "GitHubActions", subject, host)
    who = world.assumed(role, "GitHubActions", account, when, opened["sourceIPAddress"], agent)
    who.identity["sessionContext"]["webIdFederationData"] = federation(account, host)
    return who, opened


def deploy(world: World) -> Burst:
    """CI builds an image, pushes it, and ships a function and a service."""
    when = world.moment(office=True)
    who, opened = pipeline(world, "ci-deploy", ACTIONS, PROD, when)
    yield opened
    yield world.call(who, when, "ecr", "GetAuthorizationToken", {})
    docker = Who(who.identity, who.address, DOCKER, PROD)
    image = {"registryId": PROD, "repositoryName": "web"}
    for number, name in enumerate(
        ("BatchCheckLayerAvailability", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage")
    ):
        yield world.call(docker, when + timedelta(seconds=5 * number), "ecr", name, image)
    asked = {
        "functionName": "thumbnailer",
        "imageUri": f"{PROD}.dkr.ecr.{HOME}.amazonaws.com/web:main",
        "publish": True,
        "dryRun": False,
    }
    role = f"arn:aws:iam::{PROD}:role/thumbnailer"
    yield world.call(
        who,
        when + timedelta(seconds=40),
        "lambda",
        "UpdateFunctionCode20150331v2",
        asked,
        {"functionName": "thumbnailer", "role": role},
    )
    task = {
        "family": "web",
        "taskRoleArn": f"arn:aws:iam::{PROD}:role/web",
        "executionRoleArn": f"arn:aws:iam::{PROD}:role/ecs-exec",
    }
    yield world.call(who, when + timedelta(seconds=50), "ecs", "RegisterTaskDefinition", task)
    yield world.call(
        who,
        when + timedelta(seconds=55),
        "ecs",
        "UpdateService",
        {"service": "web", "cluster": "prod", "forceNewDeployment": True},
    )


def plan(world: World) -> Burst:
    """Terraform plans: it reads back everything it has ever made, hundreds of calls at once."""
    when, account = world.moment(), world.chance.choice((DEV, PROD, DATA))
    who = world.assumed("terraform-plan", "plan", account, when, NAT[1], TERRAFORM)
    calls = (
        ("iam", "GetRole"),
        ("iam", "GetRolePolicy"),
        ("iam", "ListAttachedRolePolicies"),
        ("iam", "GetPolicyVersion"),
        ("ec2", "DescribeSecurityGroups"),
        ("ec2", "DescribeInstances"),
        ("s3", "GetBucketPolicy"),
        ("s3", "GetBucketAcl"),
        ("s3", "GetBucketLogging"),
        ("lambda", "GetFunction20150331v2"),
        ("lambda", "GetPolicy20150331v2"),
        ("kms", "GetKeyPolicy"),
        ("kms", "DescribeKey"),
        ("logs", "DescribeLogGroups"),
        ("secretsmanager", "GetResourcePolicy"),
        ("route53", "ListResourceRecordSets"),
        ("rds", "DescribeDBInstances"),
        ("eks", "DescribeCluster"),
        ("cloudtrail", "DescribeTrails"),
        ("guardduty", "GetDetector"),
        ("organizations", "DescribeOrganization"),
        ("sts", "GetCallerIdentity"),
    )
    for number in range(world.chance.randint(20, 60)):
        service, name = world.chance.choice(calls)
        yield world.call(who, when + timedelta(seconds=number // 8), service, name, {})


ROUTINES = ((deploy, 8), (plan, 4))
"""Each routine with its weight."""
