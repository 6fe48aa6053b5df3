"""What holds of every table of patterns, present and future."""

import re

import pytest

from stanch.app.inspecting import patterns
from stanch.app.knowledge import shelf
from stanch.engine.inspect import Pattern, PatternError, read_patterns
from stanch.engine.inspect.heads import HeadError, width
from stanch.engine.shelf import Unit

TABLES = shelf("patterns", ".toml")


@pytest.mark.parametrize("unit", TABLES, ids=lambda unit: unit.id)
def test_a_table_lies_in_the_folder_of_its_category_and_has_its_page(unit: Unit) -> None:
    categories = {pattern.category for pattern in read_patterns(unit.text(), unit.id)}
    assert categories == {unit.id.partition("/")[0]}
    page = unit.page.read_text(encoding="utf-8")
    assert [*re.findall(r"^## (.+)$", page, re.MULTILINE)] == [
        "Goal", "How they are known", "Blind spots", "False positives", "Response",
    ]  # fmt: skip


def test_there_are_about_two_hundred_forms_of_secrets() -> None:
    assert sum(pattern.category == "secret" for pattern in patterns()) >= 200


@pytest.mark.parametrize("pattern", patterns(), ids=lambda pattern: pattern.kind)
def test_a_pattern_reads_no_further_than_it_must_and_says_where_its_form_is_told(pattern: Pattern) -> None:
    assert pattern.source
    assert re.fullmatch(r"[a-z][a-z0-9-]+", pattern.kind)
    assert all(width(head) for head in pattern.heads)
    # Whatever repeats has an end: a hostile text costs no more than its length.
    endless = re.compile(r"(?<!\\)[*+](?![^\[]*\])|\{\d+,\}")
    assert not endless.search(re.sub(r"\[(?:\\.|[^\]])+\]|\\.", "c", pattern.tail + pattern.value))


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("category = 'secret'\n[a]\nhead = 'a+'\nsource = 'x'", "no one width"),
        ("category = 'secret'\n[a]\nhead = 'ab'\nwords = 'c'\nsource = 'x'", "either a head, or words"),
        ("category = 'other'", "category is"),
        ("category = 'secret'\n[a]\nhead = 'ab'\ncheck = 'none'\nsource = 'x'", "none"),
        ("category = 'secret'\n[a]\nhead = 'ab'\nchekc = 'none'\nsource = 'x'", "unknown: chekc"),
        ("category = 'secret'\n[a]\nhead = 'ab'", "source"),
        ("not toml", "table"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_by_name(table: str, why: str) -> None:
    with pytest.raises(PatternError, match=f"table.*{why}|table.*:"):
        list(read_patterns(table, "table"))


@pytest.mark.parametrize("head", ["a{2,3}", "a?", "(?:a|bc)", "(?:a", ".", r"\d"])
def test_a_head_of_several_widths_is_refused(head: str) -> None:
    with pytest.raises(HeadError):
        width(head)
