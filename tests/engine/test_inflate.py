"""Inflating gives all that a file holds up to where it is whole, whatever its members are and wherever it breaks."""

import gzip
import hashlib
import io
from itertools import pairwise

import pytest

from stanch.engine import inflate
from stanch.engine.inflate import Inflating

TEXT = "\n".join(f'{{"number":{number},"odd":{number * 7919 % 100_003}}}' for number in range(40_000)).encode()
SIZES = [0, 1, 100, 1 << 18, (1 << 18) + 1, len(TEXT)]


def inflated(stored: bytes) -> tuple[bytes, Inflating]:
    stream = Inflating(io.BytesIO(stored))
    pieces = []
    while piece := stream.read(1 << 14):
        pieces.append(piece)
    return b"".join(pieces), stream


def wrong_checksum(stored: bytes) -> bytes:
    return stored[:-8] + bytes(byte ^ 0x55 for byte in stored[-8:-4]) + stored[-4:]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_whole_comes_out_whole_and_is_hashed_as_it_lies(size: int) -> None:
    for stored in (one := gzip.compress(TEXT[:size]), one + one, one + bytes(1 << 19)):
        plain, stream = inflated(stored)
        assert plain == TEXT[:size] * (2 if stored == one + one else 1)
        assert (stream.fault, stream.stored) == (None, len(stored))
        assert stream.sha256() == hashlib.sha256(stored).hexdigest()


@pytest.mark.parametrize("size", SIZES)
def test_a_wrong_checksum_at_the_end_costs_nothing_and_is_told(size: int) -> None:
    plain, stream = inflated(wrong_checksum(gzip.compress(TEXT[:size])))
    assert plain == TEXT[:size]
    assert stream.fault is not None
    assert "checksum at its end is wrong" in stream.fault
    assert not stream.cut


def test_a_member_that_breaks_in_its_midst_gives_what_it_held_before() -> None:
    whole = gzip.compress(TEXT[:100_000])
    plain, stream = inflated(whole[:10_000] + b"\xff" * 50 + whole[10_050:])
    assert len(plain) > 20_000
    assert plain[:20_000] == TEXT[:20_000]
    assert (stream.fault or "").startswith("broken gzip")
    middle, stream = inflated(whole + wrong_checksum(whole) + whole)
    assert middle == TEXT[:100_000] * 2
    assert stream.cut


@pytest.mark.parametrize("most", [0, -1])
def test_what_is_made_again_of_a_broken_member_is_bounded(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    whole = gzip.compress(TEXT[:100_000])
    broken = whole[:10_000] + b"\xff" * 50 + whole[10_050:]
    plain, _ = inflated(broken)
    monkeypatch.setattr(inflate, "_MOST_SAVED", len(plain) + most)
    assert inflated(broken)[0] == (plain if most == 0 else b"")


@pytest.mark.parametrize("cut", [1, 5, 8, 9, 500])
def test_a_file_that_ends_early_is_truncated_wherever_it_ends(cut: int) -> None:
    plain, stream = inflated(gzip.compress(TEXT)[:-cut])
    assert TEXT.startswith(plain)
    assert len(plain) > len(TEXT) - 100 * cut
    assert stream.fault == "truncated gzip: the file ends inside a member"


def test_the_first_look_sees_as_much_however_short_the_members_are() -> None:
    cuts = sorted({0, 1, 3, 20, *range(500, 540), *range(1000, 70_000, 7)})
    stored = b"".join(gzip.compress(TEXT[begin:end]) for begin, end in pairwise(cuts))
    assert io.BufferedReader(Inflating(io.BytesIO(stored)), 1 << 14).peek() == TEXT[: 1 << 14]


def test_so_it_does_where_the_bytes_come_by_threes() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(3)

    for stored in (TEXT[:500], gzip.compress(TEXT[:500])):
        assert io.BufferedReader(Inflating(Slow(stored)), 1 << 14).peek() == TEXT[:500]
