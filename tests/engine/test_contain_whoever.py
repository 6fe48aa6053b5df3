"""A detection's playbook answers what was done; who holds the credentials is disarmed by the playbook for his kind."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.engine.containing import (
    ACCOUNT,
    BUCKET,
    HOST,
    ROLE,
    STRANGER,
    USER,
    Book,
    Scene,
    Shut,
    finding,
    incident,
    scene,
)

from stanch.domain.event import Actor
from stanch.domain.finding import Finding
from stanch.domain.step import Step, StepState

NAME = HOST.rpartition("/")[2]
OF_HOST = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/{NAME}"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/me"
ELSEWHERE = HOST.replace("eu-central-1", "us-east-1")


def world(*resources: str) -> Scene:
    """Three playbooks for thieves and one for what they did, each with an action of its own."""
    kinds = ("role", "user", "instance", "bucket")
    s = scene(*(resources or (ROLE, USER, HOST, BUCKET)), **{f"of_{kind}": Shut((kind,)) for kind in kinds})
    s.playbooks = {
        "bucket": Book(("of_bucket",), ("bucket",)),
        "host": Book(("of_instance", "of_role"), ("instance",)),
        "session": Book(("of_role",), ("role",)),
        "key": Book(("of_user",), ("user",)),
    }
    return s


def did(played: str | None, arn: str, *resources: str, origin: str | None = None, **changes: Any) -> Finding:
    return finding(playbook=played, actor=Actor(arn, origin=origin), resources=resources, **changes)


def told(steps: Sequence[Step]) -> set[tuple[str, str, str | None]]:
    return {(step.action, step.resource, step.playbook) for step in steps}


@pytest.mark.parametrize("played", ["key", "session", "host"])
@pytest.mark.parametrize(
    ("arn", "resources", "steps"),
    [
        (USER, (USER,), {("of_user", USER, "key")}),
        (SESSION, (ROLE,), {("of_role", ROLE, "session")}),
        (OF_HOST, (ROLE, HOST), {("of_role", ROLE, "session"), ("of_instance", HOST, "host")}),
    ],
)
def test_whoever_acts_is_disarmed_whichever_thief_the_detection_expected(
    played: str, arn: str, resources: tuple[str, ...], steps: set[tuple[str, str, str | None]]
) -> None:
    plan = world().desk().plan(incident(did(played, arn, *resources)))
    assert told(plan) == steps
    assert {step.state for step in plan} == {StepState.PLANNED}


def test_what_the_detection_names_besides_is_still_answered_by_its_own_playbook() -> None:
    plan = world().desk().plan(incident(did("host", SESSION, ROLE, HOST)))
    assert told(plan) == {("of_role", ROLE, "session"), ("of_instance", HOST, "host")}
    made = world().desk().plan(incident(did("key", SESSION, ROLE, USER)))
    assert told(made) == {("of_role", ROLE, "session"), ("of_user", USER, "key")}


def test_the_user_at_the_beginning_and_the_roles_on_the_way_are_disarmed_each_as_what_they_are() -> None:
    found = did("host", SESSION, ROLE, origin=USER)
    assert told(world().desk().plan(incident(found))) == {("of_role", ROLE, "session"), ("of_user", USER, "key")}


def test_a_playbook_about_a_thing_stays_alone() -> None:
    assert told(world().desk().plan(incident(did("bucket", OF_HOST, ROLE, HOST, BUCKET)))) == {
        ("of_bucket", BUCKET, "bucket")
    }


def test_a_playbook_that_is_not_there_is_told_and_nothing_is_guessed() -> None:
    (step,) = world().desk().plan(incident(did("gone", OF_HOST, ROLE, HOST)))
    assert step.why == "there is no playbook 'gone' (exfiltration/x)"


def test_a_session_that_somebody_named_like_a_host_darkens_none() -> None:
    plan = world().desk().plan(incident(did("session", OF_HOST, ROLE, HOST, origin=USER)))
    assert "of_instance" not in {step.action for step in plan}


def test_a_host_that_another_finding_names_is_disarmed_for_this_one() -> None:
    iam = did("session", OF_HOST, ROLE, title="Rights taken")
    other = did("bucket", OF_HOST, ROLE, HOST, BUCKET, id="f2")
    plan = world().desk().plan(incident(iam, other))
    assert ("of_instance", HOST, "host") in told(plan)
    assert not [step for step in plan if step.state is StepState.SKIPPED]


def test_a_host_whose_region_nothing_tells_keeps_the_incident_open() -> None:
    (left,) = [step for step in world().desk().plan(incident(did("key", OF_HOST, ROLE))) if step.action == "by-hand"]
    assert (left.state, left.resource) == (StepState.SKIPPED, OF_HOST)
    assert left.why == (
        f"no call tells the region of its host {NAME}, which hands out the next session: "
        "contain it with --resource and its ARN"
    )


def test_a_strangers_host_is_nobodys_to_contain() -> None:
    theirs = OF_HOST.replace(ACCOUNT, STRANGER)
    plan = world().desk().plan(incident(did("key", theirs, BUCKET)))
    assert "by-hand" not in {step.action for step in plan}
    named = did("bucket", OF_HOST, ROLE, HOST, BUCKET, id="f2")
    both = world().desk().plan(incident(did("key", theirs, BUCKET), named))
    assert "of_instance" not in {step.action for step in both}, "he only called his session like a host of ours"


def test_a_host_is_looked_for_in_each_region_it_called_and_contained_where_it_is() -> None:
    plan = world().desk().plan(incident(did("key", OF_HOST, ROLE, ELSEWHERE, HOST)))
    assert {step.resource for step in plan} == {ROLE, HOST}
    nowhere = world(ROLE).desk().plan(incident(did("key", OF_HOST, ROLE, ELSEWHERE, HOST)))
    gone = {step.resource: step.why for step in nowhere if step.state is StepState.SKIPPED}
    assert set(gone) == {ELSEWHERE, HOST}


def test_the_order_of_the_findings_chooses_nothing() -> None:
    one, other = did("key", OF_HOST, ROLE, HOST), did("host", SESSION, ROLE, USER, id="f2")
    there, back = (world().desk().plan(incident(*found)) for found in ((one, other), (other, one)))
    assert told(there) == told(back)


def test_all_that_is_left_to_a_person_is_said() -> None:
    root = f"arn:aws:iam::{ACCOUNT}:root"
    found = did("key", root, by_hand="rotate what it read")
    (step,) = world().desk().plan(incident(found, replace(found, id="f2", by_hand="tell the owner")))
    assert step.why.startswith("rotate what it read; no policy binds the root user")
    assert step.why.endswith("; tell the owner")
