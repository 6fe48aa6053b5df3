"""How much containment breaks is judged from who uses the resource; what nobody looked at is never low."""

import pytest
from tests.engine.containing import ROLE, Shut, incident, scene

from stanch.contracts.action import Affects
from stanch.domain.estate import Estate, Principal, Purpose
from stanch.domain.incident import Incident
from stanch.domain.step import Collateral, Step

SERVING = Estate(principals=(Principal("arn:*:iam::*:role/vllm-*", Purpose.SERVING),))
HOST = "arn:aws:sts::111122223333:assumed-role/vllm-serving/i-1 from 10.0.0.9 (120 calls)"
PERSON = "arn:aws:iam::111122223333:user/kim from 10.0.0.7 (2 calls)"


def planned(affects: Affects, users: dict[str, tuple[str, ...]] | None, estate: Estate = SERVING) -> Step:
    s = scene(ROLE, shut=Shut(AFFECTS=affects))
    s.estate = estate
    case: Incident = incident(by_hand=[ROLE])
    (step,) = s.desk().plan(case, users=users)
    return step


@pytest.mark.parametrize(
    ("affects", "users", "level"),
    [
        (Affects.NOBODY, None, Collateral.NONE),
        (Affects.NOBODY, {ROLE: (HOST,)}, Collateral.NONE),
        (Affects.STRANGERS, {ROLE: (HOST,)}, Collateral.LOW),
        (Affects.USERS, None, Collateral.MEDIUM),
        (Affects.USERS, {ROLE: ()}, Collateral.LOW),
        (Affects.USERS, {}, Collateral.MEDIUM),
        (Affects.USERS, {ROLE: (PERSON,)}, Collateral.MEDIUM),
        (Affects.USERS, {ROLE: (HOST,)}, Collateral.HIGH),
        (Affects.USERS, {ROLE: (PERSON,) * 5}, Collateral.HIGH),
    ],
)
def test_weighs_whose_work_it_stops(
    affects: Affects, users: dict[str, tuple[str, ...]] | None, level: Collateral
) -> None:
    assert planned(affects, users).collateral is level


def test_says_who_else_uses_it_and_that_nobody_looked() -> None:
    assert planned(Affects.USERS, {ROLE: (HOST,)}).breaks[-1] == f"also used by {HOST}"
    assert planned(Affects.USERS, None).breaks[-1] == "who else uses it was not looked for"
    assert planned(Affects.USERS, {ROLE: ()}).breaks == ("everything",)


def test_a_role_that_is_declared_to_work_is_high_until_somebody_looked() -> None:
    declared = Estate(principals=(Principal(ROLE, Purpose.SERVING),))
    assert planned(Affects.USERS, None, declared).collateral is Collateral.HIGH
    assert planned(Affects.USERS, {ROLE: ()}, declared).collateral is Collateral.LOW


def test_a_host_is_no_other_user_of_itself_and_what_harms_nobody_names_nobody() -> None:
    host = "arn:aws:ec2:eu-central-1:111122223333:instance/i-0123456789abcdef1"
    itself = "arn:aws:sts::111122223333:assumed-role/vllm-serving/i-0123456789abcdef1 from 10.0.0.9 (120 calls)"
    for affects, users, level in (
        (Affects.USERS, (itself,), Collateral.LOW),
        (Affects.USERS, (itself, HOST), Collateral.HIGH),
        (Affects.STRANGERS, (HOST,), Collateral.LOW),
    ):
        s = scene(host, shut=Shut(AFFECTS=affects))
        s.estate = SERVING
        (step,) = s.desk().plan(incident(by_hand=[host]), users={host: users})
        assert step.collateral is level
        told = [line for line in step.breaks if line.startswith("also used by")]
        assert told == ([f"also used by {HOST}"] if level is Collateral.HIGH else [])
