from collections.abc import Mapping
from typing import Any

import pytest
from tests.ground import no_wait, survives_dying
from tests.recorded_aws import ACCOUNT, REGION, Operation, Recorded, RecordedAws

from stanch.catalog.actions.ec2 import cancel_exports as action
from stanch.contracts.action import Needless, Refused

ID = "ec2/cancel_exports"
IMAGE = f"arn:aws:ec2:{REGION}::image/ami-0123456789abcdef0"
HOST = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0123456789abcdef0"


def of_image(name: str, image: str = IMAGE, status: str = "active") -> dict[str, Any]:
    where = {"S3ExportLocation": {"S3Bucket": "elsewhere"}}
    return {"ExportImageTaskId": name, "ImageId": image.rpartition("/")[2], "Status": status, **where}


def of_host(name: str, host: str = HOST, state: str = "active") -> dict[str, Any]:
    machine = {"InstanceExportDetails": {"InstanceId": host.rpartition("/")[2]}}
    return {"ExportTaskId": name, "State": state, "ExportToS3Task": {"S3Bucket": "elsewhere"}, **machine}


def storing(state: str = "InProgress") -> dict[str, Any]:
    where = {"Bucket": "elsewhere", "S3objectKey": "ami-0123456789abcdef0.bin"}
    return {"AmiId": IMAGE.rpartition("/")[2], "StoreTaskState": state, **where}


def exporting(images: Any = (), hosts: Any = (), stores: Any = ()) -> Recorded:
    """An account in memory in which these exports are known."""

    def cancel(state: dict[str, Any], asked: Mapping[str, Any]) -> None:
        for task in state["images"]:
            if task["ExportImageTaskId"] == asked["ExportTaskId"]:
                task["Status"] = "deleting"
        for task in state["hosts"]:
            if task["ExportTaskId"] == asked["ExportTaskId"]:
                task["State"] = "cancelling"

    operations: dict[str, Operation] = {
        "ec2:DescribeExportImageTasks": lambda state, _asked: {"ExportImageTasks": state["images"]},
        "ec2:DescribeExportTasks": lambda state, _asked: {"ExportTasks": state["hosts"]},
        "ec2:DescribeStoreImageTasks": lambda state, _asked: {"StoreImageTaskResults": state["stores"]},
        "ec2:CancelExportTask": cancel,
    }
    return Recorded(RecordedAws(operations, {"images": list(images), "hosts": list(hosts), "stores": list(stores)}))


def test_cancels_the_export_of_an_image_and_no_other() -> None:
    account = exporting(images=[of_image("export-ami-1"), of_image("export-ami-2", "image/ami-0fedcba9876543210")])
    step = account.planned(ID, IMAGE)
    action.apply(account.aws, step, no_wait)
    assert [task["Status"] for task in account.aws.state["images"]] == ["deleting", "active"]
    assert action.verify(account.aws, step, no_wait, None).holds


def test_cancels_the_export_of_an_instance_and_no_other() -> None:
    account = exporting(hosts=[of_host("export-i-1"), of_host("export-i-2", "instance/i-0fedcba9876543210")])
    step = account.planned(ID, HOST)
    action.apply(account.aws, step, no_wait)
    assert [task["State"] for task in account.aws.state["hosts"]] == ["cancelling", "active"]
    assert action.verify(account.aws, step, no_wait, None).holds


def test_says_what_to_do_about_an_image_that_is_being_stored_as_an_object() -> None:
    with pytest.raises(Refused, match=r"s3://elsewhere/ami-0123456789abcdef0\.bin: EC2 cannot stop that"):
        exporting(stores=[storing()]).planned(ID, IMAGE)
    step = exporting(images=[of_image("export-ami-1")], stores=[storing()]).planned(ID, IMAGE)
    assert step.calls[-1].startswith("(EC2 cannot stop this: ami-0123456789abcdef0 is being stored")


def test_has_nothing_to_do_when_every_export_has_ended() -> None:
    done = exporting(images=[of_image("export-ami-1", status="completed")], stores=[storing("Completed")])
    with pytest.raises(Needless):
        done.planned(ID, IMAGE)
    with pytest.raises(Needless):
        exporting(hosts=[of_host("export-i-1", state="completed")]).planned(ID, HOST)


def test_survives_dying_before_each_change() -> None:
    ground = exporting()

    def two() -> str:
        ground.aws.state["hosts"] = [of_host("export-i-1"), of_host("export-i-2")]
        return HOST

    assert survives_dying(ground, ID, two) == 2
