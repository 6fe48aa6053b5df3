"""AWS may refuse any call: what was begun goes on in the next run, and evidence is never half kept unseen."""

import base64
from collections.abc import Callable

import pytest

from stanch.contracts.aws import AwsDenied, AwsError
from tests.equipped import Equipped, equipped
from tests.ground import ACTIONS, Ground, Listening, no_wait

PREPARED = {
    "evidence/lock_snapshots": ("ec2/snapshot_volumes",),
    "evidence/copy_snapshots": ("ec2/snapshot_volumes",),
    "evidence/collect_processes": ("evidence/capture_memory",),
}
"""What must have run before an action has something to do."""
EVIDENCE = ["ec2/snapshot_volumes", *(name for name in ACTIONS if name.startswith("evidence/"))]


def refusing(call: int, seen: list[str]) -> Callable[[str], None]:
    """A hook that refuses one call, counted from 0, and lets every other through; `seen` gets its name."""
    left = [call]

    def before_call(operation: str) -> None:
        left[0] -= 1
        if left[0] == -1:
            seen.append(operation)
            raise AwsDenied(operation, "UnauthorizedOperation", "no")

    return before_call


def refused(aws: Listening, call: int, deed: Callable[[], object]) -> tuple[bool, list[str]]:
    """Whether the refusal came out of the deed, and which call it was; none when the deed has fewer calls."""
    seen: list[str] = []
    aws.before_call = refusing(call, seen)
    try:
        deed()
    except AwsError:
        return True, seen
    finally:
        aws.before_call = lambda _: None
    return False, seen


@pytest.mark.parametrize("action", EVIDENCE)
def test_whatever_call_is_refused_the_next_run_ends_it(ground: Ground, action: str) -> None:
    ours, aws, unit = equipped(ground), ground.responder(), ACTIONS[action]
    host = prepared(ours, aws, action)
    for call in range(60):
        step = ours.planned(action, host, aws)
        came_out, seen = refused(aws, call, lambda step=step: unit.apply(aws, step, no_wait))  # type: ignore[misc]
        if came_out or not seen:
            unit.apply(aws, step, no_wait)
            proof = unit.verify(aws, step, no_wait, None)
            assert proof.holds, (seen, proof.what)
        if not seen:
            return
    raise AssertionError("an apply of sixty calls")


@pytest.mark.parametrize("action", EVIDENCE)
def test_a_refused_look_is_never_a_proof(ground: Ground, action: str) -> None:
    def before_call(operation: str) -> None:
        raise AwsDenied(operation, "UnauthorizedOperation", "no")

    ours, aws, unit = equipped(ground), ground.responder(), ACTIONS[action]
    step = ours.planned(action, prepared(ours, aws, action), aws)
    unit.apply(aws, step, no_wait)
    aws.before_call = before_call
    with pytest.raises(AwsDenied):
        unit.verify(aws, step, no_wait, None)


def prepared(ours: Equipped, aws: Listening, action: str) -> str:
    """A host with an agent and user data, on which everything that must come before has been done."""
    name = ours.host(elastic=False)
    script = {"Value": base64.b64encode(b"#!/bin/sh")}
    ours.admin.call("ec2", "ModifyInstanceAttribute", InstanceId=name, UserData=script)
    ours.admin.call("ec2", "CreateTags", Resources=[name], Tags=[{"Key": "range:agent", "Value": "online"}])
    host = ours.arn("ec2", f"instance/{name}")
    for before in PREPARED.get(action, ()):
        ACTIONS[before].apply(aws, ours.planned(before, host, aws), no_wait)
    return host
