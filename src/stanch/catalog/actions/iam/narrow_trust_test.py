import json
from typing import Any

import pytest
from tests.ground import Ground, allowed, document, no_wait, survives_dying

from stanch.catalog.actions.iam import narrow_trust as action
from stanch.catalog.actions.iam import revoke_sessions
from stanch.contracts.action import Needless, Overtaken, Refused
from stanch.contracts.aws import AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.estate import Perimeter
from stanch.domain.step import Method, Step

ID = "iam/narrow_trust"
GITHUB = "token.actions.githubusercontent.com"


def admit(principal: Any, sid: str = "Way", **more: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}


def root_of(ground: Ground, account: str) -> str:
    return ground.arn("iam", "root").replace(ground.account, account)


def strangers_root(ground: Ground) -> str:
    return root_of(ground, ground.outside_account)


def role_trusting(ground: Ground, *statements: dict[str, Any]) -> str:
    arn = ground.role()
    ground.admin.call(
        "iam", "UpdateAssumeRolePolicy", RoleName=Arn.parse(arn).name, PolicyDocument=document(statements)
    )
    return arn


def trust_of(ground: Ground, arn: str) -> Any:
    return ground.admin.call("iam", "GetRole", RoleName=Arn.parse(arn).name)["Role"]["AssumeRolePolicyDocument"]


def opens(aws: Any, arn: str) -> bool:
    return allowed(aws, "sts", "AssumeRole", RoleArn=arn, RoleSessionName="somebody")


def narrowed(ground: Ground, arn: str, **case: Any) -> Step:
    aws = ground.responder()
    step = ground.planned(ID, arn, aws, ground.case(**case))
    action.apply(aws, step, no_wait)
    return step


def test_refuses_the_outside_account_that_could_open_sessions_before(ground: Ground) -> None:
    role = ground.role(trusted=[strangers_root(ground)])
    assert opens(ground.outsider, role)
    aws = ground.responder()
    step = ground.planned(ID, role, aws)
    action.apply(aws, step, no_wait)
    assert not opens(ground.outsider, role)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)
    action.undo(aws, step, no_wait)
    assert opens(ground.outsider, role)


def test_ends_no_session_that_is_open_and_says_so(ground: Ground) -> None:
    role = ground.role(trusted=[strangers_root(ground)])
    stolen = ground.outsider.assuming(role, "thief")
    step = narrowed(ground, role)
    assert allowed(stolen, "s3", "ListBuckets")
    assert "NOT cut: sessions that are open already (iam/revoke_sessions)" in step.breaks


def test_refuses_everybody_where_the_trust_named_nobody_in_particular(ground: Ground) -> None:
    role = role_trusting(ground, admit("*", Condition={"StringEquals": {"sts:ExternalId": "guess-me"}}))
    asked = {"RoleArn": role, "RoleSessionName": "somebody", "ExternalId": "guess-me"}
    assert allowed(ground.outsider, "sts", "AssumeRole", **asked)
    narrowed(ground, role)
    assert not allowed(ground.outsider, "sts", "AssumeRole", **asked)


def test_leaves_our_own_people_and_services_as_they_were(ground: Ground) -> None:
    ours = admit({"AWS": ground.admin.caller}, "Ours")
    service = admit({"Service": "ec2.amazonaws.com"}, "Host")
    role = role_trusting(ground, ours, admit({"AWS": strangers_root(ground)}, "Backdoor"), service)
    step = narrowed(ground, role)
    assert trust_of(ground, role)["Statement"] == [ours, service]
    assert opens(ground.admin, role)
    (call,) = step.calls
    assert call.startswith(f"iam:UpdateAssumeRolePolicy on {Arn.parse(role).name}: take out statement 'Backdoor'")
    assert call.endswith(f"it lets in {strangers_root(ground)}")


def test_keeps_those_of_a_statement_who_are_ours(ground: Ground) -> None:
    role = role_trusting(ground, admit({"AWS": [ground.admin.caller, strangers_root(ground)]}))
    narrowed(ground, role)
    assert trust_of(ground, role)["Statement"][0]["Principal"] == {"AWS": [ground.admin.caller]}
    assert opens(ground.admin, role)


