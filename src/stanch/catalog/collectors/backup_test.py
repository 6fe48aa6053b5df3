"""The collector of Backup against recorded answers, and what the emulator has of it against the range."""

import json

from tests.collecting import collected, lacks, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, Operation, RecordedAws

from stanch.catalog.collectors import backup

VAULTS = [
    {"BackupVaultArn": f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:{name}", "BackupVaultName": name}
    for name in ("weights", "Default")
]
WEIGHTS = VAULTS[0]["BackupVaultArn"]
PLAN = {"BackupPlanArn": f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-plan:p-1", "BackupPlanId": "p-1"}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "backup:*"}]}
ABROAD = f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:far"
RULE = {"RuleName": "daily", "TargetBackupVaultName": "weights"}
RULES = {"BackupPlanName": "all", "Rules": [{**RULE, "CopyActions": [{"DestinationBackupVaultArn": ABROAD}]}]}


def account(**changes: Operation) -> RecordedAws:
    operations = {
        "ListBackupVaults": turned("BackupVaultList", "NextToken", "NextToken", VAULTS),
        "GetBackupVaultAccessPolicy": says({"Policy": json.dumps(POLICY)}),
        "ListBackupPlans": turned("BackupPlansList", "NextToken", "NextToken", [PLAN]),
        "GetBackupPlan": says({"BackupPlan": RULES}),
    }
    return RecordedAws({f"backup:{name}": operation for name, operation in {**operations, **changes}.items()})


def test_vaults_are_told_with_their_policies_and_plans_with_their_copies() -> None:
    things, unknowns = collected(backup, account())
    assert unknowns == []
    assert {arn for arn, thing in things.items() if thing.kind == "backup/vault"} == {
        vault["BackupVaultArn"] for vault in VAULTS
    }
    assert things[WEIGHTS].data == {**VAULTS[0], "Policy": POLICY}
    assert things[PLAN["BackupPlanArn"]].data == {**PLAN, "BackupPlan": RULES}


def test_no_policy_is_none() -> None:
    missing = lacks("backup:GetBackupVaultAccessPolicy", "ResourceNotFoundException")
    things, unknowns = collected(backup, account(GetBackupVaultAccessPolicy=missing))
    assert unknowns == []
    assert things[WEIGHTS].data["Policy"] is None


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(backup, account())


def test_the_declared_permissions_are_enough_for_plans_where_they_are_enforced(ground: Ground) -> None:
    owner, name = ground.outsider, ground.name("plan")
    owner.call("backup", "CreateBackupPlan", BackupPlan={**RULES, "BackupPlanName": name})
    aws = reader(owner, backup)
    things, unknowns = collected(backup, aws)
    assert unknowns == []
    (plan,) = [thing for thing in things.values() if thing.data.get("BackupPlanName") == name]
    assert plan.data["BackupPlan"]["BackupPlanName"] == name
    # The emulator knows no policies of vaults, so there is no vault here.
    assert aws.needed == set(backup.PERMISSIONS) - {"backup:GetBackupVaultAccessPolicy"}
