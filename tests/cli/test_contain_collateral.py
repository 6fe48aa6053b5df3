"""A plan says who else used what it would change, by the lake of the state folder, and what depends on it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.cli.running import Run, declared
from tests.ground import Ground

from stanch.contracts.collector import Thing
from stanch.estate.snapshot import Seen, write


def kept(stanch: Run, folder: Path, role: str, *addresses: str, days_ago: int = 2) -> None:
    """Keep one call of a session of the role from each address in the lake."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    at = datetime.now(UTC) - timedelta(days=days_ago)
    records = [
        {
            "eventVersion": "1.11",
            "eventID": f"{days_ago:08}-0000-4000-8000-{number:012}",
            "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": "ec2.amazonaws.com",
            "eventName": "DescribeInstances",
            "awsRegion": "eu-central-1",
            "sourceIPAddress": address,
            "recipientAccountId": account,
            "userIdentity": {"type": "AssumedRole", "arn": f"arn:aws:sts::{account}:assumed-role/{name}/s{number}"},
        }
        for number, address in enumerate(addresses)
    ]
    (folder / "log.json").write_text(json.dumps({"Records": records}))
    assert stanch("lake", "import", str(folder / "log.json")).code == 0


def revoking(stanch: Run, role: str, *more: str) -> dict[str, list[str]]:
    (step,) = [
        step
        for step in stanch("contain", "--resource", role, *more).of("step")
        if step["action"] == "iam/revoke_sessions"
    ]
    return {"collateral": [step["collateral"]], "breaks": step["breaks"]}


def test_who_used_a_role_in_the_last_days_is_asked_of_the_lake(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "act")
    role = ground.role()
    assert "was not looked for" in revoking(stanch, role)["breaks"][-2]
    kept(stanch, tmp_path, role, "10.0.0.7", "10.0.0.8")
    kept(stanch, tmp_path, role, "10.0.0.9", days_ago=40)
    told = revoking(stanch, role)
    assert told["collateral"] == ["medium"]
    users = [line for line in told["breaks"] if line.startswith("also used by")]
    assert [user.partition(" from ")[2] for user in users] == ["10.0.0.7 (1 call)", "10.0.0.8 (1 call)"]
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert f"its users are known from the lake, 14 days to {today} (it holds 1 of them)" in told["breaks"]


def test_how_far_back_is_said_in_stanch_toml(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "act")
    file = tmp_path / "stanch.toml"
    file.write_text(file.read_text().replace("[response]", "[response]\ncollateral_days = 60"))
    role = ground.role()
    kept(stanch, tmp_path, role, "10.0.0.9", days_ago=40)
    assert any("from 10.0.0.9" in line for line in revoking(stanch, role)["breaks"])


def test_nobody_in_the_lake_and_nothing_in_the_snapshot_is_little_and_goes_at_once(
    ground: Ground, stanch: Run, tmp_path: Path
) -> None:
    declared(ground, tmp_path, "act")
    role, other = ground.role(), ground.role()
    kept(stanch, tmp_path, other, "10.0.0.7")
    said = stanch("contain", "--resource", role, "--auto")
    assert said.code == 0
    assert "is not known; --logs" not in said.err
    assert {step["collateral"] for step in said.of("step") if step["action"] == "iam/revoke_sessions"} == {"low"}


def test_a_host_that_runs_with_the_role_and_was_not_seen_is_told_by_the_snapshot(
    ground: Ground, stanch: Run, tmp_path: Path
) -> None:
    declared(ground, tmp_path, "act")
    role, other = ground.role(), ground.role()
    kept(stanch, tmp_path, other, "10.0.0.7")
    task = f"arn:aws:ecs:eu-central-1:{ground.account}:task-definition/nightly:3"
    named = Thing("ecs/task-definition", task, {"taskRoleArn": role})
    write(tmp_path / ".stanch" / "snapshot", [Seen(ground.account, None, "ecs", (named,))], datetime.now(UTC))
    told = revoking(stanch, role)
    assert told["collateral"] == ["medium"]
    assert f"depends on it, though not seen using it: {task} names it" in told["breaks"]
    assert any("does not hold it" in line for line in told["breaks"]), "the snapshot never looked at IAM"
    (decision,) = stanch("contain", "--resource", role, "--auto").of("plan")
    assert decision["waiting"] == [f"iam/revoke_sessions on {role}"]


def test_the_logs_given_add_to_what_the_lake_tells(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "act")
    role = ground.role()
    kept(stanch, tmp_path, role, "10.0.0.8")
    account, name = role.split(":")[4], role.rpartition("/")[2]
    extra = json.loads((tmp_path / "log.json").read_text())
    extra["Records"][0] |= {"eventID": "e", "sourceIPAddress": "10.0.0.99"}
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "log.json").write_text(json.dumps(extra))
    told = revoking(stanch, role, "--logs", "more")["breaks"]
    assert any(line.startswith("its users are known from the logs given and the lake, 14 days") for line in told)
    users = [line for line in told if line.startswith("also")]
    who = f"also used by arn:aws:sts::{account}:assumed-role/{name}/s0 from 10.0.0"
    assert users == [f"{who}.99 (1 call)", f"{who}.8 (1 call)"]
