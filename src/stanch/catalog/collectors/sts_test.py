"""The collector of the caller's own identity."""

from tests.collecting import collected, reader, survives_denials
from tests.ground import Ground

from stanch.catalog.collectors import sts


def test_the_caller_is_told(ground: Ground) -> None:
    aws = reader(ground.admin, sts)
    things, unknowns = collected(sts, aws)
    assert unknowns == []
    assert aws.needed == set(sts.PERMISSIONS)
    assert things[aws.caller].data["Account"] == ground.account


def test_a_caller_that_may_not_ask_is_a_gap(ground: Ground) -> None:
    survives_denials(sts, reader(ground.admin, sts))
