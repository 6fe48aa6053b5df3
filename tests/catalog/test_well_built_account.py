"""Nothing healthy fails: an account as careful people build one, with what AWS itself puts into every account."""

from typing import Any

import pytest

from stanch import app
from stanch.contracts.check import Posture
from stanch.domain.verdict import Ruling
from stanch.engine.shelf import Unit
from tests.posturing import ACCOUNT, REGION, posture, verdicts
from tests.trusting import EVERYTHING, READS, bucket, document, role, thing, trusting, user

ROWS = ("public/", "cross_account/", "trust/", "registry/")
CHECKS = [unit for unit in app.shelf("checks", ".py") if unit.id.startswith(ROWS)]
TOOLS = "444455556666"
BLOCK = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
OWNED = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
HUB = "token.actions.githubusercontent.com"
CLUSTER = f"oidc.eks.{REGION}.amazonaws.com/id/0A1B2C"
ESTATE = f"""
[perimeter]
accounts = ["{ACCOUNT}", "{TOOLS}"]
organizations = ["o-a1b2c3d4e5"]

[[asset]]
name = "model"
kind = "weights"
where = "s3://models-eu/"

[[principal]]
match = "arn:*:iam::*:role/serving-*"
purpose = "serving"

[[principal]]
match = "arn:*:iam::*:role/cdk-*"
purpose = "admin"
"""


def provided(kind: str, name: str, action: str, **claims: str) -> Any:
    """A trust in an identity provider, held to claims."""
    arn = f"arn:aws:iam::{ACCOUNT}:{kind}-provider/{name}"
    return trusting({"Federated": arn}, {"StringEquals": claims}, action)


def served(service: str) -> Any:
    return trusting({"Service": f"{service}.amazonaws.com"})


