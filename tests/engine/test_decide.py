"""What is sure and breaks little goes at once; the rest waits for the yes of persons to this very plan."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.engine.containing import NOON, asset, incident

from stanch.domain.decision import Answer, Question, granted
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


def test_named_assets_need_two_persons() -> None:
    two = Response(asking=Asking(two_persons=("store",)))
    assert decided(step(), response=two, case=replace(SURE, assets=(asset("arn:aws:s3:::store"),))).persons == 2
    assert decided(step(), response=two).persons == 1


def test_the_bucket_that_holds_a_named_asset_needs_them_too() -> None:
    held = Asset("llama", AssetKind.WEIGHTS, "s3://acme-weights/llama/")
    estate = Estate(assets=(held,), response=Response(asking=Asking(two_persons=("llama",))))
    assert decide(SURE, [step("arn:aws:s3:::acme-weights")], estate, [], NOON).persons == 2
    assert decide(SURE, [step("arn:aws:s3:::acme-other")], estate, [], NOON).persons == 1


def test_the_hash_is_of_what_is_done_to_what_and_how_it_was_found() -> None:
    plan = [step("a"), step("b")]
    later = [replace(one, settings={"cutoff": "later"}, at=NOON + timedelta(hours=1), why="x") for one in plan]
    assert plan_hash(plan) == plan_hash(later), "the moment of looking is no part of the plan"
    for other in (
        [step("a")],
        [step("b"), step("a")],
        [step("a"), replace(step("b"), before={"open": False})],
        [step("a"), step("b", Collateral.HIGH)],
        [step("a"), replace(step("b"), action="z")],
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
