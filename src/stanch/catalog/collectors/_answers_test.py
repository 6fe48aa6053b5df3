"""What every collector does with an answer: none and unseen stay what they are."""

from typing import Any

import pytest

from stanch.catalog.collectors._answers import document, items, part, still
from stanch.contracts.collector import UNSEEN

MARKER = {UNSEEN: "s3:GetBucketPolicy: AccessDenied"}


@pytest.mark.parametrize("answer", [None, MARKER])
def test_none_and_a_marker_pass_through(answer: Any) -> None:
    assert part(answer, "Policy") is answer
    assert document(answer) is answer
    assert still(answer, ("Policy",)) is answer
    assert list(items(answer)) == []


def test_a_document_is_read_and_text_that_is_none_is_kept() -> None:
    assert document({"Policy": '{"Statement": []}'}) == {"Statement": []}
    assert document({"Policy": "{not json"}) == "{not json"
    assert document({"Policy": ""}) is None
    assert document({}) is None


def test_what_moves_is_left_out() -> None:
    assert still({"Messages": 7, "Key": "k"}, ("Messages",)) == {"Key": "k"}
