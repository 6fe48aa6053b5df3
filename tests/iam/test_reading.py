"""An organisation is read from what AWS answers, in the shapes that people have; nothing missing is taken for empty."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from stanch.iam.ask import Asker
from stanch.iam.organization import Identity, Organization
from stanch.iam.reading import FactsError, MissingPolicy, read_organization

HOME, AWAY = "111122223333", "444455556666"
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
WRITE = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Put*", "Resource": "*"}}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
OWN = f"arn:aws:iam::{HOME}:policy/Own"
OF_AWS = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
ROLE = f"arn:aws:iam::{HOME}:role/ml/serving"
PROFILE = f"arn:aws:iam::{HOME}:instance-profile/hosts"


def role(**more: Any) -> dict[str, Any]:
    return {"Arn": ROLE, "RoleName": "serving", "RoleId": "AROA1", "AssumeRolePolicyDocument": TRUST, **more}


def user(**more: Any) -> dict[str, Any]:
    return {"Arn": f"arn:aws:iam::{HOME}:user/bob", "UserName": "bob", "UserId": "AIDA1", **more}


def attached(*arns: str) -> dict[str, Any]:
    return {"AttachedManagedPolicies": [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]}


def managed(arn: str, document: Any, *, version: str = "v2") -> dict[str, Any]:
    old = {"VersionId": "v1", "Document": WRITE, "IsDefaultVersion": False}
    new = {"VersionId": version, "Document": document, "IsDefaultVersion": True}
    return {"Arn": arn, "PolicyName": "x", "DefaultVersionId": version, "PolicyVersionList": [old, new]}


def read(account: Any = None, **besides: Any) -> Organization:
    return read_organization({"accounts": {HOME: account or {"RoleDetailList": [role()]}}, **besides})


def only(organization: Organization) -> Identity:
    (one,) = organization.accounts[HOME].identities
    return one


def test_reads_a_role_with_all_that_is_said_of_it() -> None:
    answer = {
        "RoleDetailList": [
            role(
                **attached(OWN),
                RolePolicyList=[{"PolicyName": "Inline", "PolicyDocument": READ}],
                PermissionsBoundary={"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": OWN},
                Tags=[{"Key": "Team", "Value": "red"}],
                InstanceProfileList=[{"Arn": PROFILE, "Roles": []}],
            )
        ],
        "Policies": [managed(OWN, READ)],
    }
    organization = read_organization({HOME: answer})
    one = only(organization)
    assert (one.kind, one.arn, one.account, one.name, one.unique_id) == ("role", ROLE, HOME, "serving", "AROA1")
    assert [named.name for named in one.policies] == ["role/serving:Inline", OWN]
    assert one.policies[1].policy.to_json() == READ
    assert getattr(one.boundary, "name", None) == OWN
    assert one.trust is not None and one.trust.to_json() == TRUST  # noqa: PT018 - the first is for the type checker
    assert (one.tags, one.profiles) == ({"Team": "red"}, (PROFILE,))
    assert organization.accounts[HOME].managed[OWN].to_json() == READ


@pytest.mark.parametrize("given", [READ, json.dumps(READ), quote(json.dumps(READ)), quote(json.dumps(READ), safe="")])
def test_reads_documents_as_objects_as_text_and_percent_encoded(given: Any) -> None:
    one = only(read({"RoleDetailList": [role(RolePolicyList=[{"PolicyName": "x", "PolicyDocument": given}])]}))
    assert one.policies[0].policy.to_json() == READ


def test_a_user_has_the_policies_of_its_groups_each_once() -> None:
    group = {
        "Arn": f"arn:aws:iam::{HOME}:group/data",
        "GroupName": "data",
        "GroupPolicyList": [{"PolicyName": "In", "PolicyDocument": WRITE}],
        **attached(OWN),
    }
    answer = {
        "UserDetailList": [user(GroupList=["data"], **attached(OWN))],
        "GroupDetailList": [group],
        "Policies": [managed(OWN, READ)],
    }
    organization = read(answer)
    one = only(organization)
    assert [named.name for named in one.policies] == [OWN, "group/data:In"]
    assert one.groups == (group["Arn"],)
    assert organization.accounts[HOME].groups[0].members == (one.arn,)


def test_reads_an_answer_that_came_in_pages_and_one_that_stands_alone() -> None:
    paged = [{"RoleDetailList": [role(**attached(OWN))]}, {"Policies": [managed(OWN, READ)], "IsTruncated": False}]
    assert only(read(paged)).policies[0].policy.to_json() == READ
    assert only(read_organization({"RoleDetailList": [role()], "UserDetailList": []})).arn == ROLE


def test_the_default_version_of_a_policy_counts_whatever_its_place() -> None:
    details = {**managed(OWN, READ), "DefaultVersionId": "v1"}
    one = only(read({"RoleDetailList": [role(**attached(OWN))], "Policies": [details]}))
    assert one.policies[0].policy.to_json() == WRITE


def test_the_other_versions_of_a_policy_are_kept_where_all_are_told() -> None:
    told = read({"Policies": [managed(OWN, READ)], "RoleDetailList": [role()]}).accounts[HOME].superseded
    assert [version.to_json() for version in told[OWN]] == [WRITE]
    single = {**managed(OWN, READ), "PolicyVersionList": managed(OWN, READ)["PolicyVersionList"][1:]}
    assert read({"Policies": [single]}).accounts[HOME].superseded == {OWN: ()}
    silent = {**managed(OWN, READ)}
    silent["PolicyVersionList"] = [{"VersionId": "v1"}, silent["PolicyVersionList"][1]]
    assert read({"Policies": [silent]}).accounts[HOME].superseded == {}


def test_a_document_of_aws_that_one_account_has_serves_all() -> None:
    accounts = {HOME: {"RoleDetailList": [role(**attached(OF_AWS))]}, AWAY: {"Policies": [managed(OF_AWS, READ)]}}
    assert only(read_organization(accounts)).policies[0].policy.to_json() == READ


def test_a_document_of_another_account_s_own_policy_serves_nobody_else() -> None:
    with pytest.raises(MissingPolicy):
        read_organization({HOME: {"RoleDetailList": [role(**attached(OWN))]}, AWAY: {"Policies": [managed(OWN, READ)]}})


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-eusc"])
def test_the_text_of_administrator_access_never_changes_and_is_known(partition: str) -> None:
    arn = f"arn:{partition}:iam::aws:policy/AdministratorAccess"
    (statement,) = only(read({"RoleDetailList": [role(**attached(arn))]})).policies[0].policy.statements
    assert (statement.effect, statement.actions, statement.resources) == ("Allow", ("*",), ("*",))


def test_the_file_s_own_text_counts_before_the_known_one() -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    answer = {"RoleDetailList": [role(**attached(arn))], "Policies": [managed(arn, READ)]}
    assert only(read(answer)).policies[0].policy.to_json() == READ


@pytest.mark.parametrize(
    "holder",
    [
        attached(OF_AWS),
        {"PermissionsBoundary": {"PermissionsBoundaryArn": OF_AWS}},
        {"PermissionsBoundary": OF_AWS},
        {"AttachedManagedPolicies": [OF_AWS]},
    ],
)
def test_a_missing_document_is_an_error_that_names_it(holder: dict[str, Any]) -> None:
    with pytest.raises(MissingPolicy, match="AmazonS3ReadOnlyAccess") as error:
        read({"RoleDetailList": [role(**holder)]})
    assert error.value.arn == OF_AWS
    assert error.value.path.startswith(f"accounts.{HOME}.RoleDetailList[0].")
    assert "Policies" in str(error.value)


def test_a_policy_listed_without_its_text_is_missing_too_and_so_is_a_group() -> None:
    with pytest.raises(MissingPolicy):
        read({"RoleDetailList": [role(**attached(OWN))], "Policies": [{"Arn": OWN, "DefaultVersionId": "v1"}]})
    with pytest.raises(MissingPolicy, match="group data"):
        read({"UserDetailList": [user(GroupList=["data"])]})


def test_an_unknown_policy_counts_against_in_must_and_for_in_may() -> None:
    own = [{"PolicyName": "x", "PolicyDocument": READ}]
    plain, doubted = role(RolePolicyList=own), role(RolePolicyList=own, **attached(OF_AWS))
    for given, action, must, may in (
        (plain, "s3:GetObject", 1, 0),
        (doubted, "s3:GetObject", 0, 1),
        (doubted, "sqs:SendMessage", 0, 1),
        (plain, "sqs:SendMessage", 0, 0),
    ):
        organization = read_organization({HOME: {"RoleDetailList": [given]}}, missing="unknown")
        answers = Asker(organization).who_can(action, "arn:aws:s3:::weights/x")
        assert (len(answers.must), len(answers.may)) == (must, may)
        if may:
            (access,) = answers.access()
            assert any(OF_AWS in told and "not in the file" in told for told in access.conditions)


LEVELS = [
    {"level": "root", "policies": [{"name": "FullAWSAccess"}]},
    {"level": "ou", "policies": [{"name": "FullAWSAccess"}, {"name": "Guard", "policy": READ}]},
]


def test_levels_are_given_for_all_accounts_or_by_account() -> None:
    for given in (LEVELS, {HOME: LEVELS}):
        levels = read(scps=given).accounts[HOME].scps
        assert levels is not None
        assert [[named.name for named in level] for level in levels] == [["FullAWSAccess"], ["FullAWSAccess", "Guard"]]
        assert levels[1][1].policy.to_json() == READ
    assert read(scps={AWAY: LEVELS}).accounts[HOME].scps is None


def test_policies_without_levels_are_all_of_one_level() -> None:
    levels = read(scps=["FullAWSAccess", {"name": "Guard", "policy": READ}, WRITE]).accounts[HOME].scps
    assert levels is not None
    assert [len(level) for level in levels] == [3]


@pytest.mark.parametrize("given", [None, [], {}, {HOME: []}, {HOME: None}])
def test_without_levels_no_organisation_binds_the_account(given: Any) -> None:
    assert read(scps=given).accounts[HOME].scps is None


def test_the_account_that_manages_the_organisation_is_bound_by_nothing() -> None:
    organization = read(scps=LEVELS, organization={"Id": "o-abc123", "MasterAccountId": HOME})
    assert organization.accounts[HOME].scps is None
    assert organization.id == "o-abc123"


def test_resource_control_policies_are_read_by_account() -> None:
    assert list(read(rcps={HOME: LEVELS}).rcps) == [HOME]
    assert read(rcps=[]).rcps == {}


def test_policies_of_resources_tell_the_owner_where_the_file_does() -> None:
    inside = {"RoleDetailList": [role()], "resource_policies": {"arn:aws:s3:::a": READ}}
    organization = read(inside, resource_policies={"arn:aws:s3:::b": {"policy": json.dumps(WRITE), "account": AWAY}})
    assert {each.arn: each.account for each in organization.resources} == {
        "arn:aws:s3:::a": HOME,
        "arn:aws:s3:::b": AWAY,
    }
    assert organization.resource_policies["arn:aws:s3:::b"].to_json() == WRITE


FUNCTION = f"arn:aws:lambda:eu-central-1:{HOME}:function:f"
INSTANCE = f"arn:aws:ec2:eu-central-1:{HOME}:instance/i-1"


@pytest.mark.parametrize(
    ("facts", "roles"),
    [
        ({"role": "serving"}, (ROLE,)),
        ({"Role": ROLE}, (ROLE,)),
        ({"roles": [ROLE, "serving"]}, (ROLE,)),
        ({"RoleArn": ROLE}, (ROLE,)),
        ({"execution_role": ROLE}, (ROLE,)),
        ({"executionRoleArn": ROLE, "taskRoleArn": "serving"}, (ROLE,)),
        ({"serviceRole": "ml/serving"}, (ROLE,)),
        ({"Configuration": {"Role": ROLE}}, (ROLE,)),
        ({"IamInstanceProfile": {"Arn": PROFILE, "Id": "AIPA"}}, (ROLE,)),
        ({"instance_profile": "hosts"}, (ROLE,)),
        ({"iam_instance_profile": "nobody"}, ()),
        ({"role": "elsewhere"}, (f"arn:aws:iam::{HOME}:role/elsewhere",)),
        ({}, ()),
    ],
)
def test_a_resource_names_its_role_in_many_ways(facts: dict[str, Any], roles: tuple[str, ...]) -> None:
    answer = {"RoleDetailList": [role(InstanceProfileList=[{"Arn": PROFILE}])]}
    (found,) = read(answer, resources=[{"arn": FUNCTION, **facts}]).resources
    assert (found.service, found.kind, found.account, found.roles) == ("lambda", "function", HOME, roles)


def test_resources_are_given_as_arns_as_objects_and_by_account() -> None:
    assert read(resources=[INSTANCE]).resources[0].kind == "instance"
    assert read(resources={FUNCTION: {"Role": "serving"}}).resources[0].roles == (ROLE,)
    assert read(resources={HOME: ["arn:aws:s3:::weights"]}).resources[0].account == HOME
    assert read(resources=[{"Arn": "arn:aws:s3:::weights", "account": AWAY}]).resources[0].account == AWAY
    named = {"type": "AWS::Lambda::Function", "name": "f", "region": "eu-central-1", "account": HOME}
    assert read(resources=[named]).resources[0].arn == FUNCTION


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], "the file"),
        ({}, "the file"),
        ({"Roles": []}, "the file"),
        ({"accounts": []}, "accounts"),
        ({"accounts": {"12": {}}}, "accounts"),
        ({HOME: 7}, HOME),
        ({HOME: {"Roles": []}}, HOME),
        ({HOME: {"RoleDetailList": {}}}, f"{HOME}.RoleDetailList"),
        ({HOME: {"RoleDetailList": [7]}}, f"{HOME}.RoleDetailList[0]"),
        ({HOME: {"RoleDetailList": [{}]}}, f"{HOME}.RoleDetailList[0].Arn"),
        ({AWAY: {"RoleDetailList": [role()]}}, f"{AWAY}.RoleDetailList[0].Arn"),
        ({HOME: {"RoleDetailList": [role(AssumeRolePolicyDocument=7)]}}, f"{HOME}.RoleDetailList[0].AssumeRolePolicy"),
        ({HOME: {}, "resources": ["weights"]}, "resources[0]"),
        ({HOME: {}, "resource_policies": {"weights": READ}}, "resource_policies"),
        ({HOME: {}, "scps": {"root": []}}, "scps"),
        ({HOME: {}, "scps": [{"policies": {}}]}, "scps[0].policies"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_remedy(document: Any, path: str) -> None:
    with pytest.raises(FactsError) as error:
        read_organization(document)
    assert error.value.path.startswith(path)
    assert "; " in str(error.value)


def test_a_fault_inside_a_document_is_told_from_the_file_s_root() -> None:
    broken = {"Version": "2012-10-17", "Statement": [{"Effect": "allow", "Action": "*"}]}
    with pytest.raises(FactsError, match="Effect") as error:
        read({"RoleDetailList": [role(AssumeRolePolicyDocument=broken)]})
    assert error.value.path == f"accounts.{HOME}.RoleDetailList[0].AssumeRolePolicyDocument.Statement[0].Effect"


def test_the_same_document_is_read_once() -> None:
    roles = [role(Arn=f"arn:aws:iam::{HOME}:role/r{at}", RoleName=f"r{at}") for at in range(3)]
    trusts = [one.trust for one in read({"RoleDetailList": roles}).accounts[HOME].identities]
    assert trusts[0] is trusts[1] is trusts[2]
