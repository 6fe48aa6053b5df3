"""The collector of an organisation, against the range and against recorded answers of a member account."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.collecting import collected, reader, survives_denials
from tests.ground import Ground, opened
from tests.recorded_aws import ACCOUNT, Operation, RecordedAws, State

from stanch.catalog.collectors import organizations
from stanch.contracts.aws import AwsDenied, AwsError
from stanch.contracts.collector import unseen

ORGANIZATION = f"arn:aws:organizations::{ACCOUNT}:organization/o-abcde12345"
FREEZE = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}]}


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """A range of its own: an account is in one organisation or in none, and other tests put theirs into one."""
    with opened() as staged:
        yield staged


@pytest.fixture
def organization(ground: Ground) -> Iterator[dict[str, str]]:
    """A unit with one account under the root, and a policy on the unit; undone, for the ground belongs to all tests."""
    org, ids = ground.admin, {}
    org.call("organizations", "CreateOrganization", FeatureSet="ALL")
    ids["root"] = org.call("organizations", "ListRoots")["Roots"][0]["Id"]
    org.call("organizations", "EnablePolicyType", RootId=ids["root"], PolicyType="SERVICE_CONTROL_POLICY")
    unit = org.call("organizations", "CreateOrganizationalUnit", ParentId=ids["root"], Name="ml")
    ids["unit"] = unit["OrganizationalUnit"]["Id"]
    made = org.call("organizations", "CreateAccount", Email="ml@example.com", AccountName="ml")
    ids["account"] = made["CreateAccountStatus"]["AccountId"]
    org.call(
        "organizations",
        "MoveAccount",
        AccountId=ids["account"],
        SourceParentId=ids["root"],
        DestinationParentId=ids["unit"],
    )
    policy = org.call(
        "organizations",
        "CreatePolicy",
        Name="freeze",
        Description="freeze",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps(FREEZE),
    )
    ids["policy"] = policy["Policy"]["PolicySummary"]["Arn"]
    policy_id = policy["Policy"]["PolicySummary"]["Id"]
    org.call("organizations", "AttachPolicy", PolicyId=policy_id, TargetId=ids["unit"])
    org.call(
        "organizations",
        "RegisterDelegatedAdministrator",
        AccountId=ids["account"],
        ServicePrincipal="guardduty.amazonaws.com",
    )
    yield ids
    org.call(
        "organizations",
        "DeregisterDelegatedAdministrator",
        AccountId=ids["account"],
        ServicePrincipal="guardduty.amazonaws.com",
    )
    org.call("organizations", "DetachPolicy", PolicyId=policy_id, TargetId=ids["unit"])
    org.call("organizations", "DeletePolicy", PolicyId=policy_id)
    org.call("organizations", "RemoveAccountFromOrganization", AccountId=ids["account"])
    org.call("organizations", "DeleteOrganization")


def test_the_tree_its_policies_and_its_administrators_are_found(ground: Ground, organization: dict[str, str]) -> None:
    aws = reader(ground.admin, organizations)
    things, unknowns = collected(organizations, aws)
    assert unknowns == []
    assert aws.needed == set(organizations.PERMISSIONS)
    parents = {thing.data["Id"]: thing.data["ParentId"] for thing in things.values() if "ParentId" in thing.data}
    assert parents[organization["unit"]] == organization["root"]
    assert parents[organization["account"]] == organization["unit"]
    policy = things[organization["policy"]].data
    assert policy["Content"] == FREEZE
    assert [target["TargetId"] for target in policy["Targets"]] == [organization["unit"]]
    delegated = {t.data["Id"]: t.data["DelegatedServices"] for t in things.values() if t.kind.endswith("/account")}
    assert delegated[organization["account"]][0]["ServicePrincipal"] == "guardduty.amazonaws.com"
    assert delegated[ground.account] is None
    (whole,) = [thing.data for thing in things.values() if thing.kind == "organizations/organization"]
    assert whole["RESOURCE_CONTROL_POLICY"] is None, "the root has not enabled them"


def test_each_denied_permission_is_a_gap_and_nothing_is_invented(ground: Ground, organization: dict[str, str]) -> None:
    assert organization
    survives_denials(organizations, reader(ground.admin, organizations))


def test_an_account_in_no_organisation_has_nothing_and_no_gap(ground: Ground) -> None:
    assert collected(organizations, reader(ground.admin, organizations)) == ({}, [])


def raising(error: AwsError) -> Operation:
    """An operation that AWS refuses."""

    def answer(_: State, __: Mapping[str, Any]) -> Mapping[str, Any]:
        raise error

    return answer


def test_a_member_account_is_one_gap_that_says_who_may_ask() -> None:
    denied = AwsDenied("organizations:ListRoots", "AccessDeniedException", "You don't have permissions.")
    aws = RecordedAws(
        {
            "organizations:DescribeOrganization": lambda *_: {
                "Organization": {"Id": "o-abcde12345", "Arn": ORGANIZATION, "MasterAccountId": "999988887777"}
            },
            "organizations:ListRoots": raising(denied),
        }
    )
    things, (unknown,) = collected(organizations, aws)
    assert unseen(things[ORGANIZATION].data["SERVICE_CONTROL_POLICY"])
    assert things[ORGANIZATION].data["MasterAccountId"] == "999988887777"
    assert unknown.permission == "organizations:ListRoots"
    assert unknown.why == "You don't have permissions. (only the management account or a delegated administrator may)"


def test_every_page_of_accounts_and_of_targets_is_read() -> None:
    arn = f"arn:aws:organizations::{ACCOUNT}:"
    policy = {"Id": "p-12345678", "Arn": f"{arn}policy/o-abcde12345/p-12345678", "Type": "SERVICE_CONTROL_POLICY"}
    root = {
        "Id": "r-abcd",
        "Arn": f"{arn}root/o-abcde12345/r-abcd",
        "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
    }

    def paged(key: str, pages: list[list[dict[str, Any]]]) -> Operation:
        def answer(_: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
            at = int(asked.get("NextToken", "0"))
            return {key: pages[at], **({"NextToken": str(at + 1)} if at + 1 < len(pages) else {})}

        return answer

    accounts = [{"Id": f"{n:012d}", "Arn": f"{arn}account/o-abcde12345/{n:012d}"} for n in range(1, 41)]
    targets = [{"TargetId": one["Id"], "Type": "ACCOUNT"} for one in accounts]
    operations: dict[str, Operation] = {
        "DescribeOrganization": lambda *_: {"Organization": {"Id": "o-abcde12345", "Arn": ORGANIZATION}},
        "ListRoots": lambda *_: {"Roots": [root]},
        "ListDelegatedAdministrators": lambda *_: {"DelegatedAdministrators": []},
        "ListOrganizationalUnitsForParent": lambda *_: {"OrganizationalUnits": []},
        "ListAccountsForParent": paged("Accounts", [accounts[:20], accounts[20:]]),
        "ListPolicies": paged("Policies", [[], [policy]]),
        "DescribePolicy": lambda *_: {"Policy": {"PolicySummary": policy, "Content": json.dumps(FREEZE)}},
        "ListTargetsForPolicy": paged("Targets", [targets[:20], targets[20:]]),
    }
    aws = RecordedAws({f"organizations:{name}": operation for name, operation in operations.items()})
    things, unknowns = collected(organizations, aws)
    assert unknowns == []
    assert sum(thing.kind == "organizations/account" for thing in things.values()) == 40
    assert len(things[policy["Arn"]].data["Targets"]) == 40
