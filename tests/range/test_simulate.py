"""iam:SimulatePrincipalPolicy, answered by the evaluator that decides the real calls."""

from typing import Any

from tests.range.accounts import Account, allow, deny, fresh, policy, refused, trust

from stanch.range.stage import Staged


def decisions(ours: Account, arn: str, actions: list[str], **more: Any) -> dict[str, str]:
    answer = ours.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions, **more)
    return {result["EvalActionName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}


def test_it_tells_allowed_implicitly_and_explicitly_denied(ours: Account) -> None:
    _, arn = ours.role(trust({"AWS": ours.number}), allow("s3:*"), deny("s3:PutObject"))
    asked = ["s3:GetObject", "s3:PutObject", "iam:CreateUser"]
    assert decisions(ours, arn, asked, ResourceArns=["arn:aws:s3:::some/key"]) == {
        "s3:GetObject": "allowed",
        "s3:PutObject": "explicitDeny",
        "iam:CreateUser": "implicitDeny",
    }


def test_it_uses_the_context_it_is_given_and_names_what_is_missing(ours: Account) -> None:
    revoked = deny("*", Condition={"DateLessThan": {"aws:TokenIssueTime": "2026-06-01T12:00:00Z"}})
    _, arn = ours.role(trust({"AWS": ours.number}), allow("s3:*"), revoked)

    def issued(time: str) -> list[dict[str, Any]]:
        return [{"ContextKeyName": "aws:TokenIssueTime", "ContextKeyValues": [time], "ContextKeyType": "date"}]

    asked = ["s3:GetObject"]
    assert decisions(ours, arn, asked, ContextEntries=issued("2026-06-01T11:59:59Z")) == {asked[0]: "explicitDeny"}
    assert decisions(ours, arn, asked, ContextEntries=issued("2026-06-01T12:00:01Z")) == {asked[0]: "allowed"}
    answer = ours.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=asked)["EvaluationResults"][0]
    assert answer["MissingContextValues"] == ["aws:TokenIssueTime"]


def test_it_counts_the_boundary(ours: Account) -> None:
    name, arn = ours.role(trust({"AWS": ours.number}), allow("*"))
    document = policy(allow("s3:*"))
    limit = ours.iam.create_policy(PolicyName=fresh("limit"), PolicyDocument=document)["Policy"]["Arn"]
    ours.iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=limit)
    assert decisions(ours, arn, ["s3:GetObject", "iam:CreateUser"]) == {
        "s3:GetObject": "allowed",
        "iam:CreateUser": "implicitDeny",
    }


def test_it_agrees_with_the_real_call_of_a_user(staged: Staged, ours: Account) -> None:
    name, key = ours.user(allow("iam:ListUsers"))
    arn = ours.iam.get_user(UserName=name)["User"]["Arn"]
    assert decisions(ours, arn, ["iam:ListUsers", "iam:ListRoles"]) == {
        "iam:ListUsers": "allowed",
        "iam:ListRoles": "implicitDeny",
    }
    assert staged.client("iam", key).list_users()["Users"]
    assert refused(lambda: staged.client("iam", key).list_roles()) == "AccessDenied"


def test_an_unknown_principal_is_told_so(ours: Account) -> None:
    absent = f"arn:aws:iam::{ours.number}:role/absent"
    assert refused(lambda: decisions(ours, absent, ["s3:GetObject"])) == "NoSuchEntity"


def test_simulating_needs_its_own_permission(staged: Staged, ours: Account) -> None:
    _, key = ours.user()
    asked = {"PolicySourceArn": staged.serving_role_arn, "ActionNames": ["s3:GetObject"]}
    assert refused(lambda: staged.client("iam", key).simulate_principal_policy(**asked)) == "AccessDenied"
