"""Independent steps run side by side; what depends waits, and a fault of the journal ends everything."""

import signal
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.contracts.store import StoreError
from stanch.domain.step import Phase, Step, StepState
from stanch.engine.contain.order import waves
from stanch.engine.contain.parallel import side_by_side


def step(resource: str, phase: Phase, action: str = "a") -> Step:
    return Step("inc-1", action, resource, None, StepState.PLANNED, "", phase)


STEPS = st.lists(st.builds(step, st.sampled_from("abcd"), st.sampled_from(Phase), st.sampled_from("xyz")), max_size=12)


@given(STEPS)
def test_no_step_is_lost_and_none_is_done_twice(steps: list[Step]) -> None:
    ordered = [one for wave in waves(steps) for group in wave for one in group]
    assert sorted(map(id, ordered)) == sorted(map(id, steps))


@given(STEPS)
def test_one_resource_is_one_group_whose_phases_rise(steps: list[Step]) -> None:
    for wave in waves(steps):
        resources = [{one.resource for one in group} for group in wave]
        assert all(len(named) == 1 for named in resources)
        assert len(set().union(*resources)) == len(resources)
        assert all([one.phase for one in group] == sorted(one.phase for one in group) for group in wave)


def test_freezing_comes_before_all_else_and_sealing_after_it() -> None:
    steps = [step("a", Phase.SEAL), step("b", Phase.NETWORK), step("c", Phase.DATA), step("d", Phase.FREEZE)]
    assert [[group[0].resource for group in wave] for wave in waves(steps)] == [["d"], ["b", "c"], ["a"]]


def test_network_isolation_does_not_wait_for_memory() -> None:
    memory, network = step("host", Phase.SEAL, "memory"), step("host", Phase.NETWORK, "isolate")
    (first,), (last,) = waves([memory, network])
    assert (first, last) == ([network], [memory])


def test_an_identity_waits_until_the_hosts_are_isolated_and_a_bucket_does_not() -> None:
    steps = [step("role", Phase.IDENTITY), step("bucket", Phase.DATA), step("host", Phase.NETWORK)]
    host, detach = step("host", Phase.NETWORK), step("host", Phase.IDENTITY, "detach")
    named = [[[one.resource for one in group] for group in wave] for wave in waves([*steps, detach])]
    assert named == [[["host", "host"], ["bucket"]], [["role"]]]
    assert [len(wave) for wave in waves(steps[:2])] == [2], "without a host nothing waits"
    assert waves([detach, host]) == [[[host, detach]]]


def test_groups_run_at_the_same_time() -> None:
    meet = threading.Barrier(2, timeout=5)

    def carry(one: Step, _: threading.Event) -> Step:
        meet.wait()
        return one.become(StepState.VERIFIED, one.at)  # type: ignore[arg-type]

    done = side_by_side([step("a", Phase.NETWORK), step("b", Phase.DATA)], carry)
    assert [one.resource for one in done] == ["a", "b"], "the order is the one they came in"


def test_a_journal_that_cannot_be_written_ends_everything_but_what_is_under_way() -> None:
    begun: list[str] = []
    running = threading.Event()

    def carry(one: Step, _: threading.Event) -> Step:
        begun.append(one.action)
        if one.action == "breaks":
            running.wait(5)
            raise StoreError("the disk is full")
        if one.action == "first":
            running.set()
        return one

    steps = [
        step("a", Phase.NETWORK, "first"),
        step("b", Phase.NETWORK, "breaks"),
        step("c", Phase.SEAL, "never"),
    ]
    with pytest.raises(StoreError, match="disk is full"):
        side_by_side(steps, carry)
    assert sorted(begun) == ["breaks", "first"]


def test_an_interrupt_lets_what_is_under_way_finish_and_begins_nothing_else() -> None:
    """A Ctrl-C reaches the main thread, while the steps run in others."""
    finished: list[str] = []
    both, stopped = threading.Event(), threading.Event()

    def carry(one: Step, _: threading.Event) -> Step:
        if one.resource == "b":
            both.set()
        else:
            both.wait(5)
            stopped.wait(0.1)  # until the main thread waits for the two
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            stopped.wait(0.5)  # the interrupt is being dealt with; this step is half-way
        finished.append(f"{one.action} on {one.resource}")
        return one

    steps = [
        step("a", Phase.NETWORK, "first"),
        step("a", Phase.DATA, "never"),
        step("b", Phase.DATA),
        step("c", Phase.SEAL, "look"),
    ]
    with pytest.raises(KeyboardInterrupt):
        side_by_side(steps, carry)
    assert "first on a" in finished
    assert not {"never on a", "look on c"} & {*finished}


def test_one_step_that_hangs_keeps_no_other_group_of_its_wave_from_ending() -> None:
    others = threading.Event()

    def carry(one: Step, _: threading.Event) -> Step:
        if one.resource == "hangs":
            assert others.wait(5), "the other group waited for it"
        else:
            others.set()
        return one

    assert len(side_by_side([step("hangs", Phase.NETWORK), step("b", Phase.DATA)], carry)) == 2
