import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.ground import Ground, Listening, allow_all, allowed, document, no_wait, survives_dying
from tests.recorded_aws import Recorded, RecordedAws

from stanch.catalog.actions.organizations import _policy
from stanch.catalog.actions.organizations import freeze_account as action
from stanch.contracts.action import Case, Needless, Refused
from stanch.contracts.aws import Aws, AwsAbsent, AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.estate import Perimeter, Response
from stanch.domain.step import Method, Step
from stanch.iam import Caller, Request, evaluate, parse

ID = "organizations/freeze_account"
MEMBER = "stanch-member"
PAGE = Path(action.__file__).with_suffix(".md")


def on_the_page() -> str:
    """The policy that the page tells an organisation to place."""
    found = re.search(r"```json\n(.+?)```", PAGE.read_text(), re.DOTALL)
    assert found
    return found.group(1)


def binding_all() -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]})


@pytest.fixture(scope="module")
def member(ground: Ground) -> str:
    """A member account of an organisation that account A manages; its id."""
    with suppress(AwsError):  # another test of this range may have made it
        ground.admin.call("organizations", "CreateOrganization", FeatureSet="ALL")
    asked = {"AccountName": "training", "Email": "training@example.com"}
    made = ground.admin.call("organizations", "CreateAccount", **asked)["CreateAccountStatus"]
    return str(made["AccountId"])


def placed(ground: Ground, content: str | None = None) -> str:
    """A service control policy that is placed and not attached; its name."""
    name = ground.name("quarantine")
    asked = {"Name": name, "Description": "placed beforehand", "Type": "SERVICE_CONTROL_POLICY"}
    ground.admin.call("organizations", "CreatePolicy", Content=content or on_the_page(), **asked)
    return name


def arn_of(ground: Ground, account: str) -> str:
    """An account as the incident may name it, before Organizations has told its own ARN."""
    return str(Arn("aws", "organizations", "", ground.account, f"account/o-unknown/{account}"))


def case(ground: Ground, policy: str | None) -> Case:
    return ground.case(response=Response(freeze_policy=policy, member_role=MEMBER))


def test_attaches_the_policy_that_was_placed_and_takes_it_off_again(ground: Ground, member: str) -> None:
    name = placed(ground)
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, member), aws, case(ground, name))
    assert step.resource.endswith(f"/{member}")
    assert "o-unknown" not in step.resource
    action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)
    targets = ground.admin.call("organizations", "ListTargetsForPolicy", PolicyId=step.settings["policy"])["Targets"]
    assert [target["TargetId"] for target in targets] == [member]
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before == {"attached": False}


def test_keeps_an_intruder_from_taking_the_quarantine_away(ground: Ground, member: str) -> None:
    root = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    intruder = ground.admin.assuming(root, "thief")
    trust = [{"Effect": "Allow", "Principal": {"AWS": ground.staged.responder_role_arn}, "Action": "sts:AssumeRole"}]
    intruder.call("iam", "CreateRole", RoleName=MEMBER, AssumeRolePolicyDocument=document(trust))
    everything = {"PolicyName": "work", "PolicyDocument": document(allow_all())}
    intruder.call("iam", "PutRolePolicy", RoleName=MEMBER, **everything)
    intruder.call("iam", "CreateUser", UserName="stolen")
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, member), aws, case(ground, placed(ground)))
    action.apply(aws, step, no_wait)
    within = aws.assuming(f"arn:aws:iam::{member}:role/{MEMBER}", "contain")
    denied = {"UserName": "stolen", "PolicyName": "stanch-deny-inc"}
    within.call("iam", "PutUserPolicy", PolicyDocument=document([{**allow_all()[0], "Effect": "Deny"}]), **denied)
    assert not allowed(intruder, "iam", "DeleteUserPolicy", **denied)
    assert not allowed(intruder, "iam", "CreateAccessKey", UserName="stolen")
    assert allowed(intruder, "s3", "ListBuckets"), "the work of the account goes on"
    action.undo(aws, step, no_wait)
    assert allowed(intruder, "iam", "DeleteUserPolicy", **denied)


