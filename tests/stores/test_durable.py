"""What was written outlives a power cut: the disk is told of files, and then of the folders that name them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.stores.test_lake import delivered, imported, record

from stanch.stores.lake import Lake
from stanch.stores.text import written


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, set[str]]]:
    """Each folder as it is written to the disk, with the names that it had then."""
    told: list[tuple[Path, set[str]]] = []
    fsync: Callable[[int], None] = os.fsync

    def noting(descriptor: int) -> None:
        place = Path(f"/proc/self/fd/{descriptor}").readlink()
        if place.is_dir():
            told.append((place, {path.name for path in place.iterdir()}))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    return told


def test_a_receipt_appears_when_all_that_it_names_is_on_the_disk(
    tmp_path: Path, synced: list[tuple[Path, set[str]]]
) -> None:
    lake = Lake(tmp_path / "lake")
    imported(lake, delivered(tmp_path / "a.json", record(1), record(2, day=23)))
    (unit,) = lake.units()
    receipt = Path(unit.path)
    appeared = next(at for at, (_, names) in enumerate(synced) if receipt.name in names)
    assert synced[appeared][0] == receipt.parent
    for piece in unit.receipt().pieces:
        place = lake.folder / piece.name
        for file in (place, *place.relative_to(lake.folder).parents):
            path = lake.folder / file
            if path != lake.folder:
                assert any(folder == path.parent and path.name in names for folder, names in synced[:appeared])


def test_a_report_is_on_the_disk_under_its_name(tmp_path: Path, synced: list[tuple[Path, set[str]]]) -> None:
    written(tmp_path / "report.md", "what left")
    assert (tmp_path, {"report.md"}) in synced
