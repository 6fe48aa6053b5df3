"""Each semantic that decides a single request, by its number in the list of what toy evaluators get wrong."""

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
    ROOT,
    ROOT_CALLER,
    SESSION,
    SESSION_CALLER,
    USER,
    USER_CALLER,
    allow,
    deny,
    policy,
    read,
    to,
    trust,
)

from stanch.iam import Caller, Request, evaluate


def test_an_identity_policy_suffices_in_its_own_account() -> None:
    assert read(USER_CALLER, identity=[NOTHING, ALL]).allowed
    assert read(USER_CALLER, owner=None, identity=[ALL]).allowed


def test_nothing_is_allowed_unless_a_statement_says_so() -> None:
    refused = read(USER_CALLER, identity=[NOTHING])
    assert (refused.result, refused.blocked_by) == ("ImplicitlyDenied", ("identity",))
    assert refused.because == (f"no identity policy allows s3:GetObject on {OBJECT}",)


@pytest.mark.parametrize("layer", ["identity", "boundary", "session", "resource_policy", "scps"])
def test_a_deny_in_any_layer_wins_over_every_allow(layer: str) -> None:
    denial = policy(allow(), deny("s3:Get*", Principal="*", Sid="stop"))
    shapes: dict[str, Any] = {"identity": [denial], "scps": [[denial]]}
    layers: dict[str, Any] = {"identity": [ALL], layer: shapes.get(layer, denial)}
    refused = read(SESSION_CALLER, **layers)
    assert refused.result == "ExplicitlyDenied"
    assert refused.blocked_by == ({"boundary": "pb", "resource_policy": "resource", "scps": "scp"}.get(layer, layer),)
    assert "Statement[1] (stop) denies s3:GetObject" in refused.because[0]


def test_names_every_layer_in_the_way_of_a_denied_request() -> None:
    refused = read(USER_CALLER, boundary=policy(deny()), scps=[[NOTHING]])
    assert (refused.result, refused.blocked_by) == ("ExplicitlyDenied", ("scp", "pb", "identity"))
    assert len(refused.because) == 4


def test_not_action_and_not_resource_take_what_is_not_named() -> None:
    but_iam = policy({"Effect": "Allow", "NotAction": "iam:*", "NotResource": f"{BUCKET}/secret/*"})
    assert read(USER_CALLER, identity=[but_iam]).allowed
    assert not evaluate(Request(USER_CALLER, "IAM:GetUser", USER, HOME), identity=[but_iam]).allowed
    assert not evaluate(Request(USER_CALLER, "s3:GetObject", f"{BUCKET}/secret/x", HOME), identity=[but_iam]).allowed


def test_semantic_4_an_action_ignores_case_and_a_resource_does_not() -> None:
    assert read(USER_CALLER, identity=[policy(allow("S3:gEt*", OBJECT))]).allowed
    assert not read(USER_CALLER, identity=[policy(allow("s3:*", OBJECT.upper()))]).allowed


def test_semantic_5_a_star_in_a_resource_crosses_slashes_and_colons() -> None:
    assert read(USER_CALLER, identity=[policy(allow("s3:*", f"{BUCKET}/*"))]).allowed
    assert read(USER_CALLER, identity=[policy(allow("s3:*", "arn:*.safetensors"))]).allowed


def test_semantic_6_a_resource_whose_variable_has_no_value_is_no_resource() -> None:
    own = policy(allow("s3:*", BUCKET + "/${aws:username}/*"))
    assert read(USER_CALLER, identity=[own], context={"aws:username": ("a",)}).allowed
    assert not read(USER_CALLER, identity=[own]).allowed
    spared = policy(allow(), {"Effect": "Deny", "Action": "*", "NotResource": BUCKET + "/${aws:username}/*"})
    assert read(USER_CALLER, identity=[spared]).result == "ExplicitlyDenied"


def test_semantic_7_a_user_named_star_is_not_everyone() -> None:
    own = policy(allow("s3:*", BUCKET + "/${aws:username}/*"))
    assert not read(USER_CALLER, identity=[own], context={"aws:username": ("*",)}).allowed


