"""Fixtures for the tests in tests/ and for those beside the catalog's units."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings
from tests.ground import Ground, opened

# The same examples in every run: a gate that fails by chance is no gate. HYPOTHESIS_PROFILE=default looks for new ones.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell; some tests interrupt others
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    """One enforcing range for the whole session; each test makes its own resources in it."""
    with opened() as staged:
        yield staged
