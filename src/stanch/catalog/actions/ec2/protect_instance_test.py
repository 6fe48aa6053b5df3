from typing import Any

import pytest
from tests.ground import Ground, Listening, no_wait, survives_dying

from stanch.catalog.actions.ec2 import protect_instance as action
from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsError
from stanch.domain.arn import Arn

ID = "ec2/protect_instance"
VOLUME_KEPT = "DeleteOnTermination off for /dev/xvda"


def host(ground: Ground) -> str:
    """A host that a `shutdown` from within would terminate."""
    name = ground.host(elastic=False)
    ground.admin.call(
        "ec2", "ModifyInstanceAttribute", InstanceId=name, InstanceInitiatedShutdownBehavior={"Value": "terminate"}
    )
    return ground.arn("ec2", f"instance/{name}")


def test_a_termination_that_was_allowed_is_refused_afterwards(ground: Ground) -> None:
    arn = host(ground)
    name = Arn.parse(arn).name
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    for operation in ("TerminateInstances", "StopInstances"):
        with pytest.raises(AwsError, match=r"disableApi(Termination|Stop)"):
            ground.admin.call("ec2", operation, InstanceIds=[name])
    assert action.verify(aws, step, no_wait, None).holds
    action.undo(aws, step, no_wait)
    ground.admin.call("ec2", "TerminateInstances", InstanceIds=[name])


def test_every_flag_is_told_in_the_plan_and_set(ground: Ground) -> None:
    arn = host(ground)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    assert step.before == {
        "termination_protection": False,
        "stop_protection": False,
        "on_shutdown": "terminate",
        "delete_on_termination": {"/dev/xvda": True, "/dev/sdf": False},
    }
    assert len(step.calls) == 4
    action.apply(aws, step, no_wait)
    assert action.read(aws, step) == {
        "termination_protection": True,
        "stop_protection": True,
        "on_shutdown": "stop",
        "delete_on_termination": {"/dev/xvda": False, "/dev/sdf": False},
    }


def test_says_so_when_there_is_nothing_to_protect_any_more(ground: Ground) -> None:
    arn = host(ground)
    aws = ground.responder()
    action.apply(aws, ground.planned(ID, arn, aws), no_wait)
    with pytest.raises(Needless, match="protected already"):
        ground.planned(ID, arn, aws)


def test_does_not_hold_for_a_volume_that_was_attached_since(ground: Ground) -> None:
    arn = host(ground)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    name = Arn.parse(arn).name
    late = [{"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": True}}]
    ground.admin.call("ec2", "ModifyInstanceAttribute", InstanceId=name, BlockDeviceMappings=late)
    proof = action.verify(aws, step, no_wait, None)
    assert proof.what == ("not yet: DeleteOnTermination off for /dev/sdf",)


class Spot(Listening):
    """An account in which every instance is a Spot instance: the range has none."""

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        found = super().pages(service, operation, key, region=region, **params)
        if operation == "DescribeInstances":
            found[0]["Instances"][0]["InstanceLifecycle"] = "spot"
        return found


def test_keeps_only_the_volumes_of_a_spot_instance_and_says_so(ground: Ground) -> None:
    aws = Spot(ground.responder().door)
    step = ground.planned(ID, host(ground), aws)
    assert step.calls == (f"ec2:ModifyInstanceAttribute on {Arn.parse(step.resource).name}: {VOLUME_KEPT}",)
    assert any("Spot" in breakage for breakage in step.breaks)
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds
    assert action.read(aws, step)["termination_protection"] is None
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: host(ground)) == 4
