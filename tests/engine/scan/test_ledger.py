"""A read that a detection matched is not told a second time as something that nobody called evil."""

import pytest

from stanch.domain.estate import Estate
from stanch.engine.scan.archive import Archive
from stanch.engine.scan.bounds import Bounds
from stanch.engine.scan.cells import Cells, Key, Sums, Who
from stanch.engine.scan.ledger import Ledger
from stanch.engine.scan.matches import Matches

WHO = Who("arn:aws:iam::111122223333:user/eve", None, "111122223333", "AKIA", "203.0.113.9",
          "arn:aws:iam::111122223333:user/eve", False, "unknown", "inside", "203.0.113.0/24")  # fmt: skip
KEY = Key(0, WHO, "s3.amazonaws.com", "GetObject", False, False, "b", "eu-central-1", "cli", False, False)


def ledger(objects: set[str], size: int, matched: dict[str, int], names: int = 1 << 20) -> Ledger:
    archive, cells, matches = Archive(), Cells(), Matches()
    cells.add(KEY, Sums(2, size, 0, 1, objects, ["e"], ["f"]))
    for name, of in matched.items():
        matches.note((KEY, frozenset({"d"}), ()), name, of)
    archive.take(cells)
    told = list(archive.told())
    return Ledger(told, matches, lambda _, arn: arn, told, Bounds(names=names))


def besides(book: Ledger) -> tuple[int, int]:
    evil = set(book.taken("d", WHO.arn, (), ()))
    left = book.left([n for n in book.by_caller[WHO.arn, WHO.address] if n not in evil], (), Estate())
    return left.objects, left.bytes


def test_where_all_reads_matched_nothing_is_left() -> None:
    assert besides(ledger({"x", "y"}, 30, {"b/x": 10, "b/y": 20})) == (0, 0)
    assert besides(ledger({"x"}, 0, {"b/x": 0})) == (0, 0)


def test_what_did_not_match_is_the_rest() -> None:
    assert besides(ledger({"x", "y"}, 30, {"b/x": 10})) == (1, 20)


def test_an_object_read_again_without_a_match_is_told_with_its_bytes() -> None:
    assert besides(ledger({"x"}, 25, {"b/x": 10})) == (1, 15)


@pytest.mark.parametrize("held", [0, 1 << 20])
def test_a_cell_as_a_whole_holds_each_read_once_wherever_its_names_lie(held: int) -> None:
    book = ledger({"x", "y"}, 30, {"b/x": 10}, held)
    both = set(book.by_caller[WHO.arn, WHO.address])
    assert (book.left(both, (), Estate()).objects, book.left(both, (), Estate()).bytes) == (2, 30)
    archive = Archive()
    whole = Cells()
    whole.add(KEY, Sums(2, 30, 0, 1, {"x", "y"}, ["e"], ["f"]))
    archive.take(whole)
    assert set(book.taken("another", WHO.arn, (), [*archive.told()])) == both
