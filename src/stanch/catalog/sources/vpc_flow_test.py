"""VPC flow logs are known by what their first line says, and never mistaken for another log of words and spaces."""

import io

import pytest

from stanch.catalog.sources import vpc_flow
from stanch.domain.event import Skipped

DEFAULT = (
    b"2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 1 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
)
NODATA = b"2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA"
DELIVERED = "AWSLogs/111122223333/vpcflowlogs/eu-central-1/2026/11/22/x.log.parquet"


@pytest.mark.parametrize(
    ("path", "head", "expected"),
    [
        ("x.log", b"version account-id interface-id srcaddr dstaddr srcport dstport\n" + DEFAULT, True),
        ("x.log", b"srcaddr start bytes dstaddr\r\n", True),
        ("x.log", b"\xef\xbb\xbfstart end pkt-srcaddr pkt-dstaddr bytes\n", True),
        ("x.log", b"2026-11-22T03:00:00.000Z " + DEFAULT + b"\n", True),
        ("x.log", b"2026-11-22T03:00:00.000000+00:00 eni-1-all " + DEFAULT + b"\n", True),
        ("x.log", b"2026-11-22T03:00:00Z version srcaddr dstaddr start\n", True),
        ("x.log", DEFAULT, True),
        ("x.log", NODATA + b"\r\n", True),
        (DELIVERED, b"PAR1\x15\x04", True),
        ("lake/x.parquet", b"PAR1\x15\x04", False),
        ("x.log", b"2 hosts were found srcaddr\n", False),
        ("x.json", b'{"Records": [{"srcaddr": 1, "dstaddr": 2, "start": 3}]}', False),
        ("x.log", b"\xff\xfe\x00srcaddr", False),
        ("x.log", b"", False),
    ],
)
def test_recognises_its_own_files(path: str, head: bytes, expected: bool) -> None:
    assert vpc_flow.recognises(path, head) is expected


def test_a_record_is_no_event_and_the_file_says_so_without_calling_it_a_fault() -> None:
    (only,) = vpc_flow.read("x.log", io.BytesIO(DEFAULT))
    assert isinstance(only, Skipped)
    assert not only.fault
    assert vpc_flow.TABLE