def test_keeps_other_accounts_of_the_perimeter_and_our_organisation(ground: Ground) -> None:
    org = admit("*", "Org", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-acme123456"}})
    role = role_trusting(ground, admit({"AWS": strangers_root(ground)}), org)
    ours = Perimeter(accounts=(ground.account, ground.outside_account), organizations=("o-acme123456",))
    with pytest.raises(Needless, match="admits nobody outside"):
        ground.planned(ID, role, case=ground.case(perimeter=ours))


def test_keeps_a_statement_that_a_deny_beside_it_makes_harmless(ground: Ground) -> None:
    fence = {**admit("*", "Fence"), "Effect": "Deny"}
    fence["Condition"] = {"StringNotEquals": {"aws:PrincipalAccount": ground.account}}
    role = role_trusting(ground, admit("*", "All"), fence)
    assert not opens(ground.outsider, role)
    with pytest.raises(Needless):
        ground.planned(ID, role)


def test_takes_out_a_provider_that_signs_in_anybody_and_tells_of_one_that_names_its_subject(ground: Ground) -> None:
    provider = ground.arn("iam", f"oidc-provider/{GITHUB}")
    web = {"Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    anybody = {**admit({}, "Open"), **web, "Condition": {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}}
    pinned = {**admit({}, "Pinned"), **web}
    pinned["Condition"] = {"StringEquals": {f"{GITHUB}:sub": "repo:acme/train:ref:refs/heads/main"}}
    role = role_trusting(ground, anybody, pinned)
    step = narrowed(ground, role)
    assert trust_of(ground, role)["Statement"] == [pinned]
    assert f"NOT cut: {provider}, for nobody said who that is" in step.breaks


def test_leaves_a_deny_with_its_own_mark_when_nobody_of_ours_was_trusted(ground: Ground) -> None:
    role = role_trusting(ground, admit({"AWS": strangers_root(ground)}))
    narrowed(ground, role)
    (only,) = trust_of(ground, role)["Statement"]
    assert (only["Sid"], only["Effect"]) == ("StanchNobodyinc20261122ab12", "Deny")


def test_leaves_out_deleted_principals_that_aws_would_refuse_to_store(ground: Ground) -> None:
    dead = "AROACKCEVSQ6C2EXAMPLE"
    backdoor = admit({"AWS": strangers_root(ground)}, "Backdoor")
    role = role_trusting(ground, admit({"AWS": [dead, ground.admin.caller]}), backdoor)
    aws = ground.responder()
    step = ground.planned(ID, role, aws)
    action.apply(aws, step, no_wait)
    assert dead not in json.dumps(trust_of(ground, role))
    assert any(dead in line and "undo included" in line for line in step.breaks)
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before


def test_restores_the_trust_as_it_was_written(ground: Ground) -> None:
    odd = {"Statement": [admit({"AWS": [strangers_root(ground), ground.admin.caller]})], "Version": "2012-10-17"}
    role = ground.role()
    name = Arn.parse(role).name
    ground.admin.call("iam", "UpdateAssumeRolePolicy", RoleName=name, PolicyDocument=json.dumps(odd))
    aws = ground.responder()
    step = ground.planned(ID, role, aws)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    assert json.dumps(trust_of(ground, role)) == json.dumps(odd)


def test_lets_the_revocation_of_the_same_role_hold(ground: Ground) -> None:
    role = ground.role(trusted=[strangers_root(ground)])
    narrowed(ground, role)
    aws = ground.responder()
    step = ground.planned("iam/revoke_sessions", role, aws)
    assert not any("NOT cut" in line for line in step.breaks)
    proof = revoke_sessions.verify(aws, step, no_wait, revoke_sessions.apply(aws, step, no_wait))
    assert proof.holds


def test_waits_before_a_revocation_until_sts_has_heard_of_it(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, ground.role(trusted=[strangers_root(ground)]), aws)
    waited: list[float] = []
    action.apply(aws, step, waited.append)
    assert action.LAG_SECONDS in waited


def test_does_not_hold_once_the_stranger_is_let_in_again(ground: Ground) -> None:
    role = ground.role(trusted=[strangers_root(ground)])
    step = narrowed(ground, role)
    again = document([admit({"AWS": strangers_root(ground)})])
    ground.admin.call("iam", "UpdateAssumeRolePolicy", RoleName=Arn.parse(role).name, PolicyDocument=again)
    proof = action.verify(ground.responder(), step, no_wait, None)
    assert not proof.holds
    assert ground.outside_account in proof.what[0]


def test_overwrites_nothing_that_somebody_changed_after_the_plan(ground: Ground) -> None:
    role = ground.role(trusted=[strangers_root(ground)])
    aws = ground.responder()
    step = ground.planned(ID, role, aws)
    theirs = [admit({"AWS": ground.admin.caller}, "Theirs")]
    ground.admin.call("iam", "UpdateAssumeRolePolicy", RoleName=Arn.parse(role).name, PolicyDocument=document(theirs))
    with pytest.raises(Overtaken):
        action.apply(aws, step, no_wait)
    assert trust_of(ground, role)["Statement"] == theirs


@pytest.mark.parametrize("refused", ["iam:GetRole", "iam:UpdateAssumeRolePolicy"])
def test_leaves_the_trust_alone_where_a_call_is_denied(ground: Ground, refused: str) -> None:
    role = ground.role(trusted=[strangers_root(ground)])
    aws = ground.responder()
    step = ground.planned(ID, role, aws)

    def denied(operation: str) -> None:
        if operation == refused:
            raise AwsDenied(operation, "AccessDenied", "not for you")

    aws.before_call = denied
    with pytest.raises(AwsError):
        action.apply(aws, step, no_wait)
    assert opens(ground.outsider, role)
    aws.before_call = lambda _: None
    assert action.read(aws, step) == step.before


def test_refuses_the_role_it_acts_as_however_its_path_is_spelled(ground: Ground) -> None:
    own = ground.role(path="/security/", trusted=[strangers_root(ground)])
    session = ground.arn("sts", f"assumed-role/{Arn.parse(own).name}/stanch")
    with pytest.raises(Refused, match="the role stanch acts as"):
        ground.planned(ID, own, case=ground.case(responder=session))


def test_refuses_a_role_of_another_account_that_has_the_same_name(ground: Ground) -> None:
    role = ground.role(trusted=[strangers_root(ground)])
    with pytest.raises(Refused, match="not in reach"):
        ground.planned(ID, role.replace(ground.account, ground.outside_account))


def test_refuses_roles_that_aws_does_not_let_anyone_edit(ground: Ground) -> None:
    linked = ground.role(path="/aws-service-role/ecs.amazonaws.com/", trusted=[strangers_root(ground)])
    with pytest.raises(Refused, match="stop what uses it in the service"):
        ground.planned(ID, linked)


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: ground.role(trusted=[strangers_root(ground)])) == 1
