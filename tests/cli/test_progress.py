"""The bar of a long reading shows files, events a second and time left, in one line on a narrow terminal too."""

import io

import pytest

from stanch.cli.face import Face, Terminal
from stanch.cli.progress import Bar


def drawn(width: int, *, terminal: bool = True) -> str:
    """What is drawn while 30 of 40 files are read, and then all."""
    face, screen = Face(), io.StringIO()
    face.err = Terminal(file=screen, force_terminal=terminal, width=width, highlight=False, color_system=None)
    with Bar(face, "listing") as bar:
        bar.expect(40, "reading")
        for files in (10, 20, 30):
            bar.move(files, files * 5000)
            bar._progress.refresh()
        bar.move(41, 200_000, then="weighing")
        bar._progress.refresh()
    return screen.getvalue()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_files_rate_and_time_left_stand_in_one_line(width: int) -> None:
    lines = drawn(width).replace("\r", "\n").splitlines()
    assert all(len(line.replace("\x1b[2K", "").rstrip()) <= width for line in lines)
    (line,) = {line for line in lines if "30/40 files, " in line and line.rstrip().endswith(" left")}
    assert " events/s" in line
    assert "0:00:0" in line


def test_more_parts_than_files_are_not_told_and_what_follows_is() -> None:
    last = drawn(100).replace("\r", "\n").splitlines()
    assert any("weighing" in line and "40/40 files" in line for line in last)
    assert not any("41/40" in line for line in last)


def test_a_pipe_is_spared_it() -> None:
    assert drawn(100, terminal=False).strip() == ""
