"""The SDK's models are read once for all sessions, and say the same as the SDK's own reader."""

import boto3
from botocore.loaders import Loader

from stanch.aws import Credentials, Door
from stanch.aws.regions import served

KEY = Credentials("AKIAIOSFODNN7EXAMPLE", "secret")


def _reader(door: Door) -> Loader:
    return door._session._session.get_component("data_loader")


def test_two_sessions_share_one_reader() -> None:
    one, other = (Door.using(KEY, region="eu-central-1", endpoint=None) for _ in range(2))
    assert _reader(one) is _reader(other)


def test_it_tells_the_same_as_the_sdks_own() -> None:
    ours = _reader(Door.using(KEY, region="eu-central-1", endpoint=None))
    theirs = boto3.Session()._session.get_component("data_loader")
    for service in ("sqs", "kms", "sso-admin"):
        assert ours.load_service_model(service, "service-2") == theirs.load_service_model(service, "service-2")


def test_a_region_has_a_service_or_lacks_it_and_what_the_sdk_does_not_know_it_may_have() -> None:
    assert served("macie2", "eu-central-1")
    assert not served("macie2", "eu-central-2")
    assert served("no-such-service", "eu-central-1")
    assert served("macie2", "nowhere")
