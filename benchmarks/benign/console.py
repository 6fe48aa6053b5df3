"""How people arrive in the console, and what one click there looks like in the log."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from benchmarks.benign.world import (
    ACCOUNTS,
    BROWSER,
    HOME,
    MANAGEMENT,
    OFFICE,
    PROD,
    REGIONS,
    Record,
    Who,
    World,
)  # fmt: skip

Burst = Iterator[Record]
_PAGES = """
ec2: DescribeInstances DescribeVolumes DescribeSecurityGroups DescribeSnapshots DescribeImages DescribeVpcs
    DescribeSubnets DescribeKeyPairs DescribeAddresses DescribeInstanceStatus DescribeRegions
    DescribeLaunchTemplates DescribeNetworkInterfaces DescribeInstanceAttribute GetEbsEncryptionByDefault
iam: ListUsers ListRoles ListPolicies ListGroups GetAccountSummary ListMFADevices GetUser GetRole
    ListAttachedRolePolicies ListAccessKeys ListAccountAliases GetPolicyVersion ListInstanceProfiles
    GetAccessKeyLastUsed GetLoginProfile SimulatePrincipalPolicy
s3: ListBuckets GetBucketLocation GetBucketAcl GetBucketPolicyStatus GetBucketPublicAccessBlock
    GetBucketVersioning GetAccountPublicAccessBlock GetBucketPolicy
