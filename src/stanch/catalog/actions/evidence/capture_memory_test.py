import pytest
from tests.ground import Ground, no_wait, survives_dying

from stanch.catalog.actions.evidence import capture_memory as action
from stanch.contracts.action import Needless
from stanch.domain.arn import Arn
from stanch.domain.step import Step

ID = "evidence/capture_memory"


def host(ground: Ground, agent: str = "online") -> str:
    name = ground.host(elastic=False)
    ground.admin.call("ec2", "CreateTags", Resources=[name], Tags=[{"Key": "range:agent", "Value": agent}])
    return ground.arn("ec2", f"instance/{name}")


def sent(ground: Ground, step: Step) -> list[str]:
    name = Arn.parse(step.resource).name
    found = ground.admin.pages("ssm", "ListCommandInvocations", "CommandInvocations", InstanceId=name)
    return [str(one["Comment"]) for one in found]


def test_asks_the_host_once_and_does_not_wait(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, host(ground), aws)
    waited: list[float] = []
    for _ in range(3):
        action.apply(aws, step, waited.append)
    assert sent(ground, step) == [step.settings["comment"]]
    assert waited == []
    assert action.verify(aws, step, no_wait, None).holds


def test_asks_again_when_it_is_planned_again(ground: Ground) -> None:
    aws = ground.responder()
    arn = host(ground)
    for minute in (1, 2):
        at = ground.case().now.replace(minute=minute)
        action.apply(aws, ground.planned(ID, arn, aws, ground.case(now=at)), no_wait)
    assert len(sent(ground, ground.planned(ID, arn, aws))) == 2


def test_has_nothing_to_do_where_no_agent_answers(ground: Ground) -> None:
    with pytest.raises(Needless, match="does not manage"):
        ground.planned(ID, host(ground, agent="none"))
    stopped = host(ground)
    ground.admin.call("ec2", "StopInstances", InstanceIds=[Arn.parse(stopped).name])
    with pytest.raises(Needless, match="ConnectionLost"):
        ground.planned(ID, stopped)


def test_does_not_hold_before_it_was_asked(ground: Ground) -> None:
    aws = ground.responder()
    assert not action.verify(aws, ground.planned(ID, host(ground), aws), no_wait, None).holds


def test_changes_nothing_when_it_is_undone(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, host(ground), aws)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before
    assert len(sent(ground, step)) == 1


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: host(ground)) == 1
