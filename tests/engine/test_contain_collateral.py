"""How much containment breaks is judged from who uses the resource; what nobody looked at is never low."""

from collections.abc import Sequence

import pytest
from tests.engine.containing import ROLE, Shut, incident, scene

from stanch.contracts.action import Affects
from stanch.domain.estate import Estate, Principal, Purpose
from stanch.domain.incident import Incident
from stanch.domain.step import Collateral, Step
from stanch.engine.contain.collateral import Dependent, Known

SERVING = Estate(principals=(Principal("arn:*:iam::*:role/vllm-*", Purpose.SERVING),))
HOST = "arn:aws:sts::111122223333:assumed-role/vllm-serving/i-1 from 10.0.0.9 (120 calls)"
HOSTED = "arn:aws:ec2:eu-central-1:111122223333:instance/i-1"
ROLE_OF = "arn:aws:iam::111122223333:role/"
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


def test_a_role_that_is_declared_with_its_path_is_known_by_its_session_which_drops_it() -> None:
    serving = Principal(f"{ROLE_OF}service/vllm-serving", Purpose.SERVING)
    session = "arn:aws:sts::111122223333:assumed-role/vllm-serving/night from 10.0.0.9 (120 calls)"
    other = "arn:aws:sts::111122223333:assumed-role/reports/night from 10.0.0.9 (120 calls)"
    for user, level in ((session, Collateral.HIGH), (other, Collateral.MEDIUM)):
        assert planned(Affects.USERS, {ROLE: (user,)}, Estate(principals=(serving,))).collateral is level


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


class Told:
    """Whoever is around says this, of any resource."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def known(self, names: Sequence[str]) -> Known:
        return self._known

    def rules(self, identity: str) -> bool:
        return False


def judged(known: Known, affects: Affects = Affects.USERS) -> tuple[Collateral | None, tuple[str, ...]]:
    s = scene(ROLE, shut=Shut(AFFECTS=affects))
    s.estate = SERVING
    (step,) = s.desk().plan(incident(by_hand=[ROLE]), around=Told(known))
    return step.collateral, step.breaks[1:]


def test_says_where_the_users_are_known_from_and_how_far_back() -> None:
    week = "the lake, 7 days to 2026-11-22"
    assert judged(Known((PERSON,), week)) == (
        Collateral.MEDIUM,
        (f"also used by {PERSON}", f"its users are known from {week}"),
    )
    assert judged(Known((), week)) == (Collateral.LOW, (f"nobody else was seen using it: {week}",))
    silent = f"no use of it is recorded in {week}"
    assert judged(Known(None, silent)) == (Collateral.MEDIUM, (f"who else uses it is not known: {silent}",))


def test_names_the_busiest_users_and_counts_the_rest() -> None:
    level, lines = judged(Known([f"{ROLE_OF}r{n} from 10.0.0.{n} (1 call)" for n in range(60)]))
    assert level is Collateral.HIGH
    assert len(lines) == 11
    assert lines[-1] == "also used by 50 more"


@pytest.mark.parametrize(
    ("users", "dependents", "level"),
    [
        ((), (Dependent(HOSTED, "names it"),), Collateral.MEDIUM),
        ((), (Dependent(f"{ROLE_OF}vllm-batch", "may use it", declared=True),), Collateral.MEDIUM),
        (None, (Dependent(f"{ROLE_OF}vllm-batch", "may use it", declared=True),), Collateral.HIGH),
        (None, (Dependent(HOSTED, "names it"),), Collateral.MEDIUM),
        ((), [Dependent(f"{HOSTED}{n}", "names it") for n in range(5)], Collateral.HIGH),
        ((PERSON,), (), Collateral.MEDIUM),
    ],
)
def test_weighs_what_depends_on_it_though_nobody_saw_it(
    users: tuple[str, ...] | None, dependents: Sequence[Dependent], level: Collateral
) -> None:
    assert judged(Known(users, dependents=dependents))[0] is level


def test_who_was_seen_is_not_told_again_as_unseen() -> None:
    needs = [Dependent(HOSTED, "names it"), Dependent(f"{ROLE_OF}vllm-serving", "may use it", declared=True)]
    _, lines = judged(Known((HOST,), dependents=needs))
    assert lines == (f"also used by {HOST}",)
    with_path = [Dependent(f"{ROLE_OF}serving/vllm-serving", "may use it", declared=True)]
    assert judged(Known((HOST,), dependents=with_path))[1] == (f"also used by {HOST}",)
    _, lines = judged(Known((PERSON,), dependents=needs))
    assert lines[1:] == tuple(f"depends on it, though not seen using it: {one.who} {one.how}" for one in needs)


def test_what_could_not_be_looked_at_is_told_and_never_for_what_harms_nobody() -> None:
    gap = Known((), doubt="no snapshot was taken")
    assert judged(gap) == (Collateral.LOW, ("what else depends on it is not known: no snapshot was taken",))
    assert judged(gap, Affects.NOBODY) == (Collateral.NONE, ())


def test_what_is_said_of_others_is_journalled_with_the_step_that_is_carried_out() -> None:
    s = scene(ROLE)
    needs = [Dependent(HOSTED, "names it")]
    plan = s.desk().plan(incident(by_hand=[ROLE]), around=Told(Known((PERSON,), "the lake", needs, "a gap")))
    (done,) = s.desk().apply(plan)
    assert done.breaks == plan[0].breaks
    assert len(done.breaks) == 5
