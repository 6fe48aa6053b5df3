"""A hostile policy costs no more time than its length, and one that no service would store is refused in one line."""

import json
import pickle
import time
from typing import Any

import pytest

from stanch.iam import Caller, Policy, PolicyError, Request, evaluate, parse

USER = "arn:aws:iam::111122223333:user/bob"
SECONDS = 5.0
"""Of processor time; on a machine that does nothing else each of these takes less than half a second."""


def policy(*statements: dict[str, Any]) -> Policy:
    return parse({"Version": "2012-10-17", "Statement": list(statements)})


def seconds_of(policy: Policy, resource: str, context: dict[str, tuple[str, ...]]) -> float:
    began = time.process_time()
    for action in ("s3:GetObject", "s3:PutObject", "kms:Decrypt"):
        request = Request(Caller("user", "111122223333", USER), action, resource, "111122223333", context)
        evaluate(request, identity=[policy], resource_policy=policy, scps=[[policy]])
    return time.process_time() - began


@pytest.mark.parametrize(
    "pattern", ["*a" * 5_000 + "b", "?*" * 5_000, "*?a" * 3_000, "${aws:username}*" * 600, "*" + "${" * 5_000]
)
def test_patterns_of_ten_thousand_characters_take_bounded_time(pattern: str) -> None:
    conditions = {"StringLike": {"aws:x": [pattern] * 5}, "ArnLike": {"aws:y": "arn:" + pattern}}
    heavy = policy(
        {"Effect": "Allow", "Action": ["*", pattern[:-1]], "Resource": [pattern, "*"], "Condition": conditions}
    )
    value = ("a" * 10_000,)
    assert seconds_of(heavy, "a" * 10_000, {"aws:x": value, "aws:y": value, "aws:username": ("a",)}) < SECONDS


def test_a_policy_as_long_as_any_with_statements_as_short_as_any_takes_bounded_time() -> None:
    many = policy(*({"Effect": "Deny", "Action": f"s3:{n}*", "Resource": "*"} for n in range(4_400)))
    assert seconds_of(many, "*", {}) < SECONDS


@pytest.mark.parametrize("size", [100_000, 400_000])
def test_a_policy_of_six_megabytes_is_refused_at_once(size: int) -> None:
    statement = '{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}'
    document = f'{{"Version":"2012-10-17","Statement":[{",".join([statement] * size)}]}}'
    began = time.process_time()
    with pytest.raises(PolicyError, match="no AWS policy is longer"):
        parse(document)
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("depth", [64, 100_000])
def test_deep_nesting_is_refused_where_it_begins(depth: int) -> None:
    for document in (
        '{"Statement":' + "[" * depth + "]" * depth + "}",
        '{"Statement":' + '{"a":' * depth + "1" + "}" * depth + "}",
    ):
        with pytest.raises(PolicyError):
            parse(document)


def test_a_policy_that_was_asked_is_copied_and_sent_as_it_was_read() -> None:
    asked = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    seconds_of(asked, "*", {})
    again = pickle.loads(pickle.dumps(asked))  # noqa: S301 - our own
    assert again == asked
    assert json.dumps(again.to_json()) == json.dumps(asked.to_json())
    assert seconds_of(again, "*", {}) < SECONDS
