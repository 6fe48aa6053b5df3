"""Whoever a backup vault lets in can copy its recovery points into a vault of his own: disks, databases, buckets.

Blind to: copies that were made before, copy jobs under way, which AWS lets nobody cancel, and vaults lent by AWS RAM.
"""

from stanch.catalog.actions import _closing
from stanch.contracts.action import Affects
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = ("backup-vault",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = (
    "backup:DescribeBackupVault",
    "backup:GetBackupVaultAccessPolicy",
    "backup:PutBackupVaultAccessPolicy",
    "backup:DeleteBackupVaultAccessPolicy",
)


def _get(aws: Aws, resource: Arn) -> str | None:
    try:
        answer = aws.call("backup", "GetBackupVaultAccessPolicy", BackupVaultName=_name(resource))
    except AwsAbsent as absent:
        # AWS answers the same for a vault without a policy and for no vault.
        aws.call("backup", "DescribeBackupVault", BackupVaultName=_name(resource))
        if absent.code != "ResourceNotFoundException":
            raise
        return None
    return answer.get("Policy") or None


def _put(aws: Aws, resource: Arn, text: str) -> None:
    aws.call("backup", "PutBackupVaultAccessPolicy", BackupVaultName=_name(resource), Policy=text)


def _delete(aws: Aws, resource: Arn) -> None:
    aws.call("backup", "DeleteBackupVaultAccessPolicy", BackupVaultName=_name(resource))


def _name(resource: Arn) -> str:
    return resource.resource.partition(":")[2]


_KEEPER = _closing.Keeper(
    _get, _put, _delete, "backup:PutBackupVaultAccessPolicy", "backup:DeleteBackupVaultAccessPolicy"
)
plan, read, apply, verify, undo = _KEEPER.plan, _KEEPER.read, _KEEPER.apply, _KEEPER.verify, _KEEPER.undo
