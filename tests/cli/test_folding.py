"""What a person will copy out of a table can be copied: it is broken at its seams, or not at all."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from stanch.cli.face import one_line
from stanch.cli.folding import Folding, shortened
from stanch.cli.layout import Copied, Facts, Listing, Row

SESSION = "arn:aws:sts::111122223333:assumed-role/vllm-serving/i-1e5ef26d48b0217a8"


def drawn(what: RenderableType, width: int) -> list[str]:
    console = Console(width=width, highlight=False, color_system=None)
    with console.capture() as capture:
        console.print(Group(what))
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (71, [SESSION]),
        (70, ["arn:aws:sts::111122223333:assumed-role/vllm-serving/", "i-1e5ef26d48b0217a8"]),
        (40, ["arn:aws:sts::111122223333:assumed-role/", "vllm-serving/i-1e5ef26d48b0217a8"]),
        (30, ["arn:aws:sts::111122223333:", "assumed-role/vllm-serving/", "i-1e5ef26d48b0217a8"]),
    ],
)
def test_an_arn_is_broken_between_its_parts(width: int, lines: list[str]) -> None:
    assert drawn(Folding(SESSION), width) == lines


def test_a_detection_is_broken_between_its_words() -> None:
    detection = one_line("defense_impairment/cloudtrail_stopped_narrowed_or_deleted")
    assert drawn(detection, 40) == ["defense_impairment/", "cloudtrail_stopped_narrowed_or_deleted"]
    assert drawn(detection, 30) == ["defense_impairment/", "cloudtrail_stopped_narrowed_", "or_deleted"]


def test_what_has_no_seam_is_broken_where_the_line_ends() -> None:
    assert drawn(Folding("x" * 25), 10) == ["x" * 10, "x" * 10, "x" * 5]


def test_words_that_fit_are_left_alone() -> None:
    assert drawn(Folding("no-seam is-used where-a-word-fits"), 20) == ["no-seam is-used", "where-a-word-fits"]


def test_a_sentence_that_is_not_to_be_broken_is_not() -> None:
    console = Console(width=10, highlight=False)
    with console.capture() as capture:
        console.print(Folding(SESSION), soft_wrap=True)
    assert capture.get() == f"{SESSION}\n"


def test_a_style_goes_on_behind_a_seam() -> None:
    console = Console(width=40)
    lines = Folding.assemble(("on ", "dim"), (SESSION, "bold")).wrap(console, 40, overflow="fold")
    assert [[str(span.style) for span in line.spans if span] for line in lines][1:] == [["bold"], ["bold"]]


@given(st.text(st.characters(codec="utf-8"), max_size=200), st.integers(4, 60))
def test_no_character_is_lost_and_no_line_is_wider(text: str, width: int) -> None:
    told = drawn(one_line(text), width)
    assert all(cell_len(line) <= width for line in told)
    assert re.sub(r"\s", "", "".join(told)) == re.sub(r"\s", "", one_line(text).plain)


@given(st.text(max_size=300), st.integers(10, 100))
def test_a_name_without_end_keeps_its_beginning_and_its_end(text: str, limit: int) -> None:
    told = shortened(text, limit)
    if len(text) <= limit:
        assert told == text
    else:
        assert len(told) == limit
        begin, end = told[: (limit - 3 + 1) // 2], told[len(told) - (limit - 3) // 2 :]
        assert f"{begin}...{end}" == told
        assert (text.startswith(begin), text.endswith(end)) == (True, True)


def row(id_: str, by: str, events: str = "1") -> Row:
    return Row((Text("high"), Text(events)), Folding(id_), Folding(by))


def listing(*rows: Row) -> Listing:
    return Listing(("severity", "events", "detection", "by"), frozenset({"events"}), rows)


def test_ids_stand_in_their_column_where_there_is_room() -> None:
    assert drawn(listing(row("a/short_one", "ann"), row("a/long_one_of_all", "bert", "12")), 80) == [
        "severity  events  detection          by",
        "high           1  a/short_one        ann",
        "high          12  a/long_one_of_all  bert",
    ]


def test_who_is_behind_it_is_broken_before_an_id_is() -> None:
    assert drawn(listing(row("a/long_one_of_all", "the-role-of-somebody")), 54) == [
        "severity  events  detection          by",
        "high           1  a/long_one_of_all  the-role-of-",
        "                                     somebody",
    ]


def test_where_there_is_no_room_ids_stand_below_their_rows() -> None:
    assert drawn(listing(row("a/long_one_of_all", "the-role-of-somebody")), 45) == [
        "severity  events  by",
        "  detection",
        "high           1  the-role-of-somebody",
        "  a/long_one_of_all",
    ]


def test_where_there_is_hardly_any_room_so_does_who_is_behind_it() -> None:
    assert drawn(listing(row("a/long_one_of_all", "the-role-of-somebody")), 24) == [
        "severity  events",
        "  detection",
        "  by",
        "high           1",
        "  a/long_one_of_all",
        "  the-role-of-somebody",
    ]


def test_what_is_wider_than_the_terminal_is_broken_and_nothing_of_it_is_lost() -> None:
    told = drawn(listing(row("a/long_one_of_all", "the-role-of-somebody-else")), 20)
    assert told[-3:] == ["  a/long_one_of_all", "  the-role-of-", "  somebody-else"]


def test_a_value_that_would_be_broken_beside_its_name_stands_below_it() -> None:
    facts = [("who", Folding(SESSION)), ("", Folding("anonymous")), ("besides", Folding("nothing"))]
    assert drawn(Facts(facts), 76) == ["who", f"  {SESSION}", "         anonymous", "besides  nothing"]
    assert drawn(Facts(facts), 71)[1] == SESSION
    assert drawn(Facts(facts), 80)[0] == f"who      {SESSION}"


def test_a_column_of_ids_keeps_its_width_while_others_can_be_read() -> None:
    table = Table("principal", "because", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_row(one_line(SESSION), one_line("a policy that is written in many words, and in some more"))
    assert drawn(Copied(table, frozenset({"principal"})), 92)[1].startswith(f"{SESSION}  a policy that is")
    assert drawn(Copied(table, frozenset({"principal"})), 60)[1].startswith("arn:aws:sts::111122223333:")
