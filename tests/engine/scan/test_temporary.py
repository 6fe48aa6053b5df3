"""A database that nobody needs any more is closed, whoever finds out."""

import threading
import warnings

from stanch.engine.scan.temporary import database


def test_it_may_be_collected_in_another_thread_than_made_it() -> None:
    held = [database("CREATE TABLE t (a)", 64)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what a finaliser raises comes as a warning
        thread = threading.Thread(target=held.clear)
        thread.start()
        thread.join()
    assert not held
