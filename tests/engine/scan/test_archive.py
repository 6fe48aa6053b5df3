"""What does not fit into memory lies in a file, and nobody who asks can tell."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.contracts.behaviour import HOUR, Cell, Whose
from stanch.engine.scan.archive import Archive
from stanch.engine.scan.bounds import Bounds
from stanch.engine.scan.cells import Cells, Key, Sums, Who
from stanch.engine.scan.packed import packed_part, sent_part, unpacked_part
from stanch.engine.scan.part import Part

NOTHING = Bounds(cells=0, history=0, names=0, digests=0, ids=0)
HELD = Bounds(cells=0)
"""Cells lie in a file, histories do not."""

texts = st.text(st.characters(), max_size=3) | st.sampled_from(["a", "b", "\0", "\ud800", ""])
whos = st.builds(
    Who, st.sampled_from(["arn:a", "arn:b", "\udc80"]), st.none() | texts, st.none(), st.none() | texts,
    st.none() | texts, st.sampled_from(["arn:role/a", "arn:role/b"]), st.booleans(), st.just("inside"),
    st.just("unknown"), texts,
)  # fmt: skip
keys = st.builds(
    Key, st.sampled_from([0, HOUR, 2 * HOUR]), whos, texts, texts, st.booleans(), st.booleans(), texts, texts, texts,
    st.booleans(), st.booleans(),
)  # fmt: skip
sums = st.builds(
    Sums, st.integers(1, 9), st.integers(0, 9), st.integers(0, 9), st.integers(9, 19), st.sets(texts, max_size=4),
    st.lists(texts, min_size=1, max_size=3), st.tuples(st.sampled_from(["one", "two", "\udcff"])).map(list),
)  # fmt: skip
parts = st.lists(st.lists(st.tuples(keys, sums), max_size=6), max_size=5)

Made = list[list[tuple[Key, Sums]]]


def copied(some: Sums) -> Sums:
    return Sums(some.count, some.bytes, some.first, some.last, set(some.objects), [*some.events], [*some.files])


def archived(made: Made, bounds: Bounds) -> Archive:
    archive = Archive(bounds)
    for some in made:
        cells = Cells()
        for key, each in some:
            cells.add(key, copied(each))
        archive.take(cells)
    return archive


def origin(access_key: str | None, arn: str) -> str:
    return "arn:a" if arn == "arn:b" and not access_key else arn


def told(archive: Archive) -> tuple[list[Cell], Any]:
    histories = [
        [(name, [*cells]) for name, cells in archive.histories(whose, origin)]
        for whose in (Whose.PRINCIPAL, Whose.ORIGIN)
    ]
    return [*archive.told()], histories


@settings(deadline=None, max_examples=60)
@given(parts)
def test_what_lies_in_a_file_is_told_as_what_is_held(made: Made) -> None:
    held = archived(made, Bounds())
    for bounds in (NOTHING, HELD):
        put_away = archived(made, bounds)
        assert put_away.spilled or not any(made)
        assert told(put_away) == told(held)


@settings(deadline=None, max_examples=60)
@given(parts)
def test_a_cell_is_the_sum_of_all_parts(made: Made) -> None:
    slowly: dict[Key, Sums] = {}
    for some in made:
        for key, each in some:
            if key in slowly:
                slowly[key].add(each)
            else:
                slowly[key] = copied(each)
    found = [*archived(made, NOTHING).told()]
    assert sorted((cell.count, cell.bytes, cell.first, cell.last, sorted(cell.objects)) for cell in found) == sorted(
        (each.count, each.bytes, each.first, each.last, sorted(each.objects)) for each in slowly.values()
    )
    assert all((one.start, one.actor.arn) <= (other.start, other.actor.arn) for one, other in pairwise(found))


@settings(deadline=None, max_examples=60)
@given(parts)
def test_a_part_that_was_sent_or_kept_holds_the_same_cells(made: Made) -> None:
    for some in made:
        part = Part()
        for key, each in some:
            part.cells.add(key, copied(each))
        data = packed_part(part)
        kept = unpacked_part(data)
        assert kept is not None
        assert sent_part(data).cells.sums == kept.cells.sums == part.cells.sums


def test_a_history_too_long_to_be_held_is_a_sequence_as_any_other() -> None:
    who = Who("arn:a", None, None, None, None, "arn:role/a", False, "inside", "inside", "")
    key = Key(0, who, "s", "n", False, False, "b", "r", "", False, False)
    read: list[set[str]] = [{"x", "y"}, set(), {"z"}]
    made = [
        [(key._replace(start=hour * HOUR), Sums(1, 1, hour, hour, some, ["e"], ["f"]))]
        for hour, some in enumerate(read)
    ]
    ((name, cells),) = archived(made, NOTHING).histories(Whose.PRINCIPAL, origin)
    assert name == "arn:role/a"
    assert not isinstance(cells, list)
    assert len(cells) == 3
    assert [*cells] == [*cells] == [cells[0], cells[1], cells[2]] == cells[0:3]
    assert cells[-1].start == 2 * HOUR
    assert list(cells[1:]) == [cells[1], cells[-1]]
    assert [(bool(cell.objects), len(cell.objects), "x" in cell.objects) for cell in cells] == [
        (True, 2, True), (False, 0, False), (True, 1, False),
    ]  # fmt: skip
    assert max(cells, key=lambda cell: cell.start).objects[0] == "z"


def test_a_cell_of_a_thousand_parts_does_not_grow_with_their_number() -> None:
    who = Who("arn:a", None, None, None, None, "arn:role/a", False, "inside", "inside", "")
    key = Key(0, who, "s", "n", False, False, "b", "r", "", False, False)
    made: Sequence[list[tuple[Key, Sums]]] = [
        [(key, Sums(1, 2, at, at, {f"key-{at % 50}"}, [f"{at:04}"], [f"{at}.json"]))] for at in range(1000)
    ]
    archive = archived(list(made), Bounds())
    assert archive.held < 10_000
    (cell,) = archive.told()
    assert (cell.count, cell.bytes, cell.first, cell.last, len(cell.objects)) == (1000, 2000, 0, 999, 50)
    assert list(cell.events) == ["0000", "0001", "0002", "0003", "0004"]
