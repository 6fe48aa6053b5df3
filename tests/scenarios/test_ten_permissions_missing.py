"""A reading role that lacks ten permissions: the scan says so ten times, and invents nothing in their place."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from tests.collecting import reader
from tests.ground import Ground, opened

from stanch import estate
from stanch.app import scan, snapshot
from stanch.contracts.aws import Aws
from stanch.domain.verdict import Ruling, Verdict

MISSING = (
    "cloudtrail:DescribeTrails",
    "ec2:DescribeFlowLogs",
    "ec2:DescribeSecurityGroups",
    "iam:GetAccountAuthorizationDetails",
    "kms:GetKeyPolicy",
    "lambda:ListFunctions",
    "s3:GetBucketPolicy",
    "s3:GetBucketVersioning",
    "sns:GetTopicAttributes",
    "sqs:GetQueueAttributes",
)
Told = dict[tuple[str, str, str | None], Verdict]


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """A range of its own: the whole account is scanned, and is the same in both looks."""
    with opened() as staged:
        for service, operation, named in (
            ("sqs", "CreateQueue", {"QueueName": "jobs"}),
            ("sns", "CreateTopic", {"Name": "alarms"}),
            ("kms", "CreateKey", {}),
        ):
            staged.admin.call(service, operation, **named)
        yield staged


def scanned(ground: Ground, folder: Path, lacking: tuple[str, ...]) -> tuple[Told, set[str | None]]:
    """Every verdict by check, resource and region, and the permissions that were told as missing."""
    holds = ModuleType("holds")
    holds.PERMISSIONS = sorted(set(snapshot.permissions()) - set(lacking))  # type: ignore[attr-defined]
    aws: Aws = reader(ground.admin, holds)
    ours = estate.read(ground.staged.estate_toml())
    todo, closed = snapshot.planned(aws, ours, role=None, regions=[ground.staged.region])
    seen = snapshot.look(todo, closed, folder, lambda _: None)
    result = scan.scan(seen, ours, scan.asked())
    assert result.coverage.detections_failed == ()
    told = {(one.check, one.resource, one.region): one for one in result.verdicts}
    assert len(told) == len(result.verdicts)
    return told, {unknown.permission for unknown in seen.unknowns}


def test_ten_permissions_removed_are_ten_unknowns_and_nothing_is_invented(ground: Ground, tmp_path: Path) -> None:
    whole, lacked = scanned(ground, tmp_path / "whole", ())
    less, told = scanned(ground, tmp_path / "less", MISSING)
    assert told - lacked == set(MISSING)
    invented = [
        (key, one.ruling.value, one.why)
        for key, one in less.items()
        if one.ruling is not Ruling.UNKNOWN and (key not in whole or one.ruling is not whole[key].ruling)
    ]
    assert invented == []
    unknown = " ".join(one.why for one in less.values() if one.ruling is Ruling.UNKNOWN)
    assert not [word for word in MISSING if word.partition(":")[2] not in unknown], "a verdict names what was not seen"
