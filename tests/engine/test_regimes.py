"""A law's file is read whole or refused with the place and the remedy; those in the catalog are complete."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stanch.catalog
from stanch.domain.regime import Trigger, Unit
from stanch.engine.regimes import RegimeError, read
from stanch.engine.report.facts import FACTS

SHELF = Path(stanch.catalog.__path__[0], "regimes")
LAWS = sorted(SHELF.glob("*.toml"))
SMALL = """\
title = "A law"
law = "Regulation 1"
version = "1"
source = "https://example.org"
applies_from = 2020-01-01
[[clock]]
id = "first"
title = "First"
article = "1"
trigger = "aware"
amount = 3
unit = "hours"
recipient = "authority"
[[clock]]
id = "second"
title = "Second"
article = "2"
trigger = "submitted"
after = "first"
recipient = "authority"
[[content]]
id = "what"
article = "1"
stage = "first"
text = "What happened"
evidence = "nature"
"""


def test_reads_a_law_with_its_clocks_and_content() -> None:
    regime = read(SMALL, "laws/small.toml")
    assert (regime.id, regime.applies_from, regime.applies_to) == ("small", "2020-01-01", "")
    assert [(c.id, c.trigger, c.amount) for c in regime.clocks] == [
        ("first", Trigger.AWARE, 3),
        ("second", Trigger.SUBMITTED, None),
    ]
    assert regime.clocks[0].unit is Unit.HOURS
    assert regime.clocks[1].after == "first"
    assert regime.content[0].evidence == "nature"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('unit = "hours"', 'unit = "weeks"', "[[clock]] #1: unit: Invalid enum value 'weeks'"),
        ('unit = "hours"\n', "", "'first': amount and unit go together"),
        ("amount = 3", "amount = 0", "[[clock]] #1: amount: Expected `int` >= 1"),
        ('recipient = "authority"', 'recipent = "authority"', "[[clock]] #1: Object"),
        ('after = "first"', 'after = "third"', "'second': after = 'third' is no clock here: first, second"),
        ('after = "first"\n', "", "'second': `after` names the stage"),
        ('stage = "first"', 'stage = "third"', "'what': stage = 'third' is no clock here: first, second"),
        ('id = "second"', 'id = "first"', "[[clock]] 'first' is there twice"),
        ("applies_from = 2020-01-01", 'applies_from = "soon"', "applies_from: "),
        ("applies_from = 2020-01-01", "applies_from = 2020-01-01\napplies_to = 2019-01-01", "before applies_from"),
        ('title = "A law"', "title = ", "Invalid value"),
    ],
)
def test_a_wrong_law_is_refused_with_file_place_and_remedy(old: str, new: str, what: str) -> None:
    with pytest.raises(RegimeError) as caught:
        read(SMALL.replace(old, new), "small.toml")
    assert str(caught.value).startswith("small.toml: ")
    assert what in str(caught.value)


@given(st.text(max_size=80), st.integers(0, len(SMALL)), st.integers(0, 40))
def test_any_change_to_a_law_is_a_law_or_a_regime_error(paste: str, at: int, cut: int) -> None:
    try:
        regime = read(SMALL[:at] + paste + SMALL[at + cut :], "small.toml")
    except RegimeError:
        return
    assert regime.clocks


@pytest.mark.parametrize("path", LAWS, ids=lambda path: path.stem)
def test_every_law_in_the_catalog_has_source_page_and_facts_that_the_report_knows(path: Path) -> None:
    regime = read(path.read_text(encoding="utf-8"), str(path))
    assert regime.source.startswith("https://eur-lex.europa.eu/eli/")
    assert {content.evidence for content in regime.content if content.evidence} <= set(FACTS)
    page = path.with_suffix(".md").read_text(encoding="utf-8")
    sections = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert sections == ["Goal", "Clocks", "Content", "What stanch cannot know", "Source"]
    assert all(f"`{clock.id}`" in page for clock in regime.clocks)


def test_the_catalog_holds_the_two_laws_of_the_first_report() -> None:
    assert {path.stem for path in LAWS} >= {"gdpr", "nis2"}
