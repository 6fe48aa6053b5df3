from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.ground import no_wait, survives_dying
from tests.recorded_aws import Recorded, RecordedAws, State

from stanch.catalog.actions.rolesanywhere import disable_anchor as action
from stanch.contracts.action import Needless, Refused
from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError
from stanch.domain.step import Method

ID = "rolesanywhere/disable_anchor"
ANCHOR = "0a1b2c3d-0000-4000-8000-000000000001"
PROFILE = "0a1b2c3d-0000-4000-8000-000000000002"
WORKLOADS = "arn:aws:iam::111122223333:role/ml/build-farm"


def service(
    *,
    enabled: bool = True,
    roles: tuple[str, ...] = (WORKLOADS,),
    trust: str = '{"Version":"2012-10-17","Statement":[]}',
) -> Recorded:
    """Roles Anywhere with one anchor and one profile, and an IAM that knows the responder's role by its trust."""
    aws = RecordedAws(
        {
            "rolesanywhere:GetTrustAnchor": _shown("trustAnchor"),
            "rolesanywhere:DisableTrustAnchor": _shown("trustAnchor", enabled=False),
            "rolesanywhere:EnableTrustAnchor": _shown("trustAnchor", enabled=True),
            "rolesanywhere:GetProfile": _shown("profile"),
            "rolesanywhere:DisableProfile": _shown("profile", enabled=False),
            "rolesanywhere:EnableProfile": _shown("profile", enabled=True),
            "iam:GetRole": _role,
        }
    )
    aws.state.update(trustAnchor=enabled, profile=enabled, roles=list(roles), trust=trust)
    return Recorded(aws)


def _shown(kind: str, *, enabled: bool | None = None) -> Callable[[State, Mapping[str, Any]], dict[str, Any]]:
    def answer(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
        if asked[f"{kind}Id"] not in {ANCHOR, PROFILE}:
            raise AwsAbsent(f"rolesanywhere:{kind}", "ResourceNotFoundException", "there is none")
        if enabled is not None:
            state[kind] = enabled
        shown = {f"{kind}Id": asked[f"{kind}Id"], "name": "build-farm", "enabled": state[kind]}
        return {kind: {**shown, "roleArns": state["roles"]} if kind == "profile" else shown}

    return answer


def _role(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
    name = asked["RoleName"]
    role = {"RoleName": name, "Path": "/", "RoleId": "AROACKCEVSQ6C2EXAMPLE", "CreateDate": datetime.now(UTC)}
    arn = f"arn:aws:iam::111122223333:role/{name}"
    return {"Role": {**role, "Arn": arn, "AssumeRolePolicyDocument": state["trust"]}}


def anchor(place: Recorded) -> str:
    return place.arn("rolesanywhere", f"trust-anchor/{ANCHOR}")


def profile(place: Recorded) -> str:
    return place.arn("rolesanywhere", f"profile/{PROFILE}")


@pytest.mark.parametrize("named", [anchor, profile])
def test_disables_it_and_enables_it_again(named: Callable[[Recorded], str]) -> None:
    place = service()
    aws = place.responder()
    step = place.planned(ID, named(place), aws)
    action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)
    assert action.read(aws, step) == {"enabled": False}
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before == {"enabled": True}


def test_names_the_roles_that_nobody_can_open_any_more() -> None:
    place = service()
    step = place.planned(ID, profile(place))
    assert WORKLOADS in step.breaks[0]
    assert "NOT cut" in step.breaks[1]


def test_has_nothing_to_do_where_it_is_disabled_already() -> None:
    place = service(enabled=False)
    with pytest.raises(Needless, match="disabled already"):
        place.planned(ID, anchor(place))


def test_does_not_hold_once_somebody_has_enabled_it_again() -> None:
    place = service()
    aws = place.responder()
    step = place.planned(ID, anchor(place), aws)
    action.apply(aws, step, no_wait)
    place.aws.state["trustAnchor"] = True
    assert not action.verify(aws, step, no_wait, None).holds


def test_refuses_the_profile_through_which_stanch_comes_in() -> None:
    place = service(roles=(WORKLOADS, "arn:aws:iam::111122223333:role/security/stanch-responder"))
    with pytest.raises(Refused, match="stanch's own role"):
        place.planned(ID, profile(place))


def trust(condition: str = "") -> str:
    allow = '"Effect":"Allow","Principal":{"Service":"rolesanywhere.amazonaws.com"},"Action":"sts:AssumeRole"'
    return f'{{"Version":"2012-10-17","Statement":[{{{allow}{condition}}}]}}'


def by_anchor(name: str) -> str:
    arn = f"arn:aws:rolesanywhere:eu-central-1:111122223333:trust-anchor/{name}"
    return trust(f',"Condition":{{"ArnEquals":{{"aws:SourceArn":"{arn}"}}}}')


@pytest.mark.parametrize("text", [trust(), by_anchor(ANCHOR)])
def test_refuses_the_anchor_through_which_stanch_may_come_in(text: str) -> None:
    place = service(trust=text)
    with pytest.raises(Refused, match="stanch's own role"):
        place.planned(ID, anchor(place))


def test_disables_an_anchor_when_stanch_comes_in_through_another() -> None:
    place = service(trust=by_anchor("0a1b2c3d-0000-4000-8000-00000000000f"))
    assert place.planned(ID, anchor(place)).before == {"enabled": True}


def test_refuses_a_profile_of_another_service() -> None:
    place = service()
    with pytest.raises(Refused, match="no profile of IAM Roles Anywhere"):
        place.planned(ID, place.arn("b2bi", f"profile/{PROFILE}"))


def test_one_that_vanished_is_absent() -> None:
    place = service()
    with pytest.raises(AwsAbsent):
        place.planned(ID, place.arn("rolesanywhere", "trust-anchor/0a1b2c3d-0000-4000-8000-00000000000e"))


@pytest.mark.parametrize("refused", ["rolesanywhere:GetTrustAnchor", "rolesanywhere:DisableTrustAnchor"])
@pytest.mark.parametrize("kind", [AwsDenied, AwsError])
def test_leaves_it_as_it_is_where_a_call_fails(refused: str, kind: type[AwsError]) -> None:
    place = service()
    aws = place.responder()
    step = place.planned(ID, anchor(place), aws)
    place.aws.failing[refused] = [kind(refused, "ThrottlingException", "slow down")]
    with pytest.raises(kind):
        action.apply(aws, step, no_wait)
    assert action.read(aws, step) == {"enabled": True}


def test_survives_dying_between_any_two_changes() -> None:
    ground = service()
    assert survives_dying(ground, ID, lambda: anchor(ground)) == 1
    assert survives_dying(ground, ID, lambda: profile(ground)) == 1
