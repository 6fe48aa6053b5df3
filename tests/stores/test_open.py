"""A database that cannot be used is told in one line with the remedy, and never written to."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.stores.stories import step

from stanch.contracts.store import StoreError
from stanch.stores.open import open_stores
from stanch.stores.schema import METADATA, REVISION


def test_the_newest_migration_is_the_one_that_the_schema_names() -> None:
    config = Config()
    config.set_main_option("script_location", "stanch:stores/migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_the_migrations_make_the_schema_and_nothing_else(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores, stores.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_opens_a_database_of_today_without_loading_the_migrations(tmp_path: Path) -> None:
    open_stores(tmp_path).close()
    code = (
        "import sys, pathlib; from stanch.stores.open import open_stores;"
        "open_stores(pathlib.Path(sys.argv[1])).close();"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 0


def test_is_made_once_when_many_open_it_at_the_same_time(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from stanch.stores.open import open_stores;open_stores(pathlib.Path(sys.argv[1])).close()"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stderr=subprocess.PIPE) for _ in range(4)]
    complaints = [one.communicate()[1] for one in running]
    assert [one.returncode for one in running] == [0] * 4, complaints
    with open_stores(tmp_path) as stores:
        stores.journal.write(step())


def test_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    open_stores(tmp_path / "state").close()
    assert (tmp_path / "state" / "stanch.db").stat().st_mode & 0o077 == 0
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def test_says_so_of_a_file_that_is_no_database(tmp_path: Path) -> None:
    garbage = b"this is not a database" * 100
    (tmp_path / "stanch.db").write_bytes(garbage)
    with pytest.raises(StoreError, match=r"not a readable database.*move it away"):
        open_stores(tmp_path)
    assert (tmp_path / "stanch.db").read_bytes() == garbage


def test_says_so_of_a_truncated_database(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        for number in range(50):
            stores.journal.write(step(f"n/{number}"))
    path = tmp_path / "stanch.db"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StoreError, match=r"stanch\.db"), open_stores(tmp_path) as stores:
        stores.journal.history("inc-1")


def test_leaves_a_database_of_another_program_alone(tmp_path: Path) -> None:
    path = tmp_path / "stanch.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE songs (title TEXT)")
    other.close()
    with pytest.raises(StoreError, match="not one of stanch; choose another --state folder"):
        open_stores(tmp_path)
    other = sqlite3.connect(path)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]
    other.close()


def test_leaves_a_database_of_a_newer_stanch_alone(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores, stores.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"written by a newer stanch.*upgrade stanch"):
        open_stores(tmp_path)


def test_says_so_when_the_state_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="choose another --state folder"):
        open_stores(tmp_path / "file" / "state")


def test_says_so_when_a_folder_lies_where_the_database_should_be(tmp_path: Path) -> None:
    (tmp_path / "stanch.db").mkdir()
    with pytest.raises(StoreError, match="choose another --state folder"):
        open_stores(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_says_so_when_the_folder_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="choose another --state folder"):
        open_stores(tmp_path)
