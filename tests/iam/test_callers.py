import pytest

from stanch.iam.callers import CallerError, caller_of
from stanch.iam.request import Caller

HOME = "111122223333"
ROLE, USER = f"arn:aws-eusc:iam::{HOME}:role/ml/serving", f"arn:aws-eusc:iam::{HOME}:user/x/bob"
SESSION = f"arn:aws-eusc:sts::{HOME}:assumed-role/serving/i-0abc"
OIDC = f"arn:aws-eusc:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (USER, Caller("user", HOME, USER)),
        (ROLE, Caller("role-session", HOME, ROLE, role_arn=ROLE)),
        (SESSION, Caller("role-session", HOME, SESSION)),
        (f"arn:aws:iam::{HOME}:root", Caller("root", HOME, f"arn:aws:iam::{HOME}:root")),
        (HOME, Caller("root", HOME)),
        (
            f"arn:aws:sts::{HOME}:federated-user/eve",
            Caller("federated", HOME, f"arn:aws:sts::{HOME}:federated-user/eve"),
        ),
        (OIDC, Caller("federated", HOME, OIDC)),
        ("ec2.amazonaws.com", Caller("service", service="ec2.amazonaws.com")),
        ("ec2.amazonaws.com.cn", Caller("service", service="ec2.amazonaws.com.cn")),
    ],
)
def test_an_arn_says_who_calls(principal: str, expected: Caller) -> None:
    assert caller_of(principal) == expected


def test_only_to_sign_in_is_a_bare_name_a_provider() -> None:
    sign_in = "sts:AssumeRoleWithWebIdentity"
    assert caller_of("accounts.google.com", sign_in).signs_in
    assert caller_of("cognito-identity.amazonaws.com", sign_in).signs_in
    assert caller_of("cognito-identity.amazonaws.com").kind == "service"
    assert caller_of("ec2.amazonaws.com", sign_in).kind == "service"
    assert caller_of(OIDC).signs_in


def test_the_requests_own_principal_arn_tells_the_path_of_a_sessions_role() -> None:
    assert caller_of(SESSION, context={"AWS:PrincipalArn": (ROLE,)}).role_arn == ROLE
    for other in (USER, ROLE + "2", ROLE.replace(HOME, "444455556666")):
        assert caller_of(SESSION, context={"aws:PrincipalArn": (other,)}).role_arn is None


@pytest.mark.parametrize(
    "nobody",
    [
        "",
        "bob",
        "*",
        "arn:aws:s3:::b",
        "arn:aws:iam:::user/x",
        f"arn:aws:sts::{HOME}:assumed-role/x",
        "arn:aws:iam::1:user/x",
    ],
)
def test_what_names_no_caller_is_an_error_with_the_remedy(nobody: str) -> None:
    with pytest.raises(CallerError, match="give t"):
        caller_of(nobody)


def test_a_service_linked_role_is_known_by_its_path_or_its_sessions_name() -> None:
    linked = f"arn:aws:iam::{HOME}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
    assert caller_of(linked).is_service_linked
    assert caller_of(f"arn:aws:sts::{HOME}:assumed-role/AWSServiceRoleForX/s").is_service_linked
    assert not caller_of(ROLE).is_service_linked
