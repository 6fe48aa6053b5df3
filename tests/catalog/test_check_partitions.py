"""What is said of a thing does not hang on the partition that it lies in, and no remedy names another."""

import json

import pytest

from stanch import app
from stanch.domain.verdict import Ruling, Verdict
from stanch.engine.shelf import Unit
from tests.catalog import pages
from tests.posturing import posture, verdicts

CHECKS = app.shelf("checks", ".py")
HERE = "arn:aws:"


def told(unit: Unit, title: str, partition: str = HERE) -> list[Verdict]:
    """What is said of a page's example, moved to a partition."""
    example = pages.example(pages.sections(unit.page)[title])
    records = json.loads(json.dumps(example.records).replace(HERE, partition))
    return verdicts(unit.id, posture(records, example.estate and example.estate.replace(HERE, partition)))


def kept(found: list[Verdict]) -> list[tuple[str, Ruling, int]]:
    return [(one.resource.split(":", 2)[2], one.ruling, one.severity) for one in found]


@pytest.mark.parametrize("partition", ["arn:aws-cn:", "arn:aws-eusc:"])
@pytest.mark.parametrize("title", ["Example that fails", "Example that passes"])
@pytest.mark.parametrize("unit", CHECKS, ids=[unit.id for unit in CHECKS])
def test_an_example_is_judged_alike_in_every_partition(unit: Unit, title: str, partition: str) -> None:
    moved = told(unit, title, partition)
    assert kept(moved) == kept(told(unit, title))
    for one in moved:
        commands = [word for command in (one.remedy.commands if one.remedy else ()) for word in command]
        assert not any(HERE in text for text in (one.why, *one.way, *commands))
