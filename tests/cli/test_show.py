"""Incidents and holes on a terminal of 80 columns, and where an attacker chose the names."""

from rich.console import Console, Group, RenderableType
from tests.stores.stories import finding, incident

from stanch.app.knowledge import shelf
from stanch.cli import show, show_scan
from stanch.contracts import lines
from stanch.domain.event import Actor
from stanch.domain.severity import Severity
from stanch.domain.verdict import Row, Ruling, Verdict

USER = "arn:aws:iam::111122223333:user/"
SESSION = "arn:aws:sts::111122223333:assumed-role/vllm-serving/i-1e5ef26d48b0217a8"


def drawn(what: RenderableType, width: int = 80) -> list[str]:
    console = Console(width=width, highlight=False, color_system=None)
    with console.capture() as capture:
        console.print(Group(what))
    return capture.get().splitlines()


def words(told: list[str]) -> list[str]:
    return " ".join(line.strip("│") for line in told).split()


def test_no_detection_of_the_catalog_is_broken_at_80_columns() -> None:
    ids = [unit.id for unit in shelf("detections", ".yml", ".py")]
    assert len(ids) > 300
    for id_ in ids:
        one = finding("f", detection=id_, count=1000, failed=1000, actor=Actor(SESSION, session="s"))
        told = drawn(show.incident(incident("inc-1", one)))
        assert id_ in words(told)
        assert {len(line) for line in told} == {80}


def test_no_check_of_the_catalog_is_broken_at_80_columns() -> None:
    ids = [unit.id for unit in shelf("checks", ".py")]
    assert len(ids) > 70
    verdicts = [
        Verdict(id_, "A title of many words that is broken into lines", f"{SESSION}-{number}", "111122223333", None,
                Ruling.FAIL, Severity.INFORMATIONAL, "why", next(iter(Row)))
        for id_ in ids for number in range(3)
    ]  # fmt: skip
    told = drawn(show_scan.table(show_scan.holes(verdicts), 80))
    assert [id_ for id_ in ids if id_ not in words(told)] == []
    assert max(map(len, told)) <= 80


def test_who_it_was_stands_whole_in_a_line_at_80_columns() -> None:
    one = incident("inc-1", finding("f", actor=Actor(SESSION, session="s")))
    assert f"│   {SESSION}    │" in drawn(show.incident(one))


def test_who_it_was_stands_beside_its_label_where_there_is_room() -> None:
    one = incident("inc-1", finding("f", actor=Actor(SESSION, session="s")))
    assert any(line.startswith(f"│ who     {SESSION} ") for line in drawn(show.incident(one), 120))


def test_a_name_of_thousands_of_characters_is_a_few_lines_and_whole_to_machines() -> None:
    name = f"\x1b[2Jbegin\n│ left  nothing\u202e{'x' * 2000}end"
    evil = finding("f", actor=Actor(USER + name), strangers=(name,) * 3, why=name)
    one = incident("inc-1", evil, actor=Actor(USER + name), behind=(f"{USER}b{name}",), by_hand=(name,))
    told = drawn(show.incident(one))
    assert len(told) < 50
    assert all(line[0] in "╭│╰" and len(line) == 80 for line in told)
    assert not any(hidden in line for line in told for hidden in "\x1b\u202e\n")
    assert "?[2Jbegin\\n│" in " ".join(told)
    assert "xend" in " ".join(told)
    assert lines.finding(evil)["actor"]["arn"] == USER + name


def test_callers_and_addresses_without_end_are_counted() -> None:
    many = [
        finding(f"f{n}", actor=Actor(f"{USER}u{n}"), addresses=tuple(f"10.0.{n}.{m}" for m in range(20)))
        for n in range(30)
    ]
    told = drawn(show.incident(incident("inc-1", *many)), 120)
    assert sum(USER in line for line in told) == 21  # the first twenty, and the origin
    assert any("and 10 more" in line for line in told)
    assert any("10.0.0.19, and 580 more" in line for line in told)


def test_nobody_is_called_by_one_of_his_addresses() -> None:
    nobody = finding("f", actor=Actor("anonymous"), addresses=("198.51.100.23", "198.51.100.24", "198.51.100.25"))
    assert any(
        "anonymous 198.51.100.23 and 2 more" in line for line in drawn(show.incident(incident("i", nobody)), 120)
    )
