"""Whom a policy shuts out whatever happens: services by name, in every form in which policies travel."""

import json
from typing import Any

import pytest

from stanch.engine.enrich.denials import services_denied

TRAIL = "cloudtrail.amazonaws.com"


def statement(principal: Any, effect: str = "Deny", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Principal": principal, "Action": "s3:PutObject", "Resource": "*", **more}


def denied(policy: Any) -> tuple[str, ...]:
    return services_denied({"eventName": "PutBucketPolicy", "requestParameters": {"bucketPolicy": policy}})


@pytest.mark.parametrize(
    ("said", "services"),
    [
        (statement({"Service": TRAIL}), (TRAIL,)),
        (statement({"Service": [TRAIL, "Config.amazonaws.com"]}), (TRAIL, "config.amazonaws.com")),
        (statement({"Service": TRAIL}, Condition={}), (TRAIL,)),
        (statement({"Service": TRAIL}, Condition={"Bool": {"aws:SecureTransport": "false"}}), ()),
        (statement({"Service": TRAIL}, "Allow"), ()),
        (statement("*"), ()),
        (statement({"AWS": "*"}), ()),
        (statement({"Service": [7, None]}), ()),
        ("text", ()),
    ],
)
def test_only_a_deny_without_condition_shuts_a_service_out(said: Any, services: tuple[str, ...]) -> None:
    for statements in (said, [said], [said, said, statement("*")]):
        assert denied({"Statement": statements}) == services
        assert denied(json.dumps({"Statement": statements})) == services


def test_a_request_without_a_policy_shuts_nobody_out() -> None:
    nothings: tuple[Any, ...] = (None, {}, [], "text", 7, {"Statement": 7})
    for nothing in nothings:
        assert denied(nothing) == ()
        assert services_denied({"requestParameters": nothing}) == ()
