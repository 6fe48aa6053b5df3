"""Digests of a million files are as a dictionary of them, with names that are no text and all."""

import pytest

from stanch.engine.scan.bounds import Bounds
from stanch.engine.scan.digests import Digests

FILES = {f"logs/{number}\udc80.json.gz": (f"{number:064x}", number) for number in range(50)}


@pytest.mark.parametrize("held", [0, 1, 7, 1000])
def test_is_the_dictionary_it_stands_for(held: int) -> None:
    digests = Digests(Bounds(digests=held))
    digests.update(FILES)
    assert len(digests) == len(FILES)
    assert dict(digests) == FILES
    assert "absent" not in digests
    with pytest.raises(KeyError):
        digests["absent"]


@pytest.mark.parametrize("held", [0, 3, 1000])
def test_what_was_said_last_of_a_file_holds(held: int) -> None:
    digests = Digests(Bounds(digests=held))
    digests.update(FILES)
    digests.update({path: ("ab" * 32, size + 1) for path, (_, size) in FILES.items()})
    assert dict(digests) == {path: ("ab" * 32, size + 1) for path, (_, size) in FILES.items()}
    assert len(digests) == len(FILES)
    del digests["logs/0\udc80.json.gz"]
    assert "logs/0\udc80.json.gz" not in digests
    assert len(digests) == len(FILES) - 1