@pytest.mark.parametrize("fence", ["boundary", "session"])
def test_semantic_8_a_grant_to_the_role_is_limited_by_boundary_and_session_policy(fence: str) -> None:
    grant = policy(allow(Principal=to(ROLE)))
    assert read(SESSION_CALLER, resource_policy=grant).allowed
    fenced: dict[str, Any] = {fence: NOTHING}
    refused = read(SESSION_CALLER, resource_policy=grant, **fenced)
    assert refused.blocked_by == ({"boundary": "pb", "session": "session"}[fence],)


def test_semantic_9_a_grant_to_the_session_is_limited_by_no_implicit_deny() -> None:
    grant = policy(allow(Principal=to(SESSION)))
    assert read(SESSION_CALLER, resource_policy=grant, identity=[NOTHING], boundary=NOTHING, session=NOTHING).allowed


def test_semantic_9_a_federated_user_is_a_session_of_his_user() -> None:
    himself = policy(allow(Principal=to(str(FEDERATED_CALLER.arn))))
    assert read(FEDERATED_CALLER, resource_policy=himself, session=NOTHING).allowed
    assert not read(FEDERATED_CALLER, resource_policy=policy(allow(Principal=to(USER))), session=NOTHING).allowed
    assert read(FEDERATED_CALLER, resource_policy=policy(allow(Principal=to(USER))), session=ALL).allowed


def test_semantic_10_a_grant_to_the_user_is_limited_by_no_implicit_deny() -> None:
    grant = policy(allow(Principal=to(USER)))
    assert read(USER_CALLER, resource_policy=grant, identity=[NOTHING], boundary=NOTHING).allowed


@pytest.mark.parametrize("named", [ROLE, SESSION, ROOT, HOME, "*"])
def test_semantic_11_across_accounts_both_policies_must_allow(named: str) -> None:
    grant = policy(allow(Principal=to(named)))
    assert read(SESSION_CALLER, AWAY, resource_policy=grant, identity=[ALL]).allowed
    assert read(SESSION_CALLER, AWAY, resource_policy=grant).blocked_by == ("identity",)
    assert read(SESSION_CALLER, AWAY, identity=[ALL]).blocked_by == ("resource",)


def test_semantic_11_across_accounts_every_fence_limits() -> None:
    grant = policy(allow(Principal=to(SESSION)))
    fenced = read(
        SESSION_CALLER, AWAY, resource_policy=grant, identity=[ALL], boundary=NOTHING, session=NOTHING, scps=[[NOTHING]]
    )
    assert fenced.blocked_by == ("scp", "pb", "session")


@pytest.mark.parametrize("named", [ROOT, HOME])
def test_semantic_12_a_grant_to_the_account_only_delegates(named: str) -> None:
    grant = policy(allow(Principal=to(named)))
    assert read(USER_CALLER, resource_policy=grant).blocked_by == ("identity",)
    assert read(USER_CALLER, resource_policy=grant, identity=[ALL]).allowed
    assert read(ROOT_CALLER, resource_policy=grant).allowed


def test_semantic_12_a_star_grants_directly_and_also_to_the_anonymous() -> None:
    grant = policy(allow(Principal="*"))
    assert read(USER_CALLER, resource_policy=grant, boundary=NOTHING).allowed
    assert read(ANYONE, resource_policy=grant).allowed
    assert read(ANYONE).blocked_by == ("resource",)
    assert not read(ANYONE, resource_policy=policy(allow(Principal=to(HOME)))).allowed


def test_semantic_13_a_key_heeds_identity_policies_only_if_its_policy_delegates() -> None:
    key = f"arn:aws:kms:eu-central-1:{HOME}:key/1234"
    decrypt = Request(USER_CALLER, "kms:Decrypt", key, HOME)
    assert evaluate(decrypt, identity=[ALL], resource_policy=policy(allow("kms:*", Principal=to(ROOT)))).allowed
    alone = evaluate(decrypt, identity=[ALL], resource_policy=policy(allow("kms:*", Principal=to(ROLE))))
    assert alone.blocked_by == ("resource",)
    assert evaluate(Request(USER_CALLER, "kms:ListKeys", "*", HOME), identity=[ALL]).allowed


