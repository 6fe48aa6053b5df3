import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.iam import Caller, Grantees, Policy, Request, admits, evaluate, is_public, parse

HOME, SISTER, AWAY, STRANGER = "111122223333", "222233334444", "444455556666", "777788889999"
OURS = {HOME, SISTER, "vpce-0ours", "vpc-0ours", "198.51.100.0/24"}
BUCKET = "arn:aws:s3:::weights"
GITHUB = f"arn:aws:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com"


def policy(*statements: dict[str, Any]) -> Policy:
    return parse({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal: Any, condition: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*", **more}
    return {**statement, "Condition": condition} if condition else statement


def deny(condition: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return allow(
        more.pop("Principal", "*"),
        condition,
        **{"Effect": "Deny", "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"], **more},
    )


def look(*statements: dict[str, Any], organizations: tuple[str, ...] = ("o-ours",)) -> Grantees:
    return admits(policy(*statements), inside=OURS.__contains__, owner=HOME, organizations=organizations)


def everyone(operator: str, key: str, *values: str) -> dict[str, Any]:
    return allow("*", {operator: {key: list(values)}})


@pytest.mark.parametrize(
    ("principal", "reach"),
    [
        ("*", "public"),
        ({"AWS": "*"}, "public"),
        ({"AWS": [HOME, "*"]}, "public"),
        ({"AWS": HOME}, "inside"),
        ({"AWS": f"arn:aws:iam::{SISTER}:root"}, "inside"),
        ({"AWS": f"arn:aws-eusc:iam::{AWAY}:role/x"}, "outside"),
        ({"AWS": f"arn:aws:sts::{AWAY}:assumed-role/x/y"}, "outside"),
        ({"AWS": [HOME, AWAY]}, "outside"),
        ({"AWS": "AROAEXAMPLEEXAMPLEEXA"}, "nobody"),
        ({"AWS": []}, "nobody"),
        ({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}, "unknown"),
        ({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}, "unknown"),
        ({"Service": "cloudtrail.amazonaws.com"}, "inside"),
        ({"Service": "*"}, "public"),
        ({"Federated": f"arn:aws:iam::{HOME}:saml-provider/okta"}, "unknown"),
        ({"Federated": GITHUB}, "public"),
        ({"Federated": "*"}, "public"),
    ],
)
def test_places_a_principal(principal: Any, reach: str) -> None:
    assert look(allow(principal)).reach == reach


@pytest.mark.parametrize(
    ("statement", "reach"),
    [
        (everyone("StringEquals", "aws:PrincipalOrgID", "o-ours"), "inside"),
        (everyone("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-ours/r-1/*"), "inside"),
        (everyone("StringEquals", "aws:PrincipalOrgID", "o-theirs"), "outside"),
        (everyone("StringEquals", "AWS:principalaccount", HOME, SISTER), "inside"),
        (everyone("StringEquals", "aws:PrincipalAccount", HOME, AWAY), "outside"),
        (everyone("StringEquals", "aws:PrincipalAccount", "nonsense"), "nobody"),
        (everyone("ArnLike", "aws:PrincipalArn", f"arn:*:iam::{HOME}:role/*"), "inside"),
        (everyone("StringLike", "aws:PrincipalArn", f"arn:aws:iam::{AWAY}:role/x"), "outside"),
        (everyone("StringEquals", "kms:CallerAccount", HOME), "inside"),
        (everyone("StringEquals", "aws:SourceVpce", "vpce-0ours"), "inside"),
        (everyone("StringEquals", "aws:SourceVpce", "vpce-0whose"), "unknown"),
        (everyone("StringEquals", "aws:SourceVpc", "vpc-0ours"), "inside"),
        (everyone("ArnEquals", "aws:SourceArn", f"arn:aws:sns:eu-central-1:{HOME}:topic"), "inside"),
        (everyone("ArnLike", "aws:SourceArn", "arn:aws:s3:::whose"), "unknown"),
        (everyone("StringEquals", "aws:SourceAccount", AWAY), "outside"),
        (everyone("IpAddress", "aws:SourceIp", "198.51.100.0/24"), "inside"),
        (everyone("IpAddress", "aws:SourceIp", "10.0.0.0/8"), "inside"),
        (everyone("IpAddress", "aws:SourceIp", "203.0.113.7"), "unknown"),
        (everyone("StringLike", "aws:userid", "AROAEXAMPLEEXAMPLEEXA:*"), "unknown"),
        (everyone("Bool", "aws:PrincipalIsAWSService", "true"), "inside"),
        (everyone("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}"), "inside"),
        (everyone("StringEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}"), "inside"),
    ],
)
def test_a_condition_that_an_outsider_cannot_meet_narrows(statement: dict[str, Any], reach: str) -> None:
    assert look(statement).reach == reach


@pytest.mark.parametrize(
    "statement",
    [
        everyone("StringLike", "aws:PrincipalOrgID", "*"),
        everyone("StringLike", "aws:PrincipalOrgID", "o-*"),
        everyone("StringEqualsIfExists", "aws:SourceVpc", "vpc-0ours"),
        everyone("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-ours"),
        everyone("StringNotEquals", "aws:PrincipalAccount", HOME),
        everyone("NotIpAddress", "aws:SourceIp", "198.51.100.0/24"),
        everyone("IpAddress", "aws:SourceIp", "0.0.0.0/1", "128.0.0.0/1"),
        everyone("IpAddress", "aws:SourceIp", *(f"{first}.0.0.0/8" for first in range(256))),
        everyone("IpAddress", "aws:SourceIp", "2000::/3"),
        everyone("IpAddress", "aws:SourceIp", "198.51.100.0/24", "0.0.0.0/0"),
        everyone("IpAddress", "aws:SourceIp", "everywhere"),
        everyone("StringLike", "aws:SourceVpce", "vpce-*"),
        everyone("StringEquals", "aws:PrincipalAccount", "${aws:PrincipalAccount}"),
        everyone("StringLike", "aws:SourceArn", f"arn:*:{HOME}:*"),
        everyone("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/admin"),
        everyone("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"),
        everyone("StringLike", "aws:userid", "*:session"),
        everyone("StringEquals", "aws:UserAgent", "secret"),
        everyone("StringEquals", "aws:Referer", "https://example.com/"),
        everyone("StringEquals", "aws:PrincipalTag/team", "ml"),
        everyone("StringEquals", "sts:ExternalId", "guess"),
        everyone("Bool", "aws:SecureTransport", "true"),
        everyone("Null", "aws:PrincipalOrgID", "false"),
        everyone("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"),
        {"Effect": "Allow", "NotPrincipal": {"AWS": AWAY}, "Action": "*", "Resource": "*"},
    ],
)
def test_semantic_17_a_condition_that_leaves_the_outsider_a_choice_is_public(statement: dict[str, Any]) -> None:
    assert look(statement).reach == "public"
    assert is_public(policy(statement))


def test_semantic_17_s3_counts_each_allow_alone_and_fixed_values_as_not_public() -> None:
    assert not is_public(policy(everyone("StringEquals", "aws:SourceVpc", "vpc-1"), deny()))
    assert not is_public(policy(allow({"AWS": AWAY})))
    assert is_public(policy(allow("*"), deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}})))
    assert not is_public(policy())
    assert is_public(policy(everyone("StringLike", "aws:userid", "AROAEXAMPLEEXAMPLEEXA:*")))
    assert is_public(policy(everyone("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{HOME}:role/*")))
    through = f"arn:aws:s3:us-west-2:{HOME}:accesspoint/*"
    assert not is_public(policy(everyone("StringLike", "s3:DataAccessPointArn", through)))


