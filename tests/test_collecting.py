"""The proof of a collector must itself fail for one that is silent, invents, or asks for more than it needs."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from stanch.contracts.collector import Look, Scope, Thing, unseen
from tests.collecting import collected, says, survives_denials
from tests.recorded_aws import RecordedAws

ARN = "arn:aws:sns:eu-central-1:111122223333:alarms"
AWS = RecordedAws({"sns:GetTopicAttributes": says({"Attributes": {"Policy": "{}"}})})


def collector(what: Callable[[Any], Any], *more: str) -> ModuleType:
    """A collector of one topic that makes this of the answer."""

    def collect(look: Look) -> Iterator[Thing]:
        answer = look.ask("sns", "GetTopicAttributes", of=ARN, TopicArn=ARN)
        yield Thing("sns/topic", ARN, {"Attributes": what(answer)})

    module = ModuleType("collector")
    vars(module).update(SCOPE=Scope.REGION, PERMISSIONS=("sns:GetTopicAttributes", *more), collect=collect)
    return module


def test_an_honest_collector_passes() -> None:
    survives_denials(collector(lambda answer: answer), AWS)


def test_one_that_takes_unseen_for_none_is_caught() -> None:
    with pytest.raises(AssertionError, match="differs"):
        survives_denials(collector(lambda answer: None if unseen(answer) else answer), AWS)


def test_one_that_declares_more_than_it_needs_is_caught() -> None:
    with pytest.raises(AssertionError, match="sns:ListTopics denied"):
        survives_denials(collector(lambda answer: answer, "sns:ListTopics"), AWS)


def test_one_that_tells_what_a_snapshot_cannot_keep_is_caught() -> None:
    with pytest.raises(AssertionError, match="cannot keep"):
        collected(collector(lambda _: {"a", "set"}), AWS)
