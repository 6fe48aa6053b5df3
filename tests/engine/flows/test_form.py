"""Only the first line of a flow log tells which column is which."""

import pytest
from tests.engine.flows.written import V2, V5, line, row

from stanch.engine.flows.form import DEFAULT, Form, FormError


def test_a_header_names_any_fields_in_any_order() -> None:
    form = Form.of_line(b"\xef\xbb\xbfbytes start Dstaddr srcaddr some-field-of-tomorrow interface-id\r\n")
    assert form.headed
    assert [form.column(name) for name in ("srcaddr", "dstaddr", "bytes", "action")] == [3, 2, 0, None]


def test_without_a_header_fourteen_fields_of_version_2_are_the_default_format() -> None:
    form = Form.of_line(line(row()).encode())
    assert (form.fields, form.headed) == (DEFAULT, False)
    assert list(DEFAULT) == V2


def test_an_export_of_cloudwatch_logs_has_a_time_before_each_message() -> None:
    form = Form.of_line(b"2026-05-27T00:00:00.000Z " + line(row()).encode())
    assert (form.column("version"), form.column("log-status"), form.headed) == (1, 14, False)


@pytest.mark.parametrize("before", ["2026-05-27T00:00:00.000000+00:00 eni-1-all", "2026-05-27T00:00:00 2"])
def test_a_tail_of_cloudwatch_logs_has_the_name_of_the_stream_too(before: str) -> None:
    form = Form.of_line(f"{before} {line(row())}".encode())
    assert (form.column("version"), form.column("log-status"), form.headed) == (2, 15, False)


def test_parquet_writes_underscores() -> None:
    assert Form.of_columns([name.replace("-", "_") for name in V5]).column("pkt-dst-aws-service") == 19


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (b"version srcaddr dstaddr start\n", "does not log bytes"),
        (b"interface-id bytes start end\n", "does not log srcaddr, dstaddr"),
        (b"3 111122223333 eni-0a 10.0.0.5 10.0.0.6\n", "no header names its columns"),
        (b"hello world\n", "no header names its columns"),
        (b"srcaddr dstaddr bytes start '; DROP TABLE sums --\n", "no header names its columns"),
        (b"a " * 500, "has 500 fields"),
        (b"\xff\xfe\x00", "no header names its columns"),
        (b"", "no header names its columns"),
    ],
)
def test_what_cannot_be_summed_says_why(first: bytes, why: str) -> None:
    with pytest.raises(FormError, match=why):
        Form.of_line(first)