def test_finds_the_policy_by_its_id_too(ground: Ground, member: str) -> None:
    first = ground.planned(ID, arn_of(ground, member), case=case(ground, placed(ground)))
    second = ground.planned(ID, arn_of(ground, member), case=case(ground, first.settings["policy"]))
    assert second.settings == first.settings


def test_has_nothing_to_do_without_a_policy_or_where_it_is_attached(ground: Ground, member: str) -> None:
    with pytest.raises(Needless, match="freeze_policy"):
        ground.planned(ID, arn_of(ground, member), case=case(ground, None))
    name = placed(ground)
    aws = ground.responder()
    action.apply(aws, ground.planned(ID, arn_of(ground, member), aws, case(ground, name)), no_wait)
    with pytest.raises(Needless, match="already"):
        ground.planned(ID, arn_of(ground, member), case=case(ground, name))


def test_says_that_organizations_is_not_at_hand(ground: Ground, member: str) -> None:
    aws = ground.responder()

    def denied(operation: str) -> None:
        if operation == "organizations:DescribeAccount":
            raise AwsDenied(operation, "AccessDeniedException", "not for you")

    aws.before_call = denied
    with pytest.raises(Refused, match=r"not at hand.*attach-policy --target-id"):
        ground.planned(ID, arn_of(ground, member), aws, case(ground, placed(ground)))
    alone = RecordedAws({"organizations:DescribeOrganization": lambda *_: {}})
    alone.failing["organizations:DescribeOrganization"] = [
        AwsError("organizations:DescribeOrganization", "AWSOrganizationsNotInUseException", "not a member")
    ]
    with pytest.raises(Needless, match="in no organisation"):
        Recorded(alone).planned(ID, arn_of(ground, member), case=case(ground, "quarantine"))


def test_asks_from_the_management_account_where_that_admits_the_member_role(ground: Ground, member: str) -> None:
    root = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    below = ground.admin.assuming(root, "responder")
    role = ground.name("stanch-above")
    trust = [{"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}]
    ground.admin.call("iam", "CreateRole", RoleName=role, AssumeRolePolicyDocument=document(trust))
    ground.admin.call("iam", "PutRolePolicy", RoleName=role, PolicyName="all", PolicyDocument=document(allow_all()))
    spared = on_the_page().replace(MEMBER, role)
    response = Response(freeze_policy=placed(ground, spared), member_role=role)
    asked: list[str] = []

    class Below(Listening):
        def assuming(self, role: str, session: str) -> Aws:
            asked.append(role)
            return super().assuming(role, session)

    inside = replace(ground.case(response=response), responder=ground.responder().caller)
    named = Arn.parse(arn_of(ground, member))
    assert action.plan(Below(below), named, inside).settings["account"] == member
    assert asked == [f"arn:aws:iam::{ground.account}:role/{role}"]
    outside = replace(inside, perimeter=Perimeter(accounts=(member,)))
    with suppress(Refused, AwsAbsent):
        action.plan(Below(below), named, outside)
    assert len(asked) == 1, "what is not ours is not entered"


def test_refuses_the_management_account(ground: Ground, member: str) -> None:
    with pytest.raises(Refused, match="no service control policy binds"):
        ground.planned(ID, arn_of(ground, ground.account), case=case(ground, placed(ground)))


def test_refuses_a_policy_that_nobody_placed(ground: Ground, member: str) -> None:
    with pytest.raises(Refused, match="place it first"):
        ground.planned(ID, arn_of(ground, member), case=case(ground, "no-such-policy"))


def test_refuses_a_policy_that_would_bind_the_responder(ground: Ground, member: str) -> None:
    with pytest.raises(Refused, match="would bind stanch itself") as refused:
        ground.planned(ID, arn_of(ground, member), case=case(ground, placed(ground, binding_all())))
    assert f"role/{MEMBER}" in str(refused.value)


def test_an_account_that_is_not_in_the_organisation_is_absent(ground: Ground, member: str) -> None:
    with pytest.raises(AwsAbsent):
        ground.planned(ID, arn_of(ground, "999988887777"), case=case(ground, placed(ground)))


def test_waits_while_the_organisation_is_busy_with_another_change(ground: Ground, member: str) -> None:
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, member), aws, case(ground, placed(ground)))
    refusals = iter(range(2))

    def busy(operation: str) -> None:
        if operation == "organizations:AttachPolicy" and next(refusals, None) is not None:
            raise AwsError(operation, "ConcurrentModificationException", "another change is going on")

    aws.before_call = busy
    action.apply(aws, step, no_wait)
    assert action.read(aws, step) == {"attached": True}


