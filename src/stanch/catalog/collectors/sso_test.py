"""The collector of Identity Center, against recorded answers: the emulator has no permissions boundary there."""

import json
from collections.abc import Mapping
from typing import Any

from tests.collecting import collected, survives_denials
from tests.listening import Listening
from tests.recorded_aws import ACCOUNT, Operation, RecordedAws, State

from stanch.catalog.collectors import sso
from stanch.contracts.aws import AwsAbsent, AwsDenied
from stanch.contracts.collector import unseen

INSTANCE = "arn:aws:sso:::instance/ssoins-0123456789abcdef"
SETS = [f"arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-{n:016x}" for n in range(3)]
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
AWS_POLICY = {"Name": "ReadOnlyAccess", "Arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}


def listed(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Permission sets, one a page."""
    at = int(asked.get("NextToken", "0"))
    return {"PermissionSets": SETS[at : at + 1], **({"NextToken": str(at + 1)} if at + 1 < len(SETS) else {})}


def inline(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"InlinePolicy": json.dumps(POLICY)} if asked["PermissionSetArn"] == SETS[0] else {}


def boundary(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    if asked["PermissionSetArn"] == SETS[0]:
        return {"PermissionsBoundary": {"ManagedPolicyArn": AWS_POLICY["Arn"]}}
    raise AwsAbsent("sso-admin:GetPermissionsBoundaryForPermissionSet", "ResourceNotFoundException", "none")


def recorded(owner: str = ACCOUNT) -> Listening:
    """An account that sees an instance of this owner."""
    operations: dict[str, Operation] = {
        "ListInstances": lambda *_: {"Instances": [{"InstanceArn": INSTANCE, "OwnerAccountId": owner}]},
        "ListPermissionSets": listed,
        "DescribePermissionSet": lambda _, asked: {
            "PermissionSet": {"Name": "admin", "PermissionSetArn": asked["PermissionSetArn"]}
        },
        "GetInlinePolicyForPermissionSet": inline,
        "GetPermissionsBoundaryForPermissionSet": boundary,
        "ListAccountsForProvisionedPermissionSet": lambda *_: {"AccountIds": [ACCOUNT]},
        "ListCustomerManagedPolicyReferencesInPermissionSet": lambda *_: {"CustomerManagedPolicyReferences": []},
        "ListManagedPoliciesInPermissionSet": lambda *_: {"AttachedManagedPolicies": [AWS_POLICY]},
    }
    return Listening(RecordedAws({f"sso-admin:{name}": operation for name, operation in operations.items()}))


def test_every_permission_set_is_told_with_its_policies() -> None:
    aws = recorded()
    things, unknowns = collected(sso, aws)
    assert unknowns == []
    assert aws.needed == set(sso.PERMISSIONS)
    assert things[INSTANCE].data["PermissionSets"] == SETS
    first, second = things[SETS[0]].data, things[SETS[1]].data
    assert first["InlinePolicy"] == POLICY
    assert first["PermissionsBoundary"] == {"ManagedPolicyArn": AWS_POLICY["Arn"]}
    assert first["AttachedManagedPolicies"] == [AWS_POLICY]
    assert first["AccountIds"] == [ACCOUNT]
    assert second["InlinePolicy"] is None
    assert second["PermissionsBoundary"] is None


def test_each_denied_permission_is_a_gap_at_each_set() -> None:
    survives_denials(sso, recorded())


def test_an_account_that_is_shown_the_instance_alone_has_one_gap() -> None:
    aws = recorded(owner="999988887777")
    aws.before_call = _refusing_sets
    things, (unknown,) = collected(sso, aws)
    assert [*things] == [INSTANCE]
    assert unseen(things[INSTANCE].data["PermissionSets"])
    assert (unknown.permission, unknown.of) == ("sso:ListPermissionSets", INSTANCE)


def _refusing_sets(operation: str) -> None:
    if operation == "sso-admin:ListPermissionSets":
        raise AwsDenied(operation, "AccessDeniedException", "not the owner")


def test_a_region_without_an_instance_is_no_gap() -> None:
    aws = RecordedAws({"sso-admin:ListInstances": lambda *_: {"Instances": []}})
    assert collected(sso, aws) == ({}, [])
