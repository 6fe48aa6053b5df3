from typing import Any

import pytest
from tests import ground as grounds
from tests.equipped import FORENSICS, Equipped, equipped
from tests.ground import no_wait, survives_dying

from stanch.catalog.actions.ec2 import snapshot_volumes
from stanch.catalog.actions.evidence import _snapshots
from stanch.catalog.actions.evidence import copy_snapshots as action
from stanch.contracts.action import Needless, Refused
from stanch.domain.estate import EvidencePlace
from stanch.domain.step import Step

ID = "evidence/copy_snapshots"


@pytest.fixture
def ground(ground: grounds.Ground) -> Equipped:
    return equipped(ground)


def taken(ground: Equipped) -> str:
    """A host whose volumes this incident has snapshots of."""
    host = ground.arn("ec2", f"instance/{ground.host(elastic=False)}")
    snapshot_volumes.apply(ground.responder(), ground.planned("ec2/snapshot_volumes", host), no_wait)
    return host


def copies(ground: Equipped, step: Step, region: str | None = None) -> list[dict[str, Any]]:
    sources = set(_snapshots.meant(ground.admin, step))
    found = ground.admin.pages("ec2", "DescribeSnapshots", "Snapshots", region=region, OwnerIds=["self"])
    return [one for one in found if _snapshots.tags(one).get("stanch:copy-of") in sources]


def readers(ground: Equipped, snapshot: str) -> list[str]:
    answer = ground.admin.call(
        "ec2", "DescribeSnapshotAttribute", SnapshotId=snapshot, Attribute="createVolumePermission"
    )
    return [each["UserId"] for each in answer["CreateVolumePermissions"]]


def test_copies_each_snapshot_once_under_the_key_and_shares_it_with_the_forensic_account(ground: Equipped) -> None:
    aws = ground.responder()
    step = ground.planned(ID, taken(ground), aws)
    for _ in range(3):
        action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert proof.holds, proof.what
    made = copies(ground, step)
    assert len(made) == 2
    for copy in made:
        assert (copy["Encrypted"], copy["KmsKeyId"]) == (True, ground.place.key)
        assert readers(ground, copy["SnapshotId"]) == [FORENSICS]


def test_copies_into_the_region_of_the_key(ground: Equipped) -> None:
    aws = ground.responder()
    ground = ground.at(key=str(ground.place.key).replace(ground.staged.region, "eu-west-1"), account=None)
    step = ground.planned(ID, taken(ground), aws)
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds
    assert copies(ground, step) == []
    assert len(copies(ground, step, "eu-west-1")) == 2


def test_shares_with_nobody_when_the_account_is_its_own(ground: Equipped) -> None:
    aws = ground.responder()
    ground = ground.at(account=ground.account)
    step = ground.planned(ID, taken(ground), aws)
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds
    assert [readers(ground, copy["SnapshotId"]) for copy in copies(ground, step)] == [[], []]


def test_needs_a_key(ground: Equipped) -> None:
    host = ground.arn("ec2", f"instance/{ground.host(elastic=False)}")
    with pytest.raises(Needless, match=r"\[response.evidence\] key"):
        Equipped(ground, EvidencePlace()).planned(ID, host)
    with pytest.raises(Refused, match="no key"):
        ground.at(key=None).planned(ID, host)


class Slow:
    """EBS, which takes a snapshot to its end only so many looks after it was begun."""

    def __init__(self, ground: Equipped, looks: int) -> None:
        self._aws = ground.responder()
        self._looks = looks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._aws, name)

    def pages(self, service: str, operation: str, key: str, **params: Any) -> list[dict[str, Any]]:
        found = self._aws.pages(service, operation, key, **params)
        if operation == "DescribeSnapshots" and self._looks > 0:
            self._looks -= 1
            return [{**one, "State": "pending", "Progress": "40%"} for one in found]
        return found


def test_waits_until_a_snapshot_is_complete_before_it_copies(ground: Equipped) -> None:
    step = ground.planned(ID, taken(ground))
    waited: list[float] = []
    aws: Any = Slow(ground, 9)
    action.apply(aws, step, waited.append)
    assert len(waited) > 3
    assert action.verify(aws, step, no_wait, None).holds


def test_gives_up_after_ten_minutes_says_so_and_goes_on_in_the_next_run(ground: Equipped) -> None:
    step = ground.planned(ID, taken(ground))
    waited: list[float] = []
    aws: Any = Slow(ground, 10**6)
    action.apply(aws, step, waited.append)
    assert sum(waited) == 600
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert all("pending 40%, not copied yet: run again" in line for line in proof.what)
    action.apply(ground.responder(), step, no_wait)
    assert action.verify(ground.responder(), step, no_wait, None).holds


def test_keeps_the_copies_when_it_is_undone(ground: Equipped) -> None:
    aws = ground.responder()
    step = ground.planned(ID, taken(ground), aws)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before
    assert len(copies(ground, step)) == 2


def test_does_not_hold_when_there_was_nothing_to_copy(ground: Equipped) -> None:
    step = ground.planned(ID, ground.arn("ec2", f"instance/{ground.host(elastic=False)}"))
    assert not action.verify(ground.responder(), step, no_wait, None).holds


def test_survives_dying_between_any_two_changes(ground: Equipped) -> None:
    assert survives_dying(ground, ID, lambda: taken(ground)) == 4


def test_the_plan_says_what_is_copied_where(ground: Equipped) -> None:
    host = ground.arn("ec2", f"instance/{ground.host(elastic=False)}")
    step = ground.planned(ID, host)
    assert str(ground.place.key) in step.calls[0]
    assert FORENSICS in step.calls[1]
