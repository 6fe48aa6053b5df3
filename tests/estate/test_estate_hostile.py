"""Whatever is done to an estate file, the answer is an estate or a list of problems, never another failure."""

import string
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.estate import EstateError, Problem, read, starting_file

DESIGN = Path(__file__).with_name("design.toml").read_text(encoding="utf-8")
LINES = DESIGN.splitlines()
VALUES = st.sampled_from(
    ["1", "-1", "nan", "true", '""', '"x"', "[]", "[[]]", "{}", "{ a = 1 }", "2026-12-01", "07:32:00", '"\u0000"']
)


def problems_of(text: str) -> tuple[Problem, ...]:
    try:
        read(text)
    except EstateError as error:
        return error.problems or (Problem("", -1, "", "refused without a problem"),)
    return ()


def holds(text: str) -> None:
    problems = problems_of(text)
    assert all(0 <= problem.line <= text.count("\n") + 1 for problem in problems)
    assert all(str(problem).isprintable() for problem in problems)


@given(st.text(max_size=200))
def test_any_text_is_an_estate_or_a_list_of_problems(text: str) -> None:
    holds(text)


@settings(max_examples=300)
@given(st.integers(0, len(DESIGN)), st.integers(0, 30), st.text(string.printable + "é\u202e\x00", max_size=12))
def test_any_cut_and_paste_in_a_valid_file_is_an_estate_or_a_list_of_problems(at: int, cut: int, paste: str) -> None:
    holds(DESIGN[:at] + paste + DESIGN[at + cut :])


@settings(max_examples=300)
@given(st.sampled_from(range(len(LINES))), VALUES)
def test_any_value_replaced_by_one_of_another_type_is_an_estate_or_a_list_of_problems(at: int, value: str) -> None:
    key, sign, _ = LINES[at].partition("=")
    holds("\n".join([*LINES[:at], f"{key}{sign} {value}" if sign else LINES[at], *LINES[at + 1 :]]))


@settings(max_examples=200)
@given(st.permutations(LINES), st.integers(1, len(LINES)))
def test_any_order_of_the_lines_is_an_estate_or_a_list_of_problems(lines: list[str], count: int) -> None:
    holds("\n".join(lines[:count]))


@given(st.lists(st.text(max_size=20), max_size=3))
def test_whatever_is_known_of_the_perimeter_the_starting_file_is_toml(accounts: list[str]) -> None:
    assert not any("not valid TOML" in problem.what for problem in problems_of(starting_file(accounts=accounts)))
