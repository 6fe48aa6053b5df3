"""What is broken, enormous or planted in a log is told, costs little, and never costs the records beside it."""

import gzip
import io
import json
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.scan.records import ACCOUNT
from tests.engine.scan.test_fast_way import SETTINGS, Kept, delivered, rules, same

from stanch import app
from stanch.catalog.sources import _batches, _json, _unreadable
from stanch.catalog.sources._walk import ends
from stanch.domain.estate import Estate
from stanch.engine.scan.part import Part
from stanch.engine.scan.scanner import Scanner
from stanch.stores.logs import found

Record = dict[str, Any]


def record(number: object, **changes: Any) -> Record:
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "Root", "accountId": ACCOUNT},
        "eventTime": "2026-11-22T09:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "requestParameters": {"bucketName": "b", "key": "k"},
        "eventID": f"event-{number}",
        **changes,
    }


def text(number: object, **changes: Any) -> bytes:
    return json.dumps(record(number, **changes), separators=(",", ":")).encode()


def spelled(number: object, field: str, value: bytes) -> bytes:
    """A record with a field that no JSON library would write so."""
    return text(number, **{field: "@@"}).replace(b'"@@"', value)


def file(*records: bytes) -> Kept:
    return Kept(b'{"Records":[' + b",".join(records) + b"]}")


def scanned(*files: Kept) -> Part:
    return Scanner(rules(), Estate(), app.sources(), (ACCOUNT,)).scan(files)


def told(part: Part) -> list[str]:
    return [skip.why for skip in part.tally.skipped]


GOOD = [text(number) for number in range(20)]


@pytest.mark.parametrize("count", [3, 60_000])
def test_objects_in_a_record_that_begin_like_records_do_not_cut_it(count: int) -> None:
    planted = [{"eventVersion": "1"}] * count
    part = scanned(file(*GOOD, text("planted", requestParameters={"items": planted}), text("after")))
    assert (part.tally.events, told(part)) == (22, [])


def test_so_they_do_not_wherever_a_batch_ends() -> None:
    some = [text(n, requestParameters={"items": [{"eventVersion": str(n)}] * 3}) for n in range(4000)]
    part = scanned(file(*some))
    assert (part.tally.events, told(part)) == (4000, [])


def test_records_without_a_first_field_in_common_are_told_apart_by_their_braces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_batches, "LARGEST_RECORD", 1 << 21)
    some = [json.dumps(dict(sorted(record(n).items()))).encode() for n in range(12_000)]
    part = scanned(file(GOOD[0], *some, text("last")))
    assert sum(map(len, some)) > _batches.LARGEST_RECORD
    assert (part.tally.events, part.tally.duplicates, told(part)) == (12_001, 1, [])


def test_a_record_too_large_to_be_one_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_batches, "LARGEST_RECORD", 1 << 20)
    part = scanned(file(*GOOD, text("large", requestParameters={"x": "y" * (3 << 20)}), text("after")))
    assert (part.tally.events, told(part)) == (21, ["a record of more than 8 MB"])


def test_a_record_of_a_megabyte_is_read() -> None:
    part = scanned(file(*GOOD, text("large", requestParameters={"x": "y" * (1 << 20)}), text("after")))
    assert (part.tally.events, told(part)) == (22, [])


@pytest.mark.parametrize("between", [b"", b"\n", b" \r\n\xef\xbb\xbf"], ids=repr)
@pytest.mark.parametrize("indent", [None, 1])
def test_delivered_files_written_one_after_the_other_are_all_read(between: bytes, indent: int | None) -> None:
    documents = [json.dumps({"Records": [record(n)] if n % 7 else []}, indent=indent).encode() for n in range(1, 7000)]
    part = scanned(Kept(between.join(documents)))
    assert (part.tally.events, told(part)) == (6000, [])


def test_members_of_gzip_written_one_after_the_other_are_all_read() -> None:
    part = scanned(Kept(b"".join(gzip.compress(file(text(n)).content) for n in range(300))))
    assert (part.tally.events, told(part)) == (300, [])


