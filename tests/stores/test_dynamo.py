"""Functions that run at once share one table: nothing may be lost, doubled, or written by who no longer may."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.stores.in_aws import NAME, Responder, responders
from tests.stores.stories import NOON, finding, incident, step

from stanch.contracts.store import Busy, StoreError
from stanch.domain.decision import Answer, Question
from stanch.domain.incident import IncidentState
from stanch.domain.step import StepState
from stanch.stores.dynamo import Clash, Put, Table
from stanch.stores.dynamo_audit import audit
from stanch.stores.dynamo_locks import LEASE

PLAN = "3fa94c21bd07" + "0" * 52


@pytest.fixture
def made() -> Iterator[Callable[..., Responder]]:
    with responders() as maker:
        yield maker


@pytest.fixture
def one(made: Callable[..., Responder]) -> Responder:
    return made()


def test_gives_back_the_step_that_was_written(one: Responder) -> None:
    one.journal.write(step())
    assert one.journal.history("inc-1") == [step()]


def test_tells_the_latest_state_in_the_order_in_which_steps_were_first_planned(one: Responder) -> None:
    for each in (step("a"), step("b"), step("a", StepState.APPLIED), step("c"), step("b", StepState.FAILED)):
        one.journal.write(each)
    told = [(each.action, each.state.value) for each in one.journal.steps("inc-1")]
    assert told == [("a", "applied"), ("b", "failed"), ("c", "planned")]
    assert one.journal.steps("inc-2") == []


def test_tells_what_was_written_of_all_incidents_since_a_moment(one: Responder) -> None:
    one.clock.now = NOON + timedelta(minutes=50)
    for minutes in (-70, -20, 0, 30):
        at = NOON + timedelta(minutes=minutes)
        one.journal.write(step("a", incident=f"inc-{minutes}", at=at))
    since = one.journal.since(NOON - timedelta(minutes=30))
    assert [each.incident for each in since] == ["inc--20", "inc-0", "inc-30"]


def test_keeps_every_row_of_writers_that_come_at_once(made: Callable[..., Responder]) -> None:
    def write(name: str) -> None:
        journal = made().journal
        for number in range(8):
            journal.write(step(f"{name}/{number}"))

    writers = [threading.Thread(target=write, args=(str(name),)) for name in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    reader = made()
    history = reader.journal.history("inc-1")
    assert len({each.action for each in history}) == len(history) == 32
    assert audit(reader.door, NAME).faults == ()


def test_refuses_a_resource_that_another_holds_and_gives_it_back(made: Callable[..., Responder]) -> None:
    one, other = made(), made()
    with one.journal.lock("arn:x"):
        with pytest.raises(Busy, match="arn:x is held by another responder"), other.journal.lock("arn:x"):
            pass
        with other.journal.lock("arn:y"):
            pass
    with other.journal.lock("arn:x"):
        pass


def test_a_dead_holder_lets_go_when_its_lease_ends(made: Callable[..., Responder]) -> None:
    one, other = made(), made(patience=LEASE * 2)
    dead = one.journal.lock("arn:x")
    dead.__enter__()  # and never leaves
    with other.journal.lock("arn:x"):
        assert other.clock.now >= NOON + timedelta(seconds=LEASE)


def test_who_was_frozen_longer_than_its_lease_writes_no_more(made: Callable[..., Responder]) -> None:
    one, other = made(), made()
    mine = step()
    with one.journal.lock(mine.resource):
        one.journal.write(mine)
        one.clock.wait(LEASE + 1)
        with other.journal.lock(mine.resource):
            other.journal.write(replace(mine, state=StepState.APPLIED))
            with pytest.raises(StoreError, match="another responder has taken it over"):
                one.journal.write(replace(mine, state=StepState.VERIFIED))
    assert [each.state for each in other.journal.history("inc-1")] == [StepState.PLANNED, StepState.APPLIED]


def test_two_findings_of_one_story_that_come_at_once_end_in_one_incident(made: Callable[..., Responder]) -> None:
    names = [f"f{number}" for number in range(6)]
    savers = [
        threading.Thread(target=lambda name=name: made().incidents.save([incident("inc-1", finding(name))]))
        for name in names
    ]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()
    stored = made().incidents.all()
    assert sorted(f.id for each in stored for f in each.findings) == names
    assert len(stored) == 1


def test_a_state_set_meanwhile_is_not_lost(made: Callable[..., Responder]) -> None:
    one = made()
    one.incidents.save([incident("inc-1", finding("f1"))])
    one.incidents.move("inc-1", IncidentState.CONTAINED)
    (again,) = one.incidents.save([incident("inc-1", finding("f1"), finding("f2", count=0))])
    assert again.state is IncidentState.CONTAINED
    assert {f.id for f in again.findings} == {"f1", "f2"}


def test_keeps_a_question_its_answers_and_who_waits(one: Responder) -> None:
    question = Question("inc-1", PLAN, NOON, NOON + timedelta(hours=1), 2, ("a step",), ("why",))
    later = replace(question, asked_at=NOON + timedelta(minutes=1))
    one.decisions.ask(question)
    one.decisions.ask(later)
    answer = Answer("inc-1", PLAN, yes=True, by="alice", at=NOON)
    one.decisions.answer(answer)
    one.decisions.answer(replace(answer, by="bob"))
    assert one.decisions.asked(PLAN) == later
    assert one.decisions.question(PLAN[:8].upper()) == later
    assert {each.by for each in one.decisions.answers(PLAN)} == {"alice", "bob"}
    assert one.decisions.asked("0" * 64) is None
    for prefix in (PLAN[:3], "ffffff"):
        with pytest.raises(StoreError):
            one.decisions.question(prefix)
    one.plans.wait(PLAN, "token-1")
    one.plans.wait(PLAN, "token-1")
    assert one.plans.waiting(PLAN) == ["token-1"]
    assert audit(one.door, NAME).faults == ()


def test_a_plan_is_kept_under_what_it_holds(one: Responder) -> None:
    plan = [step("a"), step("b")]
    name = one.plans.keep("inc-1", plan)
    assert one.plans.keep("inc-1", plan) == name
    assert one.plans.steps("inc-1", name) == plan
    assert one.plans.step("inc-1", name, 1) == plan[1]
    assert one.plans.keep("inc-1", plan[:1]) != name
    with pytest.raises(StoreError, match="has no step 7"):
        one.plans.step("inc-1", name, 7)


def test_a_plan_that_somebody_changed_in_the_table_is_not_carried_out(one: Responder) -> None:
    name = one.plans.keep("inc-1", [step("a"), step("b")])
    forged = one.plans.keep("inc-1", [step("a"), step("c")])
    taken = Table(one.door, NAME).get(f"plan#inc-1#{forged}", "000001")
    assert taken is not None
    Table(one.door, NAME).write(Put({**taken, "pk": f"plan#inc-1#{name}"}))
    for read in (lambda: one.plans.step("inc-1", name, 0), lambda: one.plans.steps("inc-1", name)):
        with pytest.raises(StoreError, match="is not as it was kept"):
            read()


def test_says_which_table_is_missing_and_what_to_do(one: Responder) -> None:
    nowhere = Table(one.door, "elsewhere")
    with pytest.raises(StoreError, match="no table elsewhere here; deploy the responder, or correct its name"):
        nowhere.get("a", "b")


def test_refuses_a_body_that_no_item_can_hold(one: Responder) -> None:
    noise = os.urandom(500_000).hex()  # no compression makes it small
    with pytest.raises(StoreError, match="too large for one item"):
        one.journal.write(step(why=noise))


def test_a_condition_that_does_not_hold_is_a_clash(one: Responder) -> None:
    item = {"pk": "x", "sk": "y", "n": 1}
    Table(one.door, NAME).write(Put(item, "attribute_not_exists(pk)"))
    with pytest.raises(Clash):
        Table(one.door, NAME).write(Put(item, "attribute_not_exists(pk)"))
    with pytest.raises(Clash):
        Table(one.door, NAME).write(Put({"pk": "z", "sk": "z"}), Put(item, "attribute_not_exists(pk)"))
    assert Table(one.door, NAME).get("z", "z") is None
    assert Table(one.door, NAME).get("x", "y") == item
