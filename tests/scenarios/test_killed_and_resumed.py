"""`stanch contain --apply` as a process, killed after each thing it says, until it gets to its end: the same end."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stanch import app
from stanch.catalog.scenarios import stolen_instance_credentials as theft
from stanch.range.process import Range
from stanch.range.stage import stage
from stanch.range.world import StagedWorld


@dataclass
class Night:
    """A theft that happened, and a responder at a terminal; `steps` is how many his plan has."""

    world: StagedWorld
    folder: Path
    environment: dict[str, str]
    steps: int = 0

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "stanch", *arguments, "--state", str(self.folder / "state"), "--format", "json"]

    def run(self, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
        done = subprocess.run(
            self.command(*arguments), cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def killed_after(self, changes: int, *arguments: str) -> bool:
        """Run, and kill -9 as soon as so many states were told after the plan; False when it ended before."""
        running = subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert running.stdout is not None
        with running, running.stdout:
            for told, _ in enumerate(running.stdout, start=1):
                if told == self.steps + changes:
                    running.kill()
                    return True
        return False


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    folder = tmp_path_factory.mktemp("night")
    permissions = sorted({permission for action in app.actions().values() for permission in action.PERMISSIONS})
    with Range(folder / "trail") as running:
        staged = stage(running, responder_permissions=permissions)
        world = StagedWorld(staged)
        (folder / "stanch.toml").write_text(staged.estate_toml())
        (folder / ".git").mkdir()
        assert all(attempt.allowed for attempt in theft.strike(world))
        running.flush()
        environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": staged.responder.access_key_id,
            "AWS_SECRET_ACCESS_KEY": staged.responder.secret,
            "AWS_SESSION_TOKEN": staged.responder.token or "",
            "AWS_ENDPOINT_URL": running.endpoint,
        }
        yield Night(world, folder, environment)


@pytest.fixture(scope="module")
def incident(night: Night) -> str:
    code, told = night.run("hunt", "trail")
    assert code == 0
    (found,) = [line["id"] for line in told if line["kind"] == "incident"]
    night.steps = len([line for line in night.run("contain", found)[1] if line["kind"] == "step"])
    return str(found)


@pytest.fixture(scope="module")
def kills(night: Night, incident: str) -> int:
    """How often it was killed before a run came to its end; every run is allowed one more change than the last."""
    for changes in range(1, 4 * night.steps):
        if not night.killed_after(changes, "contain", incident, "--apply", "--yes"):
            return changes - 1
    raise AssertionError("it never came to its end")


def test_a_dry_run_changes_nothing(night: Night, incident: str) -> None:
    code, told = night.run("contain", incident)
    plan = [line["state"] for line in told if line["kind"] == "step"]
    assert (code, set(plan)) == (0, {"planned", "skipped"})
    assert plan.count("planned") >= 10
    assert night.run("incidents", incident)[1][-1]["kind"] == "incident", "nothing was journalled"


def test_ends_contained_however_often_it_was_killed(night: Night, incident: str, kills: int) -> None:
    assert kills >= 3
    _, told = night.run("incidents", incident)
    left = [(step["action"], step["why"]) for step in told if step["kind"] == "step" and step["state"] == "failed"]
    assert not left
    assert {step["state"] for step in told if step["kind"] == "step"} == {"verified", "skipped"}
    assert [line["state"] for line in told if line["kind"] == "incident"] == ["contained"]


def test_did_nothing_twice(night: Night, incident: str, kills: int) -> None:
    ec2 = night.world.responder()
    ours = [{"Name": "tag:stanch:incident", "Values": [incident]}]
    assert len(ec2.pages("ec2", "DescribeSnapshots", "Snapshots", Filters=ours)) == len(night.world.host_volumes)
    groups = ec2.pages("ec2", "DescribeSecurityGroups", "SecurityGroups")
    assert len([group for group in groups if group["GroupName"].startswith("stanch-")]) == 1


def test_the_thief_is_refused_and_the_business_goes_on(night: Night, kills: int) -> None:
    assert [attempt for attempt in theft.retry(night.world) if attempt.allowed] == []
    assert [attempt for attempt in theft.live_on(night.world) if not attempt.allowed] == []


def test_undo_leaves_alone_what_somebody_else_has_changed_and_shows_it(night: Night, incident: str, kills: int) -> None:
    aws, bucket = night.world.responder(), night.world.training_bucket
    policy = json.loads(aws.call("s3", "GetBucketPolicy", Bucket=bucket)["Policy"])
    deny = {"Sid": "Freeze", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject"}
    policy["Statement"].append({**deny, "Resource": f"arn:{aws.partition}:s3:::{bucket}/*"})
    aws.call("s3", "PutBucketPolicy", Bucket=bucket, Policy=json.dumps(policy))
    code, told = night.run("undo", incident, "--yes")
    assert code == 3
    kept = [step for step in told if step["state"] != "undone"]
    assert {step["action"] for step in kept} == {"s3/close_bucket"}, "tried again at the end, with the same answer"
    assert "somebody changed it since" in kept[0]["why"]
    assert "Freeze" in kept[0]["why"]
    assert json.loads(aws.call("s3", "GetBucketPolicy", Bucket=bucket)["Policy"]) == policy
