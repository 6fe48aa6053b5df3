from collections.abc import Mapping
from typing import Any

import pytest
from tests.ground import no_wait, survives_dying
from tests.recorded_aws import ACCOUNT, REGION, Operation, Recorded, RecordedAws

from stanch.catalog.actions.rds import cancel_exports as action
from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsDenied

ID = "rds/cancel_exports"
SNAPSHOT = f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:rds:orders-2026-11-22"


def task(name: str, status: str = "IN_PROGRESS", source: str = SNAPSHOT) -> dict[str, Any]:
    return {"ExportTaskIdentifier": name, "SourceArn": source, "S3Bucket": "elsewhere", "Status": status}


def exporting(*tasks: dict[str, Any]) -> Recorded:
    """An account in memory in which these exports are known."""

    def listed(state: dict[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"ExportTasks": [each for each in state["tasks"] if each["SourceArn"] == asked["SourceArn"]]}

    def cancel(state: dict[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
        name = asked["ExportTaskIdentifier"]
        found: dict[str, Any] = next(each for each in state["tasks"] if each["ExportTaskIdentifier"] == name)
        found["Status"] = "CANCELING"
        return found

    operations: dict[str, Operation] = {"rds:DescribeExportTasks": listed, "rds:CancelExportTask": cancel}
    return Recorded(RecordedAws(operations, {"tasks": list(tasks)}))


def test_cancels_the_exports_of_this_snapshot_that_are_under_way() -> None:
    other = task("other", source=SNAPSHOT + "-2")
    account = exporting(task("starting", "STARTING"), task("running"), task("done", "COMPLETE"), other)
    step = account.planned(ID, SNAPSHOT)
    assert step.calls[0] == "rds:CancelExportTask starting, which writes to s3://elsewhere"
    action.apply(account.aws, step, no_wait)
    states = {each["ExportTaskIdentifier"]: each["Status"] for each in account.aws.state["tasks"]}
    assert states == {"starting": "CANCELING", "running": "CANCELING", "done": "COMPLETE", "other": "IN_PROGRESS"}
    assert action.verify(account.aws, step, no_wait, None).holds


def test_has_nothing_to_do_when_every_export_has_ended() -> None:
    with pytest.raises(Needless):
        exporting(task("done", "COMPLETE")).planned(ID, SNAPSHOT)


def test_says_so_when_it_is_not_allowed_to_cancel() -> None:
    account = exporting(task("running"))
    step = account.planned(ID, SNAPSHOT)
    account.aws.failing["rds:CancelExportTask"] = [AwsDenied("rds:CancelExportTask", "AccessDenied", "no")]
    with pytest.raises(AwsDenied):
        action.apply(account.aws, step, no_wait)
    assert action.verify(account.aws, step, no_wait, None).what == ("running still writes to s3://elsewhere",)


def test_survives_dying_before_each_change() -> None:
    ground = exporting()

    def two() -> str:
        ground.aws.state["tasks"] = [task("first"), task("second")]
        return SNAPSHOT

    assert survives_dying(ground, ID, two) == 2
