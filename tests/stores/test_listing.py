"""A packed listing gives back each file that was listed, in order, whatever its name."""

import io
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.contracts.source import LogFile
from stanch.stores.listing import IN_BLOCK, Listing
from stanch.stores.logs import LocalFile, Piped, found

NAMES = st.text(st.characters(exclude_characters="\0"), min_size=1)
FILES = st.lists(st.builds(LocalFile, NAMES, st.none() | st.integers(0, 1 << 50)), max_size=30)


@given(FILES)
def test_files_come_back_as_they_were_listed(files: list[LocalFile]) -> None:
    assert list(Listing(files)) == files
    assert Listing(files)[:] == files


@pytest.mark.parametrize("count", [0, 1, IN_BLOCK - 1, IN_BLOCK, IN_BLOCK + 1, 3 * IN_BLOCK])
def test_each_file_is_found_by_its_place(count: int) -> None:
    files = [LocalFile(f"AWSLogs/{number}.json.gz", number) for number in range(count)]
    listed = Listing(files)
    assert len(listed) == count
    assert [listed[at] for at in range(count)] == files
    assert [listed[-at] for at in range(1, count + 1)] == files[::-1]
    assert listed[5:2500:7] == files[5:2500:7]
    with pytest.raises(IndexError):
        listed[count]


def test_what_lies_elsewhere_stays_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    piped = Piped(io.BytesIO(b"{}"))
    files: list[LogFile] = [*found([tmp_path]), piped, LocalFile("gone", None)]
    listed = Listing(files)
    assert listed[1] is piped
    assert list(listed) == files


def test_it_is_gone_through_as_often_as_one_likes_and_its_source_once() -> None:
    listed = Listing(LocalFile(str(number), number) for number in range(10))
    assert sum(file.size or 0 for file in listed) == sum(file.size or 0 for file in listed) == 45


def test_names_that_are_nearly_the_same_take_little_room() -> None:
    listed = Listing(
        LocalFile(f"AWSLogs/111122223333/CloudTrail/eu-central-1/2026/05/{number:09}.json.gz", number)
        for number in range(20 * IN_BLOCK)
    )
    assert sum(sys.getsizeof(part) for block in listed._blocks for part in block) < 30 * len(listed)
