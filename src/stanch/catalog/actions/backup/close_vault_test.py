import pytest
from tests.closing_in_memory import ClosingInMemory, Policy
from tests.recorded_aws import ACCOUNT, REGION

from stanch.contracts.aws import AwsAbsent

ID = "backup/close_vault"
KIND = Policy(
    id=ID,
    resource=f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:weights",
    get="backup:GetBackupVaultAccessPolicy",
    put="backup:PutBackupVaultAccessPolicy",
    delete="backup:DeleteBackupVaultAccessPolicy",
    member="Policy",
    absent="ResourceNotFoundException",
    grants="backup:CopyFromBackupVault",
    besides={"backup:DescribeBackupVault": lambda _, asked: {"BackupVaultName": asked["BackupVaultName"]}},
)


class TestClosing(ClosingInMemory):
    kind = KIND


def test_tells_a_vault_without_a_policy_from_no_vault() -> None:
    account = KIND.kept()
    gone = AwsAbsent("backup:DescribeBackupVault", "ResourceNotFoundException", "no such vault")
    account.aws.failing["backup:DescribeBackupVault"] = [gone]
    with pytest.raises(AwsAbsent, match="no such vault"):
        account.planned(ID, KIND.resource)
