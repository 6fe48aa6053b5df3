"""A part that was kept and read again is the part it was, and ids have the same number in every run."""

import subprocess
import sys

from hypothesis import given
from tests.engine.scan.records import ACCOUNT, ESTATE, EXPORT, records
from tests.engine.scan.test_fast_way import SETTINGS, delivered, rules, told

from stanch import app, estate
from stanch.engine.scan.line import number_of
from stanch.engine.scan.packed import packed_part, unpacked_part
from stanch.engine.scan.scanner import Scanner


@SETTINGS
@given(records())
def test_a_part_comes_back_as_it_was(some: list[dict[str, object]]) -> None:
    part = Scanner(rules(), estate.read(ESTATE + EXPORT, "test"), app.sources(), (ACCOUNT,)).scan([delivered(some)])
    again = unpacked_part(packed_part(part))
    assert again is not None
    assert told(again) == told(part)
    again.absorb(part)  # and goes on as one


def test_what_is_no_part_is_none() -> None:
    assert unpacked_part(b"") is None
    assert unpacked_part(packed_part(None)) is None  # type: ignore[arg-type]


def test_ids_have_the_same_number_in_every_run() -> None:
    ids = ["6f1e1d2c-0000-4000-8000-000000000001", "6f1e1d2c-0000-4000-8000-000000000002", "e1", "sha256:ab", "\ud800"]
    program = f"from stanch.engine.scan.line import number_of; print([number_of(id) for id in {ids!r}])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    numbers = [number_of(id_) for id_ in ids]
    assert said.stdout.strip() == str(numbers)
    assert len(set(numbers)) == len(ids)


def test_ids_that_only_count_up_in_either_half_are_told_apart() -> None:
    ids = [f"{n:08x}-0000-4000-8000-{m:012x}" for n in range(200) for m in range(200)]
    assert len({number_of(id_) for id_ in ids}) == len(ids)