@pytest.mark.parametrize("indent", [b"", b" \n"])
@pytest.mark.parametrize("tail", [b'"x":1', b'"x":[1]', b'"x":{"y":[2]}', b'"Records":[]', b'"a":"]}","b":[[],{}]'])
def test_what_else_a_document_says_after_its_records_is_no_fault(tail: bytes, indent: bytes) -> None:
    odd = Kept(file(*GOOD).content[:-1] + indent + b"," + indent + tail + indent + b"}")
    part = scanned(odd)
    assert (part.tally.events, told(part), part.tally.files_read) == (20, [], 1)
    if b"Records" not in tail:
        assert same([odd], Estate()) >= 0


@pytest.mark.parametrize("count", [1, 3000])
def test_of_a_document_that_has_two_lists_both_are_read(count: int) -> None:
    inside = text("inside", requestParameters={"items": [{"a": 1}], "Records": [{"eventVersion": "1"}]})
    first, second = ([text(f"{name}-{n}") for n in range(count)] for name in "ab")
    lists = b'],"Records":['.join(map(b",".join, ([*first, inside], second)))
    part = scanned(Kept(b'{"Records":[' + lists + b"]}"))
    assert (part.tally.events, told(part)) == (2 * count + 1, [])


@pytest.mark.parametrize("tail", [b',"x":', b',"x":1}}', b',"x" 1}'])
def test_an_end_that_is_broken_is_still_told(tail: bytes) -> None:
    part = scanned(Kept(file(*GOOD).content[:-1] + tail))
    assert part.tally.events == 20
    assert [why.partition(":")[0] for why in told(part)] == ["broken JSON"]


