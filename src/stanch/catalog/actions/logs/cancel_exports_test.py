from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.ground import no_wait, survives_dying
from tests.recorded_aws import ACCOUNT, REGION, Operation, Recorded, RecordedAws

from stanch.catalog.actions.logs import cancel_exports as action
from stanch.contracts.action import Needless

ID = "logs/cancel_exports"
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/inference/prompts"
SINCE = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def task(name: str, code: str = "RUNNING", group: str = "/inference/prompts", minutes: int = 5) -> dict[str, Any]:
    made = int(SINCE.timestamp() * 1000) + minutes * 60_000
    begun = {"executionInfo": {"creationTime": made}, "destination": "elsewhere"}
    return {"taskId": name, "logGroupName": group, "status": {"code": code}, **begun}


def exporting(*tasks: dict[str, Any]) -> Recorded:
    """An account in memory in which these exports are known."""

    def cancel(state: dict[str, Any], asked: Mapping[str, Any]) -> None:
        (found,) = [each for each in state["tasks"] if each["taskId"] == asked["taskId"]]
        found["status"] = {"code": "PENDING_CANCEL"}

    operations: dict[str, Operation] = {
        "logs:DescribeExportTasks": lambda state, _asked: {"exportTasks": state["tasks"]},
        "logs:CancelExportTask": cancel,
    }
    return Recorded(RecordedAws(operations, {"tasks": list(tasks)}))


@pytest.mark.parametrize("named", [GROUP, f"{GROUP}:*"])
def test_cancels_the_export_of_this_group_that_began_with_the_incident(named: str) -> None:
    tasks = [task("theft"), task("waiting", "PENDING"), task("nightly", minutes=-90), task("other", group="/other")]
    account = exporting(*tasks)
    step = account.planned(ID, named, case=account.case(since=SINCE))
    action.apply(account.aws, step, no_wait)
    codes = {each["taskId"]: each["status"]["code"] for each in account.aws.state["tasks"]}
    cancelled = {"theft": "PENDING_CANCEL", "waiting": "PENDING_CANCEL"}
    assert codes == {**cancelled, "nightly": "RUNNING", "other": "RUNNING"}
    assert action.verify(account.aws, step, no_wait, None).holds


def test_has_nothing_to_do_when_every_export_has_ended() -> None:
    with pytest.raises(Needless):
        exporting(task("done", "COMPLETED")).planned(ID, GROUP)


def test_survives_dying_before_each_change() -> None:
    ground = exporting()

    def two() -> str:
        ground.aws.state["tasks"] = [task("first"), task("second")]
        return GROUP

    assert survives_dying(ground, ID, two) == 2
