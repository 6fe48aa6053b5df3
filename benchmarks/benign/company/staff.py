"""People look around, mistype, are refused, work from home, come and go; once a month somebody breaks the glass."""

from dataclasses import replace
from datetime import datetime, timedelta

from benchmarks.benign.company.places import (
    AUDIT,
    CHROME,
    DATA,
    DEV,
    HOMES,
    MANAGEMENT,
    OFFICE,
    PROD,
    STAGING,
    TOOLS,
    Burst,
    Step,
    at,
    bare,
    is_weekend,
    person,
    sign_in,
    steps,
)
from benchmarks.benign.world import CLI, Who, World

_WORK = {
    "anna.berg": (("PlatformEngineer", PROD), ("PlatformEngineer", STAGING)),
    "tom.okafor": (("PlatformEngineer", PROD), ("AdministratorAccess", TOOLS)),
    "lena.fischer": (("Developer", DEV), ("ReadOnlyAccess", PROD)),
    "jorge.silva": (("Developer", DEV), ("Developer", STAGING)),
    "mei.tanaka": (("DataScientist", DATA),),
    "sam.price": (("DataScientist", DATA),),
    "nora.lund": (("SecurityAudit", AUDIT), ("SecurityAudit", PROD)),
    "olu.adeyemi": (("DatabaseAdministrator", PROD), ("DatabaseAdministrator", STAGING)),
}
_PAGES = """ec2:DescribeInstances
    ec2:DescribeVolumes ec2:DescribeSecurityGroups ec2:DescribeInstanceStatus ec2:DescribeVpcs
    ec2:DescribeAvailabilityZones ec2:DescribeImages ec2:DescribeSnapshots ec2:DescribeKeyPairs s3:ListBuckets
    s3:GetBucketLocation s3:GetBucketAcl s3:GetBucketPolicyStatus s3:GetBucketVersioning s3:GetAccountPublicAccessBlock
    lambda:ListFunctions20150331 lambda:GetFunction20150331v2 lambda:GetAccountSettings20160819 rds:DescribeDBInstances
    rds:DescribeEvents logs:DescribeLogGroups logs:StartQuery monitoring:DescribeAlarms eks:ListClusters
    eks:DescribeCluster iam:ListRoles iam:GetRole iam:ListUsers iam:GetAccountSummary ecs:DescribeServices
    secretsmanager:ListSecrets ssm:DescribeParameters kms:ListAliases cloudtrail:LookupEvents
    health:DescribeEventAggregates! notifications:ListNotificationHubs! ce:GetCostAndUsage! ce:GetCostForecast!
    resource-explorer-2:ListIndexes! cost-optimization-hub:ListEnrollmentStatuses!"""
_SHELL = """sts:GetCallerIdentity s3:ListBuckets eks:DescribeCluster ec2:DescribeInstances logs:FilterLogEvents
    ecr:GetAuthorizationToken cloudformation:DescribeStackEvents ecs:DescribeServices secretsmanager:GetSecretValue
    ec2:DescribeSecurityGroups iam:GetRole ec2:GetConsoleOutput sts:DecodeAuthorizationMessage ssm:GetParameter
    ssm:StartSession ssm:TerminateSession dynamodb:DescribeTable iam:SimulatePrincipalPolicy!"""


def _entered(world: World, who: Who, when: datetime, calls: list[Step], gap: float = 40) -> Burst:
    """A person signs in, looks around, and does something."""
    yield from sign_in(world, who, when)
    yield from steps(world, who, when + timedelta(seconds=20), world.chance.sample(bare(_PAGES), 14), 1)
    yield from steps(world, who, when + timedelta(seconds=300), calls, gap)


def working_day(world: World, day: int) -> Burst:
    """Most people, most days: the console in the morning, then the command line; some days from home."""
    for name, sets in _WORK.items():
        if is_weekend(day) or world.chance.random() < 0.3:
            continue
        permission, account = world.chance.choice(sets)
        when, home = at(day, 7 + 3 * world.chance.random()), world.chance.random() < 0.4
        yield from _entered(world, person(world, name, account, permission, when, home=home), when, [])
        cli = person(world, name, account, permission, when, console=False, home=home)
        yield from steps(world, cli, when + timedelta(hours=1), world.chance.sample(bare(_SHELL), 7), 200)
        if permission == "Developer" and account == DEV:
            secrets: list[Step] = [("secretsmanager:GetSecretValue", {"secretId": f"dev/app/{n}"}) for n in range(4)]
            path: Step = ("ssm:GetParametersByPath", {"path": "/dev/app/", "withDecryption": True, "recursive": True})
            yield from steps(world, cli, when + timedelta(hours=3), [path, *secrets, *bare("ecs:ExecuteCommand")])


def operations(world: World, day: int) -> Burst:
    """Scripts on a few hosts each week, a database refreshed for tests, an editor used, ports opened and closed."""
    hosts = [f"i-0{PROD}{number:04}" for number in range(3)]
    script = {
        "documentName": "AWS-RunShellScript",
        "instanceIds": hosts,
        "parameters": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }
    if day in (1, 6, 14, 20, 27):
        cli = person(world, "anna.berg", PROD, "PlatformEngineer", at(day, 14), console=False)
        yield from steps(world, cli, at(day, 14), [("ssm:SendCommand", script), *bare("ssm:GetCommandInvocation")])
    if day in (8, 21):
        who = person(world, "olu.adeyemi", STAGING, "DatabaseAdministrator", at(day, 11), home=True)
        restored: list[Step] = [
            ("rds:RestoreDBInstanceFromDBSnapshot", {"dBInstanceIdentifier": "orders-test"}),
            ("rds:ModifyDBInstance", {"dBInstanceIdentifier": "orders-test", "masterUserPassword": "****"}),
            ("rds:DeleteDBInstance", {"dBInstanceIdentifier": "orders-test", "skipFinalSnapshot": True}),
        ]
        yield from _entered(world, who, at(day, 11), restored, 900)
    if day in (7, 12):
        who = person(world, "lena.fischer", DEV, "Developer", at(day, 12))
        function = {"functionName": "playground", "dryRun": False}
        yield from _entered(world, who, at(day, 12), [("lambda:UpdateFunctionCode20150331v2", function)])
    if day == 8:
        item = {"ipProtocol": "tcp", "fromPort": 8080, "toPort": 8080, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}
        rule = {"groupId": "sg-0devbox", "ipPermissions": {"items": [item]}}
        tried = bare("iam:CreateRole! iam:CreateUser! organizations:DescribeOrganization! s3:PutBucketPolicy!")
        opened: list[Step] = [("ec2:AuthorizeSecurityGroupIngress", rule), ("ec2:RevokeSecurityGroupIngress", rule)]
        who = person(world, "jorge.silva", DEV, "Developer", at(day, 11), home=True)
        yield from _entered(world, who, at(day, 11), [*opened, *tried])


def comings_and_goings(world: World, day: int) -> Burst:
    """A contractor is given a user and a key, loses his telephone, and another leaves."""
    new, old = {"userName": "ext-kim.larsen"}, {"userName": "ext-ola.nilsen"}
    acts: dict[int, list[Step]] = {
        6: [("iam:CreateUser", new), ("iam:AddUserToGroup", {**new, "groupName": "contractors"}),
            ("iam:CreateLoginProfile", {**new, "passwordResetRequired": True}), ("iam:CreateAccessKey", new)],
        12: [("iam:DeactivateMFADevice", new), ("iam:UpdateLoginProfile", {**new, "passwordResetRequired": True})],
        20: [("iam:DeleteAccessKey", old), ("iam:DeleteLoginProfile", old), ("iam:DeactivateMFADevice", old),
             ("iam:DeleteUser", old)],
    }  # fmt: skip
    if day in acts:
        yield from _entered(
            world, person(world, "tom.okafor", TOOLS, "AdministratorAccess", at(day, 9)), at(day, 9), acts[day]
        )
    if day == 6:
        them = world.user("ext-kim.larsen", TOOLS, "185.47.60.20", CHROME, console=True)
        yield from steps(world, them, at(day, 13), bare("iam:ChangePassword iam:EnableMFADevice iam:ListMFADevices"))
        keyed = world.user("ext-kim.larsen", TOOLS, "185.47.60.20", CLI)
        yield from steps(world, keyed, at(day, 14), world.chance.sample(bare(_SHELL), 6), 200)


def rare_days(world: World, day: int) -> Burst:
    """Root pays; the on-call breaks the glass at night; the security engineer investigates; a limit is asked for."""
    if day == 4:
        root = replace(world.root(MANAGEMENT, at(day, 10)), address=OFFICE)
        names = (
            "payments:ListPaymentPreferences invoicing:ListInvoiceSummaries ce:GetCostAndUsage iam:GetAccountSummary"
        )
        yield from steps(world, root, at(day, 10), bare(names), 20)
    if day == 17:
        glass = world.assumed("BreakGlass", "break-glass-1", PROD, at(day, 2), HOMES["anna.berg"], CHROME)
        glass.identity["sessionContext"]["attributes"]["mfaAuthenticated"] = "true"
        glass = replace(glass, more={"sessionCredentialFromConsole": "true"})
        alarm = {"alarmNames": ["orders-lag"]}
        rescue: list[Step] = [
            *bare("autoscaling:UpdateAutoScalingGroup ec2:RebootInstances rds:RebootDBInstance ssm:StartSession"),
            ("monitoring:DisableAlarmActions", alarm), ("monitoring:EnableAlarmActions", alarm),
        ]  # fmt: skip
        yield from steps(world, glass, at(day, 2), [*world.chance.sample(bare(_PAGES), 10), *rescue], 50)
    if day in (1, 12, 22):
        who = person(world, "nora.lund", AUDIT, "SecurityAudit", at(day, 13))
        names = """guardduty:ListFindings guardduty:ArchiveFindings cloudtrail:StartQuery cloudtrail:GetQueryResults
            cloudtrail:LookupEvents securityhub:GetFindings iam:GetAccountAuthorizationDetails iam:ListUsers
            iam:ListRoles access-analyzer:ListFindings athena:StartQueryExecution securityhub:BatchUpdateFindings"""
        yield from _entered(world, who, at(day, 13), bare(names))


DAILY = (working_day, operations, comings_and_goings, rare_days)
"""What happens each day, or knows by the day whether it does."""
