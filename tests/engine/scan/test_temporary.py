"""A database that nobody needs any more is closed, whoever finds out."""

import gc
import sys
import threading
from typing import Any

import pytest

from stanch.engine.scan.temporary import database


def test_it_may_be_collected_in_another_thread_than_made_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)  # where a finaliser's errors go
    held = [database("CREATE TABLE t (a)", 64)]

    def let_go() -> None:
        held.clear()
        gc.collect()  # a connection and its cache of statements hold each other

    thread = threading.Thread(target=let_go)
    thread.start()
    thread.join()
    assert (held, told) == ([], [])
