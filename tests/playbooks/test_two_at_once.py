"""Two responders on one incident, in the range: identities are cut when the host is dark, whoever makes it so."""

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from stanch import app
from stanch.contracts.action import Wait
from stanch.domain.estate import Estate, Perimeter
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import Phase, Step, StepState
from stanch.engine.contain import Containment, state_after
from stanch.stores.open import open_stores
from tests.ground import ACTIONS, Ground, changes
from tests.playbooks.breaches import BREACHES, incident
from tests.playbooks.test_killed import FORK, KILLED

PLAYBOOK = "stolen_instance_credentials"
ISOLATING = "ec2:ModifyNetworkInterfaceAttribute"


def contained(
    ground: Ground, state: Path, case: Incident, before_call: Callable[[str], None], wait: Wait
) -> list[Step]:
    """One responder from its plan to the end of it."""
    aws = ground.responder()
    estate = Estate(perimeter=Perimeter(accounts=(ground.account,)), declared=True)
    with open_stores(state) as stores:
        desk = Containment(ACTIONS, app.playbooks(), stores.journal, estate, aws, lambda: datetime.now(UTC), wait)
        plan = desk.plan(case, users={})
        aws.before_call = before_call
        return desk.apply(plan)


def a_moment(_: float) -> None:
    threading.Event().wait(0.05)


def nothing(_: str) -> None:
    """No call is looked at."""


def history(state: Path, case: Incident) -> list[Step]:
    with open_stores(state) as stores:
        return stores.journal.history(case.id)


def is_in_order(rows: Sequence[Step]) -> bool:
    """Whether nothing of an identity was begun before the last step that isolates was proven."""
    cut = next(index for index, row in enumerate(rows) if row.phase is Phase.IDENTITY)
    dark = [index for index, row in enumerate(rows) if (row.phase, row.state) == (Phase.NETWORK, StepState.VERIFIED)]
    return bool(dark) and dark[-1] < cut


def test_the_second_cuts_no_identity_while_the_first_still_isolates_the_host(ground: Ground, tmp_path: Path) -> None:
    case = incident(ground, PLAYBOOK, BREACHES[PLAYBOOK](ground), "inc-two")
    isolating, go_on = threading.Event(), threading.Event()
    calls: list[str] = []

    def first(name: str) -> None:
        if name == ISOLATING and not isolating.is_set():
            isolating.set()
            assert go_on.wait(30)

    def wait(seconds: float) -> None:
        if not go_on.is_set():
            assert not [name for name in calls if name.startswith("iam:") and changes(name)], calls
            go_on.set()
        a_moment(seconds)

    with ThreadPoolExecutor(1) as pool:
        other: Future[list[Step]] = pool.submit(contained, ground, tmp_path, case, first, a_moment)
        assert isolating.wait(30)
        done = contained(ground, tmp_path, case, calls.append, wait)
        assert go_on.is_set(), "the second waited for nothing"
        both = [*done, *other.result()]
    assert {step.state for step in both} <= {StepState.VERIFIED, StepState.SKIPPED}, [step.why for step in both]
    rows = history(tmp_path, case)
    assert is_in_order(rows)
    latest = {row.key: row for row in rows}
    assert state_after([*latest.values()]) is IncidentState.CONTAINED
    begun = [row.key for row in rows if row.state is StepState.APPLIED]
    assert len(begun) == len({*begun}), "something was done twice"


def test_the_second_isolates_the_host_itself_when_the_first_dies_at_it(ground: Ground, tmp_path: Path) -> None:
    case = incident(ground, PLAYBOOK, BREACHES[PLAYBOOK](ground), "inc-dies")
    isolating = FORK.Event()

    def hangs(name: str) -> None:
        if name == ISOLATING:
            isolating.set()
            threading.Event().wait()

    process = FORK.Process(target=contained, args=(ground, tmp_path, case, hangs, a_moment))
    process.start()
    polls = itertools.count()

    def wait(seconds: float) -> None:
        if next(polls) == 1:
            process.kill()
        a_moment(seconds)

    assert isolating.wait(30)
    done = contained(ground, tmp_path, case, nothing, wait)
    process.join()
    assert (process.exitcode, next(polls) > 1) == (-KILLED, True)
    assert state_after(done) is IncidentState.CONTAINED, [(step.action, step.why) for step in done]
    assert is_in_order([row for row in history(tmp_path, case) if row.state is not StepState.SKIPPED])
