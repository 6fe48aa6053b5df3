"""A backup is a second copy of the data: its vault has a policy of its own, and its plan may copy it abroad.

Blind to: recovery points, restore jobs, and the selection of what a plan backs up.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import document, items, part
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = (
    "backup:GetBackupPlan",
    "backup:GetBackupVaultAccessPolicy",
    "backup:ListBackupPlans",
    "backup:ListBackupVaults",
)


def collect(look: Look) -> Iterator[Thing]:
    """Every vault and every plan of the region."""
    vaults = look.list("backup", "ListBackupVaults", "BackupVaultList", of="backup")
    yield from look.each(partial(_vault, look), items(vaults))
    plans = look.list("backup", "ListBackupPlans", "BackupPlansList", of="backup")
    yield from look.each(partial(_plan, look), items(plans))


def _vault(look: Look, listed: Mapping[str, Any]) -> Thing:
    arn, name = str(listed["BackupVaultArn"]), listed["BackupVaultName"]
    none = ("ResourceNotFoundException",)  # AWS's word for a vault without a policy, too
    policy = look.ask("backup", "GetBackupVaultAccessPolicy", of=arn, none=none, BackupVaultName=name)
    return Thing("backup/vault", arn, {**listed, "Policy": document(policy)})


def _plan(look: Look, listed: Mapping[str, Any]) -> Thing:
    arn = str(listed["BackupPlanArn"])
    plan = look.ask("backup", "GetBackupPlan", of=arn, BackupPlanId=listed["BackupPlanId"])
    return Thing("backup/plan", arn, {**listed, "BackupPlan": part(plan, "BackupPlan")})
