from collections.abc import Mapping
from typing import Any

import pytest
from tests.ground import no_wait, survives_dying
from tests.recorded_aws import ACCOUNT, REGION, Operation, Recorded, RecordedAws

from stanch.catalog.actions.ecr import stop_replication as action
from stanch.contracts.action import Needless, Overtaken
from stanch.domain.estate import Perimeter

ID = "ecr/stop_replication"
REGISTRY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:registry"
SISTER, THEIRS = "999988887777", "444455556666"


def rule(*registries: str, prefix: str = "serving/") -> dict[str, Any]:
    destinations = [{"region": "eu-west-1", "registryId": registry} for registry in registries]
    return {"destinations": destinations, "repositoryFilters": [{"filter": prefix, "filterType": "PREFIX_MATCH"}]}


def registry(*rules: dict[str, Any]) -> Recorded:
    """An account in memory whose registry has these replication rules."""

    def put(state: dict[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
        state["rules"] = list(asked["replicationConfiguration"]["rules"])
        return {"replicationConfiguration": {"rules": state["rules"]}}

    operations: dict[str, Operation] = {
        "ecr:DescribeRegistry": lambda state, _asked: {"replicationConfiguration": {"rules": state["rules"]}},
        "ecr:PutReplicationConfiguration": put,
    }
    return Recorded(RecordedAws(operations, {"rules": list(rules)}))


def test_takes_strangers_out_of_the_rules_and_leaves_our_own() -> None:
    account = registry(rule(ACCOUNT, THEIRS), rule(SISTER, prefix="app/"), rule(THEIRS, prefix="weights/"))
    perimeter = Perimeter(accounts=(ACCOUNT, SISTER))
    step = account.planned(ID, REGISTRY, case=account.case(perimeter=perimeter))
    action.apply(account.aws, step, no_wait)
    assert account.aws.state["rules"] == [rule(ACCOUNT), rule(SISTER, prefix="app/")]
    assert action.verify(account.aws, step, no_wait, None).holds
    action.undo(account.aws, step, no_wait)
    assert action.read(account.aws, step) == step.before


def test_has_nothing_to_do_where_every_registry_is_ours() -> None:
    with pytest.raises(Needless):
        registry(rule(ACCOUNT)).planned(ID, REGISTRY)
    with pytest.raises(Needless):
        registry().planned(ID, REGISTRY)


def test_overwrites_nothing_that_somebody_changed_after_the_plan() -> None:
    account = registry(rule(THEIRS))
    step = account.planned(ID, REGISTRY)
    account.aws.state["rules"] = [rule(SISTER)]
    with pytest.raises(Overtaken):
        action.apply(account.aws, step, no_wait)
    assert account.aws.state["rules"] == [rule(SISTER)]


def test_does_not_hold_once_a_stranger_is_back() -> None:
    account = registry(rule(THEIRS))
    step = account.planned(ID, REGISTRY)
    action.apply(account.aws, step, no_wait)
    account.aws.state["rules"] = [rule(THEIRS)]
    proof = action.verify(account.aws, step, no_wait, None)
    assert (proof.holds, THEIRS in proof.what[0]) == (False, True)


def test_survives_dying_before_each_change() -> None:
    ground = registry()

    def opened() -> str:
        ground.aws.state["rules"] = [rule(THEIRS)]
        return REGISTRY

    assert survives_dying(ground, ID, opened) == 1