def test_says_so_when_the_account_has_as_many_policies_as_it_may(ground: Ground, member: str) -> None:
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, member), aws, case(ground, placed(ground)))

    def full(operation: str) -> None:
        if operation == "organizations:AttachPolicy":
            raise AwsError(operation, "ConstraintViolationException", "maximum number of policies attached")

    aws.before_call = full
    with pytest.raises(AwsError, match="ConstraintViolation"):
        action.apply(aws, step, no_wait)
    assert action.read(aws, step) == {"attached": False}


class Freezing:
    """The range with a policy placed for the account that is made ready next."""

    def __init__(self, range_: Ground, account: str) -> None:
        self._range, self._account = range_, account
        self._response = Response(member_role=MEMBER)

    def responder(self) -> Listening:
        return self._range.responder()

    def planned(self, action: str, resource: str, aws: Aws | None = None, case: Case | None = None) -> Step:
        return self._range.planned(action, resource, aws, case or self._range.case(response=self._response))

    def account(self) -> str:
        self._response = replace(self._response, freeze_policy=placed(self._range))
        return arn_of(self._range, self._account)


def _dying(ground: Freezing) -> int:
    return survives_dying(ground, ID, ground.account)


def test_survives_dying_between_any_two_changes(ground: Ground, member: str) -> None:
    assert _dying(Freezing(ground, member)) == 1


def may(principal: str, permission: str) -> bool:
    """Whether somebody with every right may do this in an account to which the page's policy is attached."""
    everything = parse({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    arn = f"arn:aws:iam::444455556666:{principal}"
    kind: Any = "user" if principal.startswith("user/") else "role-session"
    asked = Request(
        Caller(kind, "444455556666", arn, role_arn=arn if kind == "role-session" else None),
        permission,
        "arn:aws:iam::444455556666:role/app",
        "444455556666",
        {"aws:PrincipalArn": (arn,), "aws:PrincipalIsAWSService": ("false",)},
    )
    return evaluate(asked, identity=[everything], scps=[[everything, parse(on_the_page())]]).allowed


@pytest.mark.parametrize(
    "permission",
    [
        "iam:DeleteRolePolicy",
        "iam:DeleteUserPolicy",
        "iam:UpdateAssumeRolePolicy",
        "iam:CreateAccessKey",
        "iam:UpdateAccessKey",
        "iam:CreateUser",
        "iam:CreateRole",
        "iam:AttachRolePolicy",
        "iam:CreateOpenIDConnectProvider",
        "rolesanywhere:EnableTrustAnchor",
        "cloudtrail:StopLogging",
        "organizations:LeaveOrganization",
    ],
)
def test_the_policy_on_the_page_keeps_an_intruder_from_undoing_the_quarantine(permission: str) -> None:
    assert not may("user/thief", permission)
    assert not may("role/Admin", permission)
    assert may(f"role/{MEMBER}", permission) != permission.startswith(("cloudtrail:", "organizations:Leave"))


def test_the_policy_on_the_page_leaves_the_work_of_the_account_alone() -> None:
    for permission in ("s3:GetObject", "ec2:RunInstances", "iam:GetRole", "iam:PassRole"):
        assert may("role/training", permission)


def test_a_condition_that_nobody_can_decide_counts_against_the_policy() -> None:
    tagged = {"StringNotEquals": {"aws:PrincipalTag/team": "security"}}
    deny = {"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": tagged}
    policy = parse({"Version": "2012-10-17", "Statement": [deny]})
    responder = "arn:aws:sts::444455556666:assumed-role/stanch-member/contain"
    assert _policy.withheld(policy, responder, "eu-central-1")
    assert not _policy.withheld(parse(on_the_page()), responder, "eu-central-1")