def test_semantic_14_a_trust_that_names_the_caller_suffices_in_its_own_account() -> None:
    assume = Request(USER_CALLER, "sts:AssumeRole", ROLE, HOME)
    assert evaluate(assume, resource_policy=trust(to(USER))).allowed
    assert evaluate(assume, resource_policy=trust(to(ROOT))).blocked_by == ("identity",)
    assert evaluate(assume, resource_policy=trust(to(ROOT)), identity=[ALL]).allowed
    assert evaluate(assume, resource_policy=trust(to(AWAY)), identity=[ALL]).blocked_by == ("resource",)
    assert evaluate(assume, identity=[ALL]).blocked_by == ("resource",)


def test_semantic_14_a_trust_across_accounts_needs_the_identity_policy_too() -> None:
    assume = Request(USER_CALLER, "sts:AssumeRole", f"arn:aws:iam::{AWAY}:role/x", AWAY)
    assert evaluate(assume, resource_policy=trust(to(USER))).blocked_by == ("identity",)
    assert evaluate(assume, resource_policy=trust(to(USER)), identity=[ALL]).allowed


def test_semantic_14_no_root_user_assumes_a_role() -> None:
    assume = Request(ROOT_CALLER, "sts:AssumeRole", ROLE, HOME)
    assert not evaluate(assume, resource_policy=trust("*")).allowed


@pytest.mark.parametrize(
    ("listed", "spared"),
    [
        ((HOME, ROLE, SESSION), True),
        ((ROOT, ROLE, SESSION), True),
        ((HOME, ROLE), False),
        ((ROLE, SESSION), False),
        ((HOME,), False),
    ],
)
def test_semantic_15_not_principal_spares_only_who_is_listed_with_account_role_and_session(
    listed: tuple[str, ...], spared: bool
) -> None:
    fence = policy({"Effect": "Deny", "Action": "*", "Resource": "*", "NotPrincipal": to(*listed)})
    assert read(SESSION_CALLER, identity=[ALL], resource_policy=fence).allowed is spared
    bounded = read(SESSION_CALLER, identity=[ALL], resource_policy=fence, boundary=ALL)
    assert bounded.result == "ExplicitlyDenied"


def test_not_principal_with_allow_lets_in_everyone_else() -> None:
    open_to_most = policy({"Effect": "Allow", "Action": "*", "Resource": "*", "NotPrincipal": to(USER)})
    assert read(ANYONE, resource_policy=open_to_most).allowed
    assert not read(USER_CALLER, resource_policy=open_to_most).allowed


def test_semantic_16_every_level_of_scps_must_allow() -> None:
    assert read(USER_CALLER, identity=[ALL], scps=[[ALL], [NOTHING, ALL]]).allowed
    assert read(USER_CALLER, identity=[ALL], scps=[[ALL], [NOTHING]]).blocked_by == ("scp",)
    assert read(USER_CALLER, identity=[ALL], scps=[[ALL], []]).blocked_by == ("scp",)
    assert read(ROOT_CALLER, scps=[[NOTHING]]).blocked_by == ("scp",)


def test_semantic_16_scps_do_not_bind_services_nor_service_linked_roles() -> None:
    linked = Caller(
        "role-session", HOME, SESSION, role_arn=f"arn:aws:iam::{HOME}:role/aws-service-role/x.amazonaws.com/X"
    )
    assert read(linked, identity=[ALL], scps=[[policy(deny())]]).allowed
    service = Caller("service", service="logging.s3.amazonaws.com")
    grant = policy(allow(Principal={"Service": "logging.s3.amazonaws.com"}))
    assert read(service, resource_policy=grant, scps=[[policy(deny())]]).allowed


def test_semantic_20_a_principal_that_was_deleted_matches_nobody() -> None:
    assert not read(SESSION_CALLER, resource_policy=policy(allow(Principal=to("AROAEXAMPLEEXAMPLEEXA")))).allowed


def test_semantic_20_a_session_arn_drops_the_path_of_its_role() -> None:
    pathless = f"arn:aws:iam::{HOME}:role/serving"
    assert not read(SESSION_CALLER, resource_policy=policy(allow(Principal=to(pathless)))).allowed


def test_semantic_20_get_caller_identity_cannot_be_denied() -> None:
    request = Request(USER_CALLER, "sts:GetCallerIdentity", "*")
    assert evaluate(request, identity=[policy(deny())], scps=[[NOTHING]]).allowed


