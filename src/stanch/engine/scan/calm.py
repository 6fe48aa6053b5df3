"""What is made of logs refers to nothing that refers back: to look for cycles in it takes a tenth of the time.

Python's collector looks whenever many things were made, and a search makes millions. Reference counts free them all.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No cycles are looked for meanwhile, nor in processes that are forked meanwhile."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
