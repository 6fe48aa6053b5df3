from collections.abc import Iterator
from hashlib import sha256

import pytest
from tests.ground import no_wait, survives_dying, survives_refusals
from tests.litellm_server import LiteLlm, serving

from stanch.catalog.actions.gateway import block_key as action
from stanch.contracts.action import Refused
from stanch.contracts.aws import AwsAbsent, AwsDenied
from stanch.domain.step import Method

ID = "gateway/block_key"


@pytest.fixture
def gateway() -> Iterator[LiteLlm]:
    with serving() as running:
        yield running


def test_the_gateway_refuses_the_key_from_then_on(gateway: LiteLlm) -> None:
    token, other = gateway.key(), gateway.key()
    aws = gateway.responder()
    step = gateway.planned(ID, gateway.arn(token), aws)
    action.apply(aws, step, no_wait)
    assert (gateway.keys[token]["blocked"], gateway.keys[other]["blocked"]) == (True, None)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)


def test_says_whose_key_it_is_before_it_is_blocked(gateway: LiteLlm) -> None:
    token = gateway.key(key_alias="chat", user_id="u-17", team_id="t-3")
    assert "alias chat, user u-17, team t-3" in gateway.planned(ID, gateway.arn(token)).breaks[0]


def test_finds_a_key_by_its_alias_and_names_it_by_its_hash(gateway: LiteLlm) -> None:
    token = gateway.key(key_alias="team/chat")
    assert gateway.planned(ID, gateway.arn("team/chat")).resource == gateway.arn(token)


def test_refuses_an_alias_that_several_keys_have(gateway: LiteLlm) -> None:
    for _ in range(2):
        gateway.key(key_alias="chat")
    with pytest.raises(Refused, match="give the hash of each"):
        gateway.planned(ID, gateway.arn("chat"))


def test_refuses_a_key_in_clear_and_says_its_hash_without_the_key(gateway: LiteLlm) -> None:
    with pytest.raises(Refused) as caught:
        gateway.planned(ID, gateway.arn("sk-leaked-in-a-log"))
    assert sha256(b"sk-leaked-in-a-log").hexdigest() in str(caught.value)
    assert "sk-leaked" not in str(caught.value)
    assert gateway.asked == []


def test_leaves_a_key_blocked_that_was_blocked_before(gateway: LiteLlm) -> None:
    token = gateway.key(blocked=True)
    aws = gateway.responder()
    step = gateway.planned(ID, gateway.arn(token), aws)
    assert step.calls == ()
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    assert gateway.keys[token]["blocked"] is True
    assert not any(path.startswith("/key/block") for _, path, _, _ in gateway.asked)


def test_does_not_hold_when_somebody_unblocked_it(gateway: LiteLlm) -> None:
    token = gateway.key()
    aws = gateway.responder()
    step = gateway.planned(ID, gateway.arn(token), aws)
    action.apply(aws, step, no_wait)
    gateway.keys[token]["blocked"] = False
    assert not action.verify(aws, step, no_wait, None).holds


@pytest.mark.parametrize("name", ["0" * 64, "no-such-alias"])
def test_says_that_there_is_no_such_key(gateway: LiteLlm, name: str) -> None:
    with pytest.raises(AwsAbsent):
        gateway.planned(ID, gateway.arn(name))


def test_says_that_the_secret_is_not_an_admins(gateway: LiteLlm) -> None:
    with pytest.raises(AwsDenied):
        gateway.planned(ID, gateway.arn(gateway.key()), gateway.door("sk-somebody"))


def test_survives_dying_before_each_change(gateway: LiteLlm) -> None:
    ground = gateway
    assert survives_dying(ground, ID, lambda: gateway.arn(gateway.key())) == 1


def test_survives_a_refusal_of_each_call(gateway: LiteLlm) -> None:
    assert survives_refusals(gateway, ID, lambda: gateway.arn(gateway.key())) > 1
