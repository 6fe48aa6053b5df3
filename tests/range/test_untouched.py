"""What nobody made is not there: the range answers for services that moto does not know, and only for those."""

import importlib
from pathlib import Path

import pytest
from botocore import xform_name
from tests.ground import Ground

from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError
from stanch.range import patches
from stanch.range.untouched import ABSENT, DEFAULT, NONE

_OF_MOTO = {"sso-admin": "ssoadmin"}
CALLS = sorted(
    (service, operation) for table in (NONE, ABSENT, DEFAULT) for service in table for operation in table[service]
)


@pytest.mark.parametrize(("service", "operation"), CALLS)
def test_moto_does_not_know_the_call(service: str, operation: str) -> None:
    try:
        module = importlib.import_module(f"moto.{_OF_MOTO.get(service, service)}.responses")
    except ModuleNotFoundError:
        return
    known = {name for one in vars(module).values() if isinstance(one, type) for name in dir(one)}
    assert xform_name(operation) not in known, "moto has its own now: take it out of the table"


def test_the_range_adds_no_call_of_its_own_that_is_told_to_be_none() -> None:
    added = "".join(one.read_text() for one in Path(patches.__file__).parent.glob("*.py"))
    assert [operation for _, operation in CALLS if f'"{xform_name(operation)}"' in added] == []


LISTS = sorted((service, operation) for service in NONE for operation in NONE[service])
_NEEDED = {
    "eks": {"clusterName": "none"},
    "guardduty": {"DetectorId": "d"},
    "logs": {"policyType": "SUBSCRIPTION_FILTER_POLICY"},
}


@pytest.mark.parametrize(("service", "operation"), LISTS)
def test_the_sdk_reads_an_empty_list(ground: Ground, service: str, operation: str) -> None:
    answer = ground.outsider.call(service, operation, **_NEEDED.get(service, {}))
    assert [*answer.values()] == [[]]


def test_a_single_thing_that_is_not_there_is_refused_in_aws_own_words(ground: Ground) -> None:
    with pytest.raises(AwsAbsent, match="ResourceNotFoundException"):
        ground.outsider.call("backup", "GetBackupVaultAccessPolicy", BackupVaultName="v")
    with pytest.raises(AwsError, match="ValidationException: Cannot find resource policy"):
        ground.outsider.call("sagemaker", "GetModelPackageGroupPolicy", ModelPackageGroupName="g")


def test_who_may_not_ask_is_refused_all_the_same(ground: Ground) -> None:
    with pytest.raises(AwsDenied, match="access-analyzer:ListAnalyzers"):
        ground.responder().call("accessanalyzer", "ListAnalyzers")


def test_macie_is_off_until_somebody_enables_it(ground: Ground) -> None:
    with pytest.raises(AwsDenied, match="Macie is not enabled"):
        ground.outsider.call("macie2", "GetMacieSession")
    there = ground.outsider.at("eu-west-1")
    there.call("macie2", "EnableMacie")
    assert there.call("macie2", "GetMacieSession")["status"] == "ENABLED"


def test_a_share_is_told_to_the_account_that_it_names(ground: Ground) -> None:
    name = ground.name("catalog")
    ground.admin.call("ram", "CreateResourceShare", name=name, principals=[ground.outside_account])
    given = ground.outsider.pages("ram", "GetResourceShares", "resourceShares", resourceOwner="OTHER-ACCOUNTS")
    assert name in {share["name"] for share in given}
    assert ground.admin.pages("ram", "GetResourceShares", "resourceShares", resourceOwner="OTHER-ACCOUNTS") == []


def test_a_filter_that_hides_findings_is_in_the_list(ground: Ground) -> None:
    detector = ground.outsider.call("guardduty", "CreateDetector", Enable=True)["DetectorId"]
    criteria = {"Criterion": {"severity": {"Lt": 8}}}
    made = {"DetectorId": detector, "Name": "hush", "Action": "ARCHIVE", "FindingCriteria": criteria}
    ground.outsider.call("guardduty", "CreateFilter", **made)
    assert ground.outsider.call("guardduty", "ListFilters", DetectorId=detector) == {"FilterNames": ["hush"]}


def test_versions_of_a_model_are_described_together_and_each_that_is_missing_by_itself(ground: Ground) -> None:
    owner, group = ground.outsider, ground.name("llama")
    owner.call("sagemaker", "CreateModelPackageGroup", ModelPackageGroupName=group)
    made = owner.call("sagemaker", "CreateModelPackage", ModelPackageGroupName=group)["ModelPackageArn"]
    told = owner.call("sagemaker", "BatchDescribeModelPackage", ModelPackageArnList=[made, f"{made}9"])
    assert told["ModelPackageSummaries"].keys() == {made}
    assert told["BatchDescribeModelPackageErrorMap"].keys() == {f"{made}9"}


def test_of_awss_own_policies_an_account_is_told_those_that_are_in_use(ground: Ground) -> None:
    owner, name = ground.outsider, ground.name("person")
    used, limit = ("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess", "arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    owner.call("iam", "CreateUser", UserName=name, PermissionsBoundary=limit)
    owner.call("iam", "AttachUserPolicy", UserName=name, PolicyArn=used)
    told = {one["Arn"] for one in owner.pages("iam", "GetAccountAuthorizationDetails", "Policies")}
    assert {used, limit} <= told
    assert "arn:aws:iam::aws:policy/AmazonGlacierReadOnlyAccess" not in told