@pytest.mark.parametrize("first", [b"{", b'{"Records":['])
def test_a_first_member_of_few_bytes_hides_neither_what_a_log_is_nor_where_to_cut_it(
    monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    whole = file(*GOOD, *(text(number) for number in range(100, 9000))).content
    monkeypatch.setattr(_json, "LARGEST", 1 << 20)
    part = scanned(Kept(gzip.compress(first) + gzip.compress(whole[len(first) :])))
    assert len(whole) > _json.LARGEST
    assert (part.tally.events, told(part)) == (8920, [])


def test_a_wrong_checksum_loses_no_record_and_is_told() -> None:
    whole = gzip.compress(file(*GOOD, b"{}").content)
    part = scanned(Kept(whole[:-8] + bytes(4) + whole[-4:]))
    assert part.tally.events == 20
    assert [why.partition(":")[0] for why in told(part)] == ["a record without eventTime", "broken gzip"]


def test_padding_after_a_member_is_no_fault_however_long() -> None:
    part = scanned(Kept(gzip.compress(file(text(1)).content) + bytes(1 << 20)))
    assert (part.tally.events, told(part)) == (1, [])
    after = scanned(Kept(gzip.compress(file(text(1)).content) + bytes(1 << 20) + b"garbage"))
    assert told(after) == ["bytes that are not gzip follow the gzip data"]


@pytest.mark.parametrize("value", [b"1e400", b"-1e400", b"9" * 400, b'{"a":[1e999]}'], ids=lambda value: value[:8])
@pytest.mark.parametrize("field", ["userIdentity", "requestParameters", "resources", "additionalEventData", "foo"])
def test_a_number_beyond_all_measure_costs_nothing(field: str, value: bytes) -> None:
    odd = file(*GOOD, spelled("odd", field, value), text("after"))
    assert scanned(odd).tally.events == 22
    assert same([odd], Estate()) >= 0


@pytest.mark.parametrize("field", ["userAgent", "requestParameters", "foo"])
def test_bytes_that_are_no_text_cost_nothing_but_themselves_and_are_told(field: str) -> None:
    odd = file(*GOOD, spelled("odd", field, b'"\xff\xfe"'), text("after"))
    bare = Kept(b"\n".join((*GOOD, spelled("odd", field, b'"\xff\xfe"'), text("after"))))
    for content in (odd, bare):
        part = scanned(content)
        assert part.tally.events == 22
        assert [why.partition(" (")[0] for why in told(part)] == [
            "a record with bytes that are not UTF-8 text, which read as U+FFFD"
        ]
    assert same([odd], Estate()) >= 0


def test_a_record_that_is_broken_besides_is_told_as_what_it_is() -> None:
    part = scanned(file(*GOOD, spelled("odd", "foo", b'"\xff" oops'), text("after")))
    assert part.tally.events == 21
    assert told(part)[0].startswith("broken JSON: not UTF-8 text")


@pytest.mark.parametrize("depth", [100, 900, *range(950, 985, 3), 1000, 10_000])
@pytest.mark.parametrize("field", ["userIdentity", "requestParameters", "resources", "foo"])
def test_nesting_costs_its_record_at_most_and_is_told(field: str, depth: int) -> None:
    part = scanned(file(*GOOD, spelled("deep", field, b'{"a":' * depth + b"1" + b"}" * depth), text("after")))
    assert (part.tally.events, told(part)) in [(22, []), (21, ["JSON nested too deeply"])]


@pytest.mark.parametrize("depth", [300, 5_000, 50_000])
def test_so_does_a_policy_nested_in_its_own_text(depth: int) -> None:
    policy = '{"Statement":' + "[" * depth + "]" * depth + "}"
    odd = text("deep", eventName="PutBucketPolicy", requestParameters={"bucketName": "b", "bucketPolicy": policy})
    assert scanned(file(*GOOD, odd, text("after"))).tally.events == 22


def test_half_of_a_surrogate_pair_becomes_no_text_that_cannot_be_stored() -> None:
    planted = text("half", userAgent="@@", eventName="StopLogging", eventSource="cloudtrail.amazonaws.com")
    part = scanned(file(b'{"eventVersion":', planted.replace(b"@@", rb"\ud800"), text("after")))
    assert part.tally.events >= 1
    for key in part.cells.sums:
        key.agent.encode()


def test_blanks_cost_neither_time_nor_records() -> None:
    blanks = b" " * (20 << 20)
    part = scanned(Kept(b'{"Records":[' + GOOD[0] + blanks + b"," + blanks + GOOD[1] + blanks + b"]}"))
    assert (part.tally.events, told(part)) == (2, [])


@pytest.mark.parametrize("indent", [None, 1])
def test_a_bare_list_is_cut_while_it_streams(monkeypatch: pytest.MonkeyPatch, indent: int | None) -> None:
    monkeypatch.setattr(_json, "LARGEST", 1 << 20)
    some = [record(n, requestParameters={"x": ["a] [{", "][{"], "y": [[{"a": 1}], [{"b": "}]"}]]}) for n in range(9000)]
    part = scanned(Kept(json.dumps(some, indent=indent).encode()))
    assert (part.tally.events, told(part)) == (9000, [])
    assert part.tally.files_read == 1


@pytest.mark.parametrize("between", [b"", b"\n", b" \r\n\xef\xbb\xbf"], ids=repr)
def test_so_are_lists_written_one_after_the_other(between: bytes) -> None:
    lists = [json.dumps([record(f"{n}-{m}") for m in range(n % 4)]).encode() for n in range(1, 4001)]
    part = scanned(Kept(between.join(lists)))
    assert (part.tally.events, told(part)) == (6000, [])


def test_a_list_of_envelopes_is_opened_one_by_one() -> None:
    envelopes = [{"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": record(n)} for n in range(9)]
    part = scanned(Kept(json.dumps(envelopes).encode()))
    assert (part.tally.events, told(part)) == (9, [])


def test_a_line_too_large_to_be_a_record_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_json, "LARGEST", 1 << 20)
    large = text("large", requestParameters={"x": "y" * (5 << 20)})
    part = scanned(Kept(b"\n".join([*GOOD, large, text("after"), large])))
    assert (part.tally.events, len(told(part))) == (21, 1)
    assert told(part)[0].startswith("a line of more than 64 MB (2 records")


def bomb(begin: bytes, piece: bytes, count: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([packer.compress(begin), *(packer.compress(piece) for _ in range(count)), packer.flush()])


def test_a_gzip_bomb_is_given_up_early_and_what_came_before_is_read() -> None:
    part = scanned(Kept(bomb(file(GOOD[0]).content[:-2], bytes(1 << 20), 600)))
    assert part.tally.events == 1
    assert len(told(part)) == 1
    assert "gzip bomb" in told(part)[0]


def test_millions_of_empty_records_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_unreadable, "HOPELESS", 1000)
    for content in (file(GOOD[0], *[b"{}"] * 200_000).content, GOOD[0] + b"\n" + b"{}\n" * 200_000):
        part = scanned(Kept(content))
        assert part.tally.events == 1
        assert told(part)[-1] == "more than a million unreadable records; what follows is not read"
        assert len(told(part)) == 2


def test_a_document_of_millions_of_values_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_json, "MOST_VALUES", 10_000)
    part = scanned(Kept(b"[{}," + GOOD[0] + b",{}" * 20_000 + b"]"))
    assert (part.tally.events, len(told(part))) == (0, 1)
    assert "values; it is not opened" in told(part)[0]


