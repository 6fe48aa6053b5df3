from collections.abc import Iterator

import pytest
from tests.ground import no_wait, survives_dying, survives_refusals
from tests.litellm_server import LiteLlm, serving

from stanch.catalog.actions.gateway import throttle_key as action
from stanch.contracts.action import Overtaken

ID = "gateway/throttle_key"


@pytest.fixture
def gateway() -> Iterator[LiteLlm]:
    with serving() as running:
        yield running


def test_lowers_both_limits_and_leaves_what_is_lower_already(gateway: LiteLlm) -> None:
    free, slow = gateway.key(), gateway.key(rpm_limit=100, tpm_limit=10)
    aws = gateway.responder()
    for token, tokens in ((free, action.SLOW["tpm_limit"]), (slow, 10)):
        step = gateway.planned(ID, gateway.arn(token), aws)
        action.apply(aws, step, no_wait)
        assert action.read(aws, step) == {"rpm_limit": 1, "tpm_limit": tokens}
        assert action.verify(aws, step, no_wait, None).holds


def test_undo_takes_the_limits_away_where_there_were_none(gateway: LiteLlm) -> None:
    token = gateway.key(rpm_limit=60)
    aws = gateway.responder()
    step = gateway.planned(ID, gateway.arn(token), aws)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    assert (gateway.keys[token]["rpm_limit"], gateway.keys[token]["tpm_limit"]) == (60, None)


def test_plans_no_call_for_a_key_that_is_slow_already(gateway: LiteLlm) -> None:
    assert gateway.planned(ID, gateway.arn(gateway.key(**action.SLOW))).calls == ()


def test_does_not_overwrite_limits_that_somebody_changed_since_the_plan(gateway: LiteLlm) -> None:
    token = gateway.key()
    aws = gateway.responder()
    step = gateway.planned(ID, gateway.arn(token), aws)
    gateway.keys[token]["rpm_limit"] = 5
    with pytest.raises(Overtaken):
        action.apply(aws, step, no_wait)
    assert gateway.keys[token]["rpm_limit"] == 5


def test_survives_dying_before_each_change(gateway: LiteLlm) -> None:
    ground = gateway
    assert survives_dying(ground, ID, lambda: gateway.arn(gateway.key(tpm_limit=50_000))) == 1


def test_survives_a_refusal_of_each_call(gateway: LiteLlm) -> None:
    assert survives_refusals(gateway, ID, lambda: gateway.arn(gateway.key(tpm_limit=50_000))) > 1