def identities() -> list[dict[str, Any]]:
    """People by the identity provider, workloads by roles of their own, the roles that AWS and its tools make."""
    saml = {"SAML:aud": "https://signin.aws.amazon.com/saml"}
    subject = {f"{HUB}:aud": "sts.amazonaws.com", f"{HUB}:sub": "repo:acme/serving:ref:refs/heads/main"}
    pod = {f"{CLUSTER}:aud": "sts.amazonaws.com", f"{CLUSTER}:sub": "system:serviceaccount:llm:vllm"}
    deploys = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/cdk-*"}
    return [
        role("AWSServiceRoleForConfig", served("config"), READS, path="/aws-service-role/config.amazonaws.com/"),
        role("AWSReservedSSO_Admin_0a1b", provided("saml", "AWSSSO", "sts:AssumeRoleWithSAML", **saml), EVERYTHING,
             path=f"/aws-reserved/sso.amazonaws.com/{REGION}/"),
        role("OrganizationAccountAccessRole", trusting({"AWS": f"arn:aws:iam::{TOOLS}:root"}), EVERYTHING),
        role("AWSBackupDefaultServiceRole", served("backup"), READS, path="/service-role/"),
        role("cdk-exec", served("cloudformation"), EVERYTHING),
        role("github", provided("oidc", HUB, "sts:AssumeRoleWithWebIdentity", **subject), deploys),
        role("serving-llama", served("ec2"), READS),
        role("serving-pods", provided("oidc", CLUSTER, "sts:AssumeRoleWithWebIdentity", **pod), READS),
        role("ecsTaskExecutionRole", served("ecs-tasks"),
             {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken", "ecr:BatchGetImage"], "Resource": "*"}),
        role("datadog", trusting({"AWS": "arn:aws:iam::464622532012:root"}, {"StringEquals": {"sts:ExternalId": "x7"}}),
             {"Effect": "Allow", "Action": "cloudwatch:Get*", "Resource": "*"}, CreateDate="2026-10-01T00:00:00Z",
             RoleLastUsed={"LastUsedDate": "2026-11-01T00:00:00Z"}),
        user("break-glass", EVERYTHING, password_enabled="true", mfa_active="true"),
        thing("organizations/organization", f"arn:aws:organizations::{TOOLS}:organization/o-a1b2c3d4e5",
              {"Id": "o-a1b2c3d4e5", "MasterAccountId": TOOLS}),
        thing("iam/account", f"arn:aws:iam::{ACCOUNT}:root",
              {"SummaryMap": {"AccountAccessKeysPresent": 0, "AccountMFAEnabled": 1}}),
    ]  # fmt: skip


def pipeline() -> list[dict[str, Any]]:
    """A role that deploys as administrator, as the estate says of it: where nobody says so, it is a hole."""
    passes = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/cdk-exec"}
    makes = {"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"}
    return [role("cdk-deploy", trusting({"AWS": f"arn:aws:iam::{TOOLS}:root"}), passes, makes)]


def stores() -> list[dict[str, Any]]:
    """Buckets as they are meant: weights, the trail's, load balancers' logs, a website behind a distribution."""

    def held(name: str, *statements: dict[str, Any]) -> dict[str, Any]:
        policy = document(*({"Effect": "Allow", "Resource": f"arn:aws:s3:::{name}/*", **one} for one in statements))
        data: dict[str, Any] = {
            "Policy": policy,
            "OwnershipControls": OWNED,
            "PublicAccessBlock": BLOCK,
            "Replication": None,
        }
        return bucket(f"arn:aws:s3:::{name}", **data)

    source = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    edge = {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"}}
    trail, site = {"Service": "cloudtrail.amazonaws.com"}, {"Service": "cloudfront.amazonaws.com"}
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    insecure = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": plain}
    off = {"Enabled": False, "Quantity": 0}
    distribution = {
        "Id": "E1",
        "Enabled": True,
        "DomainName": "d1.cloudfront.net",
        "WebACLId": "",
        "Origins": {"Items": [{"Id": "s", "DomainName": f"site.s3.{REGION}.amazonaws.com"}]},
        "DefaultCacheBehavior": {"TargetOriginId": "s", "TrustedSigners": off, "TrustedKeyGroups": off},
    }
    return [
        thing("s3/account", f"arn:aws:iam::{ACCOUNT}:root", {"PublicAccessBlock": BLOCK}),
        held("models-eu", insecure),
        held("trail", {"Principal": trail, "Action": "s3:PutObject", "Condition": source}),
        held("old-trail", {"Principal": trail, "Action": "s3:PutObject"}),
        held("balancers", {"Principal": {"AWS": "arn:aws:iam::054676820928:root"}, "Action": "s3:PutObject"}),
        held("site", {"Principal": site, "Action": "s3:GetObject", "Condition": edge}),
        thing("cloudfront/distribution", f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1", distribution),
    ]


def others() -> list[dict[str, Any]]:
    """Keys, functions, topics and shares with the policies that AWS and its consoles give them."""
    key, queue = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b", f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
    function, image = (
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:embed",
        f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/vllm",
    )
    via = {"StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:ViaService": f"ebs.{REGION}.amazonaws.com"}}
    gateway = {"ArnLike": {"AWS:SourceArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api/*/*/*"}}
    org = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    allow = {"Effect": "Allow", "Resource": "*"}
    return [
        thing("kms/key", key, {
            "KeyId": "0a1b", "Aliases": [], "KeyMetadata": {"KeyManager": "CUSTOMER"},
            "Policy": document({**allow, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*"},
                               {**allow, "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Condition": via}),
            "Grants": [{"GrantId": "g", "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/serving-llama"}]}),
        thing("lambda/function", function, {
            "FunctionName": "embed", "Aliases": [], "Urls": [],
            "Policy": document({**allow, "Principal": {"Service": "apigateway.amazonaws.com"},
                                "Action": "lambda:InvokeFunction", "Condition": gateway})}),
        thing("sqs/queue", queue, {"QueueUrl": "u", "Policy": document(
            {**allow, "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"})}),
        thing("ecr/repository", image, {"repositoryName": "vllm", "Policy": document(
            {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage", "Condition": org})}),
        thing("ecr/registry", f"arn:aws:ecr:{REGION}:{ACCOUNT}:registry", {"replicationConfiguration": {"rules": []}}),
        thing("ec2/snapshot", f"arn:aws:ec2:{REGION}::snapshot/snap-1",
              {"SnapshotId": "snap-1", "CreateVolumePermissions": [{"UserId": TOOLS}]}),
        thing("ram/resource-share", f"arn:aws:ram:{REGION}:{ACCOUNT}:resource-share/1", {
            "resourceOwner": "SELF", "Resources": [{"associatedEntity": "arn:aws:ec2:::subnet/s"}],
            "Principals": [{"associatedEntity": "999900001111", "external": False}]}),
    ]  # fmt: skip


@pytest.fixture(scope="module", params=[ESTATE, None], ids=["declared", "undeclared"])
def built(request: pytest.FixtureRequest) -> Posture:
    accounts = (ACCOUNT, TOOLS)
    lines = [*identities(), *stores(), *others(), *(pipeline() if request.param else ())]
    return posture(lines, request.param, accounts=accounts)


@pytest.mark.parametrize("unit", CHECKS, ids=[unit.id for unit in CHECKS])
def test_a_well_built_account_has_no_hole(unit: Unit, built: Posture) -> None:
    failed = [one for one in verdicts(unit.id, built) if one.ruling is Ruling.FAIL]
    assert not failed, [(one.resource, one.why) for one in failed]
