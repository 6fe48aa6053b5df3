"""The example estate and what is rendered of it, once for all tests of this folder."""

from pathlib import Path

import pytest

from stanch import app, estate
from stanch.app import deploy
from stanch.deploy.render import Rendered
from stanch.domain.estate import Estate

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "stanch.toml"


@pytest.fixture(scope="session")
def ours() -> Estate:
    return estate.load(EXAMPLE)


@pytest.fixture(scope="session")
def permissions() -> tuple[str, ...]:
    return tuple(sorted({one for action in app.actions().values() for one in action.PERMISSIONS}))


@pytest.fixture(scope="session")
def rendered(ours: Estate) -> Rendered:
    return deploy.rendered(ours, "prod")
