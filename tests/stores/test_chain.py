"""Whoever changes one cell of the database is shown which; whoever forges a whole chain needs every head ever kept."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st
from tests.stores.stories import NOON, finding, incident, step

from stanch.domain.decision import Answer, Question
from stanch.domain.incident import IncidentState
from stanch.domain.regime import Awareness
from stanch.domain.step import StepState
from stanch.stores.audit import Audit, audit
from stanch.stores.chain import GENESIS, Entry, Head, broken, digest, link
from stanch.stores.connection import writing
from stanch.stores.open import Stores, _engine, open_stores

VALUE = st.none() | st.integers() | st.text() | st.lists(st.text(), max_size=2)
TABLES = ("incidents", "findings", "awareness", "decisions", "journal", "chain", "heads")


def lived(state: Path) -> None:
    """A database with a little of everything."""
    with open_stores(state) as stores:
        stores.decisions.ask(Question("inc-1", "ab" * 32, NOON, NOON + timedelta(hours=1), 1))
        stores.decisions.answer(Answer("inc-1", "ab" * 32, True, "J. Doe", NOON))
        stores.incidents.save([incident("inc-1", finding("f1"), finding("f2"))])
        stores.journal.write(step("a"))
        stores.journal.write(step("b"))
        stores.incidents.decide(Awareness("inc-1", NOON, NOON, "J. Doe", "triage"))
        stores.incidents.decide(Awareness("inc-1", NOON, NOON, "J. Doe", "again"))
        stores.journal.write(step("a", StepState.VERIFIED))
        stores.incidents.move("inc-1", IncidentState.CONTAINED)
        stores.incidents.save([incident("inc-1", finding("f1"), finding("f3"))])


def edited(state: Path, *statements: str) -> None:
    database = sqlite3.connect(state / "stanch.db")
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


def audited(state: Path) -> Audit:
    with open_stores(state) as stores:
        return audit(stores.engine)


def cells(state: Path) -> list[tuple[str, int, str]]:
    """Every cell: its table, its rowid, its column."""
    database = sqlite3.connect(state / "stanch.db")
    found = [
        (table, rowid, column)
        for table in TABLES
        for (rowid,) in database.execute(f"SELECT rowid FROM {table}").fetchall()  # noqa: S608 - our own constants
        for _, column, *_ in database.execute(f"PRAGMA table_info({table})").fetchall()
    ]
    database.close()
    return found


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("original")
    lived(state)
    with open_stores(state) as stores, stores.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return state


@pytest.fixture
def state(original: Path, tmp_path: Path) -> Path:
    (tmp_path / "stanch.db").write_bytes((original / "stanch.db").read_bytes())
    return tmp_path


def test_a_database_that_nobody_touched_is_as_it_was_written(state: Path) -> None:
    found = audited(state)
    assert found.faults == ()
    assert (found.entries, found.upgraded, found.head.seq) == (10, 0, 10)
    with open_stores(state) as stores:
        assert stores.journal.head() == found.head


def test_shows_every_changed_cell_of_every_table(original: Path, tmp_path: Path) -> None:
    whole = (original / "stanch.db").read_bytes()
    for number, (table, rowid, column) in enumerate(cells(original)):
        state = tmp_path / str(number)
        state.mkdir()
        (state / "stanch.db").write_bytes(whole)
        database = sqlite3.connect(state / "stanch.db")
        (old,) = database.execute(f"SELECT {column} FROM {table} WHERE rowid = {rowid}").fetchone()  # noqa: S608
        new = old + 1000 if isinstance(old, int) else f"{old[:-1]}{'a' if old[-1:] != 'a' else 'b'}"
        database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, rowid))  # noqa: S608
        database.commit()
        database.close()
        assert audited(state).faults, f"{table}.{column} of row {rowid}"


@pytest.mark.parametrize("table", TABLES)
def test_shows_every_deleted_row(original: Path, tmp_path: Path, table: str) -> None:
    for rowid in {rowid for name, rowid, _ in cells(original) if name == table}:
        state = tmp_path / str(rowid)
        state.mkdir()
        (state / "stanch.db").write_bytes((original / "stanch.db").read_bytes())
        edited(state, f"DELETE FROM {table} WHERE rowid = {rowid}")  # noqa: S608
        assert audited(state).faults


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("incidents", "'inc-9', state, actor, first_seen, last_seen, body"),
        ("findings", "'f9', incident"),
        ("awareness", "NULL, incident, body"),
        ("decisions", "NULL, incident, plan, kind, body"),
        ("journal", "NULL, incident, action, resource, state, body"),
        ("chain", "11, kind, name, before, digest, how, link"),
        ("heads", "'other', seq, link"),
    ],
)
def test_shows_an_inserted_row(state: Path, table: str, columns: str) -> None:
    edited(state, f"INSERT INTO {table} SELECT {columns} FROM {table} LIMIT 1")  # noqa: S608
    assert audited(state).faults


def test_shows_rows_that_changed_places(state: Path) -> None:
    edited(
        state,
        "UPDATE journal SET seq = -1 WHERE seq = 1",
        "UPDATE journal SET seq = 1 WHERE seq = 2",
        "UPDATE journal SET seq = 2 WHERE seq = -1",
    )
    faults = audited(state).faults
    assert [fault.where for fault in faults] == ["journal row '1'", "journal row '2'"]


def test_shows_that_the_end_was_cut_off(state: Path) -> None:
    edited(state, "DELETE FROM journal WHERE seq = 3", "DELETE FROM chain WHERE seq >= 8")
    assert any("it names entry 10, but the last one is 7" in fault.why for fault in audited(state).faults)


def test_still_shows_it_after_more_was_written(state: Path) -> None:
    edited(state, "DELETE FROM journal WHERE seq = 3", "DELETE FROM chain WHERE seq >= 8")
    with open_stores(state) as stores:
        stores.journal.write(step("c"))
    assert "chain entry 8: gone; the next one is 11" in map(str, audited(state).faults)


@pytest.mark.parametrize("tampering", ["DELETE FROM heads", "UPDATE heads SET seq = 2", "UPDATE heads SET seq = 'x'"])
def test_a_chain_whose_head_was_touched_goes_on_and_never_looks_whole_again(state: Path, tampering: str) -> None:
    edited(state, tampering)
    with open_stores(state) as stores:
        stores.journal.write(step("c"))
        assert [each.action for each in stores.journal.steps("inc-1")] == ["a", "b", "c"]
    assert "chain entry 11: it does not follow from the one before" in map(str, audited(state).faults)


def test_an_edit_between_two_searches_is_not_washed_away_by_the_second(state: Path) -> None:
    edited(state, "UPDATE incidents SET body = replace(body, 'trail/1.json.gz', 'trail/2.json.gz')")
    with open_stores(state) as stores:
        stores.incidents.save([incident("inc-1", finding("f1"), finding("f3"), finding("f4"))])
    assert "incidents row 'inc-1': somebody had changed it before entry 11 was written" in map(
        str, audited(state).faults
    )


def test_a_search_that_finds_nothing_new_writes_nothing(state: Path) -> None:
    with open_stores(state) as stores:
        (known,) = stores.incidents.all()
        stores.incidents.save([known])
        assert stores.journal.head().seq == 10


def test_a_head_that_was_kept_elsewhere_tells_a_forged_chain(state: Path, tmp_path: Path) -> None:
    kept = audited(state).head
    (tmp_path / "forged").mkdir()
    with open_stores(tmp_path / "forged") as forged:
        for number in range(10):
            forged.journal.write(step(f"n/{number}"))
        found = audit(forged.engine)
    assert found.faults == ()  # whole in itself: nothing within the file can say otherwise
    assert found.links[kept.seq] != kept.link


def test_chains_what_an_older_stanch_wrote_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "stanch.db"
    old = _engine(path)
    config = Config()
    config.set_main_option("script_location", "stanch:stores/migrations")
    config.set_main_option("path_separator", "os")
    with writing(old) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    old.dispose()
    with open_stores(tmp_path / "new") as new:
        write_something(new)
    columns = "seq, incident, action, resource, state, body"
    edited(
        tmp_path,
        f"ATTACH '{tmp_path / 'new' / 'stanch.db'}' AS new",
        "INSERT INTO incidents SELECT * FROM new.incidents",
        "INSERT INTO findings SELECT * FROM new.findings",
        f"INSERT INTO journal SELECT {columns} FROM new.journal",  # noqa: S608
    )
    found = audited(tmp_path)
    assert (found.faults, found.entries, found.upgraded) == ((), 3, 3)
    with open_stores(tmp_path) as stores:
        stores.journal.write(step("c"))
    after = audited(tmp_path)
    assert (after.faults, after.entries, after.upgraded) == ((), 4, 3)


def write_something(stores: Stores) -> None:
    stores.incidents.save([incident("inc-1", finding("f1"))])
    stores.journal.write(step("a"))
    stores.journal.write(step("a", StepState.APPLIED))


def test_an_empty_database_has_the_head_of_no_entry(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        assert stores.journal.head() == Head(0, GENESIS)
        assert audit(stores.engine).faults == ()


@given(st.lists(VALUE, max_size=4), st.lists(VALUE, max_size=4))
def test_two_lists_have_one_digest_only_if_they_are_equal(one: list[Any], other: list[Any]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


def chained(*said: str) -> list[Entry]:
    entries: list[Entry] = []
    last = GENESIS
    for seq, each in enumerate(said, 1):
        last = link(last, seq, "journal", str(seq), "", digest(each), "written")
        entries.append(Entry(seq, "journal", str(seq), "", digest(each), "written", last))
    return entries


Edit = Callable[[list[Entry], int, int], list[Entry]]
EDITS: list[Edit] = [
    lambda entries, one, _: entries[:one] + entries[one + 1 :],
    lambda entries, one, other: [*entries[:one], entries[other], *entries[one:]],
    lambda entries, one, other: [
        entries[other] if at == one else entries[one] if at == other else entry for at, entry in enumerate(entries)
    ],
]


@given(st.lists(st.text(), min_size=2, max_size=6), st.sampled_from(EDITS), st.data())
def test_a_chain_shows_deletion_insertion_and_exchange(said: list[str], edit: Edit, data: st.DataObject) -> None:
    entries = chained(*said)
    head = Head(entries[-1].seq, entries[-1].link)
    assert list(broken(entries, head)) == []
    one = data.draw(st.integers(0, len(entries) - 1))
    other = data.draw(st.integers(0, len(entries) - 1).filter(lambda at: at != one))
    assert list(broken(edit(entries, one, other), head))


def test_threads_and_processes_that_write_at_once_make_one_chain(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from stanch.stores.open import open_stores; from tests.stores.stories import step\n"
        "with open_stores(pathlib.Path(sys.argv[1])) as stores:\n"
        "    for number in range(40): stores.journal.write(step(f'{sys.argv[2]}/{number}'))"
    )
    others = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in ("one", "two")]
    with open_stores(tmp_path) as stores, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: stores.journal.write(step(f"thread/{number}")), range(40)))
        assert [other.wait() for other in others] == [0, 0]
        found = audit(stores.engine)
    assert (found.faults, found.entries) == ((), 120)


def test_a_process_that_is_killed_leaves_a_whole_chain(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from stanch.stores.open import open_stores; from tests.stores.stories import step\n"
        "stores = open_stores(pathlib.Path(sys.argv[1]))\n"
        "for number in range(100000): stores.journal.write(step(f'n/{number}')); print(number, flush=True)"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    for _ in range(20):
        writer.stdout.readline()
    writer.kill()
    writer.communicate()
    found = audited(tmp_path)
    assert found.faults == ()
    assert found.entries >= 20
