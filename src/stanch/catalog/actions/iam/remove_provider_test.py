from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.ground import Ground, document, no_wait, survives_dying

from stanch.catalog.actions.iam import remove_provider as action
from stanch.contracts.action import Case, Needless, Overtaken, Refused
from stanch.contracts.aws import AwsAbsent, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method

ID = "iam/remove_provider"
METADATA = f"<EntityDescriptor>{'x' * 1000}</EntityDescriptor>"
TAGS = [{"Key": "team", "Value": "platform"}]


def oidc(ground: Ground) -> str:
    asked: dict[str, Any] = {"Url": f"https://{ground.name('issuer')}.example.com/id", "Tags": TAGS}
    asked |= {"ClientIDList": ["sts.amazonaws.com", "another"], "ThumbprintList": ["ab" * 20]}
    return str(ground.admin.call("iam", "CreateOpenIDConnectProvider", **asked)["OpenIDConnectProviderArn"])


def saml(ground: Ground) -> str:
    asked = {"Name": ground.name("directory"), "SAMLMetadataDocument": METADATA}
    return str(ground.admin.call("iam", "CreateSAMLProvider", **asked)["SAMLProviderArn"])


def trusting(ground: Ground, provider: str, role: str | None = None) -> str:
    arn = role or ground.role()
    web = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    trust = document([{**web, "Condition": {"StringEquals": {"issuer:sub": "repo:acme/train"}}}])
    ground.admin.call("iam", "UpdateAssumeRolePolicy", RoleName=Arn.parse(arn).name, PolicyDocument=trust)
    return arn


def since(ground: Ground, **ago: float) -> Case:
    return ground.case(since=datetime.now(UTC) - timedelta(**ago))


@pytest.mark.parametrize("make", [oidc, saml])
def test_removes_a_provider_and_makes_it_again_with_all_it_had(ground: Ground, make: Any) -> None:
    provider = make(ground)
    aws = ground.responder()
    step = ground.planned(ID, provider, aws, since(ground, minutes=5))
    action.apply(aws, step, no_wait)
    with pytest.raises(AwsAbsent):
        action._described(aws, provider)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before


def test_remembers_clients_thumbprints_and_tags(ground: Ground) -> None:
    step = ground.planned(ID, oidc(ground), case=since(ground, minutes=5))
    kept = (step.before or {})["provider"]
    assert kept["clients"] == ["another", "sts.amazonaws.com"]
    assert kept["thumbprints"] == ["ab" * 20]
    assert kept["tags"] == {"team": "platform"}


def test_removes_one_made_since_the_incident_began_although_roles_trust_it(ground: Ground) -> None:
    provider = oidc(ground)
    role = trusting(ground, provider)
    step = ground.planned(ID, provider, case=since(ground, minutes=5))
    assert f"nobody can open {role} through it any more" in step.breaks


def test_refuses_an_older_one_that_roles_of_ours_use(ground: Ground) -> None:
    provider = oidc(ground)
    role = trusting(ground, provider)
    for case in (since(ground, minutes=-5), ground.case()):
        with pytest.raises(Refused, match="narrow their trust instead") as refused:
            ground.planned(ID, provider, case=case)
        assert role in str(refused.value)


def test_removes_an_older_one_that_nobody_uses(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, oidc(ground), aws)
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds


def test_refuses_the_way_by_which_stanch_itself_comes_in(ground: Ground) -> None:
    provider = oidc(ground)
    role = trusting(ground, provider)
    own = ground.arn("sts", f"assumed-role/{Arn.parse(role).name}/pipeline")
    case = ground.case(responder=own, since=datetime.now(UTC) - timedelta(minutes=5))
    with pytest.raises(Refused, match="stanch's own role"):
        ground.planned(ID, provider, case=case)


def test_refuses_the_provider_of_identity_center(ground: Ground) -> None:
    name = f"AWSSSO_{ground.name('x')}_DO_NOT_DELETE"
    asked = {"Name": name, "SAMLMetadataDocument": METADATA}
    arn = ground.admin.call("iam", "CreateSAMLProvider", **asked)["SAMLProviderArn"]
    with pytest.raises(Refused, match="belongs to IAM Identity Center"):
        ground.planned(ID, arn, case=since(ground, minutes=5))


def test_does_not_hold_once_somebody_has_made_it_again(ground: Ground) -> None:
    provider = oidc(ground)
    aws = ground.responder()
    step = ground.planned(ID, provider, aws, since(ground, minutes=5))
    action.apply(aws, step, no_wait)
    url = Arn.parse(provider).resource.removeprefix("oidc-provider/")
    ground.admin.call("iam", "CreateOpenIDConnectProvider", Url=f"https://{url}")
    assert not action.verify(aws, step, no_wait, None).holds


def test_leaves_one_that_somebody_changed_after_the_plan(ground: Ground) -> None:
    provider = oidc(ground)
    aws = ground.responder()
    step = ground.planned(ID, provider, aws, since(ground, minutes=5))
    asked: dict[str, Any] = {"OpenIDConnectProviderArn": provider, "ThumbprintList": ["cd" * 20]}
    ground.admin.call("iam", "UpdateOpenIDConnectProviderThumbprint", **asked)
    with pytest.raises(Overtaken):
        action.apply(aws, step, no_wait)
    assert action.read(aws, step)["provider"]["thumbprints"] == ["cd" * 20]


@pytest.mark.parametrize("refused", ["iam:GetOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider"])
def test_leaves_it_as_it_is_where_a_call_fails(ground: Ground, refused: str) -> None:
    aws = ground.responder()
    step = ground.planned(ID, oidc(ground), aws, since(ground, minutes=5))

    def throttled(operation: str) -> None:
        if operation == refused:
            raise AwsError(operation, "Throttling", "rate exceeded")

    aws.before_call = throttled
    with pytest.raises(AwsError):
        action.apply(aws, step, no_wait)
    aws.before_call = lambda _: None
    assert action.read(aws, step) == step.before


def test_has_nothing_to_do_where_the_provider_is_gone(ground: Ground) -> None:
    with pytest.raises(Needless, match="there is no provider"):
        ground.planned(ID, ground.arn("iam", "oidc-provider/never.example.com"))


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: oidc(ground)) == 1
    assert survives_dying(ground, ID, lambda: saml(ground)) == 1
