"""Fixtures for the tests in tests/ and for those beside the catalog's units."""

from collections.abc import Iterator

import pytest
from tests.ground import Ground, opened


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    """One enforcing range for the whole session; each test makes its own resources in it."""
    with opened() as staged:
        yield staged