class Vanishing:
    """A file whose disk fails in the midst."""

    def __init__(self, content: bytes, error: Exception) -> None:
        self.path, self.size = "AWSLogs/111122223333/CloudTrail/y.json", len(content)
        self._content, self._error = content, error

    def open(self) -> BinaryIO:
        stream = io.BytesIO(self._content)
        read = stream.read

        def once(size: int | None = -1, /) -> bytes:
            if data := read(size):
                return data
            raise self._error

        stream.read = once  # type: ignore[method-assign]
        return stream


def test_a_file_that_fails_while_it_is_read_gives_what_it_gave_and_stops_no_other() -> None:
    content = file(*GOOD).content[:-2]
    part = Scanner(rules(), Estate(), app.sources(), (ACCOUNT,)).scan(
        [Vanishing(content, OSError(5, "Input/output error")), file(text("other"))]
    )
    assert (part.tally.events, told(part)) == (21, ["cannot be read: Input/output error"])


def test_a_defect_of_ours_is_told_of_its_file_and_stops_no_other() -> None:
    content = file(*GOOD).content
    part = Scanner(rules(), Estate(), app.sources(), (ACCOUNT,)).scan(
        [Vanishing(content, ZeroDivisionError("by zero")), file(text("other"))]
    )
    assert part.tally.events >= 1
    (why,) = told(part)
    assert why.startswith("not read to its end, for a defect of stanch: ZeroDivisionError in test_bad_input.py, line ")
    assert "by zero" not in why  # a defect's own words may be those of a prompt
    assert part.tally.skipped[0].fault


@pytest.mark.parametrize(("content", "why"), [(b"\0\0", ["not UTF-8 text"]), (file(GOOD[0]).content, [])])
def test_a_name_that_is_no_text_is_escaped(tmp_path: Path, content: bytes, why: list[str]) -> None:
    (tmp_path / "b\udcff.json").write_bytes(content)
    part = Scanner(rules(), Estate(), app.sources(), (ACCOUNT,)).scan(found([tmp_path]))
    assert told(part) == why
    (path,) = part.tally.digests
    assert path.encode() == bytes(tmp_path) + rb"/b\udcff.json"


_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.sampled_from(['"', "\\", '},{"eventVersion"', "]}", "{["]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.just("eventVersion"), inner),
    max_leaves=12,
)


@SETTINGS
@given(st.lists(st.dictionaries(st.text(max_size=4), _JSON, max_size=3), min_size=1, max_size=6))
def test_braces_tell_where_a_value_ends_whatever_it_holds(values: list[Record]) -> None:
    written = [json.dumps(value) for value in values]
    joined = ", ".join(written).encode()
    expected: list[int] = []
    for value in written:
        expected.append((expected[-1] + 2 if expected else 0) + len(value))
    assert list(ends(joined)) == expected
    assert list(ends(joined + b"] , {}")) == expected


@settings(SETTINGS, max_examples=40)
@given(st.lists(_JSON, min_size=1, max_size=20), st.binary(max_size=3), st.integers(0, 400))
def test_whatever_stands_in_a_record_the_others_are_read(values: list[Any], noise: bytes, at: int) -> None:
    some = [record(number, requestParameters=value, foo=value) for number, value in enumerate(values)]
    whole = delivered(some)
    assert scanned(whole).tally.events == len(some)
    broken = scanned(Kept(whole.content[:at] + noise + whole.content[at:]), file(text("other")))
    assert broken.tally.events >= 1
    assert not [why for why in told(broken) if "defect" in why]


TIMES = {
    "0001-01-01T00:00:00Z": "is not between 2006 and 2100",
    "9999-12-31T23:59:59Z": "is not between 2006 and 2100",
    "2026-02-30T00:00:00Z": "is not a time",
    "2026-12-31T23:59:60Z": "is not a time",
    "0001-01-01T00:00:00+23:59": "is not a time",
}


@pytest.mark.parametrize(("time", "why"), TIMES.items())
def test_a_clock_that_cannot_be_right_costs_its_record_only(time: str, why: str) -> None:
    part = scanned(file(*GOOD, text("odd", eventTime=time), text("after")))
    assert (part.tally.events, told(part)) == (21, [f"a record whose eventTime {why}"])
