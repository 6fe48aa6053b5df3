"""What every source of model calls promises: it knows its own, loses nothing to another, and keeps words to itself."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stanch import app
from stanch.contracts.inference import InferenceSource
from stanch.domain.event import Skipped
from stanch.domain.inference import NOT_TOLD, Inference
from stanch.engine.shelf import implementing
from tests.catalog import pages
from tests.catalog.call_samples import KEY, SAMPLES, SECRET

UNITS = {unit.id: unit for unit in app.shelf("sources", ".py")}
MODULES = {id_: unit.module() for id_, unit in UNITS.items()}
OF_CALLS = {id_: module for id_, module in MODULES.items() if getattr(module, "INFERENCE", False)}
HEAD = 1 << 14
OPERATIONS = {"chat", "completion", "embedding", "retrieval", "list", "other"}
FIRST, LAST = datetime(2005, 12, 31, tzinfo=UTC).timestamp(), datetime(2101, 1, 1, tzinfo=UTC).timestamp()
each_sample = pytest.mark.parametrize("sample", SAMPLES.values(), ids=list(SAMPLES))
LINED = {name: sample for name, sample in SAMPLES.items() if not sample[2].startswith(b"[\n")}
BARE = {name: sample for name, sample in LINED.items() if not sample[2].startswith(b"2026")}
"""Logs of lines, and those of them that have no stamp before each line already."""
SECTIONS = ("Goal", "What it reads", "Blind spots")
STAMP = b"2026-11-22T10:00:02.123456789Z "


def read(module: ModuleType, content: bytes, path: str = "x") -> list[Inference | Skipped]:
    return list(module.calls(path, io.BytesIO(content)))


def calls_in(module: ModuleType, content: bytes, path: str = "x") -> list[Inference]:
    return [item for item in read(module, content, path) if isinstance(item, Inference)]


def in_docker(content: bytes) -> bytes:
    return b"".join(
        json.dumps({"log": line.decode() + "\n", "stream": "stdout", "time": STAMP.decode().strip()}).encode() + b"\n"
        for line in content.splitlines()
    )


def stamped(between: bytes) -> Any:
    return lambda content: b"".join(STAMP + between + line + b"\n" for line in content.splitlines())


WRAPPINGS = {
    "CRI": stamped(b"stdout F "),
    "kubectl --timestamps, or CloudWatch's export": stamped(b""),
    "the journal": stamped(b"host unit[77]: "),
    "Docker": in_docker,
    "a byte order mark and CRLF": lambda content: b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"),
}


def test_there_is_a_sample_of_every_source() -> None:
    assert {log for log, _, _ in SAMPLES.values()} == set(OF_CALLS)


@pytest.mark.parametrize("id_", OF_CALLS)
def test_a_source_holds_what_its_contract_demands(id_: str) -> None:
    assert id_ == implementing(UNITS[id_], InferenceSource).LOG


@pytest.mark.parametrize("id_", MODULES)
def test_a_source_s_page_says_what_it_is_for_what_it_reads_and_what_it_cannot_see(id_: str) -> None:
    found = pages.sections(UNITS[id_].page)
    assert [name for name in found if name in SECTIONS] == list(SECTIONS)
    assert all(text.strip() for text in found.values())


@each_sample
def test_a_file_is_of_one_log_only(sample: tuple[str, str, bytes]) -> None:
    log, path, content = sample
    assert [id_ for id_, module in MODULES.items() if module.recognises(path, content[:HEAD])] == [log]


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("sample", BARE.values(), ids=list(BARE))
def test_what_a_runtime_puts_around_a_line_changes_nothing(sample: tuple[str, str, bytes], wrapping: str) -> None:
    log, path, content = sample
    wrapped = WRAPPINGS[wrapping](content)
    found = [id_ for id_, module in MODULES.items() if module.recognises(path, wrapped[:HEAD])]
    longest = max(map(len, content.splitlines()))
    assert found == [log] or (longest > HEAD - 1000 and wrapping == "Docker")
    if log not in ("ollama", "vllm"):  # there the runtime's stamp is better than what the line tells
        assert calls_in(OF_CALLS[log], wrapped, path) == calls_in(OF_CALLS[log], content, path)


@each_sample
def test_words_and_keys_reach_nothing_but_the_fields_for_words(sample: tuple[str, str, bytes]) -> None:
    log, path, content = sample
    for item in read(OF_CALLS[log], content, path):
        if isinstance(item, Inference):
            shown = [repr(item), str(item), *(str(value) for value in item._replace(prompt="", answer="", system=""))]
            assert not [text for text in shown if SECRET in text or KEY in text]
            assert item.key in ("", sha256(KEY.encode()).hexdigest()) or KEY not in item.key
        else:
            assert SECRET not in item.why
            assert KEY not in item.why


@each_sample
def test_a_broken_record_repeats_no_word_of_it(sample: tuple[str, str, bytes]) -> None:
    log, path, content = sample
    for end in range(0, min(len(content), 6000), 97):
        for item in read(OF_CALLS[log], content[:end], path):
            assert SECRET not in repr(item)
            assert KEY not in repr(item)


@pytest.mark.parametrize("sample", LINED.values(), ids=list(LINED))
def test_a_log_in_two_formats_says_what_was_not_understood(sample: tuple[str, str, bytes]) -> None:
    log, path, content = sample
    strange = b'{"another": "record"}\n' + b"and a line of prose\n"
    mixed = content + strange * 3 + content
    items = read(OF_CALLS[log], mixed, path)
    assert len([item for item in items if isinstance(item, Inference)]) == 2 * len(
        calls_in(OF_CALLS[log], content, path)
    )
    assert sum(int(found[1]) for item in items if isinstance(item, Skipped)
               for found in [re.search(r"\((\d+) ", item.why)] if found) >= 6  # fmt: skip


_ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("NaN"), st.just(10**400),
    st.sampled_from(["null", "-1", "1e999", "-", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "::1%x"]),
    st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)  # fmt: skip


def twisted(value: Any, draw: Any) -> Any:
    """The value with some of its leaves replaced by what nobody expects there."""
    if draw(st.integers(0, 11)) == 0:
        return draw(_ODD)
    if isinstance(value, dict):
        return {key: twisted(inner, draw) for key, inner in value.items()}
    if isinstance(value, list):
        return [twisted(inner, draw) for inner in value]
    return value


@st.composite
def spoilt(draw: st.DrawFn, content: bytes) -> bytes:
    """A file of a log with something wrong in it: values of other types, bytes that are none of its, an early end."""
    changed = [spoilt_line(draw, line) for line in content.splitlines()[:12]]
    return b"\n".join(draw(st.permutations(changed)))


def spoilt_line(draw: st.DrawFn, line: bytes) -> bytes:
    if line.startswith((b"{", b"[{")) and draw(st.booleans()):
        line = json.dumps(twisted(json.loads(line), draw)).encode()
    if draw(st.integers(0, 5)) == 0:
        at = draw(st.integers(0, len(line)))
        line = line[:at] + draw(st.binary(max_size=8)) + line[at + draw(st.integers(0, 9)) :]
    return line


def sound(call: Inference, log: str) -> None:
    """Every field of its type, every number told or not, the time one that a clock can show."""
    for name, declared in Inference.__annotations__.items():
        value = getattr(call, name)
        if declared is str:
            assert isinstance(value, str), name
        elif declared in (int, float):
            assert isinstance(value, int | float), name
            assert value == value, name
            assert value == NOT_TOLD or 0 <= value < float("inf"), name
    assert call.log.startswith(log)
    assert FIRST <= call.time <= LAST
    assert call.operation in OPERATIONS
    assert len(call.bias_tokens) <= max(call.biases, 0)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nothing_raises_and_nothing_is_invented(name: str, data: st.DataObject) -> None:
    log, path, content = SAMPLES[name]
    spoiled = data.draw(spoilt(content))
    whole = calls_in(OF_CALLS[log], content, path)
    for id_, module in OF_CALLS.items():
        assert module.recognises(path, spoiled[:HEAD]) in (True, False)
        for item in read(module, spoiled, path):
            assert isinstance(item, Inference | Skipped)
            if isinstance(item, Inference):
                sound(item, id_)
    assert len(calls_in(OF_CALLS[log], content, path)) == len(whole)  # nothing is remembered between files


def deep(depth: int) -> Iterator[bytes]:
    yield b"[" * depth + b"]" * depth
    yield b'{"messages":' * depth + b"1" + b"}" * depth
    for log, _, content in SAMPLES.values():
        if log == "litellm" and content.startswith(b"{"):
            yield content.replace(b'"messages": [', b'"messages": [' + b"[" * depth + b"]" * depth + b",", 1)


@pytest.mark.parametrize("id_", OF_CALLS)
def test_deep_nesting_is_told(id_: str) -> None:
    for content in deep(50_000):
        assert all(isinstance(item, Inference | Skipped) for item in read(OF_CALLS[id_], content))


@pytest.mark.parametrize("name", ["litellm", "otel", "bedrock", "vllm", "kong_ai"])
def test_a_prompt_of_ten_megabytes_is_read(name: str) -> None:
    log, path, content = SAMPLES[name]
    long = "so " * (10 << 20 >> 2) + SECRET
    (call, *_) = calls_in(OF_CALLS[log], content.replace(SECRET.encode(), long.encode(), 1), path)
    assert len(call.system + call.prompt) > len(long) - 1
    assert len(repr(call)) < 500


@pytest.mark.parametrize("time", [1.0, 4.2e9 * 2, 1e300])
def test_a_clock_that_is_far_off_is_told(time: float) -> None:
    log, path, content = SAMPLES["litellm"]
    record = json.loads(content) | {"startTime": time}
    (only,) = read(OF_CALLS[log], json.dumps(record).encode(), path)
    assert isinstance(only, Skipped)
    assert only.why == "a record whose time is not between 2006 and 2100"


def test_a_recording_is_the_software_s_own() -> None:
    text = Path(__file__).parents[1].joinpath("recordings/litellm_proxy.jsonl").read_text()
    assert not re.search(r"/(?:home|root|tmp|work)/", text)
    assert len(text.splitlines()) == 7


def test_a_hunt_writes_no_word_and_no_key(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    for number, (_, path, content) in enumerate(SAMPLES.values()):
        file = logs / str(number) / path
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
    told = subprocess.run(
        [sys.executable, "-m", "stanch", "hunt", str(logs), "--all", "--save"],
        cwd=tmp_path, env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]}, capture_output=True, check=False,
    )  # fmt: skip
    (kinds,) = [line for line in told.stdout.decode().splitlines() if line.startswith("files by kind")]
    assert all(f" {log}" in kinds for log in OF_CALLS)
    written = [file for file in tmp_path.rglob("*") if file.is_file() and logs not in file.parents]
    assert written
    texts = [told.stdout, told.stderr, *(file.read_bytes() for file in written)]
    assert not [text for text in texts if SECRET.encode() in text or KEY.encode() in text]


def test_a_line_that_the_runtime_cut_in_parts_is_whole_again() -> None:
    log, path, content = SAMPLES["litellm"]
    pieces = [content[at : at + 100].rstrip(b"\n") for at in range(0, len(content), 100)]
    cut = b"".join(STAMP + b"stdout P " + piece + b"\n" + STAMP + b"stderr F a word\n" for piece in pieces[:-1])
    whole = cut + STAMP + b"stdout F " + pieces[-1] + b"\n"
    assert calls_in(OF_CALLS[log], whole, path) == calls_in(OF_CALLS[log], content, path)
    assert [item.why for item in read(OF_CALLS[log], cut, path) if isinstance(item, Skipped) and item.fault] == [
        "a line whose end is missing"
    ]
