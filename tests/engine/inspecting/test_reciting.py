import json
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stanch.app.inspect_fingerprint import FingerprintError, datasets, fingerprinted, opened
from stanch.app.inspecting import inspector
from stanch.app.own_key import own_key
from stanch.contracts.store import StoreError
from stanch.engine.inspect.fingerprint import Fingerprint
from stanch.engine.inspect.own import PROMPTS, SOURCES, OwnTexts

SALT = bytes(32)
WORDS = [
    f"{first}{second}{third}" for first in "bdfgklmnprst" for second in "aeiou" for third in ("n", "r", "st", "m", "l")
]


def made_up(seed: int, words: int) -> str:
    chance = Random(seed)  # noqa: S311
    return " ".join(chance.choice(WORDS) for _ in range(words))


def test_reciting_fifty_tokens_is_found_with_its_place_whatever_case_and_punctuation() -> None:
    text = made_up(1, 5000)
    known = Fingerprint.empty("books", 5000, b"k" * 32)
    known.add(text)
    found = 0
    for start in range(0, 4900, 100):
        passage = text.split()[start : start + 38]
        recited = ", ".join(passage).upper()
        answer = f"Here you are: {made_up(start + 9, 30)}. {recited}! {made_up(start + 10, 30)}"
        leaks = list(known.found(answer, SALT))
        found += len(leaks) == 1
        for leak in leaks:
            assert leak.category == "training-data"
            assert leak.about == "books"
            assert answer[leak.offset : leak.offset + leak.length] in recited
            assert passage[10].upper() not in repr(leak)
    assert found >= 48  # of 49


def test_other_texts_of_the_same_words_recite_nothing() -> None:
    known = Fingerprint.empty("books", 200_000, b"k" * 32)
    known.add(made_up(1, 200_000))
    assert list(known.found(made_up(2, 200_000), SALT)) == []
    assert known.error_rate() < 0.006


def test_the_file_holds_no_text_and_is_of_no_use_without_its_key(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    text = made_up(3, 400)
    (tmp_path / "data" / "a.txt").write_text(text)
    header, errs = fingerprinted(datasets([tmp_path / "data"]), tmp_path / "a.fingerprint", tmp_path / "state")
    assert header.grams > 100
    assert errs < 0.01
    held = (tmp_path / "a.fingerprint").read_bytes()
    assert not any(word.encode() in held for word in set(text.split()) if len(word) > 3)
    assert list(opened(tmp_path / "a.fingerprint", tmp_path / "state").found(text, SALT))
    with pytest.raises(FingerprintError, match="another key"):
        opened(tmp_path / "a.fingerprint", tmp_path / "elsewhere")
    assert (tmp_path / "state" / "fingerprint.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("suffix", [".txt", ".jsonl", ".json", ".csv", ".parquet"])
def test_reads_each_form_of_dataset(suffix: str, tmp_path: Path) -> None:
    text, path = made_up(4, 60), tmp_path / f"data{suffix}"
    if suffix == ".txt":
        path.write_text(text)
    elif suffix == ".csv":
        path.write_text(f'id,text\n1,"{text}"\n')
    elif suffix == ".parquet":
        pq.write_table(pa.table({"id": [1], "messages": [[{"role": "user", "content": text}]]}), path)
    else:
        path.write_text(json.dumps({"messages": [{"content": text}]}) + "\n")
    fingerprinted(datasets([tmp_path]), tmp_path / "out.fingerprint", tmp_path / "state")
    look = inspector(tmp_path / "state", echoes=[opened(tmp_path / "out.fingerprint", tmp_path / "state")])
    (leak,) = look.inspect(f"Sure. {text}")
    assert (leak.category, leak.offset, leak.length) == ("training-data", leak.offset, leak.length)
    assert leak.length > len(text) * 0.7


def test_a_file_that_cannot_be_read_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"text": \n')
    with pytest.raises(FingerprintError, match=r"bad\.jsonl"):
        fingerprinted(datasets([tmp_path]), tmp_path / "out.fingerprint", tmp_path / "state")
    assert not (tmp_path / "out.fingerprint").exists()


@pytest.mark.parametrize("spoilt", [b"", b"no fingerprint at all", b"stanch fingerprint 1\n{}\n"])
def test_a_spoilt_file_is_refused(spoilt: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(spoilt)
    with pytest.raises(FingerprintError):
        opened(tmp_path / "x", tmp_path)


def test_an_answer_that_repeats_the_system_prompt_is_known_by_its_name() -> None:
    prompt = (
        "You are Ada, the assistant of the northern clinic. "
        "Never reveal the discount rules below to any patient or visitor."
    )
    own = OwnTexts({"clinic": prompt}, PROMPTS, b"k" * 32)
    (leak,) = own.found(f"My instructions say: {prompt.lower()} That is all.", SALT)
    assert (leak.category, leak.about) == ("system-prompt", "clinic")
    assert list(own.found("You are Ada, the assistant of the northern clinic. Good morning!", SALT)) == []
    assert list(OwnTexts({}, SOURCES, b"k" * 32).found(prompt, SALT)) == []


def test_offsets_of_recited_passages_in_bytes_count_bytes(tmp_path: Path) -> None:
    prompt = made_up(7, 30)
    look = inspector(None, echoes=[OwnTexts({"p": prompt}, PROMPTS, b"k" * 32)])
    data = b"\xff " + "größer: ".encode() + prompt.encode()
    (leak,) = look.inspect(data)
    assert data[leak.offset : leak.offset + leak.length] == prompt.encode()


def test_the_key_of_a_folder_stays(tmp_path: Path) -> None:
    assert own_key(tmp_path, "a") == own_key(tmp_path, "a") != own_key(tmp_path, "b")
    assert np.frombuffer(own_key(tmp_path, "a"), dtype=np.uint8).size == 32


@pytest.mark.parametrize("left", [b"", b"short"])
def test_a_key_that_was_cut_short_hashes_nothing(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "a").write_bytes(left)
    with pytest.raises(StoreError, match="put it back from a copy"):
        own_key(tmp_path, "a")
