"""The catalog: a unit exists because its file exists, and what is wrong with it names its file."""

from pathlib import Path

import pytest

from stanch.contracts.playbook import Playbook
from stanch.engine.shelf import ShelfError, implementing, walk


def test_the_id_is_the_path(tmp_path: Path) -> None:
    for name in ("b/two.py", "a/one.py", "a/one_test.py", "_hidden/x.py", "a/_private.py", "a/one.md", "__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert [unit.id for unit in walk(tmp_path, (".py",))] == ["a/one", "b/two"]


def test_a_unit_that_fails_to_import_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import nothing_of_this_name\n")
    (unit,) = walk(tmp_path, (".py",))
    with pytest.raises(ShelfError, match=r"broken\.py: cannot be imported: ModuleNotFoundError"):
        implementing(unit, Playbook)


def test_a_unit_that_lacks_a_name_is_an_error_that_names_both(tmp_path: Path) -> None:
    (tmp_path / "half.py").write_text("ACTIONS = ()\n")
    (unit,) = walk(tmp_path, (".py",))
    with pytest.raises(ShelfError, match=r"half\.py: lacks BREAKS, FOR, which Playbook demands"):
        implementing(unit, Playbook)
