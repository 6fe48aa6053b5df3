"""What each kind of policy adds to a decision: organisations, endpoints, sessions, keys, trusts; and what doubt."""

from dataclasses import replace
from typing import Any

import pytest
from tests.iam.asking import (
    ALL,
    ANYONE,
    AWAY,
    BUCKET,
    FEDERATED_CALLER,
    HOME,
    NOTHING,
    OBJECT,
    ROLE,
    ROOT_CALLER,
    SESSION,
    SESSION_CALLER,
    USER_CALLER,
    allow,
    deny,
    policy,
    read,
    to,
    trust,
)

from stanch.iam import Caller, Policy, Request, evaluate
from stanch.iam.organization import Named


def orgs_only(**more: Any) -> Policy:
    outside = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-ours"}}
    return policy(deny("*", Principal="*", Condition=outside, **more))


@pytest.mark.parametrize(
    "caller",
    [ANYONE, ROOT_CALLER, USER_CALLER, SESSION_CALLER, Caller("service", service="logging.s3.amazonaws.com")],
)
def test_semantic_16_a_resource_control_policy_denies_whoever_asks(caller: Caller) -> None:
    layers: dict[str, Any] = {"identity": [ALL], "resource_policy": policy(allow(Principal="*"))}
    assert read(caller, rcps=[[], [policy()]], **layers).allowed  # RCPFullAWSAccess is at every level
    refused = read(caller, rcps=[[], [orgs_only(Sid="ours")]], **layers)
    assert (refused.result, refused.blocked_by) == ("ExplicitlyDenied", ("rcp",))
    assert refused.because == ("resource control policy, Statement[0] (ours) denies s3:GetObject",)
    assert read(caller, rcps=[[orgs_only()]], context={"aws:PrincipalOrgID": ("o-ours",)}, **layers).allowed


def test_semantic_16_resource_control_policies_bind_only_the_services_that_heed_them() -> None:
    invoke = Request(USER_CALLER, "lambda:InvokeFunction", f"arn:aws:lambda:eu-central-1:{HOME}:function:f", HOME)
    send = Request(USER_CALLER, "sqs:SendMessage", f"arn:aws:sqs:eu-central-1:{HOME}:q", HOME)
    assert evaluate(invoke, identity=[ALL], rcps=[[orgs_only()]]).allowed
    assert evaluate(send, identity=[ALL], rcps=[[orgs_only()]]).blocked_by == ("rcp",)


def test_semantic_16_resource_control_policies_do_not_bind_service_linked_roles() -> None:
    linked = Caller("role-session", HOME, f"arn:aws:sts::{HOME}:assumed-role/AWSServiceRoleForX/s")
    assert read(linked, identity=[ALL], rcps=[[orgs_only()]], scps=[[]]).allowed


def test_semantic_16_no_resource_control_policy_keeps_a_grant_from_being_retired() -> None:
    key = f"arn:aws:kms:eu-central-1:{HOME}:key/1"
    mine = policy(allow(Action="kms:*", Principal={"AWS": f"arn:aws:iam::{HOME}:root"}))
    for action, allowed in (("kms:RetireGrant", True), ("kms:RevokeGrant", False)):
        request = Request(USER_CALLER, action, key, HOME)
        decision = evaluate(request, identity=[ALL], resource_policy=mine, rcps=[[orgs_only()]])
        assert decision.allowed is allowed


def test_semantic_16_no_resource_control_policy_keeps_a_service_from_its_service_linked_role() -> None:
    service = Caller("service", service="ecs.amazonaws.com")
    theirs = policy(allow(Action="sts:AssumeRole", Principal={"Service": "ecs.amazonaws.com"}))
    for path, allowed in (("aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", True), ("ecs", False)):
        request = Request(service, "sts:AssumeRole", f"arn:aws:iam::{HOME}:role/{path}", HOME)
        assert evaluate(request, resource_policy=theirs, rcps=[[orgs_only()]]).allowed is allowed


def test_an_endpoint_lets_through_only_what_its_policy_allows_to_the_caller() -> None:
    mine = policy(allow("s3:Get*", Principal=to(HOME)))
    assert read(USER_CALLER, identity=[ALL], vpce=mine).allowed
    assert read(USER_CALLER, identity=[ALL], vpce=policy(allow(Principal=to(AWAY)))).blocked_by == ("vpce",)
    assert read(USER_CALLER, identity=[ALL], vpce=policy(allow("sqs:*", Principal="*"))).blocked_by == ("vpce",)
    open_bucket = policy(allow(Principal="*"))
    assert read(ANYONE, resource_policy=open_bucket, vpce=mine).blocked_by == ("vpce",)
    fenced = policy(allow(Principal="*"), deny(Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}))
    plain_http = {"aws:SecureTransport": ("false",)}
    assert read(USER_CALLER, identity=[ALL], vpce=fenced, context=plain_http).result == "ExplicitlyDenied"


def test_a_federated_user_without_session_policy_has_only_what_is_granted_to_himself() -> None:
    assert read(FEDERATED_CALLER, identity=[ALL]).blocked_by == ("session",)
    assert read(FEDERATED_CALLER, identity=[ALL], session=ALL).allowed
    assert read(FEDERATED_CALLER, resource_policy=policy(allow(Principal=to(str(FEDERATED_CALLER.arn))))).allowed


def test_a_role_of_unknown_path_is_known_by_its_name() -> None:
    pathless = Caller("role-session", HOME, SESSION)
    assert read(pathless, resource_policy=policy(allow(Principal=to(ROLE)))).allowed
    assert not read(pathless, resource_policy=policy(allow(Principal=to(f"{ROLE}2")))).allowed
    assert not read(pathless, resource_policy=policy(allow(Principal=to(ROLE))), boundary=NOTHING).allowed


