"""The way to AWS crosses into other processes, and the sessions it leads to outlast a long hunt."""

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.aws.fake_s3 import serving

from stanch.aws import Doorway
from stanch.aws.door import renewing


def test_is_a_value_that_pickles_and_opens_one_door_in_a_process() -> None:
    with serving() as fake:
        way = Doorway(region="eu-central-1", endpoint=fake.endpoint)
        again: Doorway = pickle.loads(pickle.dumps(way))  # noqa: S301 - our own bytes
        assert again == way
        assert again.door() is way.door()
        assert way.door().region == "eu-central-1"


def test_a_session_of_a_role_is_renewed_before_it_ends() -> None:
    asked: list[int] = []

    def ask() -> dict[str, Any]:
        asked.append(1)
        ends = datetime.now(UTC) + timedelta(minutes=5 if len(asked) == 1 else 60)
        return {
            "AccessKeyId": f"ASIA{len(asked)}",
            "SecretAccessKey": "secret",
            "SessionToken": "token",
            "Expiration": ends,
        }

    session = renewing(ask, "eu-central-1")
    assert session.get_credentials().get_frozen_credentials().access_key == "ASIA2"
    assert session.get_credentials().get_frozen_credentials().access_key == "ASIA2"
    assert len(asked) == 2
