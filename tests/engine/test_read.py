"""Reading logs: whatever a file is, what can be read is read and the rest is listed with the reason."""

import gzip
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from stanch.catalog.sources import cloudtrail
from stanch.contracts.source import Source
from stanch.domain.event import Event
from stanch.engine.read import Tally, head, read
from stanch.stores.logs import found

SOURCES: tuple[Source, ...] = (cloudtrail,)


def record(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "eventID": f"id-{number}",
        "eventTime": "2026-11-22T03:00:00Z",
        "eventName": "GetObject",
        "eventSource": "s3.amazonaws.com",
        **more,
    }


@dataclass
class Bytes:
    """A log file in memory."""

    path: str
    content: bytes
    size: int | None = None

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


def reading(content: bytes, path: str = "trail.json", limit: int = 1 << 20) -> tuple[list[Event], Tally]:
    tally = Tally()
    return list(read([Bytes(path, content)], SOURCES, tally, limit=limit)), tally


def whole(*records: Any) -> bytes:
    return json.dumps({"Records": records}).encode()


@pytest.mark.parametrize(
    "content",
    [
        whole(record(1), record(2)),
        gzip.compress(whole(record(1), record(2))),
        json.dumps([record(1), record(2)], indent=2).encode(),
        b"\n".join(json.dumps(record(n)).encode() for n in (1, 2)),
        b"\xef\xbb\xbf" + whole(record(1), record(2)),
        gzip.compress(whole(record(1), record(2))[:40]) + gzip.compress(whole(record(1), record(2))[40:]),
        gzip.compress(whole(record(1), record(2))) + b"\0" * 512,
    ],
    ids=["plain", "gzip", "list", "lines", "with a byte order mark", "two gzip members", "padded gzip"],
)
def test_reads_every_shape_in_which_cloudtrail_arrives(content: bytes) -> None:
    events, tally = reading(content)
    assert [event.id for event in events] == ["id-1", "id-2"]
    assert (tally.files_read, tally.skipped) == (1, [])


def test_reads_the_record_inside_an_eventbridge_envelope() -> None:
    envelope = {"detail-type": "AWS API Call via CloudTrail", "source": "aws.s3", "detail": record(7)}
    events, _ = reading(json.dumps(envelope).encode())
    assert [event.id for event in events] == ["id-7"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (gzip.compress(whole(record()))[:-12], "truncated gzip"),
        (whole(record())[:-3], "broken JSON"),
        (json.dumps({"Records": [record()]}).encode("utf-16"), "not UTF-8"),
        (b"", "empty"),
        (b"# hello", "of no log that stanch knows"),
        (gzip.compress(b"")[:10] + b"\xff" * 64, "broken gzip"),
        (b'{"Records":' + b"[" * 100_000, "nested too deeply"),
        (gzip.compress(b'{"Records":[' + b" " * (2 << 20)), "expands beyond the bound"),
    ],
    ids=["truncated", "broken", "utf-16", "empty", "prose", "garbled gzip", "deep", "bomb"],
)
def test_lists_what_cannot_be_read_with_the_reason(content: bytes, why: str) -> None:
    events, tally = reading(content)
    assert events == []
    assert [why in skip.why and skip.fault for skip in tally.skipped] == [True]
    assert tally.files_read == 0


@pytest.mark.parametrize("form", [whole, lambda one: json.dumps(one).encode()], ids=["delivered", "a line"])
def test_a_byte_that_is_no_text_is_told_and_costs_no_record(form: Any) -> None:
    events, tally = reading(form(record()).replace(b"GetObject", b"Get\xe9"))
    assert [event.record["eventName"] for event in events] == ["Get\ufffd"]
    assert ["UTF-8" in skip.why and skip.fault for skip in tally.skipped] == [True]


def test_keeps_the_lines_before_a_gzip_file_ends_early() -> None:
    lines = b"\n".join(json.dumps(record(n, pad="x" * 50)).encode() for n in range(2000))
    events, tally = reading(gzip.compress(lines)[:-200])
    assert len(events) > 1000
    assert [skip.why for skip in tally.skipped] == ["truncated gzip: the file ends inside a member"]


def test_an_event_delivered_twice_counts_once() -> None:
    tally = Tally()
    files = [Bytes("a.json", whole(record(1), record(2))), Bytes("b.json", whole(record(2), record(3)))]
    assert [event.id for event in read(files, SOURCES, tally)] == ["id-1", "id-2", "id-3"]
    assert (tally.events, tally.duplicates) == (3, 1)


def test_a_record_without_an_id_is_still_told_apart() -> None:
    nameless = {key: value for key, value in record().items() if key != "eventID"}
    events, tally = reading(whole(nameless, nameless, {**nameless, "eventName": "PutObject"}))
    assert len(events) == 2
    assert tally.duplicates == 1


def test_the_digest_is_that_of_the_bytes_as_stored(tmp_path: Path) -> None:
    import hashlib

    stored = gzip.compress(whole(record()))
    (tmp_path / "t.json.gz").write_bytes(stored)
    tally = Tally()
    list(read(list(found([tmp_path])), SOURCES, tally))
    assert list(tally.digests.values()) == [(hashlib.sha256(stored).hexdigest(), len(stored))]


def test_a_file_that_cannot_be_opened_is_listed(tmp_path: Path) -> None:
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "good.json").write_bytes(whole(record()))
    tally = Tally()
    events = list(read(list(found([tmp_path])), SOURCES, tally))
    assert len(events) == 1
    assert [skip.why for skip in tally.skipped] == ["cannot be opened: No such file or directory"]


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("records", [1, 20_000])
def test_a_file_has_a_head_however_large_it_is(packed: Any, records: int) -> None:
    content = whole(*map(record, range(records)))
    assert head(Bytes("a.json", packed(content))) == content[: 1 << 14]