def test_semantic_13_a_key_used_through_a_service_is_granted_by_its_conditions() -> None:
    through = {"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com", "kms:CallerAccount": HOME}}
    key_policy = policy(allow("kms:Decrypt", Principal="*", Condition=through))
    context = {"kms:ViaService": ("s3.eu-central-1.amazonaws.com",), "kms:CallerAccount": (HOME,)}
    key = f"arn:aws:kms:eu-central-1:{HOME}:key/1234"
    assert evaluate(Request(USER_CALLER, "kms:Decrypt", key, HOME, context), resource_policy=key_policy).allowed
    assert not evaluate(Request(USER_CALLER, "kms:Decrypt", key, HOME), resource_policy=key_policy).allowed


def test_semantic_14_an_external_id_and_a_source_identity_are_conditions_of_the_trust() -> None:
    condition = {"StringEquals": {"sts:ExternalId": "42"}, "StringLike": {"sts:SourceIdentity": "*"}}
    away = f"arn:aws:iam::{AWAY}:role/x"
    for context, expected in (({"sts:ExternalId": ("42",), "sts:SourceIdentity": ("b",)}, True), ({}, False)):
        assume = Request(USER_CALLER, "sts:AssumeRole", away, AWAY, context)
        decision = evaluate(assume, identity=[ALL], resource_policy=trust(to(HOME), Condition=condition))
        assert decision.allowed is expected
    tag = Request(USER_CALLER, "sts:TagSession", away, AWAY)
    assert evaluate(tag, identity=[ALL], resource_policy=trust(to(HOME))).blocked_by == ("resource",)


def test_a_bucket_that_delegates_to_access_points_asks_only_whose_they_are() -> None:
    delegating = policy(
        allow("*", Principal="*", Condition={"StringEquals": {"s3:DataAccessPointAccount": HOME}}),
    )
    through = {"s3:DataAccessPointAccount": (HOME,)}
    assert read(USER_CALLER, resource_policy=delegating, context=through).allowed
    assert not read(USER_CALLER, resource_policy=delegating).allowed


def test_an_arn_with_too_few_parts_is_completed_with_stars() -> None:
    assert read(USER_CALLER, identity=[policy(allow("*", "arn:aws:s3"))]).allowed
    assert not read(USER_CALLER, identity=[policy(allow("*", "arn:aws:sqs"))]).allowed


def test_a_missing_fact_makes_the_answer_unknown_and_says_which() -> None:
    secure = policy(allow(Condition={"Bool": {"aws:SecureTransport": "true"}}))
    request = Request(USER_CALLER, "s3:GetObject", OBJECT, HOME, unknown=frozenset({"aws:SecureTransport"}))
    unknown = evaluate(request, identity=[secure])
    assert (unknown.result, unknown.blocked_by, unknown.hangs_on) == (
        "Unknown",
        ("identity",),
        ("aws:securetransport",),
    )
    assert evaluate(request, identity=[secure, ALL]).allowed
    assert evaluate(request, identity=[secure, policy(deny())]).result == "ExplicitlyDenied"
    assert evaluate(replace(request, unknown=frozenset({"*"})), identity=[secure]).result == "Unknown"
    assert evaluate(replace(request, unknown=frozenset({"aws:SourceIp"})), identity=[secure]).blocked_by == (
        "identity",
    )


def test_an_unknown_variable_matters_only_where_its_pattern_could_fit() -> None:
    def asked(pattern: str) -> str:
        request = Request(USER_CALLER, "s3:GetObject", OBJECT, HOME, unknown=frozenset({"aws:username"}))
        return evaluate(request, identity=[policy(allow("*", pattern))]).result

    assert asked(BUCKET + "/${aws:username}/*") == "Unknown"
    assert asked("arn:aws:s3:::other/${aws:username}/*") == "ImplicitlyDenied"


def test_a_layer_of_which_nothing_is_known_makes_the_answer_unknown_unless_another_settles_it() -> None:
    request = Request(USER_CALLER, "s3:GetObject", OBJECT, HOME)
    assert evaluate(request, identity=[ALL], unknown=["scp"]).hangs_on == ("scp",)
    assert evaluate(request, identity=[policy(deny())], unknown=["scp"]).result == "ExplicitlyDenied"
    assert evaluate(request, unknown=["identity"]).result == "Unknown"
    assert evaluate(replace(request, caller=ANYONE), identity=[ALL], unknown=["scp", "identity"]).blocked_by == (
        "resource",
    )


def test_says_the_name_of_the_policy_and_the_level_that_lacks_an_allow() -> None:
    named = [Named("ReadOnly", policy(allow("s3:*")))]
    refused = read(USER_CALLER, identity=named, scps=[[ALL], [Named("Fence", NOTHING)]])
    assert refused.because == (f"no service control policy at level 2 of 2 allows s3:GetObject on {OBJECT}",)
    assert read(USER_CALLER, identity=named).because == ("identity policy ReadOnly, Statement[0] allows s3:GetObject",)


def test_layers_in_the_way_come_in_a_fixed_order() -> None:
    everywhere = policy(deny(Principal="*"))
    fences: dict[str, Any] = dict.fromkeys(("boundary", "session", "vpce", "resource_policy"), everywhere)
    refused = read(USER_CALLER, identity=[everywhere], scps=[[everywhere]], rcps=[[everywhere]], **fences)
    assert refused.blocked_by == ("scp", "rcp", "pb", "identity", "resource", "session", "vpce")