def test_semantic_20_a_bucket_statement_is_not_about_its_objects() -> None:
    assert not read(USER_CALLER, identity=[policy(allow("s3:*", BUCKET))]).allowed


def test_a_service_needs_the_resource_policy_and_only_that() -> None:
    service = Caller("service", service="cloudtrail.amazonaws.com")
    mine = allow(
        Principal={"Service": "cloudtrail.amazonaws.com"}, Condition={"StringEquals": {"aws:SourceAccount": HOME}}
    )
    assert read(service, resource_policy=policy(mine), context={"aws:SourceAccount": (HOME,)}).allowed
    assert not read(service, resource_policy=policy(mine), context={"aws:SourceAccount": (AWAY,)}).allowed
    assert not read(service, identity=[ALL]).allowed


def test_who_signs_in_through_a_provider_needs_its_name_in_the_trust() -> None:
    provider = f"arn:aws:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com"
    condition = {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}
    trusted = policy(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": provider},
            "Condition": condition,
        }
    )
    job = Caller("federated", HOME, provider)
    for subject, expected in (("repo:acme/x:ref:refs/heads/main", True), ("repo:evil/x", False)):
        context = {"token.actions.githubusercontent.com:sub": (subject,)}
        request = Request(job, "sts:AssumeRoleWithWebIdentity", ROLE, HOME, context)
        assert evaluate(request, resource_policy=trusted).allowed is expected
        assert not evaluate(request, resource_policy=trust(to(ROOT))).allowed


def test_root_may_do_what_it_likes_but_for_a_bucket_policy() -> None:
    closed = policy(deny(Principal="*"))
    assert read(ROOT_CALLER).allowed
    assert read(ROOT_CALLER, resource_policy=closed).result == "ExplicitlyDenied"
    assert evaluate(Request(ROOT_CALLER, "s3:DeleteBucketPolicy", BUCKET, HOME), resource_policy=closed).allowed


def test_an_account_is_known_by_its_partition_too() -> None:
    foreign = policy(allow(Principal=to(f"arn:aws-cn:iam::{HOME}:root")))
    assert read(USER_CALLER, AWAY, resource_policy=foreign, identity=[ALL]).blocked_by == ("resource",)


def test_a_revoked_session_is_refused_and_a_fresh_one_is_not() -> None:
    revoke = policy(deny(Condition={"DateLessThan": {"aws:TokenIssueTime": "2026-03-01T12:00:00Z"}}))
    old, fresh = {"aws:TokenIssueTime": ("2026-03-01T11:59:59Z",)}, {"aws:TokenIssueTime": ("2026-03-01T12:00:01Z",)}
    assert read(SESSION_CALLER, identity=[ALL, revoke], context=old).result == "ExplicitlyDenied"
    assert read(SESSION_CALLER, identity=[ALL, revoke], context=fresh).allowed
    assert read(USER_CALLER, identity=[ALL, revoke]).allowed


def test_deny_unless_our_address_fires_on_traffic_through_an_endpoint() -> None:
    fence = policy(deny(Principal="*", Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))
    through_endpoint = {"aws:SourceVpce": ("vpce-1",), "aws:VpcSourceIp": ("10.0.0.1",)}
    assert (
        read(USER_CALLER, identity=[ALL], resource_policy=fence, context=through_endpoint).result == "ExplicitlyDenied"
    )


def test_the_keys_of_a_request_ignore_case() -> None:
    mfa = policy(allow(Condition={"Bool": {"AWS:MultiFactorAuthPresent": "true"}}))
    assert read(USER_CALLER, identity=[mfa], context={"aws:multifactorauthpresent": ("true",)}).allowed


def test_a_key_given_as_a_bare_string_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="give a tuple"):
        Request(USER_CALLER, "s3:GetObject", OBJECT, HOME, {"aws:username": "bob"})  # type: ignore[dict-item]


def test_says_which_statement_allowed() -> None:
    allowed = read(USER_CALLER, identity=[policy(allow("sqs:*"), allow("s3:*", Sid="Read"))])
    assert allowed.because == ("identity policy 1, Statement[1] (Read) allows s3:GetObject",)
