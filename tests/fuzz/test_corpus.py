"""Every input that once mattered to the fuzzer is read again: the corpus holds seeds, and what broke something."""

from pathlib import Path
from time import process_time

import pytest

from tests.fuzz import fuzz
from tests.fuzz.targets import CORPUS, SOURCES, TARGETS

FILES = sorted(path for path in CORPUS.rglob("*") if path.is_file())
SEEDS = [path for path in FILES if path.name.startswith("seed-") and path.parent.name != "sigma"]


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(CORPUS).as_posix() for path in FILES])
def test_no_input_of_the_corpus_breaks_its_reader(path: Path) -> None:
    began = process_time()
    TARGETS[path.parent.name](path.read_bytes())
    assert process_time() - began < 5


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(CORPUS).as_posix() for path in FILES])
def test_no_input_of_the_corpus_breaks_any_other_reader(path: Path) -> None:
    content = path.read_bytes()
    for target in TARGETS.values():
        target(content)


@pytest.mark.parametrize("path", SEEDS, ids=[path.relative_to(CORPUS).as_posix() for path in SEEDS])
def test_a_seed_is_recognised_by_its_source_alone(path: Path) -> None:
    head = path.read_bytes()[: 1 << 14]
    assert [source.LOG for source in SOURCES if source.recognises(path.name, head)] == [path.parent.name]


def test_every_target_has_a_corpus() -> None:
    assert {path.parent.name for path in FILES} == set(TARGETS)


def test_the_fuzzer_says_so_when_it_cannot_fuzz(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["no such target"]) in (0, 2)
    assert capsys.readouterr().err
