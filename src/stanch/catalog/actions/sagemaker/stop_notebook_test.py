from collections.abc import Mapping
from typing import Any

import pytest
from tests.ground import Ground, no_wait, survives_dying, survives_refusals
from tests.recorded_aws import Recorded, RecordedAws, State

from stanch.catalog.actions.sagemaker import stop_notebook as action
from stanch.contracts.action import Refused
from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError

ID = "sagemaker/stop_notebook"


def notebook(ground: Ground) -> str:
    """The ARN of a running notebook."""
    asked = {"InstanceType": "ml.t3.medium", "RoleArn": ground.role(service="sagemaker.amazonaws.com")}
    name = ground.name("notebook")
    made = ground.admin.call("sagemaker", "CreateNotebookInstance", NotebookInstanceName=name, **asked)
    return str(made["NotebookInstanceArn"])


def test_is_stopped_and_started_again(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, notebook(ground), aws)
    action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert proof.holds
    assert proof.what[0].endswith(": Stopped")
    action.undo(aws, step, no_wait)
    name = step.resource.rpartition("/")[2]
    described = ground.admin.call("sagemaker", "DescribeNotebookInstance", NotebookInstanceName=name)
    assert described["NotebookInstanceStatus"] == "InService"


def test_leaves_one_stopped_that_was_stopped_before(ground: Ground) -> None:
    arn = notebook(ground)
    name = arn.rpartition("/")[2]
    ground.admin.call("sagemaker", "StopNotebookInstance", NotebookInstanceName=name)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    assert step.calls == ()
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == {"running": False}


def test_survives_dying_before_each_change(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: notebook(ground)) == 1


def test_survives_a_refusal_of_each_call(ground: Ground) -> None:
    assert survives_refusals(ground, ID, lambda: notebook(ground)) > 1


def test_says_that_a_notebook_is_gone(ground: Ground) -> None:
    with pytest.raises(AwsAbsent):
        ground.planned(ID, notebook(ground) + "-no-more")


def test_refuses_what_is_not_sagemakers(ground: Ground) -> None:
    with pytest.raises(Refused, match="in its own service"):
        ground.planned(ID, ground.arn("emr", "notebook-instance/e-1"))


def test_the_responder_may_not_open_a_notebook(ground: Ground) -> None:
    name = notebook(ground).rpartition("/")[2]
    with pytest.raises(AwsDenied):
        ground.responder().call("sagemaker", "CreatePresignedNotebookInstanceUrl", NotebookInstanceName=name)


SLOW = ["Pending", "Pending", "InService", "Stopping", "Stopping", "Stopped"]


def slow_status(state: State, _: Mapping[str, Any]) -> Mapping[str, Any]:
    now = state["status"]
    if now in ("Pending", "Stopping"):  # each look finds it a little further
        state["status"] = SLOW[(state.setdefault("at", SLOW.index(now)) + 1)]
        state["at"] += 1
    return {"NotebookInstanceStatus": now, "NotebookInstanceLifecycleConfigName": "on-start"}


def slow_stop(state: State, _: Mapping[str, Any]) -> None:
    if state["status"] != "InService":
        raise AwsError("sagemaker:StopNotebookInstance", "ValidationException", "Status not in ([InService])")
    state |= {"status": "Stopping", "at": SLOW.index("Stopping")}


def test_waits_for_one_that_is_just_being_started() -> None:
    operations = {"sagemaker:DescribeNotebookInstance": slow_status, "sagemaker:StopNotebookInstance": slow_stop}
    ground = Recorded(RecordedAws(operations, {"status": "Pending"}))
    aws = ground.responder()
    step = ground.planned(ID, ground.arn("sagemaker", "notebook-instance/notes"), aws)
    assert any("on-start: read it before" in line for line in step.breaks)
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds
