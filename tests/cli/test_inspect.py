import json
import subprocess
import sys
from pathlib import Path

import pytest

SECRET = "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"
MAIL = "anna.schmidt@posteo.net"


def run(folder: Path, *words: str, text: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "stanch", *words],
        cwd=folder, input=text, capture_output=True, text=True, check=False,
        env={"XDG_CACHE_HOME": str(folder / "cache"), "PATH": "", "HOME": str(folder)},
    )  # fmt: skip


@pytest.mark.parametrize("format_", ["table", "json"])
def test_what_is_found_is_told_and_nothing_of_it_is_written_anywhere(format_: str, tmp_path: Path) -> None:
    done = run(tmp_path, "inspect", "-", "--fail-on", "secret", "--format", format_, text=f"key {SECRET}, {MAIL}")
    assert done.returncode == 10
    assert "github-token" in done.stdout
    assert "mail-address" in done.stdout
    everything = done.stdout + done.stderr
    everything += "".join(path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file())
    assert SECRET[:-4] not in everything
    assert MAIL not in everything


def test_a_harmless_text_is_done(tmp_path: Path) -> None:
    done = run(tmp_path, "inspect", "-", "--fail-on", "secret", text="The weather is fine.")
    assert (done.returncode, done.stdout) == (0, "Found: nothing.\n")


def test_what_cannot_be_read_is_told_and_the_rest_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "mail.txt").write_text(f"write to {MAIL}")
    done = run(tmp_path, "inspect", "gone.txt", "mail.txt")
    assert done.returncode == 3
    assert "not read: gone.txt: No such file or directory" in done.stdout
    assert "mail.txt:9: personal mail-address" in done.stdout


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a file that never ends")
def test_a_file_that_never_ends_is_looked_into_as_far_as_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, "inspect", "/dev/zero")
    assert done.returncode == 3
    assert "/dev/zero: only its first 256 MiB were looked into" in done.stdout


def test_a_category_that_is_none_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, "inspect", "-", "--fail-on", "secrets")
    assert done.returncode == 2
    assert "secrets is no category" in done.stderr


def test_an_answer_that_recites_a_dataset_is_known(tmp_path: Path) -> None:
    words = " ".join(f"word{number * 7919 % 1000}" for number in range(200))
    (tmp_path / "data.jsonl").write_text(json.dumps({"text": words}) + "\n")
    made = run(tmp_path, "fingerprint", "data.jsonl", "--out", "f.bin", "--format", "json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["texts"] == 1
    done = run(
        tmp_path, "inspect", "-", "--fingerprint", "f.bin", "--format", "json", text=f"I recall: {words[200:900]}"
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["category"] for line in told if line["kind"] == "leak"] == ["training-data"]
    assert words[300:340] not in done.stdout + done.stderr


def test_a_fingerprint_in_the_state_folder_is_used_unasked(tmp_path: Path) -> None:
    words = " ".join(f"word{number * 7919 % 1000}" for number in range(200))
    (tmp_path / "data.txt").write_text(words)
    made = run(tmp_path, "fingerprint", "data.txt", "--out", "data.fingerprint")
    assert " of words of 1 text in 1 file, " in made.stdout
    (tmp_path / "data.fingerprint").rename(tmp_path / ".stanch" / "data.fingerprint")
    done = run(tmp_path, "inspect", "-", "--fail-on", "training-data", text=f"I recall: {words[200:900]}")
    assert done.returncode == 10, done.stderr
    assert " of data, " in done.stdout


def test_what_is_no_fingerprint_is_named(tmp_path: Path) -> None:
    (tmp_path / "poem.txt").write_text("no filter at all")
    done = run(tmp_path, "inspect", "-", "--fingerprint", "poem.txt", text="x")
    assert done.returncode == 2
    assert "stanch: poem.txt: no fingerprint: it begins otherwise; make it again" in done.stderr


def test_a_folder_is_not_read_and_nothing_is_claimed_of_it(tmp_path: Path) -> None:
    (tmp_path / "answers").mkdir()
    done = run(tmp_path, "inspect", "answers")
    assert done.returncode == 3
    assert done.stdout == "not read: answers: Is a directory; give its files\nFound: nothing in what could be read.\n"


def test_an_answer_that_repeats_source_code_of_ours_is_known_by_its_file(tmp_path: Path) -> None:
    code = "\n".join(f"    total_{n} = weigh(shelf_{n * 7919 % 97}, past={n})" for n in range(20))
    (tmp_path / "src" / ".git").mkdir(parents=True)
    (tmp_path / "src" / "weigh.py").write_text(f"def weighed():\n{code}\n")
    (tmp_path / "src" / "weights.bin").write_bytes(b"\0" + b"harmless words of somebody else " * 20)
    (tmp_path / "src" / ".git" / "HEAD").write_text("some words that everybody may say " * 10)
    others = f"{'harmless words of somebody else ' * 20}{'some words that everybody may say ' * 9}"
    text = f"I would write:\n{code[200:900]}\n{others}"
    done = run(tmp_path, "inspect", "-", "--code", "src", "--fail-on", "code", "--format", "json", text=text)
    assert done.returncode == 10, done.stderr
    (leak,) = (one for line in done.stdout.splitlines() if (one := json.loads(line))["kind"] == "leak")
    assert (leak["category"], leak["about"]) == ("code", "src/weigh.py")
    assert leak["offset"] < text.index("harmless") < leak["offset"] + leak["length"] + 20
    assert run(tmp_path, "inspect", "-", "--code", "gone", text="x").returncode == 2
