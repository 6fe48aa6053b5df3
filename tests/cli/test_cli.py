"""The command line: wrong use is one line with the remedy and the right exit code, and nothing is half-written."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stanch.cli import main

ESTATE = '[perimeter]\naccounts = ["111122223333"]\n'
THEFT = {
    "eventID": "11111111-0000-0000-0000-000000000001",
    "eventTime": "2026-11-22T03:00:00Z",
    "eventName": "PutBucketPolicy",
    "eventSource": "s3.amazonaws.com",
    "awsRegion": "eu-central-1",
    "recipientAccountId": "111122223333",
    "sourceIPAddress": "203.0.113.9",
    "userIdentity": {
        "type": "IAMUser",
        "arn": "arn:aws:iam::111122223333:user/ann",
        "accountId": "111122223333",
        "accessKeyId": "AKIAEXAMPLE",
    },
    "requestParameters": {
        "bucketName": "acme",
        "bucketPolicy": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}
            ],
        },
    },
}


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Said]


@pytest.fixture
def stanch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in an empty folder of its own, without credentials."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".git").mkdir()  # where the search for an estate file ends

    def run(*arguments: str) -> Said:
        monkeypatch.setattr("sys.argv", ["stanch", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    folder = tmp_path / "trail"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps({"Records": [THEFT]}))
    return folder


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["hunt", "nowhere"], "nowhere does not exist; give a file or a folder"),
        (["hunt", "trail", "--fail-on", "awful"], "--fail-on: 'awful' is not a severity: informational, low"),
        (["hunt", "trail", "--max-inflated", "lots"], "--max-inflated:"),
        (["hunt", "trail", "--only-rules"], "give --rules DIR too"),
        (["hunt", "trail", "--rules", "nowhere"], "--rules nowhere is not a folder"),
        (["hunt", "trail", "--account", "12"], "--account '12' is no account; give its 12 digits"),
        (["hunt", "lake"], "there is no lake yet; `stanch lake import FOLDER` makes one"),
        (["hunt", "trail", "--estate", "nowhere.toml"], "nowhere.toml"),
        (["incidents", "inc-none"], "no incident is stored yet; run `stanch hunt` first"),
        (["contain"], "name an incident, or resources with --resource"),
        (["contain", "inc-1", "--resource", "arn:aws:s3:::x"], "name an incident, or resources"),
        (["contain", "--resource", "my-bucket"], "--resource: 'my-bucket' is not an ARN"),
        (["contain", "--resource", "arn:aws:s3:::x"], "no region; give --region or set AWS_REGION"),
        (["contain", "--resource", "arn:aws:s3:::x", "--region", "eu-central-1"], "no AWS credentials found"),
        (["contain", "--resource", "arn:aws:s3:::x", "--profile", "nobody"], "see --profile"),
        (["undo", "inc-none"], "no incident is stored yet"),
        (["report", "inc-none"], "no incident is stored yet"),
        (["init", "--check"], "stanch.toml does not exist; `stanch init` writes one"),
        (["drill", "nothing"], "no scenario 'nothing'; there are: stolen_instance_credentials"),
        (["frobnicate"], "No such command"),
        (["hunt", "--frobnicate"], "No such option"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_told_with_its_remedy(stanch: Run, trail: Path, arguments: list[str], says: str) -> None:
    said = stanch(*arguments)
    assert said.code == 2
    assert says in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def test_an_endpoint_that_does_not_answer_is_told(stanch: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "no-secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    said = stanch(
        "contain", "--resource", "arn:aws:s3:::x", "--region", "eu-central-1", "--endpoint-url", "http://127.0.0.1:9"
    )
    assert said.code == 2
    assert "check the endpoint" in said.err


def test_a_hunt_prints_the_promised_lines_in_order_and_fails_on_request(stanch: Run, trail: Path) -> None:
    said = stanch("hunt", "trail", "--format", "json", "--fail-on", "high")
    assert said.code == 10
    assert [line["kind"] for line in said.lines] == ["finding", "incident", "coverage"]
    finding, incident, coverage = said.lines
    assert next(iter(finding)) == "kind"
    assert finding["incident"] == incident["id"]
    assert incident["findings"] == [finding["id"]]
    assert coverage["files_skipped"] == []
    assert coverage["events"] == 1


def test_what_could_not_be_read_is_listed_and_the_exit_code_says_so(stanch: Run, trail: Path) -> None:
    (trail / "b.json").write_text('{"Records": [')
    said = stanch("hunt", "trail", "--format", "json")
    assert said.code == 3
    assert said.lines[-1]["files_skipped"] == [
        {"path": "trail/b.json", "why": "broken JSON: Input data was truncated", "fault": True, "part": False}
    ]
    assert said.lines[0]["kind"] == "finding"


def test_a_quiet_hunt_leaves_nothing_behind(stanch: Run, tmp_path: Path) -> None:
    (tmp_path / "quiet.json").write_text('{"Records": []}')
    said = stanch("hunt", "quiet.json")
    assert said.code == 0
    assert not (tmp_path / ".stanch").exists()


def test_one_bad_rule_never_stops_the_others(stanch: Run, trail: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "bad.yml").write_text("title: [")
    (rules / "good.yml").write_text(
        "title: Any policy\nlogsource: {product: aws, service: cloudtrail}\n"
        "detection: {s: {eventName: PutBucketPolicy}, condition: s}\nlevel: low\n"
    )
    said = stanch("hunt", "trail", "--rules", "rules", "--only-rules", "--format", "json")
    assert said.code == 3
    assert [line["detection"] for line in said.lines if line["kind"] == "finding"] == ["good"]
    assert [failed["id"] for failed in said.lines[-1]["detections_failed"]] == ["bad"]


def test_hunting_twice_stores_one_incident(stanch: Run, trail: Path) -> None:
    stanch("hunt", "trail")
    stanch("hunt", "trail")
    said = stanch("incidents", "--format", "json")
    assert len(said.lines) == 1


def test_init_writes_a_file_that_check_accepts_and_never_overwrites(stanch: Run, tmp_path: Path) -> None:
    assert stanch("init").code == 0
    written = (tmp_path / "stanch.toml").read_text()
    assert stanch("init", "--check").code == 0
    again = stanch("init")
    assert again.code == 2
    assert "exists and is yours" in again.err
    assert (tmp_path / "stanch.toml").read_text() == written


def test_who_declared_accounts_but_no_network_is_told_what_that_hides(stanch: Run, trail: Path, tmp_path: Path) -> None:
    (tmp_path / "stanch.toml").write_text(ESTATE)
    assert "No network is declared as yours ([perimeter] in stanch.toml)" in stanch("hunt", "trail").out
    (tmp_path / "stanch.toml").write_text(f'{ESTATE}networks = ["10.0.0.0/8"]\n')
    assert "No network is declared" not in stanch("hunt", "trail").out


def test_a_bad_estate_is_told_with_file_line_and_remedy(stanch: Run, trail: Path, tmp_path: Path) -> None:
    (tmp_path / "stanch.toml").write_text(ESTATE + '[[asset]]\nname = "w"\nknd = "weights"\nwhere = "s3://w"\n')
    said = stanch("hunt", "trail")
    assert said.code == 2
    assert 'stanch.toml:5: [[asset]] #1: unknown key "knd"; did you mean "kind"?' in said.err


def test_a_report_needs_a_person_to_start_the_clocks(stanch: Run, trail: Path, tmp_path: Path) -> None:
    incident = json.loads(stanch("hunt", "trail", "--format", "json").out.splitlines()[1])["id"]
    said = stanch("report", incident, "--regime", "gdpr")
    assert said.code == 0
    assert "clocks do not run yet" in said.out
    assert stanch("report", incident, "--aware-at", "2026-11-22T04:00:00Z").code == 2
    assert "no zone" in stanch("report", incident, "--aware-at", "2026-11-22T04:00:00", "--by", "J", "--why", "w").err
    early = stanch("report", incident, "--aware-at", "0001-01-01T00:00:00+05:00", "--by", "J", "--why", "w")
    assert (early.code, "lies before" in early.err) == (2, True)
    said = stanch("report", incident, "--aware-at", "2026-11-22T04:00:00Z", "--by", "J. Doe", "--why", "triage")
    assert said.code == 0
    assert "2026-11-25 04:00" in (tmp_path / ".stanch" / "reports" / f"{incident}-gdpr.md").read_text()


def test_an_unknown_regime_is_told_with_those_there_are(stanch: Run, trail: Path) -> None:
    incident = json.loads(stanch("hunt", "trail", "--format", "json").out.splitlines()[1])["id"]
    said = stanch("report", incident, "--regime", "hipaa")
    assert said.code == 2
    assert "there are: gdpr, nis2" in said.err


def test_observe_means_observe(stanch: Run, trail: Path, tmp_path: Path) -> None:
    incident = json.loads(stanch("hunt", "trail", "--format", "json").out.splitlines()[1])["id"]
    (tmp_path / "stanch.toml").write_text(ESTATE + '[response]\nmode = "observe"\n')
    said = stanch("contain", incident, "--apply", "--yes")
    assert said.code == 2
    assert "response.mode = observe" in said.err


def test_hostile_text_reaches_no_terminal(stanch: Run, tmp_path: Path) -> None:
    hostile = {**THEFT, "userIdentity": {"type": "IAMUser", "arn": "\x1b[2J\x1b]0;pwned\x07[red]ann\u202egpj.exe"}}
    (tmp_path / "evil.json").write_text(json.dumps({"Records": [hostile]}))
    said = stanch("hunt", "evil.json")
    assert "PutBucketPolicy" not in said.err
    assert "\x1b" not in said.out
    assert "\x07" not in said.out
    assert "\u202e" not in said.out
    assert "[red]ann" in said.out


def test_every_verb_has_help_with_an_example(stanch: Run) -> None:
    for verb in ("init", "hunt", "incidents", "contain", "undo", "report", "drill"):
        said = stanch(verb, "--help")
        assert said.code == 0
        assert "xample" in said.out, verb


def test_what_cannot_be_kept_is_told_all_the_same(stanch: Run, trail: Path, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "stanch.db").write_text("not a database, and long enough to be looked at as one")
    said = stanch("hunt", "trail", "--state", "state", "--format", "json")
    assert said.code == 3
    assert [line["kind"] for line in said.lines] == ["finding", "incident", "coverage"]
    assert "NOT KEPT" in said.err


def test_one_is_told_as_one(stanch: Run, trail: Path) -> None:
    assert "read 1 file, 1 event, " in stanch("hunt", "trail").out
    assert "Kept 1 event of 1 file in " in stanch("lake", "import", "trail").out
    again = stanch("lake", "import", "trail").out
    assert "Kept 0 events of 0 files in " in again
    assert "1 file was kept before and is passed over." in again


def test_what_is_no_log_is_not_counted_as_kept(stanch: Run, trail: Path) -> None:
    (trail / "notes.txt").write_text("notes")
    said = stanch("lake", "import", "trail", "--format", "json")
    assert said.code == 3
    assert (said.lines[0]["files_kept"], len(said.lines[0]["files_skipped"])) == (1, 1)
    assert "not read: trail/notes.txt: of no log that stanch knows" in said.err


def test_a_folder_may_hold_what_one_declares(stanch: Run, trail: Path) -> None:
    (trail / "stanch.toml").write_text("schema = 1\n")
    said = stanch("hunt", "trail")
    assert said.code == 0
    assert any(line.endswith("trail/stanch.toml: what you declare, no log") for line in said.out.splitlines())


def test_a_sentence_is_not_broken_into_lines(stanch: Run, trail: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    (trail / "notes.txt").write_text("notes")
    told = stanch("hunt", "trail").out.splitlines()
    assert any(line.startswith("read 1 file, 1 event, ") and line.endswith("/s") for line in told)
    assert "not read: trail/notes.txt: of no log that stanch knows" in told


def test_a_search_may_be_bounded_by_the_first_and_the_last_day(stanch: Run, trail: Path) -> None:
    said = stanch("hunt", "trail", "--since", "0001-01-01", "--until", "9999-12-31", "--format", "json")
    assert said.code == 0
    assert said.lines[-1]["events"] == 1


def test_an_incident_can_be_read_and_copied_at_80_columns(
    stanch: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    name = f"\x1b[2J\u202e\n{'ann-' * 500}end"
    who = {"type": "IAMUser", "accountId": "111122223333", "arn": f"arn:aws:iam::111122223333:user/{name}"}
    (tmp_path / "a.json").write_text(json.dumps({"Records": [{**THEFT, "userIdentity": who}]}))
    told = stanch("hunt", "a.json").out.splitlines()
    panel = [line for line in told if line[:1] in set("╭│╰")]
    assert {len(line) for line in panel} == {80}
    assert len(panel) < 20
    assert any(" exfiltration/bucket_opened_by_policy " in line for line in panel)
    assert not any(hidden in line for line in told for hidden in "\x1b\u202e")
    finding, *_ = stanch("hunt", "a.json", "--format", "json").lines
    assert finding["actor"]["arn"] == who["arn"]


def test_an_empty_search_is_not_called_quiet(stanch: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = stanch("hunt", "empty")
    assert said.code == 3
    assert "Nothing was searched" in said.out


def test_a_folder_that_is_only_linked_is_told(stanch: Run, trail: Path, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "far").symlink_to(trail)
    said = stanch("hunt", "logs", "--format", "json")
    assert said.code == 3
    assert "linked" in said.lines[-1]["files_skipped"][0]["why"]


def test_a_pipe_named_by_hand_is_read(stanch: Run, trail: Path, tmp_path: Path) -> None:
    import os
    import threading

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes((trail / "a.json").read_bytes()))
    writer.start()
    said = stanch("hunt", "pipe", "--format", "json")
    writer.join()
    assert said.lines[-1]["events"] == 1
