"""What a watch knows is bounded in bytes and in time, and one file that changes costs the fewest others."""

from pathlib import Path

import pytest

from stanch.contracts.store import StoreError
from stanch.stores.watched import TOGETHER, Known, Parcel, Watched

DAY = 86400


def files(*names: str) -> list[Known]:
    return [Known(name, "v1") for name in names]


def numbers(store: Watched) -> list[int]:
    return [number for number, _ in store.payloads()]


@pytest.fixture
def store(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "parts.db")


def test_what_is_kept_is_for_its_owner_alone_and_outlives_the_process(tmp_path: Path, store: Watched) -> None:
    store.keep(files("a"), Parcel(b"part", 10), 10)
    assert (tmp_path / "parts.db").stat().st_mode & 0o777 == 0o600
    again = Watched(tmp_path / "parts.db")
    assert again.known("a") == Known("a", "v1")
    assert [payload for _, payload in again.payloads()] == [b"part"]


def test_a_file_that_changed_costs_those_that_were_read_with_it_once(store: Watched) -> None:
    store.keep(files("a", "b"), Parcel(b"both", 10), 10)
    store.keep(files("c"), Parcel(b"c", 10), 10)
    assert store.forget("a") == ["b"]
    assert (store.known("a"), store.known("b"), store.known("c")) == (None, None, Known("c", "v1"))
    assert (store.grows("a"), store.grows("b")) == (True, False)
    assert [payload for _, payload in store.payloads()] == [b"c"]


def test_another_scope_forgets_what_can_be_read_again(store: Watched) -> None:
    assert not store.begin("one")
    store.keep(files("a"), Parcel(b"a", 10), 10)
    store.keep(files("otlp:x"), Parcel(b"x", 10, received=True), 10)
    assert store.begin("one")
    assert not store.begin("two")
    assert [payload for _, payload in store.payloads()] == [b"x"]
    assert (store.known("a"), store.known("otlp:x")) == (None, Known("otlp:x", "v1"))
    assert store.clear() == 1
    assert list(store.payloads()) == []


def test_parts_of_a_day_are_put_together_in_steps(store: Watched) -> None:
    for number in range(TOGETHER**2):
        store.keep(files(f"{number}"), Parcel(b"%d," % number, number), number)
        for crowd in store.crowds():
            store.put_together(crowd, b"".join(map(store.payload, crowd)))
    (only,) = [payload for _, payload in store.payloads()]
    assert only == b"".join(b"%d," % number for number in range(TOGETHER**2))
    assert len(store.forget("5")) == TOGETHER**2 - 1


def test_what_grows_or_was_received_or_is_of_another_day_is_kept_apart(store: Watched) -> None:
    for number in range(TOGETHER - 1):
        store.keep(files(f"a{number}"), Parcel(b"a", 10), 10)
    store.keep(files("b"), Parcel(b"b", 10, alone=True), 10)
    store.keep(files("c"), Parcel(b"c", 10, received=True), 10)
    store.keep(files("d"), Parcel(b"d", 10 + DAY), 10)
    assert list(store.crowds()) == []
    store.keep(files("e"), Parcel(b"a", 11), 10)
    (crowd,) = [crowd for crowd, _ in zip(store.crowds(), range(1), strict=False)]
    assert len(crowd) == TOGETHER


def test_a_part_leaves_with_its_last_event_and_its_files_are_remembered_for_longer(store: Watched) -> None:
    week = 7 * DAY
    store.keep(files("a"), Parcel(b"a", 10 * DAY), 10 * DAY)
    store.keep(files("b"), Parcel(b"b", 12 * DAY), 12 * DAY)
    assert store.expire(11 * DAY, week) is None
    assert [payload for _, payload in store.payloads()] == [b"b"]
    assert store.known("a") == Known("a", "v1")
    store.expire(10 * DAY + 4 * week, week)
    assert store.known("a") is None


def test_bytes_beyond_the_bound_cost_the_oldest(tmp_path: Path) -> None:
    store = Watched(tmp_path / "parts.db", limit=25)
    for number in range(4):
        store.keep(files(f"{number}"), Parcel(bytes(10), 100 + number), 100)
    assert store.expire(0, DAY) == 101
    assert len(numbers(store)) == 2
    assert store.known("0") is not None, "it is not read again"
    assert (tmp_path / "parts.db").stat().st_size < 1 << 17


def test_what_was_told_is_remembered(store: Watched) -> None:
    assert store.told("inc-1") is None
    store.tell("inc-1", "this")
    store.tell("inc-1", "that")
    assert store.told("inc-1") == "that"


def test_a_file_that_is_no_database_is_told_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "parts.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match=r"delete it"):
        Watched(tmp_path / "parts.db")
