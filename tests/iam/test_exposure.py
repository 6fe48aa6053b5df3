"""Whom a policy lets in from outside, asked of every kind of outsider there is."""

from typing import Any

import pytest

from stanch.iam import Policy, parse
from stanch.iam.exposure import Exposure, Perimeter, of_policy, service_named

HOME, SISTER, AWAY, STRANGER = "111122223333", "222233334444", "444455556666", "777788889999"
BUCKET = "arn:aws:s3:::weights"
OURS = Perimeter(
    HOME,
    frozenset([SISTER]),
    frozenset(["o-ours"]),
    ("198.51.100.0/24",),
    frozenset(["vpc-0ours"]),
    frozenset(["vpce-0ours"]),
    frozenset(["c0ffee"]),
)
ISSUER = "token.actions.githubusercontent.com"
GITHUB = f"arn:aws:iam::{HOME}:oidc-provider/{ISSUER}"


def policy(*statements: dict[str, Any]) -> Policy:
    return parse({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal: Any, condition: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*", **more}
    return {**statement, "Condition": condition} if condition else statement


def deny(condition: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    more = {"Effect": "Deny", "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"], **more}
    return allow(more.pop("Principal", "*"), condition, **more)


def look(*statements: dict[str, Any], service: str = "sqs", perimeter: Perimeter = OURS) -> Exposure:
    return of_policy(policy(*statements), perimeter, service_named(service))


def everyone(operator: str, key: str, *values: str) -> dict[str, Any]:
    return allow("*", {operator: {key: list(values)}})


@pytest.mark.parametrize(
    ("principal", "public", "outside", "unplaced"),
    [
        ("*", True, (), ()),
        ({"AWS": "*"}, True, (), ()),
        ({"AWS": [HOME, "*"]}, True, (), ()),
        ({"AWS": HOME}, False, (), ()),
        ({"AWS": f"arn:aws:iam::{SISTER}:root"}, False, (), ()),
        ({"AWS": f"arn:aws-eusc:iam::{AWAY}:role/x"}, False, (AWAY,), ()),
        ({"AWS": f"arn:aws:sts::{AWAY}:assumed-role/x/y"}, False, (AWAY,), ()),
        ({"AWS": [HOME, AWAY, STRANGER]}, False, (AWAY, STRANGER), ()),
        ({"AWS": "AROAEXAMPLEEXAMPLEEXA"}, False, (), ()),
        ({"AWS": []}, False, (), ()),
        ({"AWS": "arn:aws:iam::cloudfront:user/OAI E1"}, False, (), ("arn:aws:iam::cloudfront:user/OAI E1",)),
        ({"CanonicalUser": "79a59d"}, False, ("79a59d",), ()),
        ({"CanonicalUser": "c0ffee"}, False, (), ()),
        ({"Service": "cloudtrail.amazonaws.com"}, False, ("service:cloudtrail.amazonaws.com",), ()),
        ({"Service": "*"}, True, ("service:*",), ()),
        ({"Federated": "*"}, True, ("federated:*",), ()),
    ],
)
def test_a_principal_is_placed(
    principal: Any, public: bool, outside: tuple[str, ...], unplaced: tuple[str, ...]
) -> None:
    found = look(allow(principal))
    assert (found.public, found.outside, found.unplaced) == (public, outside, unplaced)


@pytest.mark.parametrize(
    ("statement", "outside", "unplaced"),
    [
        (everyone("StringEquals", "aws:PrincipalOrgID", "o-ours"), (), ()),
        (everyone("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-ours/r-1/*"), (), ()),
        (everyone("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-theirs/r-1/*"), ("org:o-theirs",), ()),
        (everyone("StringEquals", "aws:PrincipalOrgID", "o-theirs"), ("org:o-theirs",), ()),
        (everyone("StringEquals", "AWS:principalaccount", HOME, SISTER), (), ()),
        (everyone("StringEquals", "aws:PrincipalAccount", HOME, AWAY), (AWAY,), ()),
        (everyone("StringEquals", "aws:PrincipalAccount", "nonsense"), (), ()),
        (everyone("ArnLike", "aws:PrincipalArn", f"arn:*:iam::{HOME}:role/*"), (), ()),
        (everyone("StringLike", "aws:PrincipalArn", f"arn:aws:iam::{AWAY}:role/x"), (AWAY,), ()),
        (everyone("StringEquals", "kms:CallerAccount", HOME), (), ()),
        (everyone("StringEquals", "kms:CallerAccount", AWAY), (AWAY,), ()),
        (everyone("StringEquals", "aws:SourceVpce", "vpce-0ours"), (), ()),
        (everyone("StringEquals", "aws:SourceVpce", "vpce-0whose"), (), ("vpce-0whose",)),
        (everyone("StringEquals", "aws:SourceVpce", "vpce-0ours", "vpce-0whose"), (), ("vpce-0whose",)),
        (everyone("StringEquals", "aws:SourceVpc", "vpc-0ours"), (), ()),
        (everyone("StringEquals", "aws:VpceOrgID", "o-ours"), (), ()),
        (everyone("ArnEquals", "aws:SourceArn", f"arn:aws:sns:eu-central-1:{HOME}:topic"), (), ()),
        (everyone("ArnLike", "aws:SourceArn", "arn:aws:s3:::whose"), (), ("arn:aws:s3:::whose",)),
        (everyone("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{AWAY}:*"), (AWAY,), ()),
        (everyone("StringEquals", "aws:SourceAccount", AWAY), (AWAY,), ()),
        (everyone("StringEquals", "AWS:SourceOwner", HOME), (), ()),
        (everyone("StringEquals", "AWS:SourceOwner", AWAY), (AWAY,), ()),
        (everyone("IpAddress", "aws:SourceIp", "198.51.100.0/25"), (), ()),
        (everyone("IpAddress", "aws:SourceIp", "10.0.0.0/8"), (), ()),
        (everyone("IpAddress", "aws:SourceIp", "203.0.113.7"), (), ("203.0.113.7",)),
        (everyone("StringLike", "aws:userid", "AROAEXAMPLEEXAMPLEEXA:*"), (), ("AROAEXAMPLEEXAMPLEEXA:*",)),
        (everyone("Bool", "aws:PrincipalIsAWSService", "true"), ("service:*",), ()),
        (everyone("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}"), (), ()),
        (everyone("StringEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}"), (), ()),
        (everyone("Bool", "elasticfilesystem:AccessedViaMountTarget", "true"), (), ()),
        (everyone("StringEquals", "events:creatorAccount", HOME), (), ()),
    ],
)
def test_a_condition_that_an_outsider_cannot_meet_narrows(
    statement: dict[str, Any], outside: tuple[str, ...], unplaced: tuple[str, ...]
) -> None:
    found = look(statement)
    assert (found.public, found.outside, found.unplaced) == (False, outside, unplaced)


PUBLIC = [
    everyone("StringLike", "aws:PrincipalOrgID", "*"),
    everyone("StringLike", "aws:PrincipalOrgID", "o-*"),
    everyone("StringEqualsIfExists", "aws:SourceVpc", "vpc-0ours"),
    everyone("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-ours"),
    everyone("StringNotEquals", "aws:PrincipalAccount", HOME),
    everyone("NotIpAddress", "aws:SourceIp", "198.51.100.0/24"),
    everyone("IpAddress", "aws:SourceIp", "0.0.0.0/1", "128.0.0.0/1"),
    everyone("IpAddress", "aws:SourceIp", "0.0.0.0/1"),
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
    everyone("Null", "aws:PrincipalOrgID", "true"),
    everyone("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"),
    everyone("NumericLessThan", "s3:max-keys", "10"),
    everyone("DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00Z"),
    {"Effect": "Allow", "NotPrincipal": {"AWS": AWAY}, "Action": "*", "Resource": "*"},
]


@pytest.mark.parametrize("statement", PUBLIC)
@pytest.mark.parametrize("service", ["s3", "sns"])
def test_a_condition_that_leaves_the_outsider_a_choice_is_public(statement: dict[str, Any], service: str) -> None:
    assert look(statement, service=service).public


@pytest.mark.parametrize(
    "statement",
    [
        everyone("IpAddress", "aws:SourceIp", "0.0.0.0/1", "128.0.0.0/1"),
        everyone("StringLike", "aws:PrincipalOrgID", "*"),
        everyone("StringEqualsIfExists", "aws:SourceVpc", "vpc-0ours"),
        everyone("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-ours"),
    ],
)
def test_the_four_that_a_known_library_calls_closed_are_open(statement: dict[str, Any]) -> None:
    assert look(statement, service="s3").public


def test_a_key_that_null_demands_makes_lenient_operators_bind() -> None:
    lenient = {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-ours"}, "Null": {"aws:principalorgid": "false"}}
    assert look(allow("*", lenient)) == Exposure()


def test_a_place_does_not_make_a_named_stranger_ours() -> None:
    assert look(allow({"AWS": AWAY}, {"StringEquals": {"aws:SourceVpce": "vpce-0ours"}})).outside == (AWAY,)
    assert look(allow({"AWS": AWAY}, {"StringEquals": {"aws:PrincipalAccount": HOME}})) == Exposure()
    assert look(allow({"AWS": AWAY}, {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}})) == Exposure()
    assert look(allow({"AWS": AWAY}, {"StringEquals": {"aws:PrincipalOrgID": "o-theirs"}})).outside == (AWAY,)


NOBODY: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("denials", "public", "outside"),
    [
        ([deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}})], False, NOBODY),
        (
            [
                deny(
                    {
                        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-ours"},
                        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                    }
                )
            ],
            False,
            NOBODY,
        ),
        (
            [
                deny(
                    {
                        "NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"},
                        "StringNotEquals": {"aws:SourceVpce": "vpce-0ours"},
                    }
                )
            ],
            False,
            NOBODY,
        ),
        ([deny({"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{AWAY}:role/x"}})], False, (AWAY,)),
        ([{k: v for k, v in deny(NotPrincipal={"AWS": [HOME]}).items() if k != "Principal"}], False, NOBODY),
        ([deny()], False, NOBODY),
        ([deny(Action="*", Resource="*")], False, NOBODY),
        ([deny(Action="s3:PutObject")], True, NOBODY),
        ([deny(Resource=BUCKET)], True, NOBODY),
        ([deny(Resource=f"{BUCKET}/?")], True, NOBODY),
        ([deny({"Bool": {"aws:SecureTransport": "false"}})], True, NOBODY),
        ([deny({"StringEquals": {"aws:PrincipalOrgID": "o-theirs"}})], True, NOBODY),
        ([deny({"ForAnyValue:StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}})], True, NOBODY),
        ([deny({"StringNotLike": {"aws:PrincipalOrgID": "*"}})], True, NOBODY),
        ([deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-ours", "aws:UserAgent": "x"}})], True, NOBODY),
        ([deny(Principal={"AWS": AWAY})], True, NOBODY),
        ([deny({"StringEquals": {"aws:PrincipalType": "Anonymous"}})], True, NOBODY),
        (
            [deny({"Null": {"aws:PrincipalAccount": "true"}}), deny({"Null": {"aws:PrincipalAccount": "false"}})],
            False,
            NOBODY,
        ),
        ([deny({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})], True, NOBODY),
        ([deny(Action=["s3:Get*"]), deny(Action=["s3:Put*"])], False, NOBODY),
        ([deny(Action=["s3:GetObject"], Resource=[f"{BUCKET}/a*"])], True, NOBODY),
        ([{**{k: v for k, v in deny().items() if k != "Action"}, "NotAction": "s3:PutObject"}], False, NOBODY),
        ([{**{k: v for k, v in deny().items() if k != "Action"}, "NotAction": "s3:Get*"}], True, NOBODY),
        ([{**{k: v for k, v in deny().items() if k != "Resource"}, "NotResource": f"{BUCKET}/open/*"}], True, NOBODY),
        (
            [
                {**{k: v for k, v in deny().items() if k != "Resource"}, "NotResource": f"{BUCKET}/open/*"},
                deny(Resource=f"{BUCKET}/open/*"),
            ],
            False,
            NOBODY,
        ),
        (
            [{**{k: v for k, v in deny().items() if k != "Resource"}, "NotResource": "arn:aws:s3:::other/*"}],
            False,
            NOBODY,
        ),
        ([deny({"StringNotEquals": {"aws:PrincipalOrgID": ["o-ours", "o-theirs"]}})], False, ("org:o-theirs",)),
        (
            [
                deny({"StringNotEquals": {"aws:PrincipalOrgID": ["o-ours", "o-theirs"]}}),
                deny({"StringNotEquals": {"aws:PrincipalAccount": [HOME]}}),
            ],
            False,
            NOBODY,
        ),
    ],
)
def test_a_deny_narrows_exactly_where_it_binds(
    denials: list[dict[str, Any]], public: bool, outside: tuple[str, ...]
) -> None:
    found = look(allow("*"), *denials)
    assert (found.public, found.outside) == (public, outside)


def test_a_deny_of_one_action_leaves_the_others() -> None:
    assert look(allow("*", Action=["s3:GetObject", "s3:PutObject"]), deny(Action="s3:GetObject")).public
    assert not look(
        allow("*", Action=["s3:GetObject"], Resource=[BUCKET, f"{BUCKET}/*"]), deny(Resource=f"{BUCKET}/*")
    ).public


def test_a_denial_takes_back_what_was_granted_by_name() -> None:
    role = f"arn:aws:iam::{AWAY}:role/x"
    assert look(allow({"AWS": role}), deny(Principal={"AWS": f"arn:aws:iam::{AWAY}:root"})) == Exposure()
    assert look(allow({"AWS": [role, STRANGER]}), deny(Principal={"AWS": role})).outside == (STRANGER,)
    assert look(allow({"AWS": AWAY}), deny(Principal={"AWS": role})).outside == (AWAY,)
    only = {k: v for k, v in deny(NotPrincipal={"AWS": [AWAY, role]}).items() if k != "Principal"}
    assert look(allow({"AWS": role}), only).outside == (AWAY,)


def test_whom_a_denial_of_all_others_exempts_gets_in_by_a_star() -> None:
    role = f"arn:aws:iam::{AWAY}:role/x"
    spares = {k: v for k, v in deny(NotPrincipal={"AWS": [HOME, AWAY, role]}).items() if k != "Principal"}
    assert look(allow("*"), spares).outside == (AWAY,)
    held = allow("*", {"StringEquals": {"aws:PrincipalAccount": HOME}})
    assert look(held, spares) == Exposure()
    half = {k: v for k, v in deny(NotPrincipal={"AWS": [role]}).items() if k != "Principal"}
    assert look(allow("*"), half) == Exposure()


def test_a_service_without_a_source_is_a_confused_deputy() -> None:
    service = {"Service": "sns.amazonaws.com"}
    assert look(allow(service)).outside == ("service:sns.amazonaws.com",)
    assert look(allow(service, {"StringEquals": {"aws:SourceAccount": HOME}})) == Exposure()
    assert look(allow(service, {"StringEquals": {"aws:SourceOrgID": "o-ours"}})) == Exposure()
    assert look(allow(service, {"StringEquals": {"aws:SourceAccount": AWAY}})).outside == (AWAY,)
    assert look(allow(service, {"StringEquals": {"aws:SourceOrgID": "o-theirs"}})).outside == ("org:o-theirs",)
    assert look(allow(service, {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:*:{AWAY}:*"}})).outside == (AWAY,)
    assert look(allow(service, {"StringLike": {"aws:SourceArn": "arn:aws:s3:::*"}})).outside == (
        "service:sns.amazonaws.com",
    )
    assert look(allow(service, {"StringEqualsIfExists": {"aws:SourceAccount": HOME}})).outside == (
        "service:sns.amazonaws.com",
    )
    refused = deny({"StringNotEquals": {"aws:SourceAccount": HOME}}, Action="*", Resource="*")
    assert look(allow(service), refused) == Exposure()


def test_a_workload_s_own_service_is_no_deputy_in_a_trust() -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    assert look(trust, service="iam") == Exposure()
    assert look({**trust, "Principal": {"Service": "config.amazonaws.com"}}, service="iam").outside == (
        "service:config.amazonaws.com",
    )


@pytest.mark.parametrize(
    ("operator", "claim", "value", "public"),
    [
        ("StringEquals", "sub", "repo:acme/models:ref:refs/heads/main", False),
        ("StringLike", "sub", "repo:acme/*", False),
        ("StringLike", "sub", "repo:*", True),
        ("StringLike", "sub", "repo:ac*", True),
        ("StringLike", "sub", "*", True),
        ("StringLike", "sub", "*:ref:refs/heads/main", True),
        ("StringEqualsIfExists", "sub", "repo:acme/models", True),
        ("ForAllValues:StringEquals", "sub", "repo:acme/models", True),
        ("ForAnyValue:StringEquals", "sub", "repo:acme/models", False),
        ("StringEquals", "aud", "sts.amazonaws.com", True),
        ("StringNotEquals", "sub", "repo:acme/models", True),
    ],
)
def test_an_oidc_trust_admits_anyone_unless_it_names_a_subject(
    operator: str, claim: str, value: str, public: bool
) -> None:
    statement = allow({"Federated": GITHUB}, {operator: {f"{ISSUER}:{claim}": value}})
    found = look({**statement, "Action": "sts:AssumeRoleWithWebIdentity"}, service="iam")
    assert (found.public, found.outside) == (public, (f"federated:{ISSUER}",) if public else ())


def test_an_issuer_of_one_customer_is_not_the_public() -> None:
    issuer = "oidc.eks.eu-central-1.amazonaws.com/id/ABC"
    found = look(allow({"Federated": f"arn:aws:iam::{HOME}:oidc-provider/{issuer}"}))
    assert (found.public, found.outside) == (False, (f"federated:{issuer}",))
    saml = f"arn:aws:iam::{HOME}:saml-provider/okta"
    assert look(allow({"Federated": saml})).outside == (f"federated:{saml}",)
    bound = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    assert look(allow({"Federated": saml}, bound)).outside == ()


def test_a_user_pool_is_named_by_its_audience() -> None:
    cognito = "cognito-identity.amazonaws.com"
    assert look(allow({"Federated": cognito})).public
    assert not look(allow({"Federated": cognito}, {"StringEquals": {f"{cognito}:aud": "eu-central-1:pool"}})).public


@pytest.mark.parametrize(
    ("operator", "value", "public"),
    [
        ("ForAnyValue:StringLike", "unauthenticated", True),
        ("ForAnyValue:StringLike", "*authenticated", True),
        ("ForAnyValue:StringEquals", "authenticated", False),
        ("ForAnyValue:StringNotEquals", "unauthenticated", False),
    ],
)
def test_a_pool_s_guests_are_anybody(operator: str, value: str, public: bool) -> None:
    cognito = "cognito-identity.amazonaws.com"
    pool = {"StringEquals": {f"{cognito}:aud": "eu-central-1:pool"}, operator: {f"{cognito}:amr": value}}
    assert look(allow({"Federated": cognito}, pool)).public is public


def test_statements_and_sentences_say_where() -> None:
    found = look(
        allow({"AWS": HOME}), allow({"AWS": AWAY}, Sid="Partner"), deny(Principal={"AWS": STRANGER}), allow("*")
    )
    assert found.statements == ("Statement[1] (Partner)", "Statement[3]")
    assert found.why == (
        f"Statement[1] (Partner) lets in account {AWAY}",
        "Statement[3] lets in anybody",
    )


def test_an_endpoint_s_policy_does_not_fix_the_resource() -> None:
    ours = everyone("StringEquals", "aws:ResourceAccount", HOME)
    assert look(ours, service="vpce").public
    assert look({**ours, "Condition": {"StringEquals": {"aws:ResourceAccount": AWAY}}}, service="s3") == Exposure()
