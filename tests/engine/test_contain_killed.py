"""Containment is killed for real, by exit and by SIGKILL, against range and database; the next run completes it."""

import itertools
import json
import multiprocessing
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from tests.engine.containing import incident
from tests.ground import ACTIONS, Ground, Listening, no_wait

from stanch.domain.arn import Arn
from stanch.domain.estate import Estate, Perimeter
from stanch.domain.incident import Incident
from stanch.domain.step import Step
from stanch.engine.contain import Containment
from stanch.stores.open import Stores, open_stores

FORK = multiprocessing.get_context("fork")
KILLED = 9


@dataclass(frozen=True)
class Breach:
    """An incident by hand in its own state folder."""

    ground: Ground
    state: Path
    resources: tuple[str, ...]

    @property
    def incident(self) -> Incident:
        return incident(by_hand=self.resources)

    def desk(self, stores: Stores, aws: Listening) -> Containment:
        estate = Estate(perimeter=Perimeter(accounts=(self.ground.account,)), declared=True)
        return Containment(ACTIONS, {}, stores.journal, estate, aws, lambda: datetime.now(UTC), no_wait)

    def contain(self, at_boundary: Callable[[], None] = lambda: None) -> list[Step]:
        """One run of plan and apply as a fresh process would do it; `at_boundary` is called before each change."""
        aws = self.ground.responder()
        with open_stores(self.state) as stores:
            desk = self.desk(stores, aws)
            steps = desk.plan(self.incident)
            aws.before_call = lambda name: at_boundary() if _changes(name) else None
            return desk.apply(steps, lambda _: at_boundary())

    def undo(self) -> list[Step]:
        with open_stores(self.state) as stores:
            return self.desk(stores, self.ground.responder()).undo(self.incident.id)


def _changes(operation: str) -> bool:
    return not operation.split(":")[1].startswith(("Describe", "Get", "List", "Head", "Simulate", "Assume"))


def _run(breach: Breach, boundary: int, begun: Event) -> None:
    count = itertools.count()

    def die() -> None:
        begun.set()
        if next(count) == boundary:
            os._exit(KILLED)

    breach.contain(die)
    os._exit(0)


def started(breach: Breach, boundary: int = -1) -> BaseProcess:
    """A process that contains, dying before this boundary; returns once it has planned."""
    begun = FORK.Event()
    process = FORK.Process(target=_run, args=(breach, boundary, begun))
    process.start()
    begun.wait(30)
    return process


def role_and_bucket(ground: Ground, state: Path) -> Breach:
    opened = [{"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]
    return Breach(ground, state, (ground.role(), ground.arn("s3", ground.bucket(opened))))


def everything(ground: Ground, state: Path) -> Breach:
    host = ground.arn("ec2", f"instance/{ground.host(interfaces=2)}")
    half = role_and_bucket(ground, state)
    return Breach(ground, state, (host, ground.user()[0], *half.resources))


def assert_done_once(breach: Breach) -> None:
    """Everything is contained, and nothing is there twice."""
    admin = breach.ground.admin
    for resource in map(Arn.parse, breach.resources):
        if resource.kind == "role":
            names = admin.call("iam", "ListRolePolicies", RoleName=resource.name)["PolicyNames"]
            assert sorted(names) == ["stanch-revoke-inc1", "work"]
        elif resource.kind == "bucket":
            policy = json.loads(admin.call("s3", "GetBucketPolicy", Bucket=resource.name)["Policy"])
            assert [statement["Sid"] for statement in policy["Statement"]] == ["StanchClosedinc1"]
        elif resource.kind == "instance":
            mine = [{"Name": "tag:stanch:instance", "Values": [resource.name]}]
            snapshots = admin.pages("ec2", "DescribeSnapshots", "Snapshots", Filters=mine)
            assert len(snapshots) == len({snapshot["VolumeId"] for snapshot in snapshots}) == 2
            groups = [{"Name": "group-name", "Values": [f"stanch-*{resource.name}"]}]
            found = admin.pages("ec2", "DescribeSecurityGroups", "SecurityGroups", Filters=groups)
            assert [group["GroupName"] for group in found] == [f"stanch-quarantine-inc1-{resource.name}"]


def assert_contained_then_undone(breach: Breach) -> None:
    steps = breach.contain()
    assert {step.state.value for step in steps} == {"verified"}, [(s.action, s.why) for s in steps]
    assert_done_once(breach)
    assert breach.contain() == steps, "a run after the end changes nothing"
    before = {step.key: step.before for step in steps}
    undone = breach.undo()
    assert {step.state.value for step in undone} == {"undone"}, [(s.action, s.why) for s in undone]
    with open_stores(breach.state) as stores:
        firsts = {step.key: step for step in reversed(stores.journal.history(breach.incident.id))}
    assert {key: step.before for key, step in firsts.items()} == before, "the first before-state is the one to restore"


def test_ends_the_same_when_it_exits_at_any_boundary(ground: Ground, tmp_path: Path) -> None:
    for boundary in range(50):
        breach = role_and_bucket(ground, tmp_path / str(boundary))
        process = started(breach, boundary)
        process.join()
        assert process.exitcode in {0, KILLED}
        assert_contained_then_undone(breach)
        if process.exitcode == 0:
            assert boundary >= 9, "three journal rows for each of two steps, and three calls"
            return
    pytest.fail("it never came to its end")


@pytest.mark.parametrize("seed", [11, 44, 55, 88])
def test_ends_the_same_when_it_is_killed_at_any_time(ground: Ground, tmp_path: Path, seed: int) -> None:
    breach = everything(ground, tmp_path)
    process = started(breach)
    process.join(random.Random(seed).uniform(0, 0.6))  # noqa: S311  # any moment will do
    process.kill()
    process.join()
    assert process.exitcode in {0, -KILLED}
    assert_contained_then_undone(breach)


def test_refuses_to_undo_what_somebody_else_has_changed(ground: Ground, tmp_path: Path) -> None:
    breach = role_and_bucket(ground, tmp_path)
    breach.contain()
    bucket = Arn.parse(breach.resources[1]).name
    policy = json.loads(ground.admin.call("s3", "GetBucketPolicy", Bucket=bucket)["Policy"])
    theirs = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "*"}
    policy["Statement"].insert(0, theirs)
    ground.admin.call("s3", "PutBucketPolicy", Bucket=bucket, Policy=json.dumps(policy))
    close, revoke = breach.undo()
    assert (close.state.value, revoke.state.value) == ("verified", "undone")
    assert '"Sid": "Theirs"' in close.why
    assert json.loads(ground.admin.call("s3", "GetBucketPolicy", Bucket=bucket)["Policy"]) == policy
