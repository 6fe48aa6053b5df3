import pytest
from tests.aws.fake_s3 import be_somebody


@pytest.fixture(autouse=True)
def _somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    be_somebody(monkeypatch)
