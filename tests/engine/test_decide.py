"""What is sure and breaks little goes at once; the rest waits for the yes of persons to this very plan."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.engine.containing import NOON, asset, incident

from stanch.domain.decision import Answer, Question, granted, in_force, said_by
from stanch.domain.estate import Asking, Asset, AssetKind, Estate, Limits, Mode, Response
from stanch.domain.incident import Incident
from stanch.domain.step import Collateral, Phase, Step, StepState
from stanch.engine.decide import answered, decide, plan_hash

SURE = replace(incident(), confidence=0.95)
ACT = Response(mode=Mode.ACT)


def step(resource: str = "r", collateral: Collateral | None = Collateral.LOW, **changes: Any) -> Step:
    bare = Step("inc-1", "a", resource, None, StepState.PLANNED, "why", Phase.DATA, before={"open": True}, at=NOON)
    return replace(bare, collateral=collateral, **changes)


def decided(*steps: Step, response: Response = ACT, case: Incident = SURE, recent: list[Step] | None = None) -> Any:
    return decide(case, steps, Estate(response=response), recent or [], NOON)


def test_acts_at_once_on_what_is_sure_and_breaks_little() -> None:
    made = decided(step(), step("b", Collateral.NONE))
    assert (len(made.now), made.asking, made.why) == (2, (), ())


def test_isolates_without_a_person_while_what_breaks_more_waits() -> None:
    host, role = step("host", Collateral.LOW), step("role", Collateral.HIGH)
    made = decided(host, role)
    assert (made.now, made.asking) == ((host,), (role,))
    assert made.why == ("collateral high is above act_when (low)",)


def test_asks_where_nobody_judged_what_it_breaks() -> None:
    assert decided(step(collateral=None)).why == ("collateral unknown is above act_when (low)",)


def test_asks_below_its_confidence_and_in_every_other_mode() -> None:
    assert decided(step(), case=replace(SURE, confidence=0.5)).why == ("confidence 0.50 is below act_when (0.90)",)
    assert decided(step(), response=Response(mode=Mode.ASK)).why == ("response.mode is ask",)
    assert decided(step(), response=Response(mode=Mode.OBSERVE)).asking


def test_what_is_done_or_left_alone_needs_no_yes() -> None:
    aside = [step("a", state=StepState.SKIPPED), step("b", state=StepState.VERIFIED)]
    assert decided(*aside, response=Response(mode=Mode.ASK)).now == tuple(aside)


def test_beyond_its_limits_it_asks() -> None:
    few = replace(ACT, limits=Limits(per_incident=2, per_hour=3))
    made = decided(*(step(name) for name in "abc"), response=few)
    assert ([one.resource for one in made.now], [one.resource for one in made.asking]) == (["a", "b"], ["c"])
    others = [replace(step(name), incident="inc-2", state=StepState.APPLIED) for name in "xyz"]
    assert "within an hour" in decided(step(), response=few, recent=others).why[0]
    long_ago = [replace(one, at=NOON - timedelta(hours=2)) for one in others]
    assert decided(step(), response=few, recent=long_ago).asking == ()


def test_a_step_begun_again_and_again_is_a_fight_that_a_person_must_see() -> None:
    tries = [replace(step(), at=NOON - timedelta(minutes=ago)) for ago in (1, 4, 9)]
    assert "3 times within 15 minutes" in decided(step(), recent=tries).why[0]
    assert decided(step(), recent=tries[:2]).asking == ()


def test_rows_that_come_twice_are_one_try() -> None:
    tries = [replace(step(), at=NOON - timedelta(minutes=ago)) for ago in (4, 1)]
    assert decided(step(), recent=[*tries, *tries]).asking == ()


def test_what_was_begun_and_never_finished_counts_towards_its_limits() -> None:
    few = replace(ACT, limits=Limits(per_hour=2))
    begun = [replace(step(name), incident="inc-2") for name in "xy"]
    assert "within an hour" in decided(step(), response=few, recent=begun).why[0]


def test_does_not_do_again_by_itself_what_a_person_has_undone() -> None:
    undone = [replace(step(), state=state, at=NOON) for state in (StepState.VERIFIED, StepState.UNDONE)]
    made = decided(step(), recent=undone)
    assert (made.now, made.why) == ((), ("a on r was undone at 2026-11-22 12:00 UTC",))
    assert decided(step(), recent=[*undone, replace(step(), state=StepState.VERIFIED)]).asking == ()


def test_a_yes_is_spent_when_what_it_allowed_was_undone() -> None:
    at, response = NOON + timedelta(minutes=5), Response(mode=Mode.ASK)
    undone = replace(step(), state=StepState.UNDONE, at=NOON + timedelta(minutes=2))
    now = decided(step(), response=response, recent=[undone])
    assert now.plan == question().plan
    assert not answered(question(), now, [said("alice")], at)
    anew = replace(question(), asked_at=NOON + timedelta(minutes=3))
    assert answered(anew, now, [said("alice", 4)], at)


def test_a_yes_does_not_last_through_a_fight() -> None:
    response = Response(mode=Mode.ASK)
    tries = [replace(step(), at=NOON + timedelta(minutes=minute)) for minute in (2, 3, 4)]
    later = NOON + timedelta(minutes=5)
    assert answered(
        question(), decide(SURE, [step()], Estate(response=response), tries[:2], later), [said("al")], later
    )
    fight = decide(SURE, [step()], Estate(response=response), tries, later)
    assert not answered(question(), fight, [said("al")], later)


def test_a_yes_of_one_is_not_enough_where_two_are_needed_since() -> None:
    at = NOON + timedelta(minutes=5)
    two = Response(mode=Mode.ASK, asking=Asking(two_persons=("store",)))
    now = decided(step(), response=two, case=replace(SURE, assets=(asset("arn:aws:s3:::store"),)))
    assert not answered(question(1), now, [said("alice")], at)


def test_what_goes_at_once_does_not_change_the_plan_that_waits() -> None:
    host, role = step("host", Collateral.LOW), step("role", Collateral.HIGH)
    asked = decided(host, role)
    after = decided(replace(host, state=StepState.VERIFIED), role)
    assert (asked.plan, asked.question("inc-1", NOON, 5).steps) == (after.plan, ("a on role",))
    assert decided(host).question("inc-1", NOON, 5).steps == ("a on host",), "a person is asked about all of it"


def test_named_assets_need_two_persons() -> None:
    two = Response(asking=Asking(two_persons=("store",)))
    assert decided(step(), response=two, case=replace(SURE, assets=(asset("arn:aws:s3:::store"),))).persons == 2
    assert decided(step(), response=two).persons == 1


def test_the_bucket_that_holds_a_named_asset_needs_them_too() -> None:
    held = Asset("llama", AssetKind.WEIGHTS, "s3://acme-weights/llama/")
    estate = Estate(assets=(held,), response=Response(asking=Asking(two_persons=("llama",))))
    assert decide(SURE, [step("arn:aws:s3:::acme-weights")], estate, [], NOON).persons == 2
    assert decide(SURE, [step("arn:aws:s3:::acme-other")], estate, [], NOON).persons == 1
    beside = replace(estate, assets=(held, Asset("notes", AssetKind.LOGS, "s3://acme-weights/llama/notes/of/runs/")))
    assert decide(SURE, [step("arn:aws:s3:::acme-weights")], beside, [], NOON).persons == 2, "not the nearest alone"


def test_the_hash_is_of_what_is_done_to_what_and_how_it_was_found() -> None:
    plan = [step(name, calls=("deny before 2026-11-22T12:00:00Z",)) for name in "ab"]
    later = [
        replace(one, calls=("deny before 2026-11-22T13:00:00Z",), at=NOON + timedelta(hours=1), why="x") for one in plan
    ]
    assert plan_hash(plan) == plan_hash(later), "the moment of looking is no part of the plan"
    for other in (
        plan[:1],
        plan[::-1],
        [plan[0], replace(plan[1], before={"open": False})],
        [plan[0], replace(plan[1], collateral=Collateral.HIGH)],
        [plan[0], replace(plan[1], action="z")],
        [plan[0], replace(plan[1], calls=(*plan[1].calls, "deny another caller"))],
        [replace(one, incident="inc-2") for one in plan],
    ):
        assert plan_hash(other) != plan_hash(plan)


def question(persons: int = 1) -> Question:
    return Question("inc-1", plan_hash([step()]), NOON, NOON + timedelta(minutes=60), persons)


def said(by: str, minutes: float = 1, *, yes: bool = True, plan: str | None = None) -> Answer:
    return Answer("inc-1", plan or question().plan, yes, by, NOON + timedelta(minutes=minutes))


def test_one_person_cannot_be_two() -> None:
    at = NOON + timedelta(minutes=5)
    assert not granted(question(2), [said("alice"), said(" Alice ")], at)
    assert granted(question(2), [said("alice"), said("bob")], at)


def test_a_no_outweighs_every_yes() -> None:
    at = NOON + timedelta(minutes=5)
    assert not granted(question(), [said("alice"), said("bob", yes=False)], at)


def test_a_yes_is_worth_nothing_for_another_plan_or_after_its_time() -> None:
    at = NOON + timedelta(minutes=5)
    assert not granted(question(), [said("alice", plan="0" * 64)], at)
    assert not granted(question(), [said("alice")], NOON + timedelta(minutes=60))
    assert not granted(question(), [said("alice", minutes=-1)], at), "given before it was asked"
    assert not granted(question(), [], at)


def test_the_yes_must_be_to_the_plan_as_it_is_now() -> None:
    at = NOON + timedelta(minutes=5)
    now = decided(step(), response=Response(mode=Mode.ASK))
    assert answered(question(), now, [said("alice")], at)
    changed = decided(replace(step(), before={"open": None}), response=Response(mode=Mode.ASK))
    assert not answered(question(), changed, [said("alice")], at)
    assert not answered(None, now, [said("alice")], at)


@given(st.lists(st.builds(step, st.sampled_from("abcdef"), st.sampled_from([None, *Collateral])), max_size=8))
def test_every_step_goes_or_waits_and_waiting_has_a_reason(steps: list[Step]) -> None:
    made = decided(*steps, response=replace(ACT, limits=Limits(per_incident=3)))
    assert sorted(map(id, (*made.now, *made.asking))) == sorted(map(id, steps))
    assert bool(made.asking) == bool(made.why)
    assert all(one.collateral is not None and one.collateral.rank <= 1 for one in made.now)


def back(by: str, minutes: float) -> Answer:
    return replace(said(by, minutes, yes=False), withdrawn=True)


def test_a_no_that_is_taken_back_stands_no_more_and_the_yes_of_before_counts_again() -> None:
    at = NOON + timedelta(minutes=5)
    told = [said("alice"), said("bob", 2, yes=False), back("Bob ", 3)]
    assert not granted(question(), told[:2], at)
    assert granted(question(), told, at)
    assert [answer.by for answer in in_force(question(), told)] == ["alice"]
    assert not granted(question(), [*told, said("bob", 4, yes=False)], at), "he may say no again"


def test_a_yes_that_is_taken_back_counts_no_more_and_said_again_it_does() -> None:
    at = NOON + timedelta(minutes=5)
    told = [said("alice"), said("bob"), back("alice", 2)]
    assert not granted(question(2), told, at)
    assert granted(question(1), told, at), "bob's stands"
    assert granted(question(2), [*told, said("alice", 3)], at)


def test_nobody_takes_back_what_another_said() -> None:
    at = NOON + timedelta(minutes=5)
    assert not granted(question(), [said("alice"), said("bob", yes=False), back("carol", 2), back("alice", 3)], at)


def test_whoever_does_not_know_the_word_reads_what_was_taken_back_as_a_no() -> None:
    assert replace(back("alice", 2), withdrawn=False).yes is False


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["yes", "no", "back"])), max_size=8))
def test_what_counts_is_what_each_person_said_since_he_last_took_it_back(words: list[tuple[str, str]]) -> None:
    told = [
        replace(said(by, minutes, yes=word == "yes"), withdrawn=word == "back")
        for minutes, (by, word) in enumerate(words, start=1)
    ]
    counted = in_force(question(), told)
    for by in "ab":
        own = [answer for answer in told if answer.by == by]
        since = max((index for index, answer in enumerate(own) if answer.withdrawn), default=-1)
        assert said_by(by, counted) == own[since + 1 :]