def test_a_key_that_null_demands_makes_lenient_operators_bind() -> None:
    lenient = {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-ours"}, "Null": {"aws:principalorgid": "false"}}
    assert look(allow("*", lenient)).reach == "inside"


def test_all_conditions_hold_together() -> None:
    both = {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}, "IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}
    assert look(allow("*", both)).reach == "inside"


def test_a_place_does_not_make_a_named_stranger_ours() -> None:
    assert look(allow({"AWS": AWAY}, {"StringEquals": {"aws:SourceVpce": "vpce-0ours"}})).reach == "outside"
    assert look(allow({"AWS": AWAY}, {"StringEquals": {"aws:PrincipalAccount": HOME}})).reach == "nobody"


def test_an_unknown_organisation_is_not_yet_a_foreign_one() -> None:
    assert look(everyone("StringEquals", "aws:PrincipalOrgID", "o-x"), organizations=()).reach == "unknown"


def test_names_the_strangers_and_the_statements_that_let_them_in() -> None:
    role = f"arn:aws:iam::{AWAY}:role/x"
    found = look(
        allow({"AWS": [HOME, role]}),
        allow({"AWS": HOME}),
        deny(Principal={"AWS": STRANGER}),
        allow("*"),
        allow({"CanonicalUser": "c"}),
    )
    assert (found.reach, found.outside, found.statements) == ("public", (role,), (0, 3))
    assert found.unplaced == ("c",)


def test_a_lone_statement_is_judged_alone() -> None:
    whole = policy(allow("*"), deny())
    assert admits(whole, inside=OURS.__contains__).reach == "nobody"
    assert admits(whole.statements[0], inside=OURS.__contains__).statements == (0,)
    assert admits(whole.statements[1], inside=OURS.__contains__).reach == "nobody"


@pytest.mark.parametrize(
    ("denial", "reach"),
    [
        (deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}}), "inside"),
        (
            deny(
                {
                    "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-ours"},
                    "Bool": {"aws:PrincipalIsAWSService": "false"},
                }
            ),
            "inside",
        ),
        (
            deny(
                {
                    "NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"},
                    "StringNotEquals": {"aws:SourceVpce": "vpce-0ours"},
                }
            ),
            "inside",
        ),
        (deny({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), "unknown"),
        (deny({"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{AWAY}:role/x"}}), "outside"),
        ({k: v for k, v in deny(NotPrincipal={"AWS": [HOME]}).items() if k != "Principal"}, "inside"),
        (deny(), "nobody"),
        (deny(Action="*", Resource="*"), "nobody"),
        (deny(Action="s3:PutObject"), "public"),
        (deny(Resource=BUCKET), "public"),
        (deny(Resource=f"{BUCKET}/?"), "public"),
        (deny({"Bool": {"aws:SecureTransport": "false"}}), "public"),
        (deny({"StringEquals": {"aws:PrincipalOrgID": "o-theirs"}}), "public"),
        (deny({"ForAnyValue:StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}}), "public"),
        (deny({"StringNotLike": {"aws:PrincipalOrgID": "*"}}), "public"),
        (deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-ours", "aws:UserAgent": "x"}}), "public"),
        (deny(Principal={"AWS": AWAY}), "public"),
    ],
)
def test_a_deny_that_covers_the_grant_narrows_it_and_any_other_does_not(denial: dict[str, Any], reach: str) -> None:
    assert look(allow("*"), denial).reach == reach


def test_an_unconditional_deny_takes_back_what_was_granted_by_name() -> None:
    role = f"arn:aws:iam::{AWAY}:role/x"
    assert look(allow({"AWS": role}), deny(Principal={"AWS": f"arn:aws:iam::{AWAY}:root"})).reach == "nobody"
    assert look(allow({"AWS": [role, STRANGER]}), deny(Principal={"AWS": role})).outside == (STRANGER,)
    assert look(allow({"AWS": AWAY}), deny(Principal={"AWS": role})).reach == "outside"


def test_semantic_19_a_service_without_a_source_is_a_confused_deputy() -> None:
    service = {"Service": "sns.amazonaws.com"}
    assert look(allow(service)).confused_deputies == ("sns.amazonaws.com",)
    bound = look(allow(service, {"StringEquals": {"aws:SourceAccount": HOME}}))
    assert (bound.reach, bound.confused_deputies) == ("inside", ())
    assert look(allow(service, {"StringEquals": {"aws:SourceAccount": AWAY}})).outside == (AWAY,)
    assert look(allow(service, {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:*:{AWAY}:*"}})).reach == "outside"


@pytest.mark.parametrize(
    ("operator", "claim", "value", "reach"),
    [
        ("StringEquals", "environment", "production", "public"),
        ("StringEquals", "ref", "refs/heads/main", "public"),
        ("StringLike", "job_workflow_ref", "acme/models/.github/workflows/deploy.yml@*", "unknown"),
        ("StringLike", "repository", "ac*", "public"),
        ("StringEquals", "sub", "repo:acme/models:ref:refs/heads/main", "unknown"),
        ("StringLike", "sub", "repo:acme/*", "unknown"),
        ("StringLike", "sub", "repo:*", "public"),
        ("StringLike", "sub", "repo:ac*", "public"),
        ("StringLike", "sub", "*", "public"),
        ("StringLike", "sub", "*:ref:refs/heads/main", "public"),
        ("StringEqualsIfExists", "sub", "repo:acme/models", "public"),
        ("ForAllValues:StringEquals", "sub", "repo:acme/models", "public"),
        ("ForAnyValue:StringEquals", "sub", "repo:acme/models", "unknown"),
        ("StringEquals", "aud", "sts.amazonaws.com", "public"),
        ("StringNotEquals", "sub", "repo:acme/models", "public"),
    ],
)
def test_semantic_19_an_oidc_trust_admits_anyone_unless_it_names_a_subject(
    operator: str, claim: str, value: str, reach: str
) -> None:
    condition = {operator: {f"token.actions.githubusercontent.com:{claim}": value}}
    assert look(allow({"Federated": GITHUB}, condition)).reach == reach


def test_semantic_19_the_subject_of_another_issuer_does_not_count() -> None:
    assert look(allow({"Federated": GITHUB}, {"StringEquals": {"gitlab.com:sub": "x"}})).reach == "public"


def test_a_cluster_is_an_issuer_of_its_own_and_a_user_pool_is_named_by_its_audience() -> None:
    eks = f"arn:aws:iam::{HOME}:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC"
    assert look(allow({"Federated": eks})).reach == "unknown"
    cognito = "cognito-identity.amazonaws.com"
    assert look(allow({"Federated": cognito})).reach == "public"
    assert (
        look(allow({"Federated": cognito}, {"StringEquals": {f"{cognito}:aud": "eu-central-1:pool"}})).reach
        == "unknown"
    )


def test_a_hostile_document_is_judged_in_bounded_time() -> None:
    wide: dict[str, Any] = {"Action": ["s3:" + "*" * 9 + f"{n}" for n in range(3_000)] + ["s3:*"], "Resource": "*"}
    many: dict[str, Any] = {"Action": [f"s3:GetObject{n}" for n in range(3_000)], "Resource": "*"}
    pairs = [allow({"AWS": AWAY}, Resource=f"{BUCKET}/{n}") for n in range(500)]
    pairs += [deny(Principal={"AWS": STRANGER}, Resource=f"{BUCKET}/x{n}") for n in range(500)]
    started = time.process_time()
    assert look(allow("*", **many), deny(**wide)).reach == "public"
    assert look(*pairs).reach == "outside"
    assert time.process_time() - started < 5


KEYS = {
    "aws:PrincipalAccount": [HOME, AWAY, "1111*", "*"],
    "aws:PrincipalOrgID": ["o-ours", "o-theirs", "o-*"],
    "aws:PrincipalArn": [f"arn:aws:iam::{AWAY}:user/u", f"arn:aws:iam::{HOME}:*", "arn:aws:iam::*:user/u", "*"],
    "aws:SourceVpce": ["vpce-0ours", "vpce-*"],
    "aws:UserAgent": ["curl", "*"],
}
OPERATORS = ["StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "ArnLike", "ArnNotLike"]


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for key in draw(st.lists(st.sampled_from(sorted(KEYS)), max_size=2, unique=True)):
        quantifier = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]))
        operator = quantifier + draw(st.sampled_from(OPERATORS)) + draw(st.sampled_from(["", "", "IfExists"]))
        found.setdefault(operator, {})[key] = draw(st.lists(st.sampled_from(KEYS[key]), min_size=1, max_size=2))
    if draw(st.booleans()):
        found["Null"] = {draw(st.sampled_from(sorted(KEYS))): draw(st.sampled_from(["true", "false"]))}
    return found


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    statement = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        draw(st.sampled_from(["Principal"] * 4 + ["NotPrincipal"])): {
            "AWS": draw(
                st.lists(st.sampled_from(["*", HOME, AWAY, f"arn:aws:iam::{AWAY}:user/u"]), min_size=1, max_size=2)
            )
        },
        "Action": draw(st.sampled_from(["*", "s3:*", "s3:GetObject", "s3:Get?bject"])),
        "Resource": draw(st.sampled_from(["*", f"{BUCKET}/*", f"{BUCKET}/k"])),
    }
    condition = draw(conditions())
    return {**statement, "Condition": condition} if condition else statement


def caller_and_context(account: str | None) -> tuple[Caller, dict[str, tuple[str, ...]]]:
    if account is None:
        return Caller("anonymous"), {"aws:UserAgent": ("curl",)}
    arn = f"arn:aws:iam::{account}:user/u"
    context: dict[str, tuple[str, ...]] = {
        "aws:PrincipalAccount": (account,),
        "aws:PrincipalArn": (arn,),
        "aws:PrincipalOrgID": ("o-theirs",),
        "aws:UserAgent": ("curl",),
    }
    return Caller("user", account, arn), context


@settings(max_examples=250, deadline=None)
@given(st.lists(statements(), min_size=1, max_size=3), st.sampled_from([None, AWAY, STRANGER]))
def test_whoever_is_let_in_was_announced(listed: list[dict[str, Any]], account: str | None) -> None:
    given_policy = policy(*listed)
    caller, context = caller_and_context(account)
    request = Request(caller, "s3:GetObject", f"{BUCKET}/k", HOME, context)
    decision = evaluate(
        request, identity=[policy({"Effect": "Allow", "Action": "*", "Resource": "*"})], resource_policy=given_policy
    )
    if decision.allowed:
        announced = look(*listed)
        assert announced.reach in ("public", "outside")
        assert announced.statements
        if account is None:
            assert announced.reach == "public"
