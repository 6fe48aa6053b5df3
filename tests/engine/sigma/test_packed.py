"""Packed rules come back as they were, and nothing else comes out of a pack."""

import os
import pickle

import pytest
from tests.engine.scan.test_fast_way import rules

from stanch.domain.severity import Severity
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


class Plain:
    def does(self) -> int:
        return 1


def _sets(module: str, name: str, attribute: str, made: bytes) -> bytes:
    """A pickle that sets an attribute of what it names, and then holds good rules."""
    named = f"c{module}\n{name}\n".encode() + made
    return named + f"(N(dV{attribute}\nNstb0".encode() + packed(rules())


@pytest.mark.parametrize(
    "data",
    [
        _sets(__name__, "Plain", "does", b""),
        _sets(__name__, "Plain", "added", b""),
        _sets("stanch.domain.severity", "Severity", "_name_", b"(I4\ntR"),
    ],
)
def test_a_pack_that_changes_what_outlives_it_is_refused_and_all_is_as_before(data: bytes) -> None:
    before = dict(vars(Plain)), dict(vars(Severity.HIGH))
    with pytest.raises(Unpackable, match="changes"):
        unpacked(data, (Plain,))
    assert (dict(vars(Plain)), dict(vars(Severity.HIGH))) == before
    test_rules_come_back_and_match_as_before()
