"""Whoever tries to make stanch act without a yes, twice, too far, or to make it tell a secret, does not get it."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.cli.running import Run, closed, declared, opened
from tests.ground import Ground
from tests.litellm_server import MASTER, VARIABLE, serving

from stanch.app.clock import now

WAITS = 3


def test_what_waits_is_carried_out_after_its_yes_though_the_rest_was_done_before(
    ground: Ground, stanch: Run, tmp_path: Path
) -> None:
    declared(ground, tmp_path, "act")
    bucket, role = opened(ground), ground.role()
    named = ("contain", "--resource", bucket, "--resource", role, "--auto")
    (decision,) = stanch(*named).of("plan")
    assert stanch(*named).of("plan")[0]["plan"] == decision["plan"], "looked at again, it is the same question"
    stanch("approve", decision["plan"][:12], "--by", "bob")
    done = stanch(*named)
    assert done.code == 0, done.err
    assert done.of("incident")[0]["state"] == "contained"


def test_a_yes_does_not_outlive_an_undo(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "ask")
    bucket = opened(ground)
    named = ("contain", "--resource", bucket, "--auto")
    (decision,) = stanch(*named).of("plan")
    stanch("approve", decision["plan"], "--by", "bob")
    (case,) = stanch(*named).of("incident")
    assert closed(ground, bucket)
    assert stanch("undo", case["id"], "--yes").code == 0
    again = stanch(*named)
    assert (again.code, closed(ground, bucket)) == (WAITS, False)
    stanch("approve", decision["plan"], "--by", "bob")
    assert (stanch(*named).code, closed(ground, bucket)) == (0, True), "said anew, it counts"


def test_what_a_person_undid_is_not_done_again_by_itself(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "act")
    bucket = opened(ground)
    named = ("contain", "--resource", bucket, "--auto")
    (case,) = stanch(*named).of("incident")
    assert closed(ground, bucket)
    stanch("undo", case["id"], "--yes")
    again = stanch(*named)
    assert (again.code, closed(ground, bucket)) == (WAITS, False)
    assert "was undone at" in again.of("plan")[0]["why"][0]


def test_a_question_that_expired_lets_nothing_go(
    ground: Ground, stanch: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared(ground, tmp_path, "ask")
    bucket = opened(ground)
    (decision,) = stanch("contain", "--resource", bucket, "--auto").of("plan")
    stanch("approve", decision["plan"], "--by", "bob")
    monkeypatch.setattr("stanch.app.deciding.now", lambda: now() + timedelta(minutes=6))
    assert (stanch("contain", "--resource", bucket, "--auto").code, closed(ground, bucket)) == (WAITS, False)


@pytest.mark.parametrize("first", ["bob", "BOB", " bob ", "\uff42ob"])
def test_one_person_is_not_two_however_the_name_is_written(
    ground: Ground, stanch: Run, tmp_path: Path, first: str
) -> None:
    bucket = opened(ground)
    declared(ground, tmp_path, "ask", bucket.rpartition(":")[2])
    (decision,) = stanch("contain", "--resource", bucket, "--auto").of("plan")
    stanch("approve", decision["plan"], "--by", first)
    assert stanch("approve", decision["plan"], "--by", "Bob").of("answer")[0]["complete"] is False


@pytest.mark.parametrize("name", ["", "  ", "bob\u200b", "b\x1b[2Job", "\u202ebob"])
def test_a_name_that_nobody_can_read_decides_nothing(ground: Ground, stanch: Run, tmp_path: Path, name: str) -> None:
    declared(ground, tmp_path, "ask")
    (decision,) = stanch("contain", "--resource", opened(ground), "--auto").of("plan")
    said = stanch("approve", decision["plan"], f"--by={name}")
    assert (said.code, said.lines) == (2, [])
    assert "is no name" in said.err


def test_a_no_is_named_when_somebody_acts_against_it(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "ask")
    bucket = opened(ground)
    (decision,) = stanch("contain", "--resource", bucket, "--auto").of("plan")
    stanch("approve", decision["plan"], "--by", "carol", "--no")
    said = stanch("contain", "--resource", bucket, "--apply", "--yes", "--by", "alice")
    assert (said.code, closed(ground, bucket)) == (WAITS, False)
    assert "carol said no to what waits" in said.err


def test_logs_without_a_call_are_no_proof_that_nobody_uses_it(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "act")
    (tmp_path / "logs").mkdir()
    said = stanch("contain", "--resource", ground.role(), "--logs", str(tmp_path / "logs"), "--auto")
    assert said.code == WAITS
    assert said.of("plan")[0]["why"] == ["collateral medium is above act_when (low)"]
    assert "who else uses these is not known" in said.err


def started(*named: str) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "stanch", "contain", *named, "--auto", "--format", "json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ, text=True)


def test_an_interrupt_in_the_middle_leaves_nothing_half(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "act")
    buckets = [opened(ground) for _ in range(4)]
    named = [word for bucket in buckets for word in ("--resource", bucket)]
    process = started(*named)
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line).get("state") == "applied":
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGINT)  # who is in a hurry asks twice
            break
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert stanch("verify").code == 0, "the journal's chain is whole"
    last = stanch("contain", *named, "--auto")
    (case,) = stanch("incidents").of("incident")
    assert (last.code, case["state"]) == (0, "contained"), last.err
    assert all(closed(ground, bucket) for bucket in buckets)
    assert stanch("undo", case["id"], "--yes").code == 0
    assert not any(closed(ground, bucket) for bucket in buckets)


def test_two_at_once_contain_it_once(ground: Ground, stanch: Run, tmp_path: Path) -> None:
    declared(ground, tmp_path, "act")
    buckets = [opened(ground) for _ in range(3)]
    named = [word for bucket in buckets for word in ("--resource", bucket)]
    both = [started(*named) for _ in range(2)]
    ends = [process.communicate(timeout=120) for process in both]
    assert {process.returncode for process in both} <= {0, WAITS}, ends
    assert all(closed(ground, bucket) for bucket in buckets)
    last = stanch("contain", *named, "--auto")
    assert last.code == 0
    (case,) = stanch("incidents").of("incident")
    assert case["state"] == "contained", ends
    policies = [ground.admin.call("s3", "GetBucketPolicy", Bucket=arn.rpartition(":")[2])["Policy"] for arn in buckets]
    assert [len(json.loads(policy)["Statement"]) for policy in policies] == [1, 1, 1]
    assert stanch("undo", case["id"], "--yes").code == 0
    assert not any(closed(ground, bucket) for bucket in buckets)


def test_no_secret_reaches_the_state_folder_or_any_output(
    ground: Ground, stanch: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as gateway:
        declared(ground, tmp_path, "act")
        estate = (tmp_path / "stanch.toml").read_text()
        front = f'[[response.gateway]]\nname = "front"\nurl = "{gateway.url}"\nsecret = "{VARIABLE}"\n'
        (tmp_path / "stanch.toml").write_text(estate + front)
        monkeypatch.setenv(VARIABLE, MASTER)
        gateway.key()
        user, credentials = ground.user()
        resources = ["arn:gateway:litellm:front::key/sk-0", user, ground.role(trusted=[ground.responder().caller])]
        host = ground.arn("ec2", f"instance/{ground.host()}")
        named = [word for resource in [*resources, host, opened(ground)] for word in ("--resource", resource)]
        shown = stanch("contain", *named)
        done = stanch("contain", *named, "--apply", "--yes")
        (case,) = done.of("incident")
        said = [shown, done, stanch("incidents"), stanch("report", case["id"], "--regime", "gdpr")]
        said.append(stanch("undo", case["id"], "--yes"))
    kept = b"".join(path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file())
    told = kept + "".join(json.dumps(one.lines) + one.err for one in said).encode()
    signing = ground.responder_credentials
    secrets = [MASTER, "key/sk-0", signing.secret, signing.token or "", credentials.secret]
    assert [secret for secret in secrets if secret and secret.encode() in told] == []
    assert b"/key/block" in told, "the key was blocked, and only its hash is kept"
