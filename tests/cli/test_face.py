"""What logs hold is hostile, and so are the names of files: on a terminal they are seen and do nothing."""

import json

import pytest
from rich.console import Console

from stanch.cli import show
from stanch.cli.face import Face, Format, one_line, plain
from stanch.domain.event import Skipped

FORGED = "a.json\nnot read: nothing, all is well"


def printed(what: object) -> str:
    console = Console(width=200, highlight=False)
    with console.capture() as capture:
        console.print(what, soft_wrap=True)
    return capture.get()


def test_a_newline_in_the_name_of_a_file_forges_no_second_line() -> None:
    (told,) = show.skips([Skipped(FORGED, "empty\nall is well")])
    assert printed(told) == "not read: a.json\\nnot read: nothing, all is well: empty\\nall is well\n"


def test_whatever_is_said_as_text_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Face().say(FORGED)
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize("end", ["\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x1b[2J", "\u202e"])
def test_what_ends_lines_or_moves_the_cursor_is_shown_as_a_question_mark(end: str) -> None:
    assert one_line(f"a{end}b").plain.startswith("a?")
    assert len(plain(f"a{end}b").plain.splitlines()) == 1


@pytest.mark.parametrize("end", ["\n", "\r", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_line_for_machines_is_one_line_to_whoever_splits_it(end: str, capsys: pytest.CaptureFixture[str]) -> None:
    Face(Format.JSON).emit({"kind": "x", "path": f"a{end}b"})
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["path"] == f"a{end}b"


def test_lines_of_our_own_stay_lines() -> None:
    assert plain("one\ntwo").plain.splitlines() == ["one", "two"]
