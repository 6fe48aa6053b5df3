from collections.abc import Iterator

import pytest
from tests.range.accounts import Account, Trail

from stanch.range.process import Range
from stanch.range.stage import Staged, stage


@pytest.fixture(scope="session")
def staged() -> Iterator[Staged]:
    with Range() as range_:
        yield stage(range_, responder_permissions=["iam:PutRolePolicy"])


@pytest.fixture(scope="session")
def ours(staged: Staged) -> Account:
    return Account(staged, staged.admin, staged.account)


@pytest.fixture(scope="session")
def theirs(staged: Staged) -> Account:
    return Account(staged, staged.outsider, staged.outside_account)


@pytest.fixture(scope="session")
def trail(staged: Staged) -> Trail:
    return Trail(staged)