lambda: ListFunctions20150331 GetFunction20150331v2 GetAccountSettings20160819 GetPolicy20150331v2
rds: DescribeDBInstances DescribeDBSnapshots DescribeDBClusters DescribeEvents
cloudtrail: DescribeTrails LookupEvents GetTrailStatus ListEventDataStores
kms: ListKeys ListAliases DescribeKey GetKeyPolicy
eks: ListClusters DescribeCluster ListNodegroups
ecs: ListClusters DescribeServices ListTasks DescribeTasks
logs: DescribeLogGroups DescribeLogStreams FilterLogEvents StartQuery GetQueryResults
monitoring: DescribeAlarms ListDashboards GetMetricData
cloudformation: ListStacks DescribeStacks DescribeStackEvents
secretsmanager: ListSecrets DescribeSecret
ssm: DescribeParameters DescribeInstanceInformation GetParametersByPath
sagemaker: ListNotebookInstances ListTrainingJobs ListModels ListEndpoints
bedrock: ListFoundationModels ListCustomModels GetModelInvocationLoggingConfiguration
guardduty: ListDetectors ListFindings GetFindings
securityhub: GetFindings DescribeHub
organizations: DescribeOrganization ListAccounts
ce: GetCostAndUsage GetDimensionValues
servicequotas: ListServiceQuotas GetServiceQuota
elasticloadbalancing: DescribeLoadBalancers DescribeTargetGroups
autoscaling: DescribeAutoScalingGroups
ecr: DescribeRepositories DescribeImages
dynamodb: ListTables DescribeTable
sns: ListTopics
sqs: ListQueues
route53: ListHostedZones
acm: ListCertificates
glue: GetDatabases GetTables
athena: ListWorkGroups
health: DescribeEventAggregates
support: DescribeTrustedAdvisorChecks
config: DescribeConfigurationRecorders
backup: ListBackupVaults
cloudshell: GetEnvironmentStatus
notifications: ListNotificationHubs
ses: GetAccount
elasticache: DescribeCacheClusters
es: ListDomainNames
events: ListRules
"""
BROWSING = {
    service: tuple(names.split())
    for service, _, names in (page.partition(": ") for page in re.split(r"\n(?=\S)", _PAGES.strip()))
}
"""The pages of the console: each service with the calls that its first pages make."""


def browse(world: World) -> Burst:
    """An administrator clicks through the console: each page is a burst of reads, and some of them are refused."""
    when, account = world.moment(office=True), world.chance.choice(ACCOUNTS)
    powers = world.chance.choice(("AdministratorAccess", "AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess"))
    who = world.admin(world.chance.choice(world.people), account, when, set_=powers)
    region = world.chance.choice(REGIONS)
    for page in world.chance.sample(sorted(BROWSING), world.chance.randint(2, 12)):
        for name in BROWSING[page][: world.chance.randint(1, 15)]:
            when += timedelta(seconds=world.chance.random() * 3)
            record = world.call(who, when, page, name, {}, region=region)
            refused = powers != "AdministratorAccess" and world.chance.random() < 0.08
            yield world.denied(record, f"{page}:{name}") if refused else record
        when += timedelta(seconds=world.chance.randint(5, 90))


def sign_in(world: World) -> Burst:
    """A person signs in; one in six mistypes the password once or twice first."""
    when = world.moment(office=True)
    name = world.chance.choice(("erik.old", "svc.audit"))
    who = world.user(name, PROD, OFFICE, BROWSER, console=True, mfa=True)
    url = f"https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true&region={HOME}"
    data = {"LoginTo": url, "MobileVersion": "No", "MFAUsed": "Yes"}
    fields: Any = {"eventType": "AwsConsoleSignIn", "readOnly": False}
    for _ in range(world.chance.choice((0, 0, 0, 0, 0, 1, 2))):
        failed = {
            "type": "IAMUser",
            "principalId": who.identity["principalId"],
            "accountId": PROD,
            "accessKeyId": "",
            "userName": name,
        }
        mistyped = world.call(
            Who(failed, OFFICE, BROWSER, PROD),
            when,
            "signin",
            "ConsoleLogin",
            None,
            {"ConsoleLogin": "Failure"},
            additionalEventData=data | {"MFAUsed": "No"},
            **fields,
        )
        yield mistyped | {"errorMessage": "Failed authentication"}
        when += timedelta(seconds=15)
    identity = {key: value for key, value in who.identity.items() if key not in ("accessKeyId", "sessionContext")}
    yield world.call(
        Who(identity, OFFICE, BROWSER, PROD),
        when,
        "signin",
        "CheckMfa",
        None,
        {"CheckMfa": "Success"},
        additionalEventData={"MfaType": "Virtual MFA"},
        **fields,
    )
    yield world.call(
        Who(identity, OFFICE, BROWSER, PROD),
        when,
        "signin",
        "ConsoleLogin",
        None,
        {"ConsoleLogin": "Success"},
        additionalEventData=data,
        **fields,
    )


def sign_in_by_identity_center(world: World) -> Burst:
    """A person arrives by Identity Center: a SAML session of the reserved role, then the console."""
    when, account = world.moment(office=True), world.chance.choice(ACCOUNTS)
    who = world.admin(world.chance.choice(world.people), account, when)
    role = who.identity["sessionContext"]["sessionIssuer"]["arn"]
    saml = {
        "type": "SAMLUser",
        "principalId": f"AbCdEf123=:{who.name}",
        "userName": who.name,
        "identityProvider": "AbCdEf123=",
    }
    asked = {
        "roleArn": role,
        "roleSessionName": who.name,
        "principalArn": f"arn:aws:iam::{account}:saml-provider/AWSSSO_1a2b3c_DO_NOT_DELETE",
        "durationSeconds": 43200,
    }
    answer = {
        "credentials": {"accessKeyId": who.identity["accessKeyId"]},
        "assumedRoleUser": {"arn": who.identity["arn"], "assumedRoleId": who.identity["principalId"]},
        "subject": who.name,
    }
    yield world.call(
        Who(saml, "AWS Internal", "aws-internal/3", account), when, "sts", "AssumeRoleWithSAML", asked, answer
    )
    yield world.call(
        who,
        when + timedelta(seconds=2),
        "signin",
        "GetSigninToken",
        None,
        {"credentials": None, "GetSigninToken": "Success"},
        eventType="AwsConsoleSignIn",
        userAgent="Jersey/${project.version} (HttpUrlConnection 11.0.25)",
    )
    yield world.call(
        who,
        when + timedelta(seconds=4),
        "signin",
        "ConsoleLogin",
        None,
        {"ConsoleLogin": "Success"},
        eventType="AwsConsoleSignIn",
        additionalEventData={"LoginTo": "https://console.aws.amazon.com/", "MobileVersion": "No", "MFAUsed": "No"},
    )


def read_the_bill(world: World) -> Burst:
    """The root user of the paying account, with a second factor, reads the invoices."""
    when = world.moment(office=True)
    who = world.root(MANAGEMENT, when)
    identity = {key: value for key, value in who.identity.items() if key not in ("accessKeyId", "sessionContext")}
    yield world.call(
        Who(identity, OFFICE, BROWSER, MANAGEMENT),
        when,
        "signin",
        "ConsoleLogin",
        None,
        {"ConsoleLogin": "Success"},
        eventType="AwsConsoleSignIn",
        additionalEventData={
            "LoginTo": "https://console.aws.amazon.com/billing",
            "MobileVersion": "No",
            "MFAUsed": "Yes",
        },
    )
    for service, name in (
        ("billing", "GetBillingViewData"),
        ("ce", "GetCostAndUsage"),
        ("payments", "ListPaymentInstruments"),
        ("invoicing", "ListInvoiceSummaries"),
        ("budgets", "DescribeBudgets"),
        ("tax", "ListTaxRegistrations"),
        ("account", "GetContactInformation"),
        ("iam", "GetAccountSummary"),
        ("organizations", "DescribeOrganization"),
        ("health", "DescribeEventAggregates"),
        ("freetier", "GetFreeTierUsage"),
        ("s3", "ListBuckets"),
    ):
        when += timedelta(seconds=4)
        yield world.call(who, when, service, name, {})


ROUTINES = ((browse, 14), (sign_in, 3), (sign_in_by_identity_center, 8), (read_the_bill, 1))
"""Each routine with its weight."""
