"""A snapshot on a bad day: one clear line, what was there before stays, and nothing is invented."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.fronts import at_most, front, refusal
from tests.cli.running import Run
from tests.ground import Ground, document, opened

from stanch.app.snapshot import permissions
from stanch.aws import Credentials
from stanch.estate import snapshot


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """A range of its own: whole accounts are looked at."""
    with opened() as staged:
        yield staged


@pytest.fixture
def reader(ground: Ground, stanch: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command as an administrator of an account that holds little."""
    _sign(monkeypatch, ground.staged.outsider)
    return stanch


def _sign(monkeypatch: pytest.MonkeyPatch, credentials: Credentials) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", credentials.secret)
    monkeypatch.setenv("AWS_SESSION_TOKEN", credentials.token or "")


def test_a_whole_look_at_the_range_has_no_gap(reader: Run) -> None:
    said = reader("snapshot", "--out", "s")
    assert (said.code, said.of("unknown")) == (0, [])
    assert said.of("snapshot")[0]["things"]["iam/account"] == 1


def test_a_whole_look_at_the_staged_company_has_none_either(
    ground: Ground, stanch: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sign(monkeypatch, ground.staged.admin)
    said = stanch("snapshot", "--out", "s")
    assert (said.code, said.of("unknown")) == (0, [])
    assert said.of("snapshot")[0]["things"]["ec2/instance"] >= 1


@pytest.mark.parametrize(
    ("code", "message", "remedy"),
    [
        ("ExpiredToken", "The security token included in the request is expired", "renew them"),
        ("InvalidClientTokenId", "The security token included in the request is invalid.", "see --profile"),
        ("SignatureDoesNotMatch", "Signature expired: 20261123T0900Z is now earlier than", "clock is wrong"),
        ("SignatureDoesNotMatch", "The request signature we calculated does not match", "see --profile"),
    ],
)
def test_credentials_that_are_refused_are_one_line_and_the_old_snapshot_stays(
    reader: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str, message: str, remedy: str
) -> None:
    reader("snapshot", "--out", "s", "--only", "sns")
    before = (tmp_path / "s" / "index.json").read_bytes()
    with front(lambda: refusal(403, code, message)) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        said = reader("snapshot", "--out", "s")
    assert (said.code, said.lines) == (2, [])
    (line,) = said.err.strip().splitlines()
    assert remedy in line
    assert (tmp_path / "s" / "index.json").read_bytes() == before


def test_a_token_that_expires_in_the_middle_is_one_line_too(
    ground: Ground, reader: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[None] = []

    def after_a_while() -> tuple[int, str, bytes] | None:
        asked.append(None)
        return refusal(403, "ExpiredToken", "The provided token has expired.") if len(asked) > 8 else None

    with front(after_a_while, ground.staged.range_.endpoint) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        said = reader("snapshot", "--out", "s")
    assert (said.code, said.lines) == (2, [])
    (line,) = said.err.strip().splitlines()
    assert "the credentials have expired; renew them and run the same line again" in line
    assert not Path("s").exists()


def test_an_endpoint_that_is_down_is_one_line(reader: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with front(lambda: None) as address:
        pass
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    said = reader("snapshot", "--out", "s")
    assert (said.code, said.lines) == (2, [])
    (line,) = said.err.strip().splitlines()
    assert "check the endpoint, the region and the network" in line


@pytest.mark.parametrize("words", [("--in", "eu-centrl-1"), ("--region", "nowhere")])
def test_a_region_that_does_not_exist_is_one_line(reader: Run, words: tuple[str, str]) -> None:
    said = reader("snapshot", *words)
    assert (said.code, said.lines) == (2, [])
    (line,) = said.err.strip().splitlines()
    assert words[1] in line


def test_a_region_that_the_account_has_not_enabled_is_told_once(reader: Run) -> None:
    said = reader("snapshot", "--out", "s", "--only", "sns", "--only", "sqs", "--in", "ap-east-1")
    (gap,) = said.of("unknown")
    assert (said.code, gap["code"], gap["of"]) == (3, "not-opted-in", "ap-east-1")


def test_an_account_that_cannot_be_entered_is_a_gap_with_its_remedy(ground: Ground, reader: Run) -> None:
    perimeter = f'[perimeter]\naccounts = ["{ground.account}", "{ground.outside_account}"]\n'
    Path("stanch.toml").write_text(perimeter)
    said = reader("snapshot", "--out", "s", "--only", "sns", "--role", "no-such-role")
    (gap,) = said.of("unknown")
    assert (said.code, gap["permission"], gap["account"]) == (3, "sts:AssumeRole", ground.account)
    assert said.of("snapshot")[0]["accounts"] == sorted([ground.account, ground.outside_account])


def test_each_account_of_the_perimeter_is_looked_at_through_its_role_and_one_that_refuses_is_told(
    ground: Ground, reader: Run
) -> None:
    arn = ground.role(trusted=[f"arn:aws:iam::{ground.outside_account}:root"])
    name = arn.rpartition("/")[2]
    reads = document([{"Effect": "Allow", "Action": list(permissions()), "Resource": "*"}])
    ground.admin.call("iam", "PutRolePolicy", RoleName=name, PolicyName="reads", PolicyDocument=reads)
    ground.admin.call("iam", "DeleteRolePolicy", RoleName=name, PolicyName="work")
    theirs, ours = ground.bucket([]), f"ours-{name}".lower()
    place = {"LocationConstraint": "eu-central-1"}
    ground.outsider.call("s3", "CreateBucket", Bucket=ours, CreateBucketConfiguration=place)
    accounts = f'["{ground.account}", "222233334444"]'
    Path("stanch.toml").write_text(f"[perimeter]\naccounts = {accounts}\n")
    said = reader("snapshot", "--out", "s", "--role", name)
    assert said.code == 3
    made = snapshot.read(Path("s"))
    assert {one.account for one in made.of("s3/bucket") if one.thing.arn.endswith((theirs, ours))} == {
        ground.account,
        ground.outside_account,
    }
    assert {one.account for one in made.of("iam/role") if one.thing.arn == arn} == {ground.account}
    assert [(gap.operation, gap.account) for gap in made.unknowns] == [("sts:AssumeRole", "222233334444")]
    assert made.unknowns[0].of == f"arn:aws:iam::222233334444:role/{name}"
    assert {account for account, _, _ in made.looked} == {ground.account, ground.outside_account, "222233334444"}


def test_with_half_of_the_permissions_each_gap_names_one_that_lacks_and_nothing_is_invented(
    ground: Ground, reader: Run, stanch: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name = ground.outsider, ground.name("reader")
    place = {"LocationConstraint": owner.region}
    owner.call("s3", "CreateBucket", Bucket=ground.name("acme-half"), CreateBucketConfiguration=place)
    assert reader("snapshot", "--out", "whole").code == 0
    denied = [*permissions()][::2]
    trust = [{"Effect": "Allow", "Principal": {"AWS": owner.caller}, "Action": "sts:AssumeRole"}]
    made = owner.call("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    half: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": denied, "Resource": "*"},
    ]
    owner.call("iam", "PutRolePolicy", RoleName=name, PolicyName="look", PolicyDocument=document(half))
    session = owner.call("sts", "AssumeRole", RoleArn=made, RoleSessionName="look")["Credentials"]
    _sign(monkeypatch, Credentials.read(session))
    said = stanch("snapshot", "--out", "half")
    gaps = said.of("unknown")
    assert said.code == 3
    assert len({gap["permission"] for gap in gaps}) > len(denied) / 3
    assert {gap["permission"] for gap in gaps} <= {*denied}
    assert {gap["account"] for gap in gaps} == {ground.outside_account}
    whole, seen = (
        {(one.thing.kind, one.thing.arn) for one in snapshot.read(Path(to)).places} for to in ("whole", "half")
    )
    made_since = {("iam/role", made), *(one for one in seen if one[0] == "sts/caller")}
    assert seen <= whole | made_since


def test_an_account_that_throttles_is_looked_at_whole_and_more_slowly(
    ground: Ground, reader: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with front(at_most(8), ground.staged.range_.endpoint) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        said = reader("snapshot", "--out", "s", "--only", "iam", "--only", "config", "--only", "bedrock")
    assert (said.code, said.of("unknown")) == (0, [])


def test_what_changed_since_is_told_by_thing_and_member(ground: Ground, reader: Run) -> None:
    reader("snapshot", "--out", "s", "--only", "sns", "--only", "iam")
    topic = ground.outsider.call("sns", "CreateTopic", Name=ground.name("alarms"))["TopicArn"]
    said = reader("snapshot", "--out", "s", "--only", "sns", "--only", "iam", "--diff", "s")
    assert said.code == 0
    told = [(one["how"], one["thing"], one["arn"]) for one in said.of("change")]
    assert told == [("new", "sns/topic", topic)]
    again = reader("snapshot", "--diff", "s", "--to", "s")
    assert (again.code, again.lines) == (0, [])
    assert "Nothing changed since" in again.err


@pytest.mark.parametrize("words", [("--to", "s"), ("--diff", "nothing-there")])
def test_a_comparison_with_nothing_is_wrong_use(stanch: Run, words: tuple[str, str]) -> None:
    said = stanch("snapshot", *words)
    assert said.code == 2
    assert "snapshot" in said.err


def test_whoever_kills_it_in_the_middle_keeps_the_snapshot_of_before(ground: Ground, reader: Run) -> None:
    reader("snapshot", "--out", "s", "--only", "sns")
    before = Path("s/index.json").read_bytes()
    reached: list[float] = []

    def slowly() -> None:
        reached.append(time.monotonic())
        time.sleep(0.05)

    with front(slowly, ground.staged.range_.endpoint) as address:
        words = [sys.executable, "-m", "stanch", "snapshot", "--out", "s"]
        child = subprocess.Popen(words, env={**os.environ, "AWS_ENDPOINT_URL": address}, stderr=subprocess.DEVNULL)
        while len(reached) < 10 and child.poll() is None:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    assert Path("s/index.json").read_bytes() == before
    assert snapshot.read(Path("s")).edited == ()
    assert [path.name for path in Path().iterdir() if path.name.startswith(".s")] == []


def test_the_policy_that_looking_needs_is_one_statement(
    stanch: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["stanch", "snapshot", "--permissions"])
    from stanch.cli import main

    with pytest.raises(SystemExit):
        main()
    (statement,) = json.loads(capsys.readouterr().out)["Statement"]
    verbs = {action.split(":")[1] for action in statement["Action"]}
    reading = ("BatchDescribe", "Describe", "Generate", "Get", "List")
    assert all(verb.startswith(reading) for verb in verbs)
    assert "ec2:DescribeRegions" in statement["Action"]
