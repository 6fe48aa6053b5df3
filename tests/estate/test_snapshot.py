"""A snapshot is whole or not there, says what was not seen, and shows when somebody edited it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.contracts.collector import Thing, Unknown
from stanch.estate import snapshot
from stanch.estate.snapshot import Seen, SnapshotError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUCKET = Thing("s3/bucket", "arn:aws:s3:::weights", {"Versioning": {"Status": "Enabled"}, "Made": NOON})
ROLE = Thing("iam/role", "arn:aws:iam::111122223333:role/app", {"Path": "/"})
DENIED = Unknown("s3:GetBucketPolicy", "AccessDenied", "s3:GetBucketPolicy", BUCKET.arn, "no")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def seen(*things: Thing, unknowns: tuple[Unknown, ...] = (), region: str | None = None) -> Seen:
    return Seen("111122223333", region, "s3", things, unknowns)


def test_gives_back_what_was_seen_where_and_what_was_not(tmp_path: Path) -> None:
    host = Thing("ec2/instance", "arn:aws:ec2:eu-central-1:111122223333:instance/i-1", {})
    snapshot.write(tmp_path / "s", [seen(BUCKET, unknowns=(DENIED,)), seen(host, region="eu-central-1")], NOON)
    read = snapshot.read(tmp_path / "s")
    assert (read.made_at, read.accounts, read.regions) == (NOON, ("111122223333",), ("eu-central-1",))
    (bucket,) = read.of("s3/bucket")
    assert (bucket.region, bucket.thing.data["Made"]) == (None, "2026-11-23T12:00:00+00:00")
    assert [place.region for place in read.of("ec2/instance")] == ["eu-central-1"]
    assert (read.unknowns, read.edited, list(read.of("no/such"))) == ((DENIED,), (), [])


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_gives_back_any_configuration(tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]) -> None:
    folder = tmp_path_factory.mktemp("snapshots") / "s"
    snapshot.write(folder, [seen(replace(BUCKET, data=data))], NOON)
    assert snapshot.read(folder).places[0].thing.data == data


def test_the_same_account_is_the_same_bytes(tmp_path: Path) -> None:
    for name, things in (("a", (BUCKET, ROLE)), ("b", (ROLE, BUCKET))):
        snapshot.write(tmp_path / name, [seen(*things)], NOON)
    texts = [sorted(path.read_bytes() for path in (tmp_path / name).rglob("*.json*")) for name in "ab"]
    assert texts[0] == texts[1]


def test_the_one_before_stays_when_the_new_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = snapshot.write(tmp_path / "s", [seen(BUCKET)], NOON)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot, "_filled", full)
    with pytest.raises(OSError, match="No space"):
        snapshot.write(folder, [seen(ROLE)], NOON)
    assert [place.thing.arn for place in snapshot.read(folder).places] == [BUCKET.arn]
    assert [path.name for path in tmp_path.iterdir()] == ["s"], "nothing is left lying about"


def test_an_edit_by_hand_is_shown(tmp_path: Path) -> None:
    folder = snapshot.write(tmp_path / "s", [seen(BUCKET)], NOON)
    (file,) = folder.rglob("s3.jsonl")
    file.write_text(file.read_text().replace("Enabled", "Suspended"))
    assert snapshot.read(folder).edited == ("111122223333/account/s3.jsonl",)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda folder: (folder / "index.json").unlink(), "holds no snapshot"),
        (lambda folder: (folder / "index.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "index.json").write_text("[]"), "cannot be read"),
        (lambda folder: _index(folder, version=2), "newer stanch .version 2, this one reads 1.; upgrade"),
        (lambda folder: _index(folder, version="x"), "not as stanch writes it"),
        (lambda folder: _index(folder, made_at="yesterday"), "not as stanch writes it"),
        (lambda folder: _index(folder, files=["s3.jsonl"]), "not as stanch writes it"),
        (lambda folder: _index(folder, files={"s3.jsonl": {"sha256": ""}}), "not as stanch writes it"),
        (lambda folder: _index(folder, accounts=None), "not as stanch writes it"),
        (lambda folder: _index(folder, files={"../../etc/passwd": {"sha256": ""}}), "outside the snapshot"),
        (lambda folder: next(folder.rglob("s3.jsonl")).unlink(), "cannot be read"),
        (lambda folder: next(folder.rglob("s3.jsonl")).write_text("[1]\n"), "no JSON object"),
        (lambda folder: next(folder.rglob("s3.jsonl")).write_text("{" * 100_000), "no JSON object"),
        (lambda folder: next(folder.rglob("s3.jsonl")).write_text('{"kind": "s3/bucket"}\n'), "a line is no thing"),
        (lambda folder: (folder / "unknowns.jsonl").write_text('{"why": "so"}\n'), "a line tells no gap"),
        (lambda folder: (folder / "unknowns.jsonl").unlink(), "'unknowns.jsonl', which cannot be read"),
        (lambda folder: _index(folder, made_at="2026-11-23T12:00:00"), "not as stanch writes it"),
        (lambda folder: _index(folder, made_at=None), "not as stanch writes it"),
        (lambda folder: _index(folder, version=True), "not as stanch writes it"),
        (lambda folder: _index(folder, version=1.0), "not as stanch writes it"),
        (lambda folder: _index(folder, version=10**30), "newer stanch"),
        (lambda folder: _index(folder, unknowns=7), "not as stanch writes it"),
        (lambda folder: _index(folder, files={"1/account/a\0b.jsonl": {"sha256": ""}}), "embedded null byte"),
        (lambda folder: (folder / "index.json").write_text("[" * 100_000 + "]" * 100_000), "cannot be read"),
        (lambda folder: (folder / "index.json").write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda folder: next(folder.rglob("s3.jsonl")).write_text(_nested(100_000)), "no JSON object"),
        (lambda folder: next(folder.rglob("s3.jsonl")).write_text(_nested(400)), "nested as no answer of AWS is"),
        (lambda folder: next(folder.rglob("s3.jsonl")).write_bytes(b"\xff\n"), "no JSON object"),
        (lambda folder: _in_place_of(folder / "index.json", os.mkfifo), "it is no file"),
        (lambda folder: _in_place_of(folder / "unknowns.jsonl", os.mkfifo), "it is no file"),
        (lambda folder: _in_place_of(next(folder.rglob("s3.jsonl")), os.mkfifo), "it is no file"),
        (lambda folder: _in_place_of(next(folder.rglob("s3.jsonl")), os.mkdir), "it is no file"),
        (lambda folder: _in_place_of(folder / "index.json", os.mkdir), "it is no file"),
        (lambda folder: _in_place_of(folder / "index.json", _zeros), "it is no file"),
        (lambda folder: _in_place_of(folder / "index.json", lambda path: path.symlink_to(path)), "cannot be read"),
    ],
)
def test_what_is_no_snapshot_is_refused_in_one_line(tmp_path: Path, harm: Any, told: str) -> None:
    folder = snapshot.write(tmp_path / "s", [seen(BUCKET)], NOON)
    harm(folder)
    with pytest.raises(SnapshotError, match=told) as caught:
        snapshot.read(folder)
    assert "\n" not in str(caught.value)


def test_gaps_that_were_written_without_their_place_are_still_read(tmp_path: Path) -> None:
    folder = snapshot.write(tmp_path / "s", [seen(BUCKET)], NOON)
    old = {name: getattr(DENIED, name) for name in ("operation", "code", "permission", "of", "why")}
    (folder / "unknowns.jsonl").write_text(json.dumps({**old, "a-later-field": 1}) + "\n")
    assert snapshot.read(folder).unknowns == (DENIED,)


def test_whoever_is_killed_between_the_two_renames_leaves_the_snapshot_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = snapshot.write(tmp_path / "s", [seen(BUCKET)], NOON)
    rename, left = Path.rename, [1]

    def killed(self: Path, target: Path) -> Path:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            snapshot.write(folder, [seen(ROLE)], NOON)
    assert not folder.exists()
    assert [place.thing.arn for place in snapshot.read(folder).places] == [BUCKET.arn]
    assert folder.exists()


def test_what_a_killed_process_left_half_written_goes_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    dead, living = tmp_path / f".s.{int(child.stdout)}", tmp_path / f".s.{os.getppid()}"
    for folder in (dead, living):
        (folder / "111122223333").mkdir(parents=True)
    snapshot.write(tmp_path / "s", [seen(BUCKET)], NOON)
    assert (dead.exists(), living.exists()) == (False, True)


def test_an_edit_of_what_was_not_seen_is_shown(tmp_path: Path) -> None:
    folder = snapshot.write(tmp_path / "s", [seen(BUCKET, unknowns=(DENIED,))], NOON)
    (folder / "unknowns.jsonl").write_text("")
    read = snapshot.read(folder)
    assert (read.unknowns, read.edited, read.unhashed) == ((), ("unknowns.jsonl",), ())


def test_a_snapshot_from_before_gaps_had_a_hash_is_read_and_told(tmp_path: Path) -> None:
    folder = snapshot.write(tmp_path / "s", [seen(BUCKET, unknowns=(DENIED,))], NOON)
    index = json.loads((folder / "index.json").read_text())
    del index["unknowns"]
    (folder / "index.json").write_text(json.dumps(index))
    read = snapshot.read(folder)
    assert (read.unknowns, read.edited, read.unhashed) == ((DENIED,), (), ("unknowns.jsonl",))


def _nested(levels: int) -> str:
    return json.dumps({"kind": "a/b", "arn": "c", "data": {}}).replace("{}", '{"a":' * levels + "{}" + "}" * levels)


def _zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _in_place_of(path: Path, make: Callable[[Path], None]) -> None:
    path.unlink()
    make(path)


def _index(folder: Path, **changes: Any) -> None:
    index = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps({**index, **changes}))
