"""Edges of the checks of trusts: everybody, providers, users by name, certificates, forgotten roles."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import ASSET, EVERYTHING, READS, STRANGER, bucket, document, odd, role, thing, trusting

from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

ROLE = f"arn:aws:iam::{ACCOUNT}:role/x"
IN_ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}
ORG = '[perimeter]\norganizations = ["o-abcdefghij"]\n'
CHECKS = ("anybody", "provider_without_subject", "names_user", "certificate_wide", "forgotten_role", "compute_admin")


@pytest.mark.parametrize(
    ("trust", "ruling"),
    [
        (trusting("*"), Ruling.FAIL),
        (trusting({"AWS": "*"}), Ruling.FAIL),
        (trusting({"AWS": "*"}, IN_ORG), Ruling.PASS),
        (trusting({"AWS": "*"}, {"StringLike": {"aws:UserAgent": "aws-cli*"}}), Ruling.FAIL),
        (trusting({"AWS": "*"}, {"StringEquals": {"aws:SourceVpce": "vpce-0a"}}), Ruling.UNKNOWN),
        (trusting({"AWS": STRANGER}), Ruling.PASS),
        (document({"Effect": "Allow", "NotPrincipal": {"AWS": STRANGER}, "Action": "sts:AssumeRole"}), Ruling.FAIL),
        (document({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}), Ruling.PASS),
        ({"$unseen": "iam:GetRole: AccessDenied"}, Ruling.UNKNOWN),
    ],
)
def test_a_star_is_everybody_unless_a_condition_holds_it(trust: Any, ruling: Ruling) -> None:
    assert rulings("trust/anybody", posture([role("x", trust)], ORG)) == {ROLE: ruling}


def test_an_open_administrator_endangers_every_asset_of_its_account() -> None:
    lines = [bucket(), role("x", trusting({"AWS": "*"}), EVERYTHING)]
    (verdict,) = verdicts("trust/anybody", posture(lines, ASSET))
    assert (verdict.severity, [asset.name for asset in verdict.assets]) == (Severity.CRITICAL, ["model"])
    assert verdict.way[-1] == "is administrator of the account"


def provider(issuer: str, conditions: Any = None) -> Any:
    """A trust in an OIDC issuer."""
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"
    return trusting({"Federated": arn}, conditions, "sts:AssumeRoleWithWebIdentity")


HUB, CLUSTER = "token.actions.githubusercontent.com", "oidc.eks.eu-central-1.amazonaws.com/id/0A1B"


@pytest.mark.parametrize(
    ("trust", "ruling"),
    [
        (provider(HUB), Ruling.FAIL),
        (provider(HUB, {"StringEquals": {f"{HUB}:aud": "sts.amazonaws.com"}}), Ruling.FAIL),
        (provider(HUB, {"StringLike": {f"{HUB}:sub": "repo:*"}}), Ruling.FAIL),
        (provider(HUB, {"StringLike": {f"{HUB}:sub": "repo:acme/*"}}), Ruling.PASS),
        (provider("gitlab.com", {"StringEquals": {"gitlab.com:aud": "https://gitlab.com"}}), Ruling.FAIL),
        (provider(CLUSTER, {"StringEquals": {f"{CLUSTER}:aud": "sts.amazonaws.com"}}), Ruling.FAIL),
        (provider(CLUSTER, {"StringEquals": {f"{CLUSTER}:sub": "system:serviceaccount:llm:vllm"}}), Ruling.PASS),
        (provider(CLUSTER, {"StringLike": {f"{CLUSTER}:sub": "system:serviceaccount:llm:*"}}), Ruling.PASS),
        (provider(CLUSTER, {"StringLike": {f"{CLUSTER}:sub": "system:serviceaccount:*:*"}}), Ruling.FAIL),
        (provider(HUB, {"StringEquals": {f"{HUB}:environment": "production"}}), Ruling.FAIL),
        (provider(HUB, {"StringLike": {f"{HUB}:job_workflow_ref": "acme/x/.github/workflows/a.yml@*"}}), Ruling.PASS),
    ],
)
def test_a_provider_must_be_told_which_of_its_users_are_meant(trust: Any, ruling: Ruling) -> None:
    assert rulings("trust/provider_without_subject", posture([role("x", trust)])) == {ROLE: ruling}


def test_a_provider_of_all_the_world_is_worse_than_the_own_cluster() -> None:
    lines = [[bucket(), role("x", provider(one), READS)] for one in (HUB, CLUSTER)]
    world, cluster = (verdicts("trust/provider_without_subject", posture(one, ASSET))[0] for one in lines)
    assert (world.severity, cluster.severity) == (Severity.CRITICAL, Severity.HIGH)


def test_a_directory_is_held_to_its_audience() -> None:
    saml = {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"}
    held = trusting(
        saml, {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}, "sts:AssumeRoleWithSAML"
    )
    assert rulings("trust/provider_without_subject", posture([role("x", held)])) == {ROLE: Ruling.PASS}
    (verdict,) = verdicts(
        "trust/provider_without_subject", posture([role("x", trusting(saml, None, "sts:AssumeRoleWithSAML"))])
    )
    assert verdict.ruling is Ruling.FAIL
    assert "sts:AssumeRoleWithSAML" in verdict.way


USER = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/old-laptop"}


@pytest.mark.parametrize(
    ("line", "ruling"),
    [
        (role("x", trusting(USER), READS), Ruling.FAIL),
        (role("x", trusting({"AWS": f"arn:aws:iam::{STRANGER}:user/mine"}), EVERYTHING), Ruling.FAIL),
        (role("x", trusting(USER)), Ruling.PASS),
        (role("x", trusting(USER, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}), READS), Ruling.PASS),
        (role("x", trusting(USER, {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}), READS), Ruling.PASS),
        (role("x", trusting(USER, {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}), READS), Ruling.FAIL),
        (role("x", trusting(USER, {"Bool": {"aws:MultiFactorAuthPresent": "false"}}), READS), Ruling.FAIL),
        (role("x", trusting({"AWS": "*"}, {"ArnEquals": {"aws:PrincipalArn": USER["AWS"]}}), READS), Ruling.FAIL),
        (role("x", trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), READS), Ruling.PASS),
        (role("x", {"$unseen": "iam:GetRole: AccessDenied"}, READS), Ruling.UNKNOWN),
    ],
)
def test_a_user_by_name_is_a_back_door_to_what_is_dear(line: Any, ruling: Ruling) -> None:
    assert rulings("trust/names_user", posture([bucket(), line], ASSET)) == {ROLE: ruling}


ANYWHERE = {"Service": "rolesanywhere.amazonaws.com"}
ANCHOR = f"arn:aws:rolesanywhere:eu-central-1:{ACCOUNT}:trust-anchor/1"


@pytest.mark.parametrize(
    ("conditions", "ruling"),
    [
        (None, Ruling.FAIL),
        ({"StringEquals": {"aws:PrincipalTag/x509Subject/CN": "trainer-7"}}, Ruling.PASS),
        ({"StringLike": {"aws:PrincipalTag/x509Subject/CN": "*"}}, Ruling.FAIL),
        ({"StringEqualsIfExists": {"aws:PrincipalTag/x509Subject/OU": "ml"}}, Ruling.FAIL),
        ({"ArnEquals": {"aws:SourceArn": ANCHOR}}, Ruling.PASS),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:rolesanywhere:*:{ACCOUNT}:trust-anchor/*"}}, Ruling.FAIL),
    ],
)
def test_a_certificate_must_have_a_name(conditions: Any, ruling: Ruling) -> None:
    line = role("x", trusting(ANYWHERE, conditions))
    assert rulings("trust/certificate_wide", posture([line])) == {ROLE: ruling}


def test_the_anchors_of_the_account_are_named() -> None:
    anchors = [thing("rolesanywhere/trust-anchor", ANCHOR, {"name": "company", "enabled": True}),
               thing("rolesanywhere/trust-anchor", f"{ANCHOR}2", {"name": "closed", "enabled": False})]  # fmt: skip
    (verdict,) = verdicts("trust/certificate_wide", posture([*anchors, role("x", trusting(ANYWHERE))]))
    assert "anchors of the account: company" in verdict.why
    assert "closed" not in verdict.why


@pytest.mark.parametrize(
    ("data", "ruling"),
    [
        ({"RoleLastUsed": {"LastUsedDate": "2026-10-01T00:00:00+00:00"}}, Ruling.PASS),
        ({"RoleLastUsed": {"LastUsedDate": "2026-05-01 00:00:00+00:00"}}, Ruling.FAIL),
        ({"RoleLastUsed": {}, "CreateDate": "2026-01-01T00:00:00Z"}, Ruling.FAIL),
        ({"RoleLastUsed": {}, "CreateDate": "2026-10-30T00:00:00+00:00"}, Ruling.PASS),
        ({"RoleLastUsed": {}}, Ruling.UNKNOWN),
        (
            {"RoleLastUsed": {"$unseen": "iam:GetRole: AccessDenied"}, "CreateDate": "2025-01-01T00:00:00Z"},
            Ruling.UNKNOWN,
        ),
    ],
)
def test_a_role_is_forgotten_by_its_last_use_or_its_making(data: Any, ruling: Ruling) -> None:
    assert rulings("trust/forgotten_role", posture([role("x", trusting({"AWS": STRANGER}), **data)])) == {ROLE: ruling}


def test_a_role_that_no_stranger_may_assume_may_rest() -> None:
    assert (
        rulings("trust/forgotten_role", posture([role("x", CreateDate="2020-01-01T00:00:00Z", RoleLastUsed={})])) == {}
    )


@pytest.mark.parametrize("check", CHECKS)
def test_nothing_that_a_hand_wrote_breaks_them(check: str) -> None:
    keys = ["AssumeRolePolicyDocument", "RoleLastUsed", "CreateDate", "RoleName"]
    for trust in (trusting({"AWS": "*"}), trusting(ANYWHERE), provider(HUB)):
        for line in odd(role("x", trust, READS), keys):
            verdicts(f"trust/{check}", posture([bucket(), line]))
