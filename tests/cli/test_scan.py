"""`stanch scan` on a snapshot and on a range: what it says, what it writes, and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import Run
from tests.ground import Ground
from tests.posturing import ACCOUNT, COLLECTORS, MOMENT, REGION

from stanch.cli import main
from stanch.contracts.collector import UNSEEN, Thing, Unknown
from stanch.estate.snapshot import Seen, write

OPEN = {
    "Policy": {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::aaa/*"}
        ],
    },
    "PublicAccessBlock": None,
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    "Acl": None,
}
ESTATE = '[[asset]]\nname = "model"\nkind = "weights"\nwhere = "s3://aaa/"\n'
CHECK = ("--check", "public/bucket_open")


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """The command where no credentials and no network are: exit code, what went to stdout and to stderr."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["stanch", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def kept(folder: Path, data: dict[str, Any], unknowns: tuple[Unknown, ...] = ()) -> Path:
    bucket = Thing("s3/bucket", "arn:aws:s3:::aaa", data)
    others = [Seen(ACCOUNT, region, name, ()) for name in COLLECTORS if name != "s3" for region in (None, REGION)]
    return write(folder / "snap", [Seen(ACCOUNT, None, "s3", (bucket,), unknowns), *others], MOMENT)


def test_a_hole_on_the_weights_is_critical_and_ends_with_ten(offline: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "stanch.toml").write_text(ESTATE)
    code, out, _ = offline(
        "scan", "--snapshot", str(kept(tmp_path, OPEN)), *CHECK, "--fail-on", "high", "--format", "json"
    )
    verdict, coverage = map(json.loads, out.splitlines())
    assert code == 10
    assert next(iter(verdict)) == "kind"
    assert (verdict["verdict"], verdict["severity"]) == ("fail", "critical")
    assert verdict["assets"][0]["name"] == "model"
    assert verdict["evidence"]["facts"][0]["file"] == f"{ACCOUNT}/account/s3.jsonl"
    assert verdict["seed_row"] == "public by policy"
    assert coverage["kind"] == "coverage"
    assert coverage["detections_run"] == 1


def test_what_was_not_seen_is_unknown_and_ends_with_three(offline: Callable[..., Any], tmp_path: Path) -> None:
    gap = Unknown("s3:GetBucketPolicy", "AccessDenied", "s3:GetBucketPolicy", "arn:aws:s3:::aaa", "denied")
    data = {**OPEN, "Policy": {UNSEEN: "s3:GetBucketPolicy: AccessDenied"}}
    code, out, _ = offline("scan", "--snapshot", str(kept(tmp_path, data, (gap,))), *CHECK, "--format", "json")
    verdict, coverage = map(json.loads, out.splitlines())
    assert code == 3
    assert verdict["verdict"] == "unknown"
    assert "s3:GetBucketPolicy" in verdict["why"]
    assert "s3:GetBucketPolicy" in coverage["files_skipped"][0]["why"]


def test_people_see_the_hole_the_way_and_what_closes_it(offline: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "stanch.toml").write_text(ESTATE)
    code, out, _ = offline("scan", "--snapshot", str(kept(tmp_path, OPEN)), *CHECK)
    assert code == 0
    for words in ("critical", "model", "anybody on the internet", "put-public-access-block", "public by policy"):
        assert words in out, words


def test_a_failure_point_without_anything_to_ask_about_is_told_and_one_that_was_not_asked_is_not(
    offline: Callable[..., Any], tmp_path: Path
) -> None:
    _, out, _ = offline("scan", "--snapshot", str(kept(tmp_path, OPEN)), "--row", "public", "--row", "egress")
    (line,) = [line for line in out.splitlines() if line.startswith("egress")]
    assert line.endswith("nothing to ask about")
    assert "registry" not in out


def test_every_file_that_is_asked_for_is_written(offline: Callable[..., Any], tmp_path: Path) -> None:
    files = {"--html": "a.html", "--asff": "a.asff", "--ocsf": "a.ocsf", "--insights": "a.json"}
    words = [word for pair in files.items() for word in pair]
    code, _, _ = offline("scan", "--snapshot", str(kept(tmp_path, OPEN)), *CHECK, *words)
    assert code == 0
    assert all((tmp_path / name).stat().st_size for name in files.values())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--check", "nothing/here"), "there is no check"),
        (("--row", "no such"), "names no single row"),
        (("--fail-on", "worst"), "--fail-on"),
        (("--snapshot", "missing"), "`stanch snapshot` makes one"),
        (("--logs", "missing"), "does not exist"),
    ],
)
def test_wrong_use_is_one_line_with_its_remedy(offline: Callable[..., Any], words: tuple[str, ...], said: str) -> None:
    code, _, err = offline("scan", *words)
    assert code == 2
    assert said in " ".join(err.split())
    assert len(err.splitlines()) == 1


def test_a_scan_looks_at_the_account_and_keeps_what_it_saw(stanch: Run, ground: Ground, tmp_path: Path) -> None:
    bucket = ground.bucket([])
    said = stanch("scan", *CHECK)
    told = {line["resource"]: line["verdict"] for line in said.of("verdict")}
    assert told[ground.arn("s3", bucket)] in ("pass", "unknown")
    assert (tmp_path / ".stanch" / "snapshot" / "index.json").exists()
