import pytest

from stanch.engine.inspect.encoding import readable

TEXT = "key für Anna: 4556 7375"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_characters_are_read_with_and_without_a_mark(encoding: str) -> None:
    assert readable(TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"a\0", TEXT.encode(), TEXT.encode("latin-1"), bytes(1000), b"\xff\xfd x"]
)
def test_all_else_stays_as_it_is(data: bytes) -> None:
    assert readable(data) == data


def test_half_a_character_at_the_end_is_no_failure() -> None:
    assert readable("ab".encode("utf-16") + b"\x00") == "ab\ufffd"
