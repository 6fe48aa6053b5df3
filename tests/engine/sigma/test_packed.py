"""Packed rules come back as they were, and nothing else comes out of a pack."""

import os
import pickle

import pytest
from tests.engine.scan.test_fast_way import rules

from stanch.engine import sigma
from stanch.engine.sigma.packed import Unpackable, packed, unpacked


def test_rules_come_back_and_match_as_before() -> None:
    again = unpacked(packed(rules()))
    assert [(rule.detection, rule.logsource, rule.condition, rule.correlation) for rule in again] == [
        (rule.detection, rule.logsource, rule.condition, rule.correlation) for rule in rules()
    ]
    assert sigma.compile(again).kind("ec2.amazonaws.com", "DescribeVpcs") == 0


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("exit 1",)


@pytest.mark.parametrize("data", [pickle.dumps(Evil()), pickle.dumps(print), b"", b"\x80\x05.", packed(rules())[:-9]])
def test_what_is_no_pack_of_rules_is_refused_and_runs_nothing(data: bytes) -> None:
    with pytest.raises(Unpackable):
        unpacked(data)
