from stanch.app.iam_kept import Kept


def test_reads_each_text_once_and_lets_go_of_what_was_unused_longest() -> None:
    read: list[bytes] = []

    def length(text: bytes, key: str) -> str:
        read.append(text)
        return f"{key}{len(text)}"

    kept = Kept(length, budget=4)
    assert [kept(text, "n") for text in (b"aa", b"bb", b"aa", b"cc", b"aa", b"bb")] == ["n2"] * 6
    assert read == [b"aa", b"bb", b"cc", b"bb"]
    assert kept(b"a" * 9, "x") == "x9"
    assert kept(b"aa", "n") == "n2"
    assert read[-2:] == [b"a" * 9, b"aa"]
